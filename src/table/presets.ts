/**
 * Column presets: columns whose meaning Hedgerow knows.
 *
 * Invariant: a preset is a plain Drizzle builder with a mark on it, so every Drizzle method still chains.
 */
import { sql } from "drizzle-orm";
import { text } from "drizzle-orm/pg-core";
import type { ColumnBuilder, TextBuilder } from "../condition/drizzle-types.js";
import { type ScopeColumn, type ScopeName, scopeMark } from "../condition/rule.js";

type FilledText = ReturnType<ReturnType<TextBuilder["notNull"]>["default"]>;
type KeyText = ReturnType<ReturnType<TextBuilder["primaryKey"]>["default"]>;

/** Stands for the default until `builder.ts` puts the database's own in its place; it is never sent anywhere. */
const filled = sql`default`;

const scoped = <B extends ColumnBuilder, S extends ScopeName>(builder: B, scope: S): B & ScopeColumn<S> =>
  Object.assign(builder, { [scopeMark]: scope });

const isScopeName = (value: unknown): value is ScopeName =>
  value === "organization" || value === "owner" || value === "team";

/** The scope that a builder was made for by a preset. */
export const presetOf = (builder: ColumnBuilder): ScopeName | undefined => {
  const value: unknown = Reflect.get(builder, scopeMark);
  return isScopeName(value) ? value : undefined;
};

/**
 * The column that says which organization a row belongs to: `text not null`, filled from the caller's active
 * organization. Makes `.firewall("organization")` possible.
 *
 * @param name the column's SQL name.
 *
 * @example
 * ```ts
 * table("projects", { id: id("prj"), organizationId: organization(), name: text().notNull() }).firewall("organization")
 * ```
 */
export const organization = (name = "organization_id"): FilledText & ScopeColumn<"organization"> =>
  scoped(text(name).notNull().default(filled), "organization");

/** The column that says whose row it is: `text not null`, filled with the caller's id. Makes `.firewall("owner")` possible. */
export const owner = (name = "user_id"): FilledText & ScopeColumn<"owner"> =>
  scoped(text(name).notNull().default(filled), "owner");

/** The column that says which team a row belongs to: `text not null`, filled from the caller's active team. Makes `.firewall("team")` possible. */
export const team = (name = "team_id"): FilledText & ScopeColumn<"team"> =>
  scoped(text(name).notNull().default(filled), "team");

/**
 * A primary key made by the database.
 *
 * @param prefix lower-case letters, digits and `_`; `id("doc")` gives `doc_2f1c…` (32 hexadecimal digits of randomness).
 * @throws RangeError for another prefix.
 */
export const id = (prefix?: string): KeyText => {
  // drizzle-kit cuts a cast off the end of what it reads back, and would find a change in every push.
  if (prefix === undefined) return text("id").primaryKey().default(sql`lower((gen_random_uuid())::text)`);
  if (!/^[a-z][a-z0-9_]{0,15}$/.test(prefix)) {
    throw new RangeError(
      `id(${JSON.stringify(prefix)}): a prefix is 1 to 16 lower-case letters, digits or "_" and begins with a letter.`,
    );
  }
  // Safe as raw text: the prefix holds letters, digits and underscores only.
  return text("id")
    .primaryKey()
    .default(sql.raw(`('${prefix}_'::text || replace((gen_random_uuid())::text, '-'::text, ''::text))`));
};
