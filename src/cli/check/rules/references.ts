/**
 * What a foreign key tells its writer, and does to rows and accounts that it points at.
 *
 * Invariant: of a table without rules nothing is taken as readable, and its rows as somebody's to delete.
 */
import { getTableColumns } from "drizzle-orm";
import type { PgColumn } from "drizzle-orm/pg-core";
import { residual } from "../../../condition/residual.js";
import { plainConfig } from "../../../table/config.js";
import { admits, type NamedKind } from "../../../table/kinds.js";
import type { Schema, SchemaTable } from "../../../table/schema.js";
import { isPinned, isWritable } from "./columns.js";
import { type Action, type ForeignKey, foreignKeysOf, refusing } from "./foreign-keys.js";
import { concerned, type Found, list, namesOf, type Scene, type TableRule } from "./scene.js";

export const unreadableReference: TableRule = ({ table, schema, kinds }) => {
  const { commands, table: name } = table.definition;
  return foreignKeysOf(table, schema).flatMap(({ parent, path }): ReadonlyArray<Found> => {
    if (!parent) return [];
    const blind = kinds.filter(
      (kind) =>
        (admits(commands.insert, kind, table.definition) || admits(commands.update?.using, kind, table.definition)) &&
        !admits(parent.definition.commands.select, kind, parent.definition),
    );
    const { name: parentName } = parent.definition.table;
    return blind.length === 0
      ? []
      : [
          {
            code: "unreadable_reference",
            table: name.name,
            path,
            message: `${list(blind.map((kind) => kind.name))} may write this row but cannot read "${parentName}", so no reference of theirs is accepted.`,
            fix: `Let them read "${parentName}", or do not let them write this table.`,
          },
        ];
  });
};

/** Whether a kind may write a value into the key that the rules do not name. */
const choosesFreely = ({ table: { definition } }: Scene, { pairs }: ForeignKey, kind: NamedKind): boolean => {
  const { insert, update } = definition.commands;
  return pairs.some(
    ({ own }) =>
      (insert !== undefined &&
        admits(insert, kind, definition) &&
        isWritable(definition, own, "insert") &&
        !isPinned(residual(insert, kind), own)) ||
      (update !== undefined &&
        admits(update.using, kind, definition) &&
        isWritable(definition, own, "update") &&
        !isPinned(residual(update.check, kind), own)),
  );
};

const columnsIn = ({ pairs }: ForeignKey): string => list(pairs.map(({ own }) => own));

export const unguardedReference: TableRule = (scene) =>
  foreignKeysOf(scene.table, scene.schema)
    .filter(({ isGuarded }) => !isGuarded)
    .flatMap((key): ReadonlyArray<Found> => {
      const askers = concerned(scene, (kind) => choosesFreely(scene, key, kind));
      return askers.length === 0
        ? []
        : [
            {
              code: "unguarded_reference",
              table: scene.table.definition.table.name,
              path: key.path,
              message: `${namesOf(askers)} may write any value into ${columnsIn(key)}, and the answer tells whether "${key.parentName}" has it: that table has no rules, so the foreign key hides nothing.`,
              fix: `Let create and update equate the column with the caller's own value (record: { … equals: "ctx.userId" }), reference a table that has rules, leave the reference out, or accept it where the values are public.`,
            },
          ];
    });

/** Whether rows that point keep the row that they point at as it is. */
const blocks = ({ pairs }: ForeignKey, action: Action, { definition }: SchemaTable): boolean =>
  refusing.includes(action) ||
  (action === "set null" && !pairs.every(({ own }) => definition.columns[own]?.notNull === false));

/** Whether a column of a table without rules is one that is likely to change: no key of the table. */
const canChange = ({ parentSource }: ForeignKey, name: string): boolean =>
  !Object.values<PgColumn>(getTableColumns(parentSource)).some((column) => column.primary && column.name === name) &&
  !plainConfig(parentSource).primaryKeys.some(({ columns }) => columns.some((column) => column.name === name));

/** Tables without rules whose rows take rows of a guarded table with them. */
const roots = (table: SchemaTable, schema: Schema): ReadonlyArray<string> => {
  const above = new Set([table]);
  const found = new Set<string>();
  // A set that grows while it is walked through is walked through to its end.
  for (const each of above) {
    for (const { onDelete, isGuarded, parent, parentName } of foreignKeysOf(each, schema)) {
      if (onDelete !== "cascade") continue;
      if (parent) above.add(parent);
      else if (!isGuarded) found.add(parentName);
    }
  }
  return [...found];
};

export const blockingReference: TableRule = (scene) => {
  const { table, schema } = scene;
  const { definition } = table;
  const { insert, update } = definition.commands;
  return foreignKeysOf(table, schema).flatMap((key): ReadonlyArray<Found> => {
    const writers = concerned(
      scene,
      (kind) =>
        admits(insert, kind, definition) ||
        (admits(update?.using, kind, definition) && key.pairs.some(({ own }) => isWritable(definition, own, "update"))),
    );
    if (writers.length === 0) return [];
    const above = key.isGuarded ? (key.parent ? roots(key.parent, schema) : []) : [key.parentName];
    const isDeletion = above.length > 0 && blocks(key, key.onDelete, table);
    const isChange =
      !key.isGuarded && key.pairs.some(({ parent }) => canChange(key, parent)) && blocks(key, key.onUpdate, table);
    if (!isDeletion && !isChange) return [];
    const options = [...(isDeletion ? ['onDelete: "cascade"'] : []), ...(isChange ? ['onUpdate: "cascade"'] : [])];
    const verbs = [...(isDeletion ? ["deleted"] : []), ...(isChange ? ["changed"] : [])].join(" or ");
    const through = key.isGuarded ? ` together with that of "${key.parentName}"` : "";
    return [
      {
        code: "blocking_reference",
        table: definition.table.name,
        path: key.path,
        message: `A row that ${namesOf(writers)} may write keeps a row of ${list(above)}${through} from being ${verbs}, although whoever does that may not see it.`,
        fix: `Say what becomes of the row: { ${options.join(", ")} }, or "set null" for a column that can be empty.`,
      },
    ];
  });
};
