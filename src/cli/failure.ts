/**
 * Why a push did not end well.
 *
 * Invariant: the message says what was not applied and what that means for who sees what.
 */
import * as Data from "effect/Data";
import type { DatabaseError } from "../database/database.js";
import { unguardedState } from "../postgres/auth-guard.js";
import { unmetState } from "../postgres/inspect.js";
import { guardingProblems } from "./guarding.js";

/** `create index concurrently`, `vacuum` and their like. */
const noTransaction = "25001";
const alone =
  "First run it by hand, which waits for its locks without anybody waiting behind it; then declare what it made, or write it here with `if not exists` and without `concurrently`.";

/** Rejects the promise of `push()`. */
export class PushError extends Data.TaggedError("PushError")<{
  readonly message: string;
  /** One sentence each. */
  readonly problems: ReadonlyArray<string>;
  readonly cause?: unknown;
}> {}

/** A value of an enum was used in the transaction that added it. */
const valueTooNew = "55P04";
const valueAlone = "Put the statement that adds it into a migration of its own, before this one.";

/** The login may not do what an owner may. */
const notAllowed = "42501";

/** Of a table, type, schema, column or function. */
const isThereAlready: ReadonlySet<string> = new Set(["42P07", "42710", "42P06", "42701", "42723"]);
const pushedBefore =
  "Was this database pushed before? Then `hedgerow migrate --baseline` records the migrations as applied without running them, once the database is as declared.";

type Said = Pick<DatabaseError, "_tag" | "message"> & { readonly sqlState?: string };

/** @returns what a refusal means to whoever may have taken the url of another login. */
export const aboutLogin = (error: Said, login: string | undefined): ReadonlyArray<string> =>
  error.sqlState === notAllowed && login !== undefined
    ? [`This is the login ${login}. Take the url of the login that owns the tables, and may make roles.`]
    : [];

/** @returns what it means that a migration makes what is there already. */
export const aboutPush = (error: Said): ReadonlyArray<string> =>
  error.sqlState !== undefined && isThereAlready.has(error.sqlState) ? [pushedBefore] : [];

/** What a database said, as sentences: an unmet expectation lists everything at once. */
export const problemsOf = (
  error: Pick<DatabaseError, "_tag" | "message"> & { sqlState?: string; detail?: string | undefined },
) => {
  if (error._tag === "ConnectionError") return [`The database cannot be reached: ${error.message}`];
  if (error.sqlState === unmetState && error.detail) return error.detail.split("\n");
  if (error.sqlState === unguardedState) return guardingProblems(error.detail ?? "");
  if (error.sqlState === noTransaction) return [`${error.message}, and this is one transaction. ${alone}`];
  if (error.sqlState === valueTooNew) return [`${error.message}, in the transaction that adds it. ${valueAlone}`];
  return [error.detail ? `${error.message} (${error.detail})` : error.message];
};

/**
 * ```
 * The push was not finished, and nobody has been given new access. What is wrong:
 *   - column body of table public.notes does not exist
 * ```
 */
export const describeFailure = (what: string, problems: ReadonlyArray<string>): string =>
  [what, ...problems.map((problem) => `  - ${problem.replaceAll("\n", "\n    ")}`)].join("\n");

export const notPrepared = "Nothing was pushed, because the database could not be prepared:";
export const notFinished = "The push was not finished, and nobody has been given new access. What is wrong:";
