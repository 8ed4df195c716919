/**
 * Columns on the wire: how a column's value looks in JSON, and how JSON becomes a bound value.
 *
 * Invariant: exact in both directions, and byte for byte what `to_json` of Postgres makes of the row. Texts, numbers and
 * instants arrive as the text that Postgres wrote, and become JSON here: that costs a tenth of what `row_to_json` does there.
 * Whatever else a column holds is written by `to_json`. What JSON numbers cannot hold (bigint, numeric) travels as text; every
 * bound value is a text that is cast to the column's type in SQL, so no driver guesses.
 */
import { getTableColumns } from "drizzle-orm";
import type { PgColumn, PgTable } from "drizzle-orm/pg-core";
import { dataTypeOf, elementOf, isArray, sqlTypeOf, toDriver } from "../condition/drizzle-column.js";
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
  /** The text of that expression, which is not null, as JSON. */
  readonly json: (text: string) => string;
  /** Whether equality and order mean something for a client. */
  readonly comparable: boolean;
}

const isExactAsText = ({ columnType }: PgColumn): boolean =>
  /^Pg(BigInt(64|String)|BigSerial64|Numeric(BigInt)?)$/.test(columnType);
const notComparable = new Set(["json", "array", "buffer", "custom"]);

/** Column types that can be declared but not cast to, and those whose cast would silently cut a value off. */
const castType = (column: PgColumn): string => {
  if (isArray(column)) return `${castType(elementOf(column))}[]`;
  const { columnType } = column;
  if (columnType === "PgVarchar") return "text";
  return columnType === "PgChar" ? "bpchar" : sqlTypeOf(column).replace(/^(small|big|)serial$/, "$1int");
};

/** Drizzle reads it as UTC; a client must not read it as local time. */
const isPlainTimestamp = (column: PgColumn): boolean =>
  column.columnType === "PgTimestamp" && !column.getSQLType().includes("with time zone");

const leafOf = (column: PgColumn): PgColumn => (isArray(column) ? leafOf(elementOf(column)) : column);

type Writer = (text: string) => string;

const asItIs: Writer = (text) => text;
/** What JSON must escape; `JSON.stringify` takes longer to find out that there is nothing. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const escapable = /["\\\u0000-\u001f\ud800-\udfff]/;
const quoted: Writer = (text) => (escapable.test(text) ? JSON.stringify(text) : `"${text}"`);

/** `NaN` and `Infinity` are no numbers in JSON. */
const float: Writer = (text) => (/[NI]/.test(text) ? `"${text}"` : text);

/** `2026-11-22 10:00:00.5+00`, as Postgres writes an instant in UTC; before Christ and infinity look different. */
const instant: Writer = (text) =>
  text.charCodeAt(10) === 32 && text.endsWith("+00")
    ? `"${text.slice(0, 10)}T${text.slice(11)}:00"`
    : `"${text.replace(" ", "T").replace(/\+00(?= BC$|$)/, "+00:00")}"`;

/** How the texts of a type become JSON here; those of any other type become JSON in Postgres. */
const writers: ReadonlyArray<readonly [RegExp, Writer]> = [
  [/^Pg(Text|Varchar|Char|UUID|Enum(Object)?Column|Date(String)?|Time)$/, quoted],
  [/^Pg(Integer|SmallInt|(Small)?Serial|Big(Int|Serial)53|Jsonb?)$/, asItIs],
  [/^Pg(Real|DoublePrecision|NumericNumber)$/, float],
  [/^PgTimestamp(String)?$/, instant],
  [/^PgBoolean$/, (text) => (text === "t" ? "true" : "false")],
];

const writing = (column: PgColumn): Pick<WireColumn, "select" | "json"> => {
  const name = identifier(column.name);
  const leaf = leafOf(column);
  if (isArray(column)) {
    // The session's time zone is UTC.
    const cast = isExactAsText(leaf) ? "::text[]" : isPlainTimestamp(leaf) ? "::timestamptz[]" : "";
    return { select: `pg_catalog.to_json(${name}${cast})`, json: asItIs };
  }
  if (isExactAsText(column)) return { select: `${name}::text`, json: quoted };
  const select = isPlainTimestamp(column) ? `(${name} at time zone 'UTC')` : name;
  const writer = writers.find(([types]) => types.test(column.columnType));
  return writer ? { select, json: writer[1] } : { select: `pg_catalog.to_json(${select})`, json: asItIs };
};

export const wireColumns = (table: PgTable): ReadonlyArray<WireColumn> =>
  Object.entries<PgColumn>(getTableColumns(table)).map(([key, source]) => ({
    key,
    name: source.name,
    source,
    cast: castType(source),
    ...writing(source),
    comparable: !notComparable.has(dataTypeOf(source)),
  }));

/** `id, organization_id` */
export const selectList = (columns: ReadonlyArray<WireColumn>): string =>
  columns.map(({ select }) => select).join(", ");

/** @returns what writes a row of `selectList` as a JSON object with the columns' keys. */
export const rowWriter = (columns: ReadonlyArray<WireColumn>): ((row: ReadonlyArray<string | null>) => string) => {
  const parts = columns.map(({ key, json }, index) => ({
    before: `${index === 0 ? "{" : ","}${JSON.stringify(key)}:`,
    json,
  }));
  return (row) => {
    let written = parts.length === 0 ? "{" : "";
    let index = 0;
    // For each value of each row: an iterator of pairs takes as long as the rest of it.
    for (const { before, json } of parts) {
      const text = row[index];
      written += before + (text === null || text === undefined ? "null" : json(text));
      index += 1;
    }
    return `${written}}`;
  };
};

const asText = (value: unknown): Bound => {
  if (value === null || value === undefined) return null;
  if (value instanceof Date) return value.toISOString();
  return typeof value === "object" ? JSON.stringify(value) : String(value);
};

/** `{"a","b \\"c\\"",null}`, `{{"1","2"}}`: https://www.postgresql.org/docs/current/arrays.html#ARRAYS-IO */
const arrayText = (element: PgColumn, list: ReadonlyArray<unknown>): string => {
  const texts = list.map((item) => {
    if (isArray(element) && Array.isArray(item)) return arrayText(elementOf(element), item);
    const text = boundText(element, item);
    return text === null ? "null" : `"${String(text).replaceAll(/["\\]/g, "\\$&")}"`;
  });
  return `{${texts.join(",")}}`;
};

const boundText = (source: PgColumn, value: unknown): Bound => {
  if (value === null || value === undefined) return null;
  if (isArray(source) && Array.isArray(value)) return arrayText(elementOf(source), value);
  const dataType = dataTypeOf(source);
  if (dataType === "date" && typeof value === "string") return value;
  return asText(toDriver(source, dataType === "bigint" && typeof value === "string" ? BigInt(value) : value));
};

/**
 * A value of a body as the text to bind. Drizzle's own mapping runs first, custom types included; instants stay
 * the text they came as, because a `Date` would cut microseconds off.
 */
export const boundValue = (column: WireColumn, value: unknown): Bound => boundText(column.source, value);

/** `($1::text)::uuid`; text itself needs no second cast. */
export const placeholder = (column: WireColumn, position: number): string => {
  if (column.cast === "text") return `$${position}::text`;
  if (!isPlainTimestamp(leafOf(column.source))) return `($${position}::text)::${column.cast}`;
  return isArray(column.source)
    ? `($${position}::text)::timestamptz[]::${column.cast}`
    : `(($${position}::text)::timestamptz at time zone 'UTC')`;
};
