/**
 * Whether drizzle-kit has understood the schema as it is now, for a process that ends and cannot wait.
 *
 * Invariant: nothing that drizzle-kit says about its own success is believed; its snapshots are compared with the schema.
 * The diff of 1.0 is asynchronous, so it runs in a process of its own.
 */
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import type { SchemaModule } from "../../table/schema.js";
import { installedLine } from "../line.js";
import type { Folder } from "./folder.js";
import { isCurrent } from "./tables-0.js";

/** What the process gets on stdin; on stdout it answers with the statements that are missing. */
export interface Comparison {
  readonly declared: unknown;
  /** Paths of snapshots. */
  readonly snapshots: ReadonlyArray<string>;
}

interface Kit1 {
  readonly generateDrizzleJson: (module: object) => Promise<unknown>;
}

const comparedByChild = (declared: unknown, snapshots: ReadonlyArray<string>): boolean => {
  const child = fileURLToPath(new URL("./current-child.js", import.meta.url));
  const comparison: Comparison = { declared, snapshots };
  const { stdout, status } = spawnSync(process.execPath, [child], {
    input: JSON.stringify(comparison),
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
    windowsHide: true,
  });
  return status === 0 && stdout === "[]";
};

/**
 * Begins with the schema of a process that is alive.
 *
 * @returns whether the folder holds that schema, to be asked when the process ends with `code`.
 */
export const watchSchema = (schema: SchemaModule): ((folder: Folder, code: number) => boolean) => {
  if (installedLine === "0.31") return (folder) => isCurrent(schema, folder);
  const kit: Kit1 = createRequire(import.meta.url)("drizzle-kit/api-postgres");
  let declared: unknown;
  void kit.generateDrizzleJson({ ...schema }).then(
    (json) => {
      declared = json;
    },
    // Then there is nothing to compare with, which is the answer no.
    () => {},
  );
  return (folder, code) => code === 0 && declared !== undefined && comparedByChild(declared, folder.snapshots());
};
