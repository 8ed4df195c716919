/**
 * Bodies, validated from the columns before the database sees them.
 *
 * Invariant: strict. A field that is not named here is refused with the reason; nothing is dropped in silence. All
 * problems of a body are reported at once.
 */
import type { PgColumn } from "drizzle-orm/pg-core";
import * as Effect from "effect/Effect";
import { dataTypeOf, elementOf, isArray } from "../condition/drizzle-column.js";
import { columnInfo } from "../condition/kind.js";
import { suggestion } from "../condition/nearest.js";
import { uuidPattern } from "../condition/uuid.js";
import type { TableDefinition } from "../table/definition.js";
import { type FieldProblem, problem, type RequestProblem } from "./problem.js";
import { anything, arrayOf, type Check, notNull, numberThat, orNull, textThat, trueOrFalse } from "./value.js";
import type { WireColumn } from "./wire.js";

const text = (maxLength?: number): Check =>
  textThat(
    { message: "must not hold a NUL character", accepts: (value) => !value.includes("\0") },
    ...(maxLength === undefined
      ? []
      : [
          {
            message: `must have at most ${maxLength} characters`,
            accepts: (value: string) => [...value].length <= maxLength,
          },
        ]),
  );

const matching = (pattern: RegExp, message: string): Check =>
  textThat({ message, accepts: (value) => pattern.test(value) });

const integer = (minimum: number, maximum: number): Check =>
  numberThat({
    message: `must be an integer from ${minimum} to ${maximum}`,
    accepts: (value) => Number.isSafeInteger(value) && value >= minimum && value <= maximum,
  });

const finite = numberThat({ message: "must be a finite number", accepts: Number.isFinite });

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

/** One column as it must look in JSON, null aside. */
const checkOf = (column: PgColumn): Check => {
  if (isArray(column)) return arrayOf(checkOf(elementOf(column)));
  if (column.enumValues && column.enumValues.length > 0) {
    const values: ReadonlyArray<string> = column.enumValues;
    return textThat({ message: `must be one of ${values.join(", ")}`, accepts: (value) => values.includes(value) });
  }
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
      return finite;
    case "boolean":
      return trueOrFalse;
    default:
      return anything;
  }
};

/**
 * Builds the check of a text of a URL that stands for a value of a column, once per column. Numbers and booleans are
 * written as in JSON.
 *
 * @returns why the text cannot be a value; undefined where it can.
 */
export const valueCheck = (column: PgColumn): ((value: string) => string | undefined) => {
  const { kind } = columnInfo("", column);
  if (kind === "boolean") {
    return (value) => (value === "true" || value === "false" ? undefined : "must be true or false");
  }
  const isNumber = dataTypeOf(column) === "number";
  const check = checkOf(column);
  return (value) => {
    if (isNumber && !/^-?\d{1,20}(\.\d{1,20})?(e[+-]?\d{1,3})?$/i.test(value)) return "must be a number";
    return check(isNumber ? Number(value) : value, "")[0]?.message;
  };
};

/** What Drizzle's mapping expects for a value that was validated in its JSON form. */
const toDriverInput = (column: PgColumn, value: unknown): unknown => {
  if (isArray(column) && Array.isArray(value)) return value.map((item) => toDriverInput(elementOf(column), item));
  return dataTypeOf(column) === "bigint" && typeof value === "string" ? BigInt(value) : value;
};

/** Why a field that exists on the table may not be written by this operation. */
const reasonFor = (definition: TableDefinition, key: string): string => {
  const scope = definition.firewall.scope.find(({ column }) => column === key);
  if (scope) return "is filled by the database from who you are, and cannot be set";
  return definition.primaryKey.includes(key)
    ? "identifies the row and cannot be set"
    : "is made by the database and cannot be set";
};

export type Values = ReadonlyMap<WireColumn, unknown>;
export type BodyParser = (body: unknown) => Effect.Effect<Values, RequestProblem>;

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * Builds the parser of one operation, once per router.
 *
 * @param columns the columns that the operation may write.
 * @param required the keys that must be there.
 */
const bodyParser = (
  definition: TableDefinition,
  columns: ReadonlyArray<WireColumn>,
  required: (column: WireColumn) => boolean,
): BodyParser => {
  const writable = new Map(columns.map((column) => [column.key, column]));
  const checks = columns.map((column) => ({
    key: column.key,
    isRequired: required(column),
    check: (column.source.notNull ? notNull : orNull)(checkOf(column.source)),
  }));
  const refused = (key: string): FieldProblem => ({
    field: key,
    message: Object.hasOwn(definition.columns, key)
      ? reasonFor(definition, key)
      : `is not a field. ${suggestion(key, [...writable.keys()])}`,
  });
  return (body) =>
    Effect.gen(function* () {
      if (!isObject(body)) {
        return yield* problem("validation_failed", { detail: "The body must be a JSON object." });
      }
      const unknown = Object.keys(body).filter((key) => !writable.has(key));
      const known = Object.fromEntries(Object.entries(body).filter(([key]) => writable.has(key)));
      const invalid = checks.flatMap(({ key, isRequired, check }) => {
        if (Object.hasOwn(known, key)) return check(known[key], key);
        return isRequired ? [{ field: key, message: "is missing" }] : [];
      });
      const errors = [...unknown.map(refused), ...invalid];
      if (errors.length > 0) return yield* problem("validation_failed", { errors });
      return new Map(
        columns
          .filter((column) => Object.hasOwn(known, column.key))
          .map((column) => [column, toDriverInput(column.source, known[column.key])]),
      );
    });
};

export const createParser = (definition: TableDefinition, columns: ReadonlyArray<WireColumn>): BodyParser =>
  bodyParser(
    definition,
    columns.filter(({ key }) => !definition.managed.includes(key)),
    ({ source }) => source.notNull && !source.hasDefault,
  );

export const updateParser = (definition: TableDefinition, columns: ReadonlyArray<WireColumn>): BodyParser => {
  const parse = bodyParser(
    definition,
    columns.filter(({ key }) => !definition.managed.includes(key) && !definition.primaryKey.includes(key)),
    () => false,
  );
  return (body) =>
    Effect.flatMap(parse(body), (values) =>
      values.size > 0
        ? Effect.succeed(values)
        : problem("validation_failed", { detail: "The body names no field to change." }),
    );
};
