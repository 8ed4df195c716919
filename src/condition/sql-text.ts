/**
 * Text that becomes SQL: identifiers and literals.
 *
 * Invariant: nothing that a user can name or write leaves its quotes, and the result never contains `--`, which
 * drizzle-kit 0.31 takes for a separator inside policy expressions.
 */
import type { Literal, TableName } from "./condition.js";
import { dayText, instantText } from "./instant.js";
import type { ColumnInfo } from "./kind.js";

/** Key words that Postgres does not accept as a bare column or table name; and `between`, of which it makes `not between`. */
const reserved = new Set(
  (
    "all analyse analyze and any array as asc asymmetric authorization between binary both case cast check collate " +
    "collation column concurrently constraint create cross current_catalog current_date current_role current_schema " +
    "current_time current_timestamp current_user default deferrable desc distinct do else end except false fetch for " +
    "foreign freeze from full grant group having ilike in initially inner intersect into is isnull join lateral " +
    "leading left like limit localtime localtimestamp natural not notnull null offset on only or order outer " +
    "overlaps placing primary references returning right select session_user similar some symmetric system_user " +
    "table tablesample then to trailing true union unique user using variadic verbose when where window with"
  ).split(" "),
);

const escapeDashes = (quoted: string, prefix: string): string =>
  quoted.includes("--") ? `${prefix}${quoted.replaceAll("\\", "\\\\").replaceAll("-", "\\002D")}` : quoted;

/** @throws RangeError for a NUL character: Postgres holds none, and a client would cut the statement off there. */
const quoted = (value: string, quote: string): string => {
  if (value.includes("\0")) throw new RangeError(`${JSON.stringify(value)} holds a NUL character.`);
  return `${quote}${value.replaceAll(quote, quote + quote)}${quote}`;
};

/** `documents`, `"order"`, `"camelCase"`. */
export const identifier = (name: string): string => {
  if (/^[a-z_][a-z0-9_]*$/.test(name) && !reserved.has(name)) return name;
  return escapeDashes(quoted(name, '"'), "U&");
};

/** `public.documents`. */
export const qualified = (table: TableName): string => `${identifier(table.schema)}.${identifier(table.name)}`;

/** `'it''s'`. */
export const text = (value: string): string => escapeDashes(quoted(value, "'"), "U&");

/** `'"public"."documents"'`: a name inside a text, for functions and casts that read one; they know no `U&`. */
export const nameText = (table: TableName): string => text(`${quoted(table.schema, '"')}.${quoted(table.name, '"')}`);

/** `$$...$$`, with a tag where the body would end it early. */
export const dollarQuoted = (body: string): string => {
  let tag = "$$";
  for (let n = 1; `${body}${tag}`.indexOf(tag) < body.length; n++) tag = `$q${n}$`;
  return `${tag}${body}${tag}`;
};

/** `array['admin', 'owner']`. */
export const textArray = (values: ReadonlyArray<string>): string =>
  values.length === 0 ? "'{}'::text[]" : `array[${values.map(text).join(", ")}]`;

/** Always spelled with all its parts and in UTC: what is left to Postgres depends on a session's TimeZone. */
const day = (value: Literal): string => dayText(value) ?? String(value);
const instant = (value: Literal, zone: string): string => {
  const inUtc = instantText(value);
  return inUtc === undefined ? String(value) : inUtc + zone;
};

/** A literal of a column's kind, typed where the bare text would not be. */
export const literal = (column: ColumnInfo, value: Literal): string => {
  const typed = (content: string, type: string = column.kind): string => `${text(content)}::${type}`;
  switch (column.kind) {
    case "boolean":
      return value === true ? "true" : "false";
    case "integer":
    case "bigint":
      return Number(value) < 0 ? typed(String(value), "bigint") : String(value);
    case "double":
      return typed(String(value), "double precision");
    case "numeric":
    case "uuid":
      return typed(String(value));
    case "date":
      return typed(day(value));
    case "timestamp":
      return typed(instant(value, ""));
    case "timestamptz":
      return typed(instant(value, "+00"));
    // Without a type of its own it takes that of the column, whose schema nobody has to know.
    case "enum":
    case "text":
    case "other":
      return text(String(value));
  }
};
