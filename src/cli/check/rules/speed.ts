/**
 * Rules that the database cannot look up.
 *
 * Invariant: each names the index or the type that would be found.
 */
import { getTableConfig } from "drizzle-orm/pg-core";
import type { Condition } from "../../../condition/condition.js";
import type { ColumnInfo } from "../../../condition/kind.js";
import { residual } from "../../../condition/residual.js";
import { orderedIndexes } from "../../../table/indexed.js";
import { pinnedColumns, places, type TableRule } from "./scene.js";

const notLeakproof: ReadonlyArray<ColumnInfo["kind"]> = ["enum", "numeric"];

const comparedColumns = (condition: Condition): ReadonlyArray<string> => {
  switch (condition._tag) {
    case "Compare":
    case "Member":
      return [condition.column];
    case "And":
      return condition.all.flatMap(comparedColumns);
    case "Or":
      return condition.any.flatMap(comparedColumns);
    case "Not":
      return comparedColumns(condition.condition);
    default:
      return [];
  }
};

export const slowColumnType: TableRule = ({ table: { definition } }) => {
  const compared = new Set(places(definition.commands).flatMap(([, condition]) => comparedColumns(condition)));
  return Object.values(definition.columns)
    .filter((column) => compared.has(column.key) && notLeakproof.includes(column.kind))
    .map((column) => ({
      code: "slow_column_type",
      table: definition.table.name,
      path: `columns.${column.key}`,
      message: `Postgres uses no index on "${column.key}" under row-level security: comparing ${column.kind} values is not leakproof.`,
      fix:
        column.kind === "enum"
          ? 'Use text("…", { enum: […] }), with a check constraint.'
          : "Use an integer, for example of cents.",
    }));
};

export const missingIndex: TableRule = ({ table: { definition, source }, kinds }) => {
  const { select } = definition.commands;
  if (!select) return [];
  const nameOf = (key: string): string => definition.columns[key]?.name ?? key;
  const scope = definition.firewall.scope.map(({ column }) => column);
  const indexes = orderedIndexes(source, getTableConfig(source));
  const pinned = kinds.flatMap((kind) => pinnedColumns(residual(select, kind)));
  const wanted = [...new Set(pinned)].filter((column) => !scope.includes(column));
  const isCovered = (column: string): boolean =>
    indexes.some((columns) => {
      const position = columns.indexOf(nameOf(column));
      return position >= 0 && columns.slice(0, position).every((name) => scope.some((key) => nameOf(key) === name));
    });
  return wanted
    .filter((column) => !isCovered(column))
    .map((column) => {
      const columns = [...scope, column].map((key) => `t.${key}`).join(", ");
      return {
        code: "missing_index",
        table: definition.table.name,
        path: `columns.${column}`,
        message: `Some callers see only rows with their own "${column}", and no index finds those.`,
        fix: `Add an index in the third argument: (t) => [index().on(${columns})].`,
      };
    });
};
