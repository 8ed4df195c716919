/**
 * Column types that somebody else defines.
 *
 * Invariant: the type of a column is a type and nothing more, so that no key, reference or default reaches the database that
 * the definition does not know of; and a reference is compared by an `=` that its check can find.
 */
import { getTableColumns } from "drizzle-orm";
import type { PgColumn, PgTable } from "drizzle-orm/pg-core";
import { type Problem, report } from "../condition/problem.js";
import { tableName } from "./config.js";
import { referencesOf } from "./reference.js";

const isCustom = (column: PgColumn): boolean => column.columnType === "PgCustomColumn";

/** What stands behind a type in `create table`. Quoted names and numbers are not looked into. */
const constraintWord =
  /\b(?:references|unique|primary\s+key|check|default|generated|constraint|exclude|not\s+null|null)\b/i;

/** Types whose `=` is in pg_catalog, where the check of a reference looks: its search path is empty. */
const ownTypes =
  /^(?:bigint|bigserial|bit|bit varying|bool|boolean|box|bpchar|bytea|char|character|character varying|cidr|date|decimal|double precision|float|float4|float8|inet|int|int2|int4|int8|integer|interval|jsonb|macaddr|macaddr8|money|name|numeric|oid|pg_lsn|real|serial|smallint|text|time|timestamp|timestamptz|timetz|uuid|varbit|varchar|xid8|(?:int4|int8|num|ts|tstz|date)(?:multi)?range)$/;

const baseType = (sqlType: string): string =>
  sqlType
    .toLowerCase()
    .replace(/\([^)]*\)|\[\d*\]|"/g, "")
    .replace(/\bwith(?:out)? time zone\b/, "")
    .replace(/^\s*pg_catalog\./, "")
    .replace(/\s+/g, " ")
    .trim();

/** @returns a problem for each type that is more than a type, and each reference through a type that its check cannot compare. */
export const unusableTypes = (table: PgTable): ReadonlyArray<Problem> => {
  const problems: Array<Problem> = [];
  const at = report(tableName(table).name, problems).at("columns");
  const columns = Object.entries<PgColumn>(getTableColumns(table));
  for (const [key, column] of columns) {
    const word = constraintWord.exec(column.getSQLType().replace(/"(?:[^"]|"")*"/g, ""))?.[0];
    if (word === undefined || !isCustom(column)) continue;
    at.at(key).problem(
      "unsupported_type",
      `The type "${column.getSQLType()}" says more than a type ("${word}"), which nothing here would know of.`,
      "Let dataType() return the type alone, and say the rest with Drizzle: .references(), .unique(), .default(), .notNull().",
    );
  }
  for (const { columns: pairs } of referencesOf(table)) {
    for (const { own } of pairs) {
      const [key, column] = columns.find(([, { name }]) => name === own) ?? [];
      if (key === undefined || column === undefined || !isCustom(column)) continue;
      if (ownTypes.test(baseType(column.getSQLType()))) continue;
      at.at(key).problem(
        "unsupported_reference",
        `Column "${key}" refers to a guarded table by a value of type "${column.getSQLType()}", which the check of the reference cannot compare: its "=" is not one of PostgreSQL's own.`,
        "Refer by a column of one of PostgreSQL's own types, for example the parent's id.",
      );
    }
  }
  return problems;
};
