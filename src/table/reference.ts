/**
 * References between guarded tables, as data.
 *
 * Invariant: every foreign key of a guarded table that points to a guarded one is here, whatever its shape: of one column or
 * several, to another table or its own, two on one column. None is passed over.
 */
import { is } from "drizzle-orm";
import { type ForeignKey, PgTable } from "drizzle-orm/pg-core";
import type { TableName } from "../condition/condition.js";
import { plainConfig, tableName } from "./config.js";
import { declarationOf } from "./declaration.js";
import { scopeKeysOf } from "./scope.js";

/** SQL names: a column, and the one of the parent that must be equal. */
export interface ColumnPair {
  readonly own: string;
  readonly parent: string;
}

export interface Reference {
  readonly table: TableName;
  readonly parent: TableName;
  /** The columns that point, in the order of the key; the reference is checked where none of them is null. */
  readonly columns: ReadonlyArray<ColumnPair>;
  /** Beside them: the scopes that both tables have. */
  readonly scope: ReadonlyArray<ColumnPair>;
  /** The name of the foreign key, which errors carry. */
  readonly constraint: string;
  readonly parentSource: PgTable;
}

const sharedScope = (table: PgTable, parent: PgTable): ReadonlyArray<ColumnPair> => {
  const own = scopeKeysOf(table);
  return scopeKeysOf(parent).flatMap((scope) => {
    const match = own.find((key) => key.path === scope.path);
    return match ? [{ own: match.name, parent: scope.name }] : [];
  });
};

const sameTable = (a: TableName, b: TableName): boolean => a.schema === b.schema && a.name === b.name;

/** The table that a foreign key points to. Its own is known by name: Drizzle gives the third argument an object of its own. */
export const targetOf = (key: ForeignKey, source: PgTable): PgTable | undefined => {
  const { foreignTable } = key.reference();
  if (!is(foreignTable, PgTable)) return undefined;
  return sameTable(tableName(foreignTable), tableName(source)) ? source : foreignTable;
};

const referenceOf = (key: ForeignKey, source: PgTable): ReadonlyArray<Reference> => {
  const { columns, foreignColumns } = key.reference();
  const target = targetOf(key, source);
  if (target === undefined || declarationOf(target)?.firewall === undefined) return [];
  const pairs = columns.flatMap((column, index) => {
    const parent = foreignColumns[index];
    return parent === undefined ? [] : [{ own: column.name, parent: parent.name }];
  });
  return [
    {
      table: tableName(source),
      parent: tableName(target),
      columns: pairs,
      scope: sharedScope(source, target).filter(
        ({ own, parent }) => !pairs.some((pair) => pair.own === own && pair.parent === parent),
      ),
      constraint: key.getName(),
      parentSource: target,
    },
  ];
};

const sameCheck = (a: Reference, b: Reference): boolean =>
  JSON.stringify([a.parent, a.columns]) === JSON.stringify([b.parent, b.columns]);

/** The author's own foreign keys that point at a guarded table; of two that say the same, the first. */
export const referencesOf = (table: PgTable): ReadonlyArray<Reference> =>
  plainConfig(table)
    .foreignKeys.flatMap((key) => referenceOf(key, table))
    .filter((reference, index, all) => all.findIndex((other) => sameCheck(other, reference)) === index);
