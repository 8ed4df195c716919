/**
 * The diff of drizzle-kit 1.0: what its own `generate` writes into a copy of the folder.
 *
 * Invariant: the folder itself is only read. Its snapshots are chained differences with footprints, by which drizzle-kit
 * finds what two branches have changed at once, and only its `generate` makes them; so that is what runs. A policy is always
 * new, never renamed; every other question is asked, or is an error.
 */
import { randomUUID } from "node:crypto";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import type { SchemaModule } from "../../table/schema.js";
import { answer, type Hint, isMissingHint, type MissingHint } from "../kit.js";
import { quietly } from "../quiet.js";
import { type Folder, FolderError, parseJson, splitStatements, uuidOf } from "./folder.js";
import { type CompareTables, withoutPolicyStatements } from "./tables.js";
import { timestampFolder } from "./timestamp-folder.js";

interface Options {
  readonly dialect: "postgresql";
  readonly schema: string;
  readonly out: string;
  readonly name: string;
  readonly hints: ReadonlyArray<Hint>;
  /** `text` where it may ask on the terminal. */
  readonly output?: "text";
}

/** The part of `drizzle-kit/cli` that is used; the installed types are those of one line only. */
interface KitCli {
  readonly generate: (options: Options) => Promise<unknown>;
}

const isKitCli = (module: unknown): module is KitCli =>
  typeof module === "object" && module !== null && "generate" in module && typeof module.generate === "function";

const field = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;

const loadCli = async (): Promise<KitCli> => {
  // A name that only 1.0 exports.
  const name: string = "drizzle-kit/cli";
  const module: unknown = await import(name);
  if (!isKitCli(module)) throw new Error("drizzle-kit 1.0 is installed without its drizzle-kit/cli.");
  return module;
};

/** A file from which drizzle-kit loads the values that are here already, in their order. */
const withSchemaFile = async <A>(
  schema: SchemaModule,
  directory: string,
  use: (file: string) => Promise<A>,
): Promise<A> => {
  const key = `hedgerow:schema:${randomUUID()}`;
  const values = Object.values(schema);
  const file = join(directory, "schema.mjs");
  writeFileSync(
    file,
    [
      `const values = globalThis[Symbol.for(${JSON.stringify(key)})];`,
      // The exports of a module are in the order of their names.
      ...values.map((_, index) => `export const value${String(index).padStart(8, "0")} = values[${index}];`),
    ].join("\n"),
  );
  Reflect.set(globalThis, Symbol.for(key), values);
  try {
    return await use(file);
  } finally {
    Reflect.deleteProperty(globalThis, Symbol.for(key));
  }
};

const copySnapshots = (folder: Folder, out: string): void => {
  mkdirSync(out);
  for (const path of folder.snapshots()) {
    const copy = join(out, basename(dirname(path)));
    mkdirSync(copy);
    cpSync(path, join(copy, basename(path)));
  }
};

const unresolved = (result: unknown): ReadonlyArray<MissingHint> => {
  const found = field(result, "unresolved");
  return Array.isArray(found) ? found.filter(isMissingHint) : [];
};

/** @returns whether it has written anything. */
const run = async (cli: KitCli, options: Omit<Options, "hints" | "output">, ask: boolean): Promise<boolean> => {
  const hints: Array<Hint> = [];
  for (;;) {
    const result = await quietly(() => cli.generate({ ...options, hints }));
    const status = field(result, "status");
    if (status === "ok" || status === "no_changes") return status === "ok";
    const missing = unresolved(result);
    if (missing.length === 0) {
      throw new Error(String(field(field(result, "error"), "message") ?? field(field(result, "error"), "code")));
    }
    if (ask && missing.some(({ kind }) => kind !== "policy")) {
      hints.push(...missing.filter(({ kind }) => kind === "policy").map(answer));
      return field(await cli.generate({ ...options, hints, output: "text" }), "status") === "ok";
    }
    hints.push(...missing.map(answer));
  }
};

export const compare: CompareTables = async ({ schema, guarded, gone }, folder, name, ask) => {
  const cli = await loadCli();
  const directory = mkdtempSync(join(tmpdir(), "hedgerow-generate-"));
  const out = join(directory, "out");
  try {
    copySnapshots(folder, out);
    const written = await withSchemaFile(schema, directory, (file) =>
      run(cli, { dialect: "postgresql", schema: file, out, name }, ask),
    );
    const entry = timestampFolder(out).entries().at(-1);
    if (!written || entry === undefined) return { statements: [], snapshot: undefined };
    const text = readFileSync(join(out, entry.file), "utf8");
    const snapshot = parseJson(join(out, entry.tag, "snapshot.json"));
    if (typeof snapshot !== "object" || snapshot === null) {
      throw new FolderError({ message: "drizzle-kit has written a snapshot that is none." });
    }
    return {
      statements: withoutPolicyStatements(splitStatements(text), [...guarded, ...gone]),
      // The same for the same schema after the same history.
      snapshot: { ...snapshot, id: uuidOf(JSON.stringify({ ...snapshot, id: undefined })) },
    };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
};
