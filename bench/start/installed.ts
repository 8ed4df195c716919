/**
 * The programs and the package as JavaScript, file by file as a project has them in `node_modules`.
 *
 * Invariant: nothing is bundled and nothing is compiled while a program runs; the package is found by its own name, through
 * its own `exports`.
 */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("../../", import.meta.url));

const sourcesIn = async (path: string): Promise<Array<string>> =>
  (await readdir(join(root, path), { recursive: true }))
    .filter((file) => file.endsWith(".ts"))
    .map((file) => join(path, file));

/** @param use gets the folder in which `bench/start/programs/*.js` are. */
export const withPrograms = async <A>(use: (programs: string) => Promise<A>): Promise<A> => {
  // Inside the repository, so that its dependencies are found.
  await mkdir(join(root, ".data"), { recursive: true });
  const folder = await mkdtemp(join(root, ".data", "start-"));
  try {
    const { name, type, exports } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
    await writeFile(join(folder, "package.json"), JSON.stringify({ name, type, exports }));
    const common = {
      absWorkingDir: root,
      format: "esm",
      platform: "node",
      target: "node20",
      logLevel: "error",
    } as const;
    await build({ ...common, entryPoints: await sourcesIn("src"), outbase: "src", outdir: join(folder, "dist") });
    const programs = await sourcesIn("bench/start/programs");
    await build({
      ...common,
      entryPoints: [...programs, "bench/tables.ts"],
      outbase: ".",
      outdir: folder,
    });
    return await use(join(folder, "bench", "start", "programs"));
  } finally {
    await rm(folder, { recursive: true });
  }
};
