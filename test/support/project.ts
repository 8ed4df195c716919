/**
 * A project of a user: a folder with the built package, and drizzle-kit as the command that it is.
 *
 * Invariant: the package is built for each project into the project's own node_modules, so that tests in parallel do not
 * share a `dist`, and nothing is resolved that package.json does not export.
 */
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Project {
  readonly directory: string;
  readonly write: (file: string, text: string) => Promise<void>;
  /** Runs `drizzle-kit` as npx does, without a terminal. */
  readonly drizzleKit: (args: ReadonlyArray<string>, environment?: NodeJS.ProcessEnv) => Promise<Ran>;
  readonly remove: () => Promise<void>;
}

const repository = fileURLToPath(new URL("../..", import.meta.url));
const dependencies = [".bin", "@electric-sql", "better-auth", "drizzle-kit", "drizzle-orm", "effect", "pg"];
const run = promisify(execFile);

export const makeProject = async (): Promise<Project> => {
  const directory = await mkdtemp(join(tmpdir(), "hedgerow-project-"));
  const modules = join(directory, "node_modules");
  const installed = join(modules, "hedgerow");
  await mkdir(installed, { recursive: true });
  await Promise.all(
    dependencies.map((name) => symlink(join(repository, "node_modules", name), join(modules, name), "junction")),
  );
  await cp(join(repository, "package.json"), join(installed, "package.json"));
  const compiler = join(repository, "node_modules", "typescript", "bin", "tsc");
  await run(process.execPath, [
    compiler,
    "-p",
    join(repository, "tsconfig.build.json"),
    "--outDir",
    join(installed, "dist"),
  ]);
  return {
    directory,
    write: (file, text) => writeFile(join(directory, file), text),
    drizzleKit: (args, environment = {}) =>
      new Promise((resolve) => {
        const { NODE_OPTIONS: _, VITEST: __, ...env } = process.env;
        const child = execFile(
          process.execPath,
          [join(modules, ".bin", "drizzle-kit"), ...args],
          { cwd: directory, env: { ...env, ...environment } },
          (error, stdout, stderr) =>
            resolve({ code: error === null ? 0 : typeof error.code === "number" ? error.code : -1, stdout, stderr }),
        );
        child.stdin?.end();
      }),
    remove: () => rm(directory, { recursive: true, force: true }),
  };
};
