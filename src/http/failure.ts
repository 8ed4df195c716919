/**
 * What the database said, as a problem that a client may see.
 *
 * Invariant: maps by SQLSTATE alone; no text of the database passes. Whatever is not listed is an internal error.
 */
import { getTableColumns } from "drizzle-orm";
import { getTableConfig, type PgColumn, type PgTable } from "drizzle-orm/pg-core";
import type { DatabaseError, SqlError } from "../database/database.js";
import type { TableDefinition } from "../table/definition.js";
import { type FieldProblem, problem, type RequestProblem } from "./problem.js";

export type WriteOperation = "read" | "create" | "update" | "delete";

export interface FailureScope {
  readonly definition: TableDefinition;
  /** Keys of the columns behind each unique or foreign key, by its name in Postgres. */
  readonly constraints: ReadonlyMap<string, ReadonlyArray<string>>;
}

/** @returns what `failureOf` needs to name fields instead of constraints; built once per table. */
export const failureScope = (table: PgTable, definition: TableDefinition): FailureScope => {
  const config = getTableConfig(table);
  const keyOf = (column: { readonly name: string }): ReadonlyArray<string> =>
    Object.entries<PgColumn>(getTableColumns(table)).flatMap(([key, own]) => (own.name === column.name ? [key] : []));
  const uniqueName = (column: PgColumn): ReadonlyArray<readonly [string, ReadonlyArray<string>]> =>
    column.isUnique && column.uniqueName ? [[column.uniqueName, keyOf(column)]] : [];
  return {
    definition,
    constraints: new Map<string, ReadonlyArray<string>>([
      // The name that Postgres gives to a primary key declared on a column.
      [`${definition.table.name}_pkey`, definition.primaryKey],
      ...config.columns.flatMap(uniqueName),
      ...config.uniqueConstraints.map((key) => [key.getName() ?? "", key.columns.flatMap(keyOf)] as const),
      ...config.indexes.map(
        (index) =>
          [
            index.config.name ?? "",
            index.config.columns.flatMap((c) =>
              "name" in c && typeof c.name === "string" ? keyOf({ name: c.name }) : [],
            ),
          ] as const,
      ),
      ...config.primaryKeys.map((key) => [key.getName(), key.columns.flatMap(keyOf)] as const),
      ...config.foreignKeys.map((key) => [key.getName(), key.reference().columns.flatMap(keyOf)] as const),
    ]),
  };
};

const fieldsOf = (error: SqlError, scope: FailureScope, message: string): ReadonlyArray<FieldProblem> => {
  const managed = new Set(scope.definition.managed);
  return (scope.constraints.get(error.constraint ?? "") ?? [])
    .filter((field) => !managed.has(field))
    .map((field) => ({ field, message }));
};

const withFields = (errors: ReadonlyArray<FieldProblem>): { readonly errors?: ReadonlyArray<FieldProblem> } =>
  errors.length > 0 ? { errors } : {};

const notNull = (error: SqlError, scope: FailureScope): RequestProblem => {
  const column = Object.values(scope.definition.columns).find(({ name }) => name === error.column);
  // A scope column is empty when the caller has no such value: nothing in the body can help.
  if (!column || scope.definition.managed.includes(column.key)) return problem("forbidden");
  return problem("validation_failed", { errors: [{ field: column.key, message: "must not be null" }] });
};

const ofSql = (error: SqlError, operation: WriteOperation, scope: FailureScope): RequestProblem => {
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
    case "53300":
      return problem("unavailable");
    default:
      // Data exceptions, and values too deep or too large for Postgres.
      return /^(22|54)/.test(error.sqlState)
        ? problem("validation_failed", { detail: "A value does not fit its column." })
        : problem("internal");
  }
};

/** @returns the problem to answer with; where the fault is ours, it carries the error for the log. */
export const failureOf = (error: DatabaseError, operation: WriteOperation, scope: FailureScope): RequestProblem => {
  if (error._tag === "ConnectionError") return problem("unavailable", { hidden: error });
  const answer = ofSql(error, operation, scope);
  return answer.code === "internal" ? problem("internal", { hidden: error }) : answer;
};
