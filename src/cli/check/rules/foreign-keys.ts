/**
 * The author's foreign keys, as the rules about references see them.
 *
 * Invariant: keys of several columns are whole: no rule looks at one of their columns as if it were the key.
 */
import { is } from "drizzle-orm";
import { PgTable } from "drizzle-orm/pg-core";
import { plainConfig, tableName } from "../../../table/config.js";
import { declarationOf } from "../../../table/declaration.js";
import type { Schema, SchemaTable } from "../../../table/schema.js";

export type Action = "cascade" | "restrict" | "no action" | "set null" | "set default";

/** Actions that keep the row there, as far as a schema can tell: nobody sees that a default exists. */
export const refusing: ReadonlyArray<Action> = ["no action", "restrict", "set default"];

export interface ForeignKey {
  /** Where it is declared. */
  readonly path: string;
  /** Keys of the columns that point, each with the SQL name of the one it points at. */
  readonly pairs: ReadonlyArray<{ readonly own: string; readonly parent: string }>;
  /** The SQL name of the table it points at. */
  readonly parentName: string;
  readonly parentSource: PgTable;
  /** What it points at, where that is a guarded table of the schema. */
  readonly parent: SchemaTable | undefined;
  /** Whether it points at a table that has rules, in this schema or elsewhere. */
  readonly isGuarded: boolean;
  readonly onDelete: Action;
  readonly onUpdate: Action;
}

const understood = new WeakMap<SchemaTable, ReadonlyArray<ForeignKey>>();

/** The foreign keys of a table of this schema. */
export const foreignKeysOf = (table: SchemaTable, schema: Schema): ReadonlyArray<ForeignKey> => {
  const found = understood.get(table) ?? read(table, schema);
  understood.set(table, found);
  return found;
};

const read = ({ source, definition }: SchemaTable, schema: Schema): ReadonlyArray<ForeignKey> =>
  plainConfig(source).foreignKeys.flatMap((key) => {
    const { columns, foreignColumns, foreignTable } = key.reference();
    if (!is(foreignTable, PgTable)) return [];
    const to = tableName(foreignTable);
    const pairs = columns.map((column, index) => ({
      own: Object.values(definition.columns).find(({ name }) => name === column.name)?.key ?? column.name,
      parent: foreignColumns[index]?.name ?? "",
    }));
    // By name: a table that points at itself points at a copy of it, which has no declaration.
    const parent = schema.tables.find(
      ({ definition: { table } }) => table.name === to.name && table.schema === to.schema,
    );
    const owns = pairs.map(({ own }) => own);
    return [
      {
        path: owns.length === 1 ? `columns.${owns[0]}` : `foreignKey(${owns.join(", ")})`,
        pairs,
        parentName: to.name,
        parentSource: foreignTable,
        parent,
        isGuarded: parent !== undefined || declarationOf(foreignTable)?.firewall !== undefined,
        onDelete: key.onDelete ?? "no action",
        onUpdate: key.onUpdate ?? "no action",
      },
    ];
  });
