/**
 * Modules of a project, loaded as its own tools would.
 *
 * Invariant: TypeScript needs no build, the aliases of its tsconfig work, and nothing is left behind on the disk.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { createJiti } from "jiti";

/** @param root the folder of the project; packages are looked for from there. */
export const modulesOf = (root: string): ReturnType<typeof createJiti> => {
  const tsconfig = join(root, "tsconfig.json");
  return createJiti(pathToFileURL(join(root, "package.json")).href, {
    fsCache: false,
    tsconfigPaths: existsSync(tsconfig) ? tsconfig : false,
  });
};
