/**
 * A folder of migrations, whichever line of drizzle-kit it belongs to.
 *
 * Invariant: what is appended is there with all of its files or not at all, and comes after everything that was there. The
 * times of two migrations are at least a second apart, because 1.0 counts in seconds; so a folder of 0.31 can become one
 * of 1.0 (`drizzle-kit up`) without a change of order.
 */
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as Data from "effect/Data";

/** A migration that a folder has. */
export interface Entry {
  /** What it is called in the folder, and in the database that has applied it. */
  readonly tag: string;
  /** The part of the tag behind the number or the time. */
  readonly name: string;
  readonly when: number;
  /** Its SQL, from the folder. */
  readonly file: string;
}

/** A migration that is not written yet. */
export interface Draft {
  readonly name: string;
  readonly text: string;
  /** What drizzle-kit must know of the schema afterwards, where that has changed. */
  readonly snapshot?: object;
}

export interface Folder {
  /** Finishes what a command had decided to write when it was killed, and forgets what it had not. */
  readonly settle: () => void;
  /** @returns the migrations in the order in which they are applied. */
  readonly entries: () => ReadonlyArray<Entry>;
  /** @returns the text of a migration. */
  readonly read: (entry: Entry) => string;
  /** @returns the paths of drizzle-kit's snapshots, the oldest first. */
  readonly snapshots: () => ReadonlyArray<string>;
  /** Appends migrations. */
  readonly append: (drafts: ReadonlyArray<Draft>) => ReadonlyArray<Entry>;
  /** Puts migrations where drizzle-kit has just put its own, which keeps its snapshot; nobody has applied it yet. */
  readonly replace: (made: Entry, drafts: ReadonlyArray<Draft>) => ReadonlyArray<Entry>;
  /** Takes the newest migrations away again. */
  readonly retract: (entries: ReadonlyArray<Entry>) => void;
}

/** A folder that is not one of drizzle-kit's, or not whole. */
export class FolderError extends Data.TaggedError("FolderError")<{
  readonly message: string;
  readonly cause?: unknown;
}> {}

const separator = "--> statement-breakpoint";

/** Where 0.31 keeps the list of migrations; 1.0 has none. */
export const journalPath = (out: string): string => join(out, "meta", "_journal.json");

export const hasJournal = (out: string): boolean => existsSync(journalPath(out));

export const parseJson = (path: string): unknown => {
  const text = readFileSync(path, "utf8");
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new FolderError({ message: `${path} is not JSON. Restore it from version control.`, cause });
  }
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

/** In the form of a UUID, and the same for the same content. */
export const uuidOf = (content: string): string =>
  hashOf(content)
    .slice(0, 32)
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");

const second = 1000;

/** @returns the times of new migrations: now where that comes last, a whole second after the newest one otherwise. */
export const nextTimes = (
  entries: ReadonlyArray<Pick<Entry, "when">>,
  count: number,
  now: number = Date.now(),
): ReadonlyArray<number> => {
  const first = entries.reduce((latest, { when }) => Math.max(latest, when + second), now);
  return Array.from({ length: count }, (_, position) => first + position * second);
};

/** Drizzle-kit's own format of a snapshot. */
export const snapshotText = (snapshot: object): string => JSON.stringify(snapshot, null, 2);
