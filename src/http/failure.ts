/**
 * What the database said, as a problem that a client may see.
 *
 * Invariant: maps by SQLSTATE alone; no text of the database passes. What the data of a caller can cause is a 4xx, what passes is
 * a 503, and whatever is not listed is an internal error, which the log hears of.
 */
import { Column, getTableColumns, is, SQL, StringChunk } from "drizzle-orm";
import type { PgColumn, PgTable } from "drizzle-orm/pg-core";
import type { DatabaseError, SqlError, TransactionEnded } from "../database/database.js";
import { plainConfig } from "../table/config.js";
import type { TableDefinition } from "../table/definition.js";
import { type IndexColumns, indexColumns } from "../table/indexed.js";
import { chunkText } from "./declared.js";
import { type FieldProblem, hasTag, type ProblemDetailsCode, problem, type RequestProblem } from "./problem.js";
import { DatabaseDiffers } from "./refusal.js";

export type WriteOperation = "read" | "create" | "update" | "delete";

export interface FailureScope {
  readonly definition: TableDefinition;
  /** Keys of the columns behind each unique or foreign key and each check, by its name in Postgres. */
  readonly constraints: ReadonlyMap<string, ReadonlyArray<string>>;
}

const textOf = (chunk: unknown): string => {
  if (is(chunk, SQL)) return chunk.queryChunks.map(textOf).join("");
  if (is(chunk, StringChunk)) return chunkText(chunk);
  return is(chunk, Column) ? `"${chunk.name}"` : "";
};

/** What an expression may name: all its words, but for those in literals. */
const namesIn = (expression: SQL): ReadonlyArray<string> =>
  [...textOf(expression).matchAll(/'[^']*'|"([^"]+)"|\w+/g)].map(([word, quoted]) => quoted ?? word.toLowerCase());

/**
 * A key or an index under the names by which Postgres may report it. One that its author did not name is called differently by
 * Drizzle 0.45 (`t_c_unique`, `t_c_u_d_fk`) and by 1.0 (`t_c_key`, `t_c_u_d_fkey`).
 */
const reported = (
  table: string,
  own: string | undefined,
  columns: ReadonlyArray<object>,
): ReadonlyArray<readonly [string, IndexColumns]> => {
  const of = indexColumns(columns);
  return [...(own === undefined ? [] : [own, own.replace(/_fk$/, "_fkey")]), `${[table, ...of].join("_")}_key`].map(
    (name) => [name, of],
  );
};

/** @returns what `failureOf` needs to name fields instead of constraints; built once per table. */
export const failureScope = (table: PgTable, definition: TableDefinition): FailureScope => {
  const { name, columns, uniqueConstraints, indexes, primaryKeys, foreignKeys, checks } = plainConfig(table);
  const named = [
    ...columns.flatMap((column) => (column.isUnique ? reported(name, column.uniqueName, [column]) : [])),
    ...[...uniqueConstraints, ...primaryKeys].flatMap((key) => reported(name, key.getName(), key.columns)),
    ...indexes.flatMap(({ config }) => reported(name, config.name, config.columns)),
    ...foreignKeys.flatMap((key) => reported(name, key.getName(), key.reference().columns)),
    ...checks.map((check) => [check.name, namesIn(check.value)] as const),
  ];
  const keysOf = (names: IndexColumns): ReadonlyArray<string> =>
    Object.entries<PgColumn>(getTableColumns(table)).flatMap(([key, own]) => (names.includes(own.name) ? [key] : []));
  return {
    definition,
    // The name that Postgres gives to a primary key declared on a column.
    constraints: new Map([
      [`${name}_pkey`, definition.primaryKey],
      ...named.map(([constraint, of]) => [constraint, keysOf(of)] as const),
    ]),
  };
};

const fieldsOf = (
  error: SqlError,
  scope: FailureScope | undefined,
  message: string,
): { readonly errors?: ReadonlyArray<FieldProblem> } => {
  const errors = (scope?.constraints.get(error.constraint ?? "") ?? [])
    .filter((field) => !scope?.definition.managed.includes(field))
    .map((field) => ({ field, message }));
  return errors.length > 0 ? { errors } : {};
};

const notNull = (error: SqlError, scope: FailureScope | undefined): RequestProblem => {
  if (scope === undefined) return problem("validation_failed", { detail: "A value is missing." });
  const column = Object.values(scope.definition.columns).find(({ name }) => name === error.column);
  if (!column && error.table === scope.definition.table.name) {
    const reasons = [`column ${error.table}.${error.column} needs a value, and this version has no such column`];
    return problem("database_differs", { hidden: new DatabaseDiffers({ reasons }) });
  }
  // A scope column is empty when the caller has no such value: nothing in the body can help.
  if (!column || scope.definition.firewall.scope.some((own) => own.column === column.key)) return problem("forbidden");
  // What a request may not give, the database or the declaration was to make.
  if (scope.definition.managed.includes(column.key)) return problem("internal", { hidden: error });
  return problem("validation_failed", { errors: [{ field: column.key, message: "must not be null" }] });
};

/** SQLSTATEs and classes of them that are not the fault of this program or of its tables; the first that fits. */
const codes: ReadonlyArray<readonly [RegExp, ProblemDetailsCode]> = [
  [/HR401/, "authentication_required"],
  [/HR403|42501/, "forbidden"],
  [/HR410/, "no_active_organization"],
  [/23001/, "still_referenced"],
  [/23503/, "invalid_reference"],
  [/23505/, "conflict"],
  [/P0001/, "rejected"],
  [/57014/, "timeout"],
  [/^40|55P03|^72/, "try_again"],
  [/^08(?!P01)|25006|^5[37]|HV00N/, "unavailable"],
  [/^2[23]|^[45]4/, "validation_failed"],
];

const ofSql = (error: SqlError, operation: WriteOperation, scope: FailureScope | undefined): RequestProblem => {
  const { sqlState, table, routine = "" } = error;
  const [, known = "internal"] = codes.find(([states]) => states.test(sqlState)) ?? [];
  // No number for one more transaction: the database's trouble, under the code of a value that is too large.
  const code = routine.startsWith("GetNew") ? "unavailable" : known;
  if (code === "unavailable" || code === "internal") return problem(code, { hidden: error });
  if (sqlState === "23502") return notNull(error, scope);
  if (code === "conflict") return problem(code, fieldsOf(error, scope, "is taken"));
  if (code === "invalid_reference") {
    // Of a key that cannot be changed Postgres names the table that points to it.
    const isPointedAt = operation === "update" && scope && table && table !== scope.definition.table.name;
    return operation === "delete" || isPointedAt
      ? problem("still_referenced")
      : problem(code, fieldsOf(error, scope, "points to a row that does not exist"));
  }
  if (code !== "validation_failed") return problem(code);
  return /^2[^3]|^5/.test(sqlState)
    ? problem(code, { detail: "A value does not fit its column." })
    : problem(code, { detail: "The row breaks a rule of the table.", ...fieldsOf(error, scope, "breaks a rule") });
};

/** A write whose answer was lost. */
const uncertain = "It is not known whether the change was made. Look before you send it again.";

/**
 * @param scope missing for a statement of the application's own, of which nobody here knows the table.
 * @returns the problem to answer with; where the fault is ours, it carries the error for the log.
 */
export const failureOf = (error: DatabaseError, operation: WriteOperation, scope?: FailureScope): RequestProblem => {
  const isOfSql = error._tag === "SqlError";
  const isLost = isOfSql ? /^(08007|40003)$/.test(error.sqlState) : !error.unsent;
  if (isOfSql && (!isLost || operation === "read")) return ofSql(error, operation, scope);
  return problem("unavailable", { hidden: error, ...(isLost && operation !== "read" && { detail: uncertain }) });
};

type Thrown = DatabaseError | TransactionEnded | { readonly _tag: "TransactionTimeout" | "RequestAborted" };

const tags = ["SqlError", "ConnectionError", "TransactionEnded", "TransactionTimeout", "RequestAborted"];

const isOfTheDatabase = (error: unknown): error is Thrown => tags.some((tag) => hasTag(error, tag));

/**
 * Drizzle's wrapper has the statement and its values in its message. Not by its class, of which there may be two, nor by its
 * name, which a minifier changes.
 */
const isOfDrizzle = (error: unknown): error is Error & { readonly query: string } =>
  error instanceof Error &&
  "query" in error &&
  typeof error.query === "string" &&
  "params" in error &&
  error.message.startsWith("Failed query: ");

/**
 * What a handler of the application's own did not catch.
 *
 * @param operation `"read"` for a request that changes nothing.
 * @returns the problem to answer with where it came from the database; undefined for an error of the application.
 */
export const handlerFailure = (error: unknown, operation: WriteOperation): RequestProblem | undefined => {
  const thrown = isOfDrizzle(error) ? error.cause : error;
  if (isOfTheDatabase(thrown)) {
    switch (thrown._tag) {
      case "TransactionTimeout":
        return problem("timeout");
      case "RequestAborted":
        return problem("request_aborted");
      case "TransactionEnded":
        return problem("internal", { hidden: error });
      default:
        return failureOf(thrown, isOfDrizzle(error) && /^delete/i.test(error.query) ? "delete" : operation);
    }
  }
  return isOfDrizzle(error) ? problem("internal", { hidden: error }) : undefined;
};
