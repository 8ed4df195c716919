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
 * @param all the columns of the table.
 * @throws TypeError where what Drizzle computes in the application cannot be bound.
 */
export const bodyParser = (
  definition: TableDefinition,
  all: ReadonlyArray<WireColumn>,
  command: "insert" | "update",
): BodyParser => {
  const isInsert = command === "insert";
  const columns = all.filter(
    ({ key }) => !definition.managed.includes(key) && (isInsert || !definition.primaryKey.includes(key)),
  );
  const writable = columns.map(({ key }) => key);
  const isWritable = new Set(writable);
  const checks = columns.map((column) => ({
    column,
    isRequired: isInsert && column.source.notNull && !column.source.hasDefault,
    check: (column.source.notNull ? notNull : orNull)(checkOf(column.source)),
  }));
  const computed = all.map((column) => [column, computeOf(definition, column.key, column.source, command)] as const);
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
    if (found.count > 0) return found.as("validation_failed");
    if (!isInsert && values.size === 0) {
      return problem("validation_failed", { detail: "The body names no field to change." });
    }
    for (const [column, compute] of computed) {
      if (compute === undefined || values.has(column)) continue;
      const value = compute();
      if (is(value, SQL) || value instanceof Promise) throw new TypeError(`"${column.key}": $defaultFn made no value`);
      values.set(column, boundValue(column, value));
    }
    return Effect.succeed(values);
  };
};
