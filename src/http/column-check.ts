/**
 * What a value must be to stand in a column, in JSON and in a URL.
 *
 * Invariant: what is accepted here, Postgres can cast to the column's type, as far as the type says.
 */
import type { PgColumn } from "drizzle-orm/pg-core";
import { dataTypeOf, elementOf, isArray } from "../condition/drizzle-column.js";
import { columnInfo } from "../condition/kind.js";
import { uuidPattern } from "../condition/uuid.js";
import { listed } from "./findings.js";
import { anything, arrayOf, type Check, type Fault, having, numberThat, textThat, trueOrFalse } from "./value.js";

/** Characters as Postgres counts them. Counts no further than it has to. */
const isLongerThan = (text: string, most: number): boolean => {
  if (text.length <= most) return false;
  if (text.length > 2 * most) return true;
  return [...text].length > most;
};

const text = (maxLength?: number): Fault =>
  textThat(
    { message: "must not hold a NUL character", accepts: (value) => !value.includes("\0") },
    ...(maxLength === undefined
      ? []
      : [
          {
            message: `must have at most ${maxLength} characters`,
            accepts: (value: string) => !isLongerThan(value, maxLength),
          },
        ]),
  );

const matching = (pattern: RegExp, message: string): Fault =>
  textThat({ message, accepts: (value) => pattern.test(value) });

const integer = (minimum: number, maximum: number): Fault =>
  numberThat({
    message: `must be an integer from ${minimum} to ${maximum}`,
    accepts: (value) => Number.isSafeInteger(value) && value >= minimum && value <= maximum,
  });

const finite = numberThat({ message: "must be a finite number", accepts: Number.isFinite });

const single = numberThat({
  message: "must be a number that a real can hold",
  accepts: (value) => Number.isFinite(Math.fround(value)) && (value === 0 || Math.fround(value) !== 0),
});

const instantPattern = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?:Z|[+-]\d\d(?::?\d\d)?)?)?$/i;
const isInstant = (value: string): boolean => instantPattern.test(value) && !Number.isNaN(Date.parse(value));
const isDay = (value: string): boolean => {
  if (!/^\d{4}-\d\d-\d\d$/.test(value)) return false;
  const date = new Date(`${value}T00:00:00Z`);
  // `Date` turns 30 February into 2 March; Postgres refuses it.
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(value);
};
const instant = textThat({
  message: 'must be an ISO 8601 instant such as "2026-01-31T12:00:00Z"',
  accepts: (value) => isInstant(value) && isDay(value.slice(0, 10)),
});
const day = textThat({ message: 'must be a day such as "2026-01-31"', accepts: isDay });

const maxBigint = 2n ** 63n;
const bigintText = textThat({
  message: "must be a 64-bit integer written as a text",
  accepts: (value) => /^-?\d{1,19}$/.test(value) && BigInt(value) < maxBigint && BigInt(value) >= -maxBigint,
});

const lengthOf = (column: PgColumn): number | undefined => {
  const length: unknown = Reflect.get(column, "length");
  return typeof length === "number" ? length : undefined;
};

/** Of a column that is no array. */
const faultOf = (column: PgColumn): Fault => {
  if (column.enumValues && column.enumValues.length > 0) {
    const values: ReadonlyArray<string> = column.enumValues;
    return textThat({ message: `must be one of ${listed(values)}`, accepts: (value) => values.includes(value) });
  }
  if (column.columnType === "PgBigIntString") return bigintText;
  switch (columnInfo("", column).kind) {
    case "uuid":
      return matching(new RegExp(uuidPattern), "must be a uuid");
    case "integer":
      return /SmallInt|SmallSerial/.test(column.columnType) ? integer(-32768, 32767) : integer(-2147483648, 2147483647);
    case "bigint":
      return dataTypeOf(column) === "bigint" ? bigintText : integer(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
    case "numeric":
      return dataTypeOf(column) === "number"
        ? finite
        : matching(/^-?\d{1,131072}(\.\d{1,16383})?$/, 'must be a decimal number written as a text, such as "12.50"');
    case "date":
      return day;
    case "timestamp":
    case "timestamptz":
      return instant;
    default:
  }
  switch (dataTypeOf(column)) {
    case "string":
      return text(lengthOf(column));
    case "number":
      return column.columnType === "PgReal" ? single : finite;
    case "boolean":
      return trueOrFalse;
    default:
      return anything;
  }
};

/** One column as it must look in JSON, null aside. */
export const checkOf = (column: PgColumn): Check =>
  isArray(column) ? arrayOf(checkOf(elementOf(column))) : having(faultOf(column));

/**
 * Builds the check of a text of a URL that stands for a value of a column, once per column. Numbers and booleans are
 * written as in JSON.
 *
 * @returns why the text cannot be a value; undefined where it can.
 */
export const valueCheck = (column: PgColumn): ((value: string) => string | undefined) => {
  if (isArray(column)) return () => "must be an array";
  const { kind } = columnInfo("", column);
  if (kind === "boolean") {
    return (value) => (value === "true" || value === "false" ? undefined : "must be true or false");
  }
  const isNumber = dataTypeOf(column) === "number";
  // Postgres reads no `1.0` and no `1e3` as an integer.
  const isWhole = kind === "integer" || kind === "bigint";
  const pattern = isWhole ? /^-?\d{1,20}$/ : /^-?\d{1,20}(\.\d{1,20})?(e[+-]?\d{1,3})?$/i;
  const fault = faultOf(column);
  return (value) => {
    if (isNumber && !pattern.test(value)) return isWhole ? "must be an integer" : "must be a number";
    return fault(isNumber ? Number(value) : value);
  };
};
