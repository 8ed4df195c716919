/**
 * Keys that tell of rows which their reader cannot see: by a conflict, or by counting.
 *
 * Invariant: silent only where it is sure that a row which can be in a writer's way is a row that the writer can read.
 */
import { getTableColumns } from "drizzle-orm";
import { always, and, type Condition } from "../../../condition/condition.js";
import { residual } from "../../../condition/residual.js";
import { canNeverHold } from "../../../condition/satisfiable.js";
import { known, untrue } from "../../../condition/untrue.js";
import { declarationOf } from "../../../table/declaration.js";
import type { TableDefinition } from "../../../table/definition.js";
import { admits, type NamedKind } from "../../../table/kinds.js";
import { presetOf } from "../../../table/presets.js";
import type { SchemaTable } from "../../../table/schema.js";
import { countsRows, isWritable } from "./columns.js";
import { concerned, type Found, namesOf, pinnedColumns, type TableRule } from "./scene.js";
import { type UniqueKey, uniqueKeysOf } from "./unique-key.js";

/** Whether a row for which this holds can be one that the kind cannot read. */
const canHide = (facts: Condition, kind: NamedKind, { commands, columns }: TableDefinition): boolean =>
  commands.select === undefined || !canNeverHold(and(facts, untrue(residual(commands.select, kind))), columns);

/** Columns that the database computes of others, which callers may write. */
const isComputed = ({ source }: Pick<SchemaTable, "source">, column: string): boolean =>
  getTableColumns(source)[column]?.generated !== undefined;

/** A column whose values the database makes, each once: no row is in the way of a new one. */
const isFresh = ({ source, definition }: SchemaTable, column: string): boolean => {
  const { managed, primaryKey } = definition;
  const builder = declarationOf(source)?.columns[column];
  if (getTableColumns(source)[column]?.generatedIdentity !== undefined) return true;
  return (
    managed.includes(column) &&
    primaryKey.includes(column) &&
    !isComputed({ source }, column) &&
    !definition.firewall.scope.some((scope) => scope.column === column) &&
    !(builder && presetOf(builder))
  );
};

/** What a kind has to fulfil to write a key, by each command that can. */
const writesOf = (key: UniqueKey, kind: NamedKind, table: SchemaTable): ReadonlyArray<Condition> => {
  const { definition } = table;
  const { insert, update } = definition.commands;
  const canMove =
    key.isOpen || key.columns.some((column) => isWritable(definition, column, "update") || isComputed(table, column));
  return [
    ...(insert && admits(insert, kind, definition) ? [insert] : []),
    ...(update && canMove && admits(update.using, kind, definition) ? [update.check] : []),
  ].map((condition) => residual(condition, kind));
};

export const unreadableConflict: TableRule = (scene) => {
  const { table } = scene;
  const { definition } = table;
  const meetsHidden = (kind: NamedKind, key: UniqueKey): boolean =>
    writesOf(key, kind, table).some((condition) =>
      canHide(and(known(condition, key.columns), key.predicate), kind, definition),
    );
  return uniqueKeysOf(table).flatMap((key): ReadonlyArray<Found> => {
    if (key.columns.some((column) => isFresh(table, column))) return [];
    const blind = concerned(scene, (kind) => meetsHidden(kind, key));
    if (blind.length === 0) return [];
    // Columns that every writer must fill with a value of its own would tell the keys of different writers apart.
    const pins = blind.flatMap((kind) => writesOf(key, kind, table).map(pinnedColumns));
    const shared = [...new Set(pins.flat())].filter(
      (column) => !key.columns.includes(column) && pins.every((columns) => columns.includes(column)),
    );
    const enough = shared.find((column) =>
      blind.every((kind) => !meetsHidden(kind, { ...key, columns: [...key.columns, column] })),
    );
    const wider = enough === undefined ? shared : [enough];
    const isSolved =
      wider.length > 0 && blind.every((kind) => !meetsHidden(kind, { ...key, columns: [...wider, ...key.columns] }));
    return [
      {
        code: "unreadable_conflict",
        table: definition.table.name,
        path: key.path,
        message: `${namesOf(blind)} may write this unique key, and a row that they cannot read can be in the way: the conflict (409) tells them that somebody else has the value.`,
        fix: isSolved
          ? `Make ${wider.map((column) => `"${column}"`).join(" and ")} part of the key: uniqueIndex().on(${[...wider, ...key.columns].map((column) => `t.${column}`).join(", ")}${key.isOpen ? ", …" : ""}).`
          : "Make the columns that say whose row it is part of the key, let whoever writes the key read every row that has it, or accept it where the values are public anyway.",
      },
    ];
  });
};

export const countingColumn: TableRule = (scene) => {
  const { source, definition } = scene.table;
  const { commands } = definition;
  const seesSome = concerned(
    scene,
    (kind) => admits(commands.select, kind, definition) && canHide(always, kind, definition),
  );
  if (seesSome.length === 0) return [];
  return Object.entries(getTableColumns(source))
    .filter(([, column]) => countsRows(column))
    .map(([key, column]) => ({
      code: "counting_column" as const,
      table: definition.table.name,
      path: `columns.${key}`,
      message: `"${key}" counts the rows of everybody, and ${namesOf(seesSome)} see only some of them: the gaps tell how many rows others make.`,
      fix: definition.primaryKey.includes(key)
        ? `Let the database make random ones: ${column.name === "id" ? 'id("prefix")' : `uuid("${column.name}").primaryKey().defaultRandom()`}.`
        : "Leave it out, count for each tenant by itself, or keep it in a table that callers cannot read.",
    }));
};
