/**
 * The folder of migrations, as drizzle-kit 0.31 and drizzle-orm's migrators understand it.
 *
 * Invariant: the journal is written last and in one step, so a migration is in it with its whole file or not at all. Times
 * in it only grow, because a migrator passes over an entry that is older than the last one it applied.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as Data from "effect/Data";

export interface Entry {
  readonly idx: number;
  readonly version: string;
  readonly when: number;
  readonly tag: string;
  readonly breakpoints: boolean;
}

export interface Journal {
  readonly version: string;
  readonly dialect: string;
  readonly entries: ReadonlyArray<Entry>;
}

/** A migration that is not written yet. */
export interface Draft {
  /** The part of the tag behind the number. */
  readonly name: string;
  readonly text: string;
}

/** A folder that is not one of drizzle-kit's, or not whole. */
export class FolderError extends Data.TaggedError("FolderError")<{
  readonly message: string;
  readonly cause?: unknown;
}> {}

const separator = "--> statement-breakpoint";

export const noJournal: Journal = { version: "7", dialect: "postgresql", entries: [] };

const isEntry = (value: unknown): value is Entry =>
  typeof value === "object" &&
  value !== null &&
  "idx" in value &&
  typeof value.idx === "number" &&
  "when" in value &&
  typeof value.when === "number" &&
  "tag" in value &&
  typeof value.tag === "string";

const isJournal = (value: unknown): value is Journal =>
  typeof value === "object" &&
  value !== null &&
  "dialect" in value &&
  value.dialect === "postgresql" &&
  "entries" in value &&
  Array.isArray(value.entries) &&
  value.entries.every(isEntry);

/** Nothing where there is no such file; what else goes wrong is thrown. */
const read = (path: string): string | undefined => {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return undefined;
    throw cause;
  }
};

const parse = (path: string, text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new FolderError({ message: `${path} is not JSON. Restore it from version control.`, cause });
  }
};

const journalPath = (out: string): string => join(out, "meta", "_journal.json");

/** @returns the journal; undefined where nothing was generated yet. */
export const readJournal = (out: string): Journal | undefined => {
  const path = journalPath(out);
  const text = read(path);
  if (text === undefined) return undefined;
  const journal = parse(path, text);
  if (!isJournal(journal))
    throw new FolderError({ message: `${path} is not a journal of drizzle-kit for PostgreSQL.` });
  return journal;
};

/** @returns the text of a migration that the journal names. */
export const readMigration = (out: string, { tag }: Entry): string => {
  const text = read(join(out, `${tag}.sql`));
  if (text === undefined) {
    throw new FolderError({
      message: `${join(out, `${tag}.sql`)} does not exist, but the journal names it. Restore it from version control.`,
    });
  }
  return text;
};

/**
 * @returns the newest snapshot of drizzle-kit's, parsed. One that the journal does not reach was left by a command that was
 * killed, and counts for nothing.
 */
export const readSnapshot = (out: string, { entries }: Journal): unknown => {
  const last = entries.at(-1)?.idx ?? -1;
  let files: ReadonlyArray<string>;
  try {
    files = readdirSync(join(out, "meta"));
  } catch {
    return undefined;
  }
  const newest = files
    .filter((file) => /^\d+_snapshot\.json$/.test(file) && Number.parseInt(file, 10) <= last)
    .sort()
    .at(-1);
  if (newest === undefined) return undefined;
  const path = join(out, "meta", newest);
  return parse(path, readFileSync(path, "utf8"));
};

/** @returns the statements as drizzle's migrators split them. */
export const splitStatements = (text: string): ReadonlyArray<string> => text.split(separator);

/**
 * @returns the text of a migration, one statement for each part.
 * @throws FolderError where a statement would be split in two.
 */
export const joinStatements = (statements: ReadonlyArray<string>): string => {
  const split = statements.find((statement) => statement.includes(separator));
  if (split !== undefined) {
    throw new FolderError({
      message: `A rule or comment contains "${separator}", at which migrations are split:\n${split}`,
    });
  }
  return statements.map((statement) => `${statement.trim().replace(/;$/, "")};\n`).join(`${separator}\n`);
};

/** @returns what migrators record of a file. */
export const hashOf = (text: string): string => createHash("sha256").update(text).digest("hex");

const number = (idx: number): string => String(idx).padStart(4, "0");

const writeJournal = (out: string, journal: Journal): void => {
  const path = journalPath(out);
  // Beside it, because a rename is one step only within a file system.
  writeFileSync(`${path}.new`, `${JSON.stringify(journal, null, 2)}\n`);
  renameSync(`${path}.new`, path);
};

/**
 * Appends migrations to a folder.
 *
 * @param snapshot what drizzle-kit must know of the schema afterwards, beside the last of them.
 * @returns the new entries.
 */
export const append = (out: string, drafts: ReadonlyArray<Draft>, snapshot?: object): ReadonlyArray<Entry> => {
  if (drafts.length === 0) return [];
  const journal = readJournal(out) ?? noJournal;
  const last = journal.entries.at(-1);
  const first = (last?.idx ?? -1) + 1;
  const now = Math.max(Date.now(), ...journal.entries.map(({ when }) => when + 1));
  const entries = drafts.map(({ name }, position) => ({
    idx: first + position,
    version: "7",
    when: now + position,
    tag: `${number(first + position)}_${name}`,
    breakpoints: true,
  }));
  mkdirSync(join(out, "meta"), { recursive: true });
  drafts.forEach(({ text }, position) => {
    writeFileSync(join(out, `${entries[position]?.tag}.sql`), text);
  });
  if (snapshot !== undefined) {
    const file = `${number(first + drafts.length - 1)}_snapshot.json`;
    writeFileSync(join(out, "meta", file), `${JSON.stringify(snapshot, null, 2)}\n`);
  }
  writeJournal(out, { ...journal, entries: [...journal.entries, ...entries] });
  return entries;
};

/** Replaces the text of a migration that nobody has applied yet. */
export const rewrite = (out: string, { tag }: Entry, text: string): void => {
  writeFileSync(join(out, `${tag}.sql`), text);
};

/** Takes migrations out of the journal again, and their files away. What drizzle-kit knows stays. */
export const retract = (out: string, entries: ReadonlyArray<Entry>): void => {
  const journal = readJournal(out);
  if (journal === undefined || entries.length === 0) return;
  const tags = new Set(entries.map(({ tag }) => tag));
  writeJournal(out, { ...journal, entries: journal.entries.filter(({ tag }) => !tags.has(tag)) });
  for (const tag of tags) rmSync(join(out, `${tag}.sql`), { force: true });
};
