/**
 * What Drizzle says of a column, the same for both of its lines.
 *
 * Invariant: nothing else reads `dataType` or asks whether a column is an array. In 0.45 an array is a `PgArray` around
 * its element and a data type is one word; in 1.0 an array is a column with dimensions and a data type is a word and a
 * constraint (`object date`, `bigint int64`).
 */
import type { PgColumn } from "drizzle-orm/pg-core";

export type DataType = "string" | "number" | "bigint" | "boolean" | "date" | "json" | "buffer" | "array" | "custom";

const isDataType = (word: string): word is DataType =>
  ["string", "number", "bigint", "boolean", "date", "json", "buffer", "array", "custom"].includes(word);

/** A property that only one of the lines has. */
const read = (column: PgColumn, name: string): unknown => Reflect.get(column, name);

const isColumn = (value: unknown): value is PgColumn =>
  typeof value === "object" && value !== null && "columnType" in value && "getSQLType" in value;

const dimensions = (column: PgColumn): number => {
  const value = read(column, "dimensions");
  return typeof value === "number" ? value : 0;
};

export const isArray = (column: PgColumn): boolean => column.columnType === "PgArray" || dimensions(column) > 0;

export const dataTypeOf = (column: PgColumn): DataType => {
  if (isArray(column)) return "array";
  const [kind = "", constraint = ""] = String(read(column, "dataType")).split(" ");
  const word = kind === "object" ? constraint : kind;
  return isDataType(word) ? word : "custom";
};

/** The column that one element of an array would be; the column itself where it is none. */
export const elementOf = (column: PgColumn): PgColumn => {
  const base = read(column, "baseColumn");
  if (isColumn(base)) return base;
  return dimensions(column) === 0
    ? column
    : Object.create(column, { dimensions: { value: dimensions(column) - 1, enumerable: true } });
};
