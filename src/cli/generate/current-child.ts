/**
 * The process that `current.ts` starts: what drizzle-kit 1.0 would still write, as JSON on stdout.
 *
 * Invariant: it reads the snapshots that it is told, and nothing else.
 */
import { basename, dirname } from "node:path";
import { text } from "node:stream/consumers";
import type { Comparison } from "./current.js";
import { parseJson } from "./folder.js";

interface Kit1 {
  readonly generateDrizzleJson: (module: object) => Promise<unknown>;
  readonly generateMigration: (before: unknown, after: unknown) => Promise<ReadonlyArray<string>>;
  readonly reconstruct: (files: Readonly<Record<string, unknown>>) => Promise<unknown>;
}

const name: string = "drizzle-kit/api-postgres";
const kit: Kit1 = await import(name);
const { declared, snapshots }: Comparison = JSON.parse(await text(process.stdin));
const known =
  snapshots.length === 0
    ? await kit.generateDrizzleJson({})
    : await kit.reconstruct(Object.fromEntries(snapshots.map((path) => [basename(dirname(path)), parseJson(path)])));
process.stdout.write(JSON.stringify(await kit.generateMigration(known, declared)));
