/**
 * What Drizzle knows of a table, as its author wrote it.
 *
 * Invariant: nothing that follows from the rules is in it: the author's own columns, keys and indexes only.
 */
import { getTableConfig, type PgTable, pgTable } from "drizzle-orm/pg-core";
import type { TableName } from "../condition/condition.js";
import { declarationOf } from "./declaration.js";

type Config = ReturnType<typeof getTableConfig>;

const plainConfigs = new WeakMap<PgTable, Config>();

/**
 * A table's configuration with the author's own extras only: those that Hedgerow adds need the definition. Drizzle evaluates
 * extras each time it is asked; a table that was declared never changes, so it is asked once.
 */
export const plainConfig = (table: PgTable): Config => {
  const declaration = declarationOf(table);
  if (!declaration) return getTableConfig(table);
  const known = plainConfigs.get(table);
  if (known) return known;
  const { name, columns, extras } = declaration;
  const config = getTableConfig(pgTable(name, { ...columns }, (self) => [...(extras?.(self) ?? [])]));
  plainConfigs.set(table, config);
  return config;
};

export const tableName = (table: PgTable): TableName => {
  const { schema, name } = plainConfig(table);
  return { schema: schema ?? "public", name };
};
