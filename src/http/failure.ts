/**
 * What the database said, as a problem that a client may see.
 *
 * Invariant: maps by SQLSTATE alone; no text of the database passes. Whatever is not listed is an internal error.
 */
import { getTableColumns } from "drizzle-orm";
import type { PgColumn, PgTable } from "drizzle-orm/pg-core";
import type { DatabaseError, SqlError, TransactionEnded } from "../database/database.js";
import { plainConfig } from "../table/config.js";
import type { TableDefinition } from "../table/definition.js";
import { indexColumns } from "../table/indexed.js";
import { type FieldProblem, hasTag, problem, type RequestProblem } from "./problem.js";
import { DatabaseDiffers } from "./refusal.js";

export type WriteOperation = "read" | "create" | "update" | "delete";

export interface FailureScope {
  readonly definition: TableDefinition;
  /** Keys of the columns behind each unique or foreign key, by its name in Postgres. */
  readonly constraints: ReadonlyMap<string, ReadonlyArray<string>>;
}

/** The columns of a key or an index, as far as they are columns and not expressions. */
const namesOf = (columns: ReadonlyArray<object>): ReadonlyArray<string> =>
  indexColumns(columns).filter((name) => name !== undefined);

/**
 * The names under which Postgres may report a key. A key that its author did not name is called differently by Drizzle
 * 0.45 (`t_c_unique`, `t_c_u_d_fk`) and by 1.0 (`t_c_key`, `t_c_u_d_fkey`).
 */
const reportedNames = (
  table: string,
  columns: ReadonlyArray<string>,
  own: string | undefined,
): ReadonlyArray<string> => [
  ...(own === undefined ? [] : [own, own.replace(/_fk$/, "_fkey")]),
  `${[table, ...columns].join("_")}_key`,
];

/** @returns what `failureOf` needs to name fields instead of constraints; built once per table. */
export const failureScope = (table: PgTable, definition: TableDefinition): FailureScope => {
  const { name, columns, uniqueConstraints, indexes, primaryKeys, foreignKeys } = plainConfig(table);
  const keyOf = (column: string): ReadonlyArray<string> =>
    Object.entries<PgColumn>(getTableColumns(table)).flatMap(([key, own]) => (own.name === column ? [key] : []));
  const entries = (
    own: string | undefined,
    of: ReadonlyArray<string>,
  ): ReadonlyArray<readonly [string, ReadonlyArray<string>]> =>
    reportedNames(name, of, own).map((reported) => [reported, of.flatMap(keyOf)] as const);
  return {
    definition,
    constraints: new Map([
      // The name that Postgres gives to a primary key declared on a column.
      [`${name}_pkey`, definition.primaryKey] as const,
      ...columns.filter((column) => column.isUnique).flatMap((column) => entries(column.uniqueName, [column.name])),
      ...uniqueConstraints.flatMap((key) => entries(key.getName(), namesOf(key.columns))),
      ...indexes.flatMap(({ config }) => entries(config.name, namesOf(config.columns))),
      ...primaryKeys.flatMap((key) => entries(key.getName(), namesOf(key.columns))),
      ...foreignKeys.flatMap((key) => entries(key.getName(), namesOf(key.reference().columns))),
    ]),
  };
};

const fieldsOf = (error: SqlError, scope: FailureScope | undefined, message: string): ReadonlyArray<FieldProblem> => {
  if (scope === undefined) return [];
  const managed = new Set(scope.definition.managed);
  return (scope.constraints.get(error.constraint ?? "") ?? [])
    .filter((field) => !managed.has(field))
    .map((field) => ({ field, message }));
};

const withFields = (errors: ReadonlyArray<FieldProblem>): { readonly errors?: ReadonlyArray<FieldProblem> } =>
  errors.length > 0 ? { errors } : {};

const notNull = (error: SqlError, scope: FailureScope | undefined): RequestProblem => {
  if (scope === undefined) return problem("validation_failed", { detail: "A value is missing." });
  const column = Object.values(scope.definition.columns).find(({ name }) => name === error.column);
  if (!column && error.table === scope.definition.table.name) {
    const reasons = [`column ${error.table}.${error.column} needs a value, and this version has no such column`];
    return problem("database_differs", { hidden: new DatabaseDiffers({ reasons }) });
  }
  // A scope column is empty when the caller has no such value: nothing in the body can help.
  if (!column || scope.definition.managed.includes(column.key)) return problem("forbidden");
  return problem("validation_failed", { errors: [{ field: column.key, message: "must not be null" }] });
};

const ofSql = (error: SqlError, operation: WriteOperation, scope: FailureScope | undefined): RequestProblem => {
  switch (error.sqlState) {
    case "HR401":
      return problem("authentication_required");
    case "HR403":
    case "42501":
      return problem("forbidden");
    case "HR410":
      return problem("no_active_organization");
    case "23502":
      return notNull(error, scope);
    case "23503":
      return operation === "delete"
        ? problem("still_referenced")
        : problem("invalid_reference", withFields(fieldsOf(error, scope, "points to a row that does not exist")));
    case "23505":
      return problem("conflict", withFields(fieldsOf(error, scope, "is taken")));
    case "23514":
    case "23P01":
      return problem("validation_failed", { detail: "The row breaks a rule of the table." });
    case "40001":
    case "40P01":
    case "55P03":
      return problem("try_again");
    case "57014":
      return problem("timeout");
    case "25006":
      return problem("unavailable");
    default:
      // Out of memory, of disk, of connections: the database's trouble, and nothing took effect.
      if (error.sqlState.startsWith("53")) return problem("unavailable", { hidden: error });
      // Data exceptions, and values too deep or too large for Postgres.
      return /^(22|54)/.test(error.sqlState)
        ? problem("validation_failed", { detail: "A value does not fit its column." })
        : problem("internal");
  }
};

/** A write whose answer was lost. */
const uncertain = "It is not known whether the change was made. Look before you send it again.";

/**
 * @param scope missing for a statement of the application's own, of which nobody here knows the table.
 * @returns the problem to answer with; where the fault is ours, it carries the error for the log.
 */
export const failureOf = (error: DatabaseError, operation: WriteOperation, scope?: FailureScope): RequestProblem => {
  if (error._tag === "ConnectionError") {
    const isKnown = error.unsent || operation === "read";
    return problem("unavailable", { hidden: error, ...(!isKnown && { detail: uncertain }) });
  }
  const answer = ofSql(error, operation, scope);
  return answer.code === "internal" ? problem("internal", { hidden: error }) : answer;
};

type Thrown = DatabaseError | TransactionEnded | { readonly _tag: "TransactionTimeout" | "RequestAborted" };

const tags = ["SqlError", "ConnectionError", "TransactionEnded", "TransactionTimeout", "RequestAborted"];

const isOfTheDatabase = (error: unknown): error is Thrown => tags.some((tag) => hasTag(error, tag));

/**
 * Drizzle's wrapper has the statement and its values in its message. Not by its class, of which there may be two, nor by its
 * name, which a minifier changes.
 */
const isOfDrizzle = (error: unknown): error is Error =>
  error instanceof Error && "query" in error && "params" in error && error.message.startsWith("Failed query: ");

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
        return failureOf(thrown, operation);
    }
  }
  return isOfDrizzle(error) ? problem("internal", { hidden: error }) : undefined;
};
