/**
 * The types of a table while it is being declared.
 *
 * Invariant: only a table with a firewall has `access`, only a table with a firewall is `Guarded`, and each step is
 * still the Drizzle table that queries and tools expect.
 */
import type { ColumnBuilder, TableOf } from "../condition/drizzle-types.js";
import type {
  AccessShape,
  CheckFirewall,
  Columns,
  FirewallShape,
  guarded,
  Operation,
  ScopeColumnsOf,
  VerifyAccess,
  Vocabulary,
  Wrong,
} from "../condition/rule.js";
import type { Acceptances } from "./finding.js";

type BuilderMap = Record<string, ColumnBuilder>;

export type BaseTable<N extends string, C extends BuilderMap> = TableOf<N, C>;

/** What the router and the client know of a guarded table. */
export interface Guard<
  N extends string = string,
  C extends Columns = Columns,
  Scope extends string = string,
  Ops extends Operation = Operation,
> {
  readonly name: N;
  readonly columns: C;
  readonly scope: Scope;
  readonly operations: Ops;
}

export interface Guarded<G extends Guard = Guard> {
  readonly [guarded]: G;
}

export declare const offered: unique symbol;

/** The operations of a table as keys, so that one comparison tells whether some are among them. */
export interface Offering<Ops extends Operation> {
  readonly [offered]: Readonly<Record<Ops, true>>;
}

declare const draft: unique symbol;

/** A table without a firewall: nothing accepts it but `.firewall()`. */
export interface Draft<N extends string = string> {
  readonly [draft]: N;
}

interface DraftSteps<N extends string, C extends BuilderMap, V extends Vocabulary> extends Draft<N> {
  readonly access: Wrong<"call .firewall() before .access()">;
  /**
   * Says which rows exist for a caller. Entries of a list are all required.
   *
   * @param firewall one entry or a list of them: a scope made by a preset (`"organization"`, `"owner"`, `"team"`) or
   * `{ field, equals | in | isNull | via }`; or `{ exception: "reason" }` for a table that has no tenant.
   *
   * @example
   * ```ts
   * table("documents", {...}).firewall({ field: "organizationId", equals: "ctx.activeOrgId" })
   * ```
   * adds `organization_id = (select hedgerow.get_active_org_id())` to every policy of the table.
   */
  firewall<const E extends FirewallShape<C>>(
    firewall: E & CheckFirewall<C, V, E>,
  ): FirewalledTable<N, C, V, ScopeColumnsOf<C, E>>;
}

export type DraftTable<N extends string, C extends BuilderMap, V extends Vocabulary> = BaseTable<N, C> &
  DraftSteps<N, C, V>;

interface FirewalledSteps<N extends string, C extends BuilderMap, V extends Vocabulary, Scope extends string>
  extends Guarded<Guard<N, C, Scope, never>> {
  /**
   * Says who may do what with the rows that exist. An operation that is absent is denied to everyone.
   *
   * @param access rules for `read`, `create`, `update` (a rule, or `{ before, after }`) and `delete`.
   *
   * @example
   * ```ts
   * .access({ read: { roles: ["member+"] }, delete: { roles: ["admin+"] } })
   * ```
   */
  access<const A extends AccessShape<C, V>>(
    access: A & VerifyAccess<C, V, A>,
  ): GuardedTable<N, C, Scope, keyof A & Operation>;
}

export type FirewalledTable<
  N extends string,
  C extends BuilderMap,
  V extends Vocabulary,
  Scope extends string,
> = BaseTable<N, C> & FirewalledSteps<N, C, V, Scope>;

interface GuardedSteps<N extends string, C extends BuilderMap, Scope extends string, Ops extends Operation>
  extends Guarded<Guard<N, C, Scope, Ops>>,
    Offering<Ops> {
  /**
   * Accepts findings of `hedgerow check` about this table, each with its reason.
   *
   * @example
   * ```ts
   * .accept({ write_without_read: "a contact form: people write without an account" })
   * ```
   */
  accept(findings: Acceptances): GuardedTable<N, C, Scope, Ops>;
}

export type GuardedTable<
  N extends string,
  C extends BuilderMap,
  Scope extends string,
  Ops extends Operation,
> = BaseTable<N, C> & GuardedSteps<N, C, Scope, Ops>;
