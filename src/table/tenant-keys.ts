/**
 * Keys by which tenants would learn of each other.
 *
 * Invariant: every unique key contains what separates tenants (the scope columns, and the columns that point to a parent), and
 * callers choose no key that is unique across them.
 */
import { getTableColumns } from "drizzle-orm";
import type { PgColumn } from "drizzle-orm/pg-core";
import type { Condition } from "../condition/condition.js";
import { type Problem, report } from "../condition/problem.js";
import { plainConfig } from "./config.js";
import { type IndexColumns, indexColumns } from "./indexed.js";
import type { SchemaTable } from "./schema.js";

/** Columns that every row of the table is reached through: a row belongs to whoever can read the row behind them. */
const viaColumns = (firewall: Condition): ReadonlyArray<string> =>
  (firewall._tag === "And" ? firewall.all : [firewall]).flatMap((part) => {
    if (part._tag === "Via") return [part.column];
    return part._tag === "And" ? viaColumns(part) : [];
  });

/** @returns a problem for each unique key that spans tenants, and for a key that callers would choose. */
export const keysAcrossTenants = ({ source, definition }: SchemaTable): ReadonlyArray<Problem> => {
  const { table, columns, firewall, primaryKey } = definition;
  const tenant = [...firewall.scope.map(({ column }) => column), ...viaColumns(firewall.condition)];
  if (tenant.length === 0) return [];
  const problems: Array<Problem> = [];
  const at = report(table.name, problems);
  const names = tenant.flatMap((key) => columns[key]?.name ?? []);
  const lacksTenant = (key: IndexColumns): boolean => !names.every((name) => key.includes(name));
  const config = plainConfig(source);
  const own: Readonly<Record<string, PgColumn>> = getTableColumns(source);
  const keys: ReadonlyArray<IndexColumns> = [
    ...Object.values(own).flatMap(({ isUnique, name }) => (isUnique ? [[name]] : [])),
    ...config.uniqueConstraints.map((key) => indexColumns(key.columns)),
    ...config.indexes.flatMap((index) => (index.config.unique ? [indexColumns(index.config.columns)] : [])),
    ...config.primaryKeys.map((key) => indexColumns(key.columns)),
  ];
  const written = (name: string | undefined): ReadonlyArray<string> =>
    name === undefined
      ? ["sql`…`"]
      : Object.values(columns).flatMap((column) => (column.name === name ? [`t.${column.key}`] : []));
  for (const key of keys.filter(lacksTenant)) {
    const wanted = [...new Set([...names, ...key])].flatMap(written);
    at.at("unique").problem(
      "unique_key_without_scope",
      `The unique key on ${key.map((name) => name ?? "an expression").join(", ")} spans tenants, so a conflict would show that another tenant has the value.`,
      `Write it in the third argument: (t) => [uniqueIndex().on(${wanted.join(", ")})].`,
    );
  }
  const [key, ...more] = primaryKey;
  const column = key === undefined ? undefined : own[key];
  const isChosen = column !== undefined && !column.hasDefault && column.generatedIdentity === undefined;
  if (key !== undefined && more.length === 0 && isChosen && !tenant.includes(key)) {
    at.at("columns")
      .at(key)
      .problem(
        "client_made_id",
        `Column "${key}" has no default, so callers would choose ids and learn which ones other tenants use.`,
        `Let the database make random ones: id("prefix"), or uuid("${column.name}").primaryKey().defaultRandom(). Numbers that count up would tell how many rows others make.`,
      );
  }
  return problems;
};
