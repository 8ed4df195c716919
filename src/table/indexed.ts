/**
 * By which columns Postgres finds rows.
 *
 * Invariant: an expression stands in its place as undefined: what is behind it is no beginning of an index.
 */
import { getTableColumns } from "drizzle-orm";
import type { getTableConfig, PgColumn, PgTable } from "drizzle-orm/pg-core";

export type IndexColumns = ReadonlyArray<string | undefined>;

/** The SQL names of the columns of a key or an index. */
export const indexColumns = (columns: ReadonlyArray<object>): IndexColumns =>
  columns.map((column) => ("name" in column && typeof column.name === "string" ? column.name : undefined));

/**
 * @param config what Drizzle knows of the table: all of it, or its author's part.
 * @returns the columns of each key and index that finds any row of a table, in an order.
 */
export const orderedIndexes = (
  table: PgTable,
  { indexes, uniqueConstraints, primaryKeys }: ReturnType<typeof getTableConfig>,
): ReadonlyArray<IndexColumns> => [
  ...Object.values<PgColumn>(getTableColumns(table)).flatMap(({ name, primary, isUnique }) =>
    primary || isUnique ? [[name]] : [],
  ),
  ...indexes
    .filter(({ config }) => config.where === undefined && (config.method ?? "btree") === "btree")
    .map(({ config }) => indexColumns(config.columns)),
  ...[...uniqueConstraints, ...primaryKeys].map(({ columns }) => indexColumns(columns)),
];
