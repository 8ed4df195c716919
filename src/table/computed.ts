/**
 * What Drizzle computes in the application: `$defaultFn`, `$default`, `$onUpdate`.
 *
 * Invariant: the same functions as Drizzle's own insert and update would call, apart from those of scope columns, about which the
 * caller alone decides, and of keys in an update, which never change.
 */
import type { PgColumn } from "drizzle-orm/pg-core";
import type { TableDefinition } from "./definition.js";

/** @returns what makes the value of a column where nobody gives one; undefined where the database does. */
export const computeOf = (
  { firewall, primaryKey }: TableDefinition,
  key: string,
  { default: standing, defaultFn, onUpdateFn }: PgColumn,
  command: "insert" | "update",
): (() => unknown) | undefined => {
  if (firewall.scope.some(({ column }) => column === key)) return undefined;
  if (command === "insert") return defaultFn ?? (standing === undefined ? onUpdateFn : undefined);
  return primaryKey.includes(key) ? undefined : onUpdateFn;
};
