/**
 * Makes the programs of the targets.
 *
 * Invariant: what is measured is plain JavaScript as a release has it. A loader that compiles while it runs would add to
 * every function what no user ever runs. Packages are imported, not bundled.
 */
import { rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("../..", import.meta.url));
export const built = fileURLToPath(new URL(".build/", import.meta.url));

/** @param modules of targets, as `Target.module` names them. */
export const buildTargets = async (modules: ReadonlyArray<string>): Promise<void> => {
  await rm(built, { recursive: true, force: true });
  await build({
    entryPoints: ["serve", ...modules].map((name) => `bench/http/${name}.ts`),
    absWorkingDir: root,
    outdir: built,
    outbase: "bench/http",
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node20",
    // Gives the package its sources.
    tsconfig: "tsconfig.source.json",
    packages: "external",
  });
};
