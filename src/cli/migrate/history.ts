/**
 * The journal of a folder against what a database has applied.
 *
 * Invariant: what comes back as pending is what drizzle-orm's migrator would apply, and everything before it has been
 * applied as it stands in the folder. Where that is not so there is a problem, in words, and nothing runs.
 */
import { type Entry, hashOf, splitStatements } from "../generate/folder.js";

export interface Migration {
  readonly tag: string;
  readonly when: number;
  readonly hash: string;
  readonly statements: ReadonlyArray<string>;
}

/** A row of `drizzle.__drizzle_migrations`. */
export interface Applied {
  readonly hash: string;
  readonly when: number;
}

export type History =
  | { readonly _tag: "Pending"; readonly migrations: ReadonlyArray<Migration> }
  | { readonly _tag: "Broken"; readonly problems: ReadonlyArray<string> };

export const migrationOf = ({ tag, when }: Entry, text: string): Migration => ({
  tag,
  when,
  hash: hashOf(text),
  statements: splitStatements(text).filter((statement) => statement.trim() !== ""),
});

/** @returns the migrations that are to run, in order. */
export const historyOf = (migrations: ReadonlyArray<Migration>, applied: ReadonlyArray<Applied>): History => {
  const newest = Math.max(Number.NEGATIVE_INFINITY, ...applied.map(({ when }) => when));
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
      problems.push(
        `${tag}.sql was changed after it had been applied. Restore it, and put the change into a new migration.`,
      );
    }
  }
  return problems.length > 0
    ? { _tag: "Broken", problems }
    : { _tag: "Pending", migrations: migrations.filter(({ when }) => when > newest) };
};
