/**
 * `defineHedgerow` and `table`: the untyped builder of `table/`, the lowering of `postgres/`, and the types.
 *
 * Invariant: the only place where the table layer and a database meet, and the only place where a table gets its
 * static type.
 */
import type { PgTableExtraConfigValue } from "drizzle-orm/pg-core";
import type { ColumnBuilder, SelfOf } from "./condition/drizzle-types.js";
import type { Vocabulary, Wrong } from "./condition/rule.js";
import { defaultNames, type Names } from "./condition/vocabulary.js";
import { lowering } from "./postgres/drizzle.js";
import { makeTable } from "./table/builder.js";
import type { Extras } from "./table/declaration.js";
import type { DraftTable } from "./table/types.js";

/** The names of a project as types, from the value given to `defineHedgerow`. */
export interface VocabularyOf<O extends Partial<Names>> extends Vocabulary {
  readonly role: NonNullable<O["roles"]> extends ReadonlyArray<infer R extends string>
    ? undefined extends O["roles"]
      ? DefaultRole
      : R
    : DefaultRole;
  readonly userRole: NonNullable<O["userRoles"]> extends ReadonlyArray<infer R extends string>
    ? undefined extends O["userRoles"]
      ? DefaultUserRole
      : R
    : DefaultUserRole;
  readonly claims: O["claims"] extends Names["claims"] ? O["claims"] : Record<never, never>;
}

type DefaultRole = (typeof defaultNames.roles)[number];
type DefaultUserRole = (typeof defaultNames.userRoles)[number];

/** A column with the name of a method would hide the method. */
type MethodNames<Column> = {
  readonly [K in "firewall" | "access" | "accept" | "enableRLS"]?: Column &
    Wrong<`a column cannot be called '${K}': that is a method of the table`>;
};

/**
 * Declares a table. The result is a Drizzle `PgTable` with row-level security on; it needs `.firewall()` before
 * anybody can see a row of it.
 *
 * @param name the SQL name, at most 54 bytes, so that the names of policies fit.
 * @param columns Drizzle column builders by key.
 * @param extras Drizzle's third argument of `pgTable`: indexes, unique keys, checks.
 *
 * @example
 * ```ts
 * export const documents = table("documents", { id: id("doc"), organizationId: organization(), title: text().notNull() })
 *   .firewall("organization")
 *   .access({ read: { roles: ["member+"] }, create: { roles: ["member+"] } });
 * ```
 */
export type TableFunction<V extends Vocabulary> = <const N extends string, C extends Record<string, ColumnBuilder>>(
  name: N,
  columns: C & MethodNames<ColumnBuilder>,
  extras?: (self: SelfOf<N, C>) => PgTableExtraConfigValue[],
) => DraftTable<N, C, V>;

export interface Hedgerow<V extends Vocabulary> {
  readonly table: TableFunction<V>;
}

const checkNames = (names: Names): void => {
  const doubled = names.roles.find((role, index) => names.roles.indexOf(role) !== index);
  const odd = [...names.roles, ...names.userRoles].find((role) => !/^[A-Za-z0-9_.:-]+$/.test(role));
  const pseudo = names.roles.find((role) => role === "PUBLIC" || role === "AUTHENTICATED");
  const claim = Object.keys(names.claims).find((name) => !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name));
  if (names.roles.length === 0) throw new RangeError("defineHedgerow: roles is empty; name at least one role.");
  if (doubled !== undefined) throw new RangeError(`defineHedgerow: role "${doubled}" stands twice in the hierarchy.`);
  if (pseudo !== undefined)
    throw new RangeError(`defineHedgerow: "${pseudo}" is a pseudo-role and cannot be declared.`);
  if (odd !== undefined) {
    throw new RangeError(
      `defineHedgerow: role ${JSON.stringify(odd)} may hold only letters, digits and "_", ".", ":", "-".`,
    );
  }
  if (claim !== undefined) throw new RangeError(`defineHedgerow: claim ${JSON.stringify(claim)} is not a plain name.`);
};

/**
 * Declares the names of a project once and returns a `table` that knows them.
 *
 * @param names `roles` in an organization, lowest first (default `member`, `admin`, `owner`); `userRoles` on the
 * platform (default `user`, `admin`); `claims` with the type of each (`"string"`, `"number"`, `"boolean"`).
 * @throws RangeError for a role that stands twice, a pseudo-role, or an odd name.
 *
 * @example
 * ```ts
 * export const { table } = defineHedgerow({ roles: ["viewer", "editor"], claims: { region: "string" } });
 * ```
 */
export const defineHedgerow = <const O extends Partial<Names>>(names: O): Hedgerow<VocabularyOf<O>> => {
  const all: Names = { ...defaultNames, ...names };
  checkNames(all);
  const table: TableFunction<VocabularyOf<O>> = (name, columns, extras) =>
    // The builder is untyped and checks at run time what the types check before; here its result gets them.
    makeTable(name, columns, extras as Extras | undefined, all, lowering) as never;
  return { table };
};

/** `table` with the default roles (`member` < `admin` < `owner`) and no claims. */
export const { table } = defineHedgerow({});
