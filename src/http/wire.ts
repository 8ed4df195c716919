/**
 * Columns on the wire: how a column's value looks in JSON, and how JSON becomes a bound value.
 *
 * Invariant: exact in both directions. Postgres itself writes the JSON, so every driver gives the same bytes; what
 * JSON numbers cannot hold (bigint, numeric) travels as text; every bound value is a text that is cast to the column's
 * type in SQL, so no driver guesses.
 */
import { getTableColumns, is } from "drizzle-orm";
import { type PgColumn, PgEnumColumn, type PgTable } from "drizzle-orm/pg-core";
import { dataTypeOf, elementOf, isArray } from "../condition/drizzle-column.js";
import { identifier } from "../condition/sql-text.js";
import type { Bound } from "../database/database.js";

export interface WireColumn {
  readonly key: string;
  readonly name: string;
  readonly source: PgColumn;
  /** The SQL type that a bound text is cast to. */
  readonly cast: string;
  /** The expression that a response selects. */
  readonly select: string;
  /** Whether equality and order mean something for a client. */
  readonly comparable: boolean;
}

const exactAsText = new Set(["PgBigInt64", "PgBigSerial64", "PgNumeric", "PgNumericBigInt"]);
const notComparable = new Set(["json", "array", "buffer", "custom"]);

/** Column types that can be declared but not cast to, and those whose cast would silently cut a value off. */
const castType = (column: PgColumn): string => {
  if (isArray(column)) return `${castType(elementOf(column))}[]`;
  if (is(column, PgEnumColumn)) return identifier(column.getSQLType());
  switch (column.columnType) {
    case "PgSerial":
      return "integer";
    case "PgSmallSerial":
      return "smallint";
    case "PgBigSerial53":
    case "PgBigSerial64":
      return "bigint";
    case "PgVarchar":
      return "text";
    case "PgChar":
      return "bpchar";
    default:
      return column.getSQLType();
  }
};

const isPlainTimestamp = (column: PgColumn): boolean =>
  column.columnType === "PgTimestamp" && !column.getSQLType().includes("with time zone");

const selection = (column: PgColumn): string => {
  const name = identifier(column.name);
  if (exactAsText.has(column.columnType)) return `${name}::text`;
  // Drizzle reads a timestamp without a zone as UTC; a client must not read it as local time.
  return isPlainTimestamp(column) ? `(${name} at time zone 'UTC')` : name;
};

export const wireColumns = (table: PgTable): ReadonlyArray<WireColumn> =>
  Object.entries<PgColumn>(getTableColumns(table)).map(([key, source]) => ({
    key,
    name: source.name,
    source,
    cast: castType(source),
    select: selection(source),
    comparable: !notComparable.has(dataTypeOf(source)),
  }));

/** `"id", organization_id as "organizationId"` */
export const selectList = (columns: ReadonlyArray<WireColumn>): string =>
  columns.map((column) => `${column.select} as "${column.key.replaceAll('"', '""')}"`).join(", ");

const asText = (value: unknown): Bound => {
  if (value === null || value === undefined) return null;
  if (value instanceof Date) return value.toISOString();
  return typeof value === "object" ? JSON.stringify(value) : String(value);
};

/** `{"a","b \\"c\\"",null}`: https://www.postgresql.org/docs/current/arrays.html#ARRAYS-IO */
const arrayText = (elements: ReadonlyArray<Bound>): string =>
  `{${elements.map((element) => (element === null ? "null" : `"${String(element).replaceAll(/["\\]/g, "\\$&")}"`)).join(",")}}`;

const boundText = (source: PgColumn, value: unknown): Bound => {
  if (value === null || value === undefined) return null;
  if (isArray(source) && Array.isArray(value))
    return arrayText(value.map((item) => boundText(elementOf(source), item)));
  if (dataTypeOf(source) === "date" && typeof value === "string") return value;
  return asText(source.mapToDriverValue(value));
};

/**
 * A decoded value of a body as the text to bind. Drizzle's own mapping runs first, custom types included; instants stay
 * the text they came as, because a `Date` would cut microseconds off.
 */
export const boundValue = (column: WireColumn, value: unknown): Bound => boundText(column.source, value);

/** `($1::text)::uuid`; text itself needs no second cast. */
export const placeholder = (column: WireColumn, position: number): string => {
  if (column.cast === "text") return `$${position}::text`;
  return isPlainTimestamp(column.source)
    ? `(($${position}::text)::timestamptz at time zone 'UTC')`
    : `($${position}::text)::${column.cast}`;
};
