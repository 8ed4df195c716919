/**
 * Firewalls that follow `via` from a column whose values are none of the parent's keys.
 *
 * Invariant: a column meets a key where foreign keys lead from both to one column, however many are on the way, or where both
 * are equated with the same value of the caller. Any other pair of columns is equal by chance alone.
 */
import type { PgTable } from "drizzle-orm/pg-core";
import { type Problem, report } from "../condition/problem.js";
import { plainConfig, tableName } from "./config.js";
import { declarationOf } from "./declaration.js";
import { parentOf } from "./definition.js";
import { targetOf } from "./reference.js";
import type { SchemaTable } from "./schema.js";
import { scopeKeysOf } from "./scope.js";

/** What a column's values are values of: the columns that foreign keys lead to, itself among them, and those of the caller. */
const sources = (table: PgTable, column: string, found: Set<string> = new Set()): Set<string> => {
  const { schema, name } = tableName(table);
  const place = JSON.stringify([schema, name, column]);
  if (found.has(place)) return found;
  found.add(place);
  for (const { name: scope, path } of scopeKeysOf(table)) if (scope === column) found.add(path);
  for (const key of plainConfig(table).foreignKeys) {
    const { columns, foreignColumns } = key.reference();
    const target = targetOf(key, table);
    columns.forEach((own, index) => {
      const parent = foreignColumns[index];
      if (target !== undefined && parent !== undefined && own.name === column) sources(target, parent.name, found);
    });
  }
  return found;
};

const meets = (table: PgTable, column: string, parent: PgTable, key: string): boolean => {
  const keys = sources(parent, key);
  return [...sources(table, column)].some((source) => keys.has(source));
};

/** @returns a problem for each `via` from a column that does not lead to the parent's key. */
export const viaWithoutReference = ({ source, definition }: SchemaTable): ReadonlyArray<Problem> => {
  const problems: Array<Problem> = [];
  const firewall: unknown = declarationOf(source)?.firewall;
  const columns = Object.values(definition.columns);
  const check = (entry: unknown, at: ReturnType<typeof report>): void => {
    if (typeof entry !== "object" || entry === null || !("via" in entry) || !("field" in entry)) return;
    const parent = parentOf(entry.via);
    const column = columns.find(({ key }) => key === entry.field);
    const { key } = parent ?? {};
    if (parent === undefined || key === undefined || column === undefined) return;
    if (meets(source, column.name, parent.source, key.name)) return;
    const other = columns.find(({ name }) => meets(source, name, parent.source, key.name));
    at.at("via").problem(
      "via_without_reference",
      `Column "${column.key}" does not point to the key of "${parent.table.name}", so it equals one by chance alone.`,
      other === undefined
        ? `Add a foreign key from "${column.key}" to the column ${key.name} of "${parent.table.name}": .references(() => …).`
        : `"${other.key}" does: write { field: "${other.key}", via }.`,
    );
  };
  const at = report(definition.table.name, problems).at("firewall");
  const entries: ReadonlyArray<unknown> = Array.isArray(firewall) ? firewall : [firewall];
  entries.forEach((entry, index) => {
    check(entry, Array.isArray(firewall) ? at.at(index) : at);
  });
  return problems;
};
