/**
 * What kind of value a column holds, and what it means for two such values to be equal or ordered.
 *
 * Invariant: `compareValues` gives the order that Postgres gives for the same kind (texts by code point, as
 * `collate "C"`; NaN greatest), so that `evaluate` and the database cannot disagree on a comparison.
 */

import { is } from "drizzle-orm";
import { type PgColumn, PgEnumColumn } from "drizzle-orm/pg-core";
import { isArray, sqlTypeOf } from "./drizzle-column.js";
import { dayOf, instantOf } from "./instant.js";

export type ColumnKind =
  | "text"
  | "uuid"
  | "integer"
  | "bigint"
  | "double"
  | "numeric"
  | "boolean"
  | "timestamp"
  | "timestamptz"
  | "date"
  | "enum"
  | "other";

/** What a rule may know about a column. `key` is the name in the declaration, `name` the one in Postgres. */
export interface ColumnInfo {
  readonly key: string;
  readonly name: string;
  readonly kind: ColumnKind;
  readonly sqlType: string;
  readonly notNull: boolean;
  readonly enumValues: ReadonlyArray<string> | undefined;
}

const kinds = {
  PgText: "text",
  PgVarchar: "text",
  PgUUID: "uuid",
  PgInteger: "integer",
  PgSmallInt: "integer",
  PgSerial: "integer",
  PgSmallSerial: "integer",
  PgBigInt53: "bigint",
  PgBigInt64: "bigint",
  PgBigSerial53: "bigint",
  PgBigSerial64: "bigint",
  PgDoublePrecision: "double",
  PgNumeric: "numeric",
  PgNumericNumber: "numeric",
  PgNumericBigInt: "numeric",
  PgBoolean: "boolean",
  PgDate: "date",
  PgDateString: "date",
} as const satisfies Readonly<Record<string, ColumnKind>>;

/** Drizzle's names for the types of column that have a kind. */
export type ComparableColumnType = keyof typeof kinds | "PgTimestamp" | "PgTimestampString" | "PgEnumColumn";

const hasKind = (columnType: string): columnType is keyof typeof kinds => Object.hasOwn(kinds, columnType);

const kindOf = (column: PgColumn): ColumnKind => {
  if (isArray(column)) return "other";
  if (is(column, PgEnumColumn)) return "enum";
  if (column.columnType === "PgTimestamp" || column.columnType === "PgTimestampString") {
    return column.getSQLType().includes("with time zone") ? "timestamptz" : "timestamp";
  }
  return hasKind(column.columnType) ? kinds[column.columnType] : "other";
};

export const columnInfo = (key: string, column: PgColumn): ColumnInfo => ({
  key,
  name: column.name,
  kind: kindOf(column),
  sqlType: sqlTypeOf(column),
  notNull: column.notNull,
  enumValues: column.enumValues,
});

/** How a kind is called in a message. */
export const kindName = (kind: ColumnKind): string => (kind === "other" ? "of a type that rules cannot compare" : kind);

/** Whether `lessThan` and its like mean something. */
export const isOrdered = (kind: ColumnKind): boolean =>
  kind !== "boolean" && kind !== "enum" && kind !== "uuid" && kind !== "other";

const order = <A>(a: A, b: A): number => (a < b ? -1 : a > b ? 1 : 0);

/** For values that use NaN to say that they are none. */
const orderOrNaN = (a: bigint | number, b: bigint | number): number =>
  Number.isNaN(a) || Number.isNaN(b) ? Number.NaN : a < b ? -1 : a > b ? 1 : 0;

const byCodePoint = (a: string, b: string): number => {
  const left = [...a];
  const right = [...b];
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const by = order(left[i]?.codePointAt(0) ?? 0, right[i]?.codePointAt(0) ?? 0);
    if (by !== 0) return by;
  }
  return order(left.length, right.length);
};

const byNumber = (a: number, b: number): number =>
  Number.isNaN(a) || Number.isNaN(b) ? order(Number(Number.isNaN(a)), Number(Number.isNaN(b))) : order(a, b);

/** A decimal as an integer and the number of digits behind the point; undefined for `NaN` and the infinities. */
const decimal = (text: string): { readonly digits: bigint; readonly scale: number } | undefined => {
  const match = /^([+-]?)(\d*)\.?(\d*)(?:e([+-]?\d+))?$/i.exec(text);
  if (!match || (!match[2] && !match[3])) return undefined;
  const fraction = match[3] ?? "";
  const shift = Number(match[4] ?? 0) - fraction.length;
  const digits = BigInt(`${match[2] ?? ""}${fraction}`) * (match[1] === "-" ? -1n : 1n);
  return shift >= 0 ? { digits: digits * 10n ** BigInt(shift), scale: 0 } : { digits, scale: -shift };
};

/** A number's place among the infinities and NaN, which are beyond every decimal however large. */
const beyond = (text: string): number => (/^nan$/i.test(text) ? 2 : /^-inf/i.test(text) ? -1 : 1);

const byDecimal = (a: string, b: string): number => {
  const left = decimal(a);
  const right = decimal(b);
  if (!left || !right) return order(left ? 0 : beyond(a), right ? 0 : beyond(b));
  const scale = BigInt(Math.max(left.scale, right.scale));
  const widen = (value: typeof left): bigint => value.digits * 10n ** (scale - BigInt(value.scale));
  return order(widen(left), widen(right));
};

/** @returns a negative number, zero or a positive number, or NaN where one of the values is none of this kind. */
export const compareValues = (kind: ColumnKind, a: unknown, b: unknown): number => {
  switch (kind) {
    case "integer":
    case "double":
      return byNumber(Number(a), Number(b));
    case "bigint":
      return order(BigInt(String(a)), BigInt(String(b)));
    case "numeric":
      return byDecimal(String(a), String(b));
    case "boolean":
      return order(Number(a), Number(b));
    case "timestamp":
    case "timestamptz":
      return orderOrNaN(instantOf(a), instantOf(b));
    case "date":
      return orderOrNaN(dayOf(a), dayOf(b));
    case "uuid":
      return order(String(a).toLowerCase(), String(b).toLowerCase());
    case "text":
    case "enum":
    case "other":
      return byCodePoint(String(a), String(b));
  }
};
