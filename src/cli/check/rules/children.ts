/**
 * Rows that are in the way of somebody who cannot see them, or go with what somebody deletes.
 *
 * Invariant: silent only where every row that points at a row which a kind may delete (or whose key it may change) is one
 * that this kind can read. A deletion that spreads by cascade is followed.
 */
import { is } from "drizzle-orm";
import { PgTable } from "drizzle-orm/pg-core";
import { always, and, type Condition } from "../../../condition/condition.js";
import { residual } from "../../../condition/residual.js";
import { canNeverHold } from "../../../condition/satisfiable.js";
import { keyOf, simplify } from "../../../condition/simplify.js";
import { known, renamed, untrue } from "../../../condition/untrue.js";
import { plainConfig, tableName } from "../../../table/config.js";
import { admits, type NamedKind } from "../../../table/kinds.js";
import type { Schema, SchemaTable } from "../../../table/schema.js";
import { isWritable } from "./columns.js";
import { type Action, type ForeignKey, foreignKeysOf, refusing } from "./foreign-keys.js";
import { concerned, type Found, namesOf, type TableRule } from "./scene.js";

const keyIn = ({ definition }: SchemaTable, name: string): string =>
  Object.values(definition.columns).find((column) => column.name === name)?.key ?? name;

/** Whether a kind can read every row of which this holds. */
const canReadAll = (facts: Condition, kind: NamedKind, { definition }: SchemaTable): boolean =>
  definition.commands.select !== undefined &&
  canNeverHold(and(facts, untrue(residual(definition.commands.select, kind))), definition.columns);

/**
 * Columns that a row has in common with the row it points at: the key's own, and the scope that both firewalls equate with
 * the same value of the caller.
 */
const sharedColumns = (child: SchemaTable, parent: SchemaTable, key: ForeignKey): ReadonlyMap<string, string> =>
  new Map([
    ...parent.definition.firewall.scope.flatMap(({ column, path }) => {
      const own = child.definition.firewall.scope.find((scope) => scope.path === path);
      return own ? [[column, own.column] as const] : [];
    }),
    ...key.pairs.map(({ own, parent: name }) => [keyIn(parent, name), own] as const),
  ]);

/** What is known of a row that points at a row of which something is known. */
const factsOf = (
  child: SchemaTable,
  parent: SchemaTable,
  key: ForeignKey,
  facts: Condition,
  kind: NamedKind,
): Condition => {
  const shared = sharedColumns(child, parent, key);
  const [pair] = key.pairs;
  return and(
    renamed(known(facts, [...shared.keys()]), (column) => shared.get(column) ?? column),
    ...key.pairs.map(({ own }): Condition => ({ _tag: "IsNull", column: own, negated: true })),
    pair && key.pairs.length === 1 && canReadAll(facts, kind, parent)
      ? { _tag: "Via", column: pair.own, parent: parent.definition.table, parentColumn: pair.parent }
      : always,
  );
};

type Known = ReadonlyMap<SchemaTable, ReadonlyMap<string, Condition>>;

const deletable = new WeakMap<NamedKind, Known>();

/** Beyond so many different things that are known of deleted rows, nothing is taken as known. */
const manyFacts = 32;

/** Follows deletions from table to table until nothing new is learnt, which ends: less is known with every step. */
const spread = (kind: NamedKind, schema: Schema): Known => {
  const all = new Map<SchemaTable, Map<string, Condition>>();
  const waiting: Array<readonly [SchemaTable, Condition]> = [];
  const learn = (table: SchemaTable, facts: Condition): void => {
    const told = all.get(table) ?? new Map<string, Condition>();
    const short = told.size < manyFacts ? simplify(facts) : always;
    const name = keyOf(short);
    if (told.has(name)) return;
    all.set(table, told.set(name, short));
    waiting.push([table, short]);
  };
  const cascades = new Map<SchemaTable, Array<readonly [SchemaTable, ForeignKey]>>();
  for (const table of schema.tables) {
    const { delete: own } = table.definition.commands;
    if (own && admits(own, kind, table.definition)) learn(table, residual(own, kind));
    for (const key of foreignKeysOf(table, schema)) {
      if (!key.parent || key.onDelete !== "cascade") continue;
      cascades.set(key.parent, [...(cascades.get(key.parent) ?? []), [table, key]]);
    }
  }
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const [parent, facts] = next;
    for (const [child, key] of cascades.get(parent) ?? []) learn(child, factsOf(child, parent, key, facts, kind));
  }
  return all;
};

/** What is known of the rows of a table that a kind can delete, itself or by the cascade of another deletion. */
const deletions = (table: SchemaTable, kind: NamedKind, schema: Schema): ReadonlyArray<Condition> => {
  const found = deletable.get(kind) ?? spread(kind, schema);
  deletable.set(kind, found);
  return [...(found.get(table)?.values() ?? [])];
};

/** What is known of the rows of a table whose referenced columns a kind can change. */
const changes = (key: ForeignKey, parent: SchemaTable, kind: NamedKind): ReadonlyArray<Condition> => {
  const { update } = parent.definition.commands;
  return update &&
    admits(update.using, kind, parent.definition) &&
    key.pairs.some(({ parent: name }) => isWritable(parent.definition, keyIn(parent, name), "update"))
    ? [residual(update.using, kind)]
    : [];
};

const effects: Readonly<Record<Action, string>> = {
  "no action": "is refused (409), which tells them of it",
  restrict: "is refused (409), which tells them of it",
  cascade: "reaches it as well",
  "set null": "empties its reference",
  "set default": "changes its reference",
};

export const unreadableChild: TableRule = (scene) => {
  const { table, schema } = scene;
  return foreignKeysOf(table, schema).flatMap((key): ReadonlyArray<Found> => {
    const { parent } = key;
    if (!parent) return [];
    const reachesHidden = (kind: NamedKind, rows: ReadonlyArray<Condition>): boolean =>
      rows.some((facts) => !canReadAll(factsOf(table, parent, key, facts, kind), kind, table));
    const found = (verb: "delete" | "change", action: Action, kinds: ReadonlyArray<NamedKind>): ReadonlyArray<Found> =>
      kinds.length === 0
        ? []
        : [
            {
              code: "unreadable_child",
              table: table.definition.table.name,
              path: key.path,
              message: `${namesOf(kinds)} may ${verb} a row of "${key.parentName}" that a row of this table points at which they cannot read: the ${verb === "delete" ? "deletion" : "change"} ${effects[action]}.`,
              fix: `Let them read the rows that point at what they may ${verb}, let fewer ${verb} "${key.parentName}"${action === "cascade" ? ", or accept that such rows go with what they point at" : verb === "delete" ? ', or say { onDelete: "cascade" } and accept that such rows go with what they point at' : ""}.`,
            },
          ];
    return [
      ...found(
        "delete",
        key.onDelete,
        concerned(scene, (kind) => reachesHidden(kind, deletions(parent, kind, schema))),
      ),
      ...found(
        "change",
        key.onUpdate,
        concerned(scene, (kind) => reachesHidden(kind, changes(key, parent, kind))),
      ),
    ];
  });
};

/** Rows of a table without rules are rows that no caller can read. */
export const plainChild: TableRule = (scene) => {
  const { table, schema } = scene;
  const { name, schema: schemaName } = table.definition.table;
  return schema.plain.flatMap((plain) =>
    plainConfig(plain).foreignKeys.flatMap((key): ReadonlyArray<Found> => {
      const { columns, foreignTable } = key.reference();
      const to = is(foreignTable, PgTable) ? tableName(foreignTable) : undefined;
      if (to?.name !== name || to.schema !== schemaName || !refusing.includes(key.onDelete ?? "no action")) return [];
      const deleters = concerned(scene, (kind) => deletions(table, kind, schema).length > 0);
      const child = tableName(plain).name;
      return deleters.length === 0
        ? []
        : [
            {
              code: "unreadable_child",
              table: name,
              path: `referencedBy.${child}(${columns.map((column) => column.name).join(", ")})`,
              message: `${namesOf(deleters)} may delete a row of this table that a row of "${child}" points at, which has no rules, so nobody can read it: the deletion ${effects["no action"]}.`,
              fix: `Say what becomes of the rows of "${child}": { onDelete: "cascade" }, or "set null" for a column that can be empty.`,
            },
          ];
    }),
  );
};
