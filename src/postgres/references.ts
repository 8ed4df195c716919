/**
 * References between guarded tables.
 *
 * Invariant: whoever writes a row can only point it at a row that they can read; a row of another tenant and a row
 * that does not exist give the same error. Within one scope a composite foreign key says so even to the owner; a
 * trigger says it wherever visibility is finer than the scope.
 */
import { getTableColumns, is } from "drizzle-orm";
import { type ForeignKey, getTableConfig, PgTable, type UpdateDeleteAction } from "drizzle-orm/pg-core";
import type { TableName } from "../condition/condition.js";
import { dollarQuoted, identifier, qualified, text } from "../condition/sql-text.js";
import { declarationOf } from "../table/declaration.js";
import { plainTable, tableName } from "../table/definition.js";
import { helperSchema, objectName } from "./names.js";
import { type ScopeKey, scopeKeysOf } from "./scope.js";

export interface Reference {
  readonly table: TableName;
  /** SQL name of the column that points. */
  readonly column: string;
  readonly parent: TableName;
  readonly parentColumn: string;
  /** The name of the foreign key, which errors carry. */
  readonly constraint: string;
  readonly parentSource: PgTable;
  readonly onDelete: UpdateDeleteAction | undefined;
  readonly onUpdate: UpdateDeleteAction | undefined;
}

const single = (key: ForeignKey, table: TableName): Reference | undefined => {
  const { columns, foreignColumns, foreignTable } = key.reference();
  const [column] = columns;
  const [parentColumn] = foreignColumns;
  if (!column || !parentColumn || columns.length > 1 || !is(foreignTable, PgTable)) return undefined;
  if (declarationOf(foreignTable)?.firewall === undefined) return undefined;
  return {
    table,
    column: column.name,
    parent: tableName(foreignTable),
    parentColumn: parentColumn.name,
    constraint: key.getName(),
    parentSource: foreignTable,
    onDelete: key.onDelete,
    onUpdate: key.onUpdate,
  };
};

/** The author's own foreign keys of one column that point at a guarded table. */
export const referencesOf = (table: PgTable): ReadonlyArray<Reference> =>
  getTableConfig(plainTable(table)).foreignKeys.flatMap((key) => single(key, tableName(table)) ?? []);

const keepsColumns = (action: UpdateDeleteAction | undefined): boolean =>
  action !== "set null" && action !== "set default";

/**
 * Pairs of columns for a composite foreign key: the scope of the parent and what points to it. Undefined where the
 * child lacks a scope that the parent has, or where deleting the parent would empty the scope column too.
 */
export const compositeKey = (
  reference: Reference,
  table: PgTable,
): { readonly columns: ReadonlyArray<string>; readonly parentColumns: ReadonlyArray<string> } | undefined => {
  if (!keepsColumns(reference.onDelete) || !keepsColumns(reference.onUpdate)) return undefined;
  const parentKeys = Object.values(getTableColumns(reference.parentSource)).filter((column) => column.primary);
  if (parentKeys.length !== 1 || parentKeys[0]?.name !== reference.parentColumn) return undefined;
  const own = scopeKeysOf(table);
  const pairs = scopeKeysOf(reference.parentSource).map((scope): readonly [ScopeKey | undefined, ScopeKey] => [
    own.find((key) => key.path === scope.path),
    scope,
  ]);
  const columns = pairs.flatMap(([child]) => child?.name ?? []);
  if (pairs.length === 0 || columns.length !== pairs.length || columns.includes(reference.column)) return undefined;
  return {
    columns: [...columns, reference.column],
    parentColumns: [...pairs.map(([, scope]) => scope.name), reference.parentColumn],
  };
};

const functionName = (reference: Reference): string =>
  `${helperSchema}.${identifier(objectName("reference", reference.table.schema, reference.table.name, reference.column))}`;

/** Upper case sorts before `RI_`: the check runs before the foreign key's own and raises the same error. */
export const triggerName = (reference: Reference): string => `HEDGEROW_${objectName(reference.column)}`;

/** @returns the statements that (re)create the trigger of one reference. */
export const referenceStatements = (reference: Reference): ReadonlyArray<string> => {
  const column = identifier(reference.column);
  const message = `insert or update on table "${reference.table.name}" violates foreign key constraint "${reference.constraint}"`;
  return [
    `create or replace function ${functionName(reference)}() returns trigger
language plpgsql security invoker set search_path = '' as ${dollarQuoted(`
begin
  if new.${column} is not null
    and not exists (select 1 from ${qualified(reference.parent)} as parent where parent.${identifier(reference.parentColumn)} = new.${column})
    and not pg_catalog.pg_has_role(current_user, (select c.relowner from pg_catalog.pg_class c where c.oid = tg_relid), 'member')
  then
    raise foreign_key_violation using
      message = ${text(message)},
      schema = ${text(reference.table.schema)}, table = ${text(reference.table.name)},
      column = ${text(reference.column)}, constraint = ${text(reference.constraint)};
  end if;
  return null;
end
`)}`,
    `create trigger ${identifier(triggerName(reference))} after insert or update of ${column} on ${qualified(reference.table)}
  for each row execute function ${functionName(reference)}()`,
  ];
};
