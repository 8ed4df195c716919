/**
 * The scope columns of a table, by SQL name.
 *
 * Invariant: derived from the firewall alone, never from a column's name.
 */
import { getTableColumns } from "drizzle-orm";
import type { PgColumn, PgTable } from "drizzle-orm/pg-core";
import type { ContextPath } from "../condition/condition.js";
import { scopeColumns } from "../condition/parse-firewall.js";
import { declarationOf } from "./declaration.js";

export interface ScopeKey {
  readonly key: string;
  readonly name: string;
  readonly path: ContextPath;
}

export const scopeKeysOf = (table: PgTable): ReadonlyArray<ScopeKey> => {
  const declaration = declarationOf(table);
  if (!declaration) return [];
  const columns: Readonly<Record<string, PgColumn>> = getTableColumns(table);
  return scopeColumns(declaration.firewall, declaration.presets).flatMap(({ column, path }) => {
    const name = columns[column]?.name;
    return name === undefined ? [] : [{ key: column, name, path }];
  });
};
