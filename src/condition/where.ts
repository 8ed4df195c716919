/**
 * Where: a condition as a Drizzle expression with one caller's values as bound parameters.
 *
 * Invariant: TRUE for exactly the rows for which the policy is TRUE for the same caller. The caller's values are
 * bound, never written into the text.
 */
import { getTableColumns, getTableName, type SQL, sql } from "drizzle-orm";
import type { PgColumn, PgTable } from "drizzle-orm/pg-core";
import type { Caller } from "./caller.js";
import type { Condition, ContextPath } from "./condition.js";
import { contextValue, contextValueFor } from "./evaluate.js";
import { type ColumnInfo, type ColumnKind, columnInfo } from "./kind.js";
import { toSql } from "./sql.js";
import { identifier, literal, qualified } from "./sql-text.js";

/** The type that a caller's value is bound as; fixed, so that Postgres never has to guess. */
const boundType: Readonly<Partial<Record<ColumnKind, string>>> = {
  uuid: "uuid",
  integer: "bigint",
  bigint: "bigint",
  double: "double precision",
  boolean: "boolean",
};

/**
 * @param condition what a row must fulfil; `Via` asks the parent table as the current role sees it.
 * @returns for example `"documents"."organization_id" = $1::text`.
 */
export const whereSql = (condition: Condition, table: PgTable, caller: Caller): SQL => {
  const columns: Readonly<Record<string, PgColumn>> = getTableColumns(table);
  const column = (key: string): PgColumn => {
    const found = columns[key];
    if (!found) throw new Error(`Column "${key}" is not part of the table.`);
    return found;
  };
  const info = (key: string): ColumnInfo => columnInfo(key, column(key));
  const bind = (kind: ColumnKind, path: ContextPath): SQL => {
    const value = contextValueFor(kind, caller, path);
    return sql`${value}::${sql.raw(boundType[kind] ?? "text")}`;
  };
  return toSql<SQL>({
    raw: (text) => sql.raw(text),
    join: (parts, separator) => sql.join([...parts], sql.raw(separator)),
    column: (key) => sql`${column(key)}`,
    info,
    // Safe as raw text: `literal` quotes whatever a declaration can hold.
    operand: (target, operand) =>
      operand._tag === "Literal" ? sql.raw(literal(target, operand.value)) : bind(target.kind, operand.path),
    hasContext: (node) => sql.raw(contextValue(caller, node.path) === null ? "false" : "true"),
    hasRole: (node) => {
      const held = node.tier === "organization" ? caller.roles : caller.userRoles;
      return sql.raw(node.roles.some((role) => held.includes(role)) ? "true" : "false");
    },
    via: (node) => {
      // A table called like the alias would mean the parent's column by its own.
      const parent = sql.identifier(getTableName(table) === "parent" ? "parent_row" : "parent");
      return sql`exists (select 1 from ${sql.raw(qualified(node.parent))} as ${parent} where ${parent}.${sql.raw(identifier(node.parentColumn))} = ${column(node.column)})`;
    },
  })(condition);
};
