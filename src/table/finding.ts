/**
 * What is risky in a definition that is not wrong.
 *
 * Invariant: a closed union; a finding is accepted only by its code, beside the table it is about, with a reason.
 */

export const findingCodes = [
  "always_holds",
  "auth_guarded_later",
  "blocking_reference",
  "counting_column",
  "missing_index",
  "negation_of_nullable",
  "no_access",
  "no_effect",
  "public_write",
  "readable_secret",
  "slow_column_type",
  "unguarded_reference",
  "unpinned_preset",
  "unreachable_role",
  "unreadable_child",
  "unreadable_conflict",
  "unreadable_reference",
  "unused_acceptance",
  "write_without_read",
] as const;

export type FindingCode = (typeof findingCodes)[number];

export interface Finding {
  readonly code: FindingCode;
  /** The SQL name of the table; `(schema)` for what concerns all of them. */
  readonly table: string;
  /** Where in the declaration, for example `access.update`. */
  readonly path: string;
  readonly message: string;
  /** What would be right. */
  readonly fix: string;
  /** Why its author accepts it; undefined where nobody does. */
  readonly accepted: string | undefined;
}

/** Findings that a table accepts, each with its reason. */
export type Acceptances = {
  readonly [C in Exclude<FindingCode, "auth_guarded_later" | "unreachable_role" | "unused_acceptance">]?: string;
};
