/**
 * Why an operator should look at a database: what a check of the catalog, or a request, has found out about it.
 *
 * Invariant: for the log alone. They name tables, columns and rules; a client is told the code of a problem, and no more.
 */
import * as Data from "effect/Data";

const refusal = (reasons: ReadonlyArray<string>): string =>
  `Hedgerow refuses to serve:\n${reasons.map((reason) => `  - ${reason}`).join("\n")}`;

/** The connection is not safe to serve from; `reasons` says why, for the log. */
export class UnsafeDatabase extends Data.TaggedError("UnsafeDatabase")<{ readonly reasons: ReadonlyArray<string> }> {
  override get message(): string {
    return refusal(this.reasons);
  }
}

/**
 * The database is not what this version of the schema needs: a table, a column or a role is missing, or the rules are others;
 * `reasons` says which, and what to do, for the log.
 */
export class DatabaseDiffers extends Data.TaggedError("DatabaseDiffers")<{ readonly reasons: ReadonlyArray<string> }> {
  override get message(): string {
    return refusal(this.reasons);
  }
}

/** Requests are served, under the rules of a newer version; `rules` names those that differ. Reported once. */
export class NewerRules extends Data.TaggedError("NewerRules")<{ readonly rules: string }> {
  override get message(): string {
    return `Hedgerow serves under newer rules: ${this.rules}`;
  }
}
