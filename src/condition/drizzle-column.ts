/**
 * What Drizzle says of a column, the same for both of its lines.
 *
 * Invariant: nothing else reads `dataType`, asks whether a column is an array, or takes the type of one from Drizzle. In 0.45 an
 * array is a `PgArray` around its element and a data type is one word; in 1.0 an array is a column with dimensions, which its
 * SQL type does not tell, and a data type is a word and a constraint (`object date`, `bigint int64`).
 */
import type { PgColumn } from "drizzle-orm/pg-core";
import { identifier } from "./sql-text.js";

export type DataType = "string" | "number" | "bigint" | "boolean" | "date" | "json" | "buffer" | "array" | "custom";

const isDataType = (word: string): word is DataType =>
  ["string", "number", "bigint", "boolean", "date", "json", "buffer", "array", "custom"].includes(word);

/** A property that only one of the lines has. */
const read = (column: PgColumn, name: string): unknown => Reflect.get(column, name);

const isColumn = (value: unknown): value is PgColumn =>
  typeof value === "object" && value !== null && "columnType" in value && "getSQLType" in value;

/** Of an array in 1.0. What 0.45 calls dimensions is the length of a vector. */
const dimensions = (column: PgColumn): number => {
  const value = "mapArrayElements" in column ? read(column, "dimensions") : 0;
  return typeof value === "number" ? value : 0;
};

export const isArray = (column: PgColumn): boolean => column.columnType === "PgArray" || dimensions(column) > 0;

export const dataTypeOf = (column: PgColumn): DataType => {
  if (isArray(column)) return "array";
  const [kind = "", constraint = ""] = String(read(column, "dataType")).split(" ");
  const word = kind === "object" ? constraint : kind;
  return isDataType(word) ? word : "custom";
};

const first = (list: unknown): unknown => (Array.isArray(list) ? list[0] : list);

/** The column that one element of an array would be; the column itself where it is none. */
export const elementOf = (column: PgColumn): PgColumn => {
  const base = read(column, "baseColumn");
  if (isColumn(base)) return base;
  const depth = dimensions(column);
  if (depth === 0) return column;
  return Object.create(column, {
    dimensions: { value: depth - 1 },
    // The array's own maps the elements of a list, and an element may be one itself: a point.
    mapToDriverValue: { value: (value: unknown) => first(column.mapToDriverValue([value])) },
  });
};

/** The schema of an enum, or of the elements of an array, that is not in `public`. */
export const typeSchemaOf = (column: PgColumn): string | undefined => {
  if (isArray(column)) return typeSchemaOf(elementOf(column));
  const schema: unknown = Reflect.get(Object(read(column, "enum")), "schema");
  return typeof schema === "string" ? schema : undefined;
};

/** As `create table` has it: `text[]`, `billing.mood`. */
export const sqlTypeOf = (column: PgColumn): string => {
  if (isArray(column)) return `${sqlTypeOf(elementOf(column))}[]`;
  const type = column.getSQLType();
  if (read(column, "enum") === undefined) return type;
  const schema = typeSchemaOf(column);
  return (schema === undefined ? "" : `${identifier(schema)}.`) + identifier(type);
};

/** Whether a column, or each element of it, is a document of JSON. */
export const isDocumentType = ({ columnType }: PgColumn): boolean =>
  columnType === "PgJson" || columnType === "PgJsonb";

/**
 * A value that is no array, as the driver takes it. A document is written here: 1.0 leaves that to the codecs of a driver, and
 * without them a text would be read as JSON instead of becoming one.
 */
export const toDriver = (column: PgColumn, value: unknown): unknown =>
  isDocumentType(column) ? JSON.stringify(value) : column.mapToDriverValue(value);
