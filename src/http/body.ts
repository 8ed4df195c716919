/**
 * Bodies, validated from the columns before the database sees them.
 *
 * Invariant: strict. A field that is not named here is refused with the reason; nothing is dropped or changed in silence. As
 * many problems of a body as an answer holds are reported at once.
 */
import { is, SQL } from "drizzle-orm";
import * as Effect from "effect/Effect";
import { isObject } from "../condition/parse-column.js";
import type { Bound } from "../database/database.js";
import { computeOf } from "../table/computed.js";
import type { TableDefinition } from "../table/definition.js";
import { checkOf } from "./column-check.js";
import { holdsDocument, unfaithful } from "./faithful.js";
import { Findings, hint } from "./findings.js";
import { type JsonPart, nameOf } from "./json-text.js";
import { problem, type RequestProblem } from "./problem.js";
import type { JsonBody } from "./read-json.js";
import { notNull, orNull } from "./value.js";
import { boundValue, type WireColumn } from "./wire.js";

/** Why a field that exists on the table may not be written by this operation. */
const reasonFor = (definition: TableDefinition, key: string): string => {
  const scope = definition.firewall.scope.find(({ column }) => column === key);
  if (scope) return "is filled by the database from who you are, and cannot be set";
  return definition.primaryKey.includes(key)
    ? "identifies the row and cannot be set"
    : "is made by the database and cannot be set";
};

/** What to bind for each column that a body names. */
export type Values = ReadonlyMap<WireColumn, Bound>;
export type BodyParser = (body: JsonBody) => Effect.Effect<Values, RequestProblem>;

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
  const writable = columns.map(({ key }) => key);
  const isWritable = new Set(writable);
  const checks = columns.map((column) => ({
    column,
    isRequired: required(column),
    check: (column.source.notNull ? notNull : orNull)(checkOf(column.source)),
  }));
  const refused = (key: string): string =>
    Object.hasOwn(definition.columns, key) ? reasonFor(definition, key) : `is not a field. ${hint(key, writable)}`;

  return ({ text, value: body, parts }) => {
    if (!isObject(body)) return problem("validation_failed", { detail: "The body must be a JSON object." });
    const found = new Findings();
    const given = new Map<string, JsonPart>();
    for (const part of parts) {
      const key = nameOf(part.name);
      if (given.has(key)) found.add("is given more than once", key);
      else if (!isWritable.has(key)) found.add(() => refused(key), key);
      given.set(key, part);
    }
    const values = new Map<WireColumn, Bound>();
    for (const { column, isRequired, check } of checks) {
      const { key, source } = column;
      const part = given.get(key);
      if (part === undefined) {
        if (isRequired) found.add("is missing", key);
        continue;
      }
      const value = body[key];
      const before = found.count;
      found.at[0] = key;
      check(value, found);
      const altered = found.count === before ? unfaithful(source, part, text) : undefined;
      if (altered !== undefined) found.add(altered);
      if (found.count > 0) continue;
      const isDocument = value !== null && holdsDocument(source);
      values.set(column, isDocument ? text.slice(part.start, part.end).trim() : boundValue(column, value));
    }
    return found.count > 0 ? found.as("validation_failed") : Effect.succeed(values);
  };
};

/**
 * Adds what Drizzle computes in the application where it is given no value.
 *
 * @throws TypeError for what cannot be bound.
 */
const completing =
  (definition: TableDefinition, columns: ReadonlyArray<WireColumn>, command: "insert" | "update") =>
  (values: Values): Values => {
    const all = new Map(values);
    for (const column of columns) {
      const { key, source } = column;
      const compute = all.has(column) ? undefined : computeOf(definition, key, source, command);
      if (compute === undefined) continue;
      const value = compute();
      if (is(value, SQL) || value instanceof Promise) throw new TypeError(`"${key}": $defaultFn made no value`);
      all.set(column, boundValue(column, value));
    }
    return all;
  };

export const createParser = (definition: TableDefinition, columns: ReadonlyArray<WireColumn>): BodyParser => {
  const parse = bodyParser(
    definition,
    columns.filter(({ key }) => !definition.managed.includes(key)),
    ({ source }) => source.notNull && !source.hasDefault,
  );
  const complete = completing(definition, columns, "insert");
  return (body) => Effect.map(parse(body), complete);
};

export const updateParser = (definition: TableDefinition, columns: ReadonlyArray<WireColumn>): BodyParser => {
  const parse = bodyParser(
    definition,
    columns.filter(({ key }) => !definition.managed.includes(key) && !definition.primaryKey.includes(key)),
    () => false,
  );
  const complete = completing(definition, columns, "update");
  return (body) =>
    Effect.flatMap(parse(body), (values) =>
      values.size > 0
        ? Effect.succeed(complete(values))
        : problem("validation_failed", { detail: "The body names no field to change." }),
    );
};
