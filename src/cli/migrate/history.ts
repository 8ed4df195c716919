/**
 * A folder against what a database has applied.
 *
 * Invariant: what comes back as pending is what drizzle-orm's migrator of the same line would apply, and everything before
 * it has been applied as it stands in the folder. Where that is not so there is a problem, in words, and nothing runs.
 */
import { type Entry, hashOf, splitStatements } from "../generate/folder.js";
import { isLayer } from "../generate/layers.js";
import type { Line } from "../line.js";
import type { Applied } from "./records.js";

export interface Migration {
  readonly tag: string;
  readonly name: string;
  /** Its SQL, from the folder. */
  readonly file: string;
  readonly when: number;
  readonly hash: string;
  readonly statements: ReadonlyArray<string>;
}

export type History =
  | { readonly _tag: "Pending"; readonly migrations: ReadonlyArray<Migration> }
  | { readonly _tag: "Broken"; readonly problems: ReadonlyArray<string> };

export const migrationOf = ({ tag, name, file, when }: Entry, text: string): Migration => ({
  tag,
  name,
  file,
  when,
  hash: hashOf(text),
  statements: splitStatements(text).filter((statement) => statement.trim() !== ""),
});

const conclude = (problems: ReadonlyArray<string>, pending: ReadonlyArray<Migration>): History =>
  problems.length > 0 ? { _tag: "Broken", problems } : { _tag: "Pending", migrations: pending };

const changed = ({ file }: Migration): string =>
  `${file} was changed after it had been applied. Restore it, and put the change into a new migration.`;

/** By time: whatever is newer than the newest that was applied. */
const byTime = (migrations: ReadonlyArray<Migration>, applied: ReadonlyArray<Applied>): History => {
  const newest = applied.reduce((latest, { when }) => Math.max(latest, when), Number.NEGATIVE_INFINITY);
  const problems: Array<string> = [];
  let latest: Migration | undefined;
  for (const migration of migrations) {
    const { tag, when, hash } = migration;
    if (latest !== undefined && when <= latest.when) {
      problems.push(
        `${tag} is not newer than ${latest.tag} before it in the journal. Generate it again, after the other.`,
      );
    }
    latest = migration;
    if (when > newest) continue;
    const rows = applied.filter((row) => row.when === when);
    if (rows.length === 0) {
      problems.push(
        `${tag} is older than the last migration that was applied, and was not applied itself: a migrator would pass over it. Generate it again, so that it comes last.`,
      );
    } else if (!rows.some((row) => row.hash === hash)) {
      problems.push(changed(migration));
    }
  }
  return conclude(
    problems,
    migrations.filter(({ when }) => when > newest),
  );
};

/**
 * By name: whatever was not applied. It may be older than what was, from a branch that came late. A layer of Hedgerow's may
 * not, because it would bring back the rules or helpers of its time.
 */
const byName = (migrations: ReadonlyArray<Migration>, applied: ReadonlyArray<Applied>): History => {
  const hashes = new Map(applied.flatMap(({ tag, hash }) => (tag === undefined ? [] : [[tag, hash] as const])));
  const problems: Array<string> = [];
  const newest = migrations.filter(({ tag, name }) => hashes.has(tag) && isLayer(name)).at(-1);
  let reached = newest === undefined;
  for (const migration of migrations) {
    const { tag, name, hash } = migration;
    const recorded = hashes.get(tag);
    if (tag === newest?.tag) reached = true;
    if (recorded !== undefined && recorded !== hash) problems.push(changed(migration));
    if (recorded === undefined && !reached && isLayer(name)) {
      problems.push(
        `${tag} is older than ${newest?.tag}, which was applied: it would replace newer rules or helpers by older ones. Rename its folder to a time that comes last, and run \`hedgerow generate\`.`,
      );
    }
  }
  // Drizzle's migrator knows no other way to tell what it has applied.
  const nameless = applied.filter(({ tag }) => tag === undefined).length;
  if (nameless > 0) {
    problems.push(
      `drizzle.__drizzle_migrations has ${nameless} ${nameless === 1 ? "row" : "rows"} without a name: a migrator would apply these again. Give them the names of their folders.`,
    );
  }
  return conclude(
    problems,
    migrations.filter(({ tag }) => !hashes.has(tag)),
  );
};

/** @returns the migrations that are to run, in order. */
export const historyOf = (line: Line, migrations: ReadonlyArray<Migration>, applied: ReadonlyArray<Applied>): History =>
  (line === "0.31" ? byTime : byName)(migrations, applied);
