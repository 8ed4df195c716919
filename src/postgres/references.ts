/**
 * References between guarded tables.
 *
 * Invariant: whoever writes a row can only point it at a row of the same scope that they can read; a row of another
 * tenant and a row that does not exist give the same error. The scope holds for roles that bypass row-level security
 * too. (A composite foreign key would say that part as well, but drizzle-kit 0.31 reads the columns of a composite key
 * in the order of the table and makes such a key anew on every push.)
 */
import { is } from "drizzle-orm";
import { type ForeignKey, PgTable } from "drizzle-orm/pg-core";
import type { TableName } from "../condition/condition.js";
import { dollarQuoted, identifier, nameText, qualified, text } from "../condition/sql-text.js";
import { declarationOf } from "../table/declaration.js";
import { plainConfig, tableName } from "../table/definition.js";
import { helperSchema, objectName } from "./names.js";
import { scopeKeysOf } from "./scope.js";

export interface Reference {
  readonly table: TableName;
  /** SQL name of the column that points. */
  readonly column: string;
  readonly parent: TableName;
  readonly parentColumn: string;
  /** The name of the foreign key, which errors carry. */
  readonly constraint: string;
  readonly source: PgTable;
  readonly parentSource: PgTable;
}

const single = (key: ForeignKey, source: PgTable): Reference | undefined => {
  const { columns, foreignColumns, foreignTable } = key.reference();
  const [column] = columns;
  const [parentColumn] = foreignColumns;
  if (!column || !parentColumn || columns.length > 1 || !is(foreignTable, PgTable)) return undefined;
  if (declarationOf(foreignTable)?.firewall === undefined) return undefined;
  return {
    table: tableName(source),
    column: column.name,
    parent: tableName(foreignTable),
    parentColumn: parentColumn.name,
    constraint: key.getName(),
    source,
    parentSource: foreignTable,
  };
};

/** The author's own foreign keys of one column that point at a guarded table. */
export const referencesOf = (table: PgTable): ReadonlyArray<Reference> =>
  plainConfig(table).foreignKeys.flatMap((key) => single(key, table) ?? []);

/** Columns that child and parent must have in common: the scopes that both have, by SQL name. */
const sharedScope = (reference: Reference): ReadonlyArray<{ readonly own: string; readonly parent: string }> => {
  const own = scopeKeysOf(reference.source);
  return scopeKeysOf(reference.parentSource).flatMap((scope) => {
    const match = own.find((key) => key.path === scope.path);
    return match ? [{ own: match.name, parent: scope.name }] : [];
  });
};

export const referenceOptions = "language plpgsql security invoker";

const functionName = (reference: Reference): string =>
  `${helperSchema}.${identifier(objectName("reference", reference.table.schema, reference.table.name, reference.column))}`;

/** Upper case sorts before `RI_`: the check runs before the foreign key's own and raises the same error. */
const triggerName = (reference: Reference): string => objectName("HEDGEROW", reference.column);

/** What a reference becomes. */
export interface ReferenceSql {
  /** The function, which can be replaced without a lock on the table. */
  readonly createFunction: string;
  readonly functionName: string;
  /** As `pg_proc.prosrc` holds it. */
  readonly source: string;
  readonly trigger: string;
  readonly createTrigger: string;
}

/** @returns the function and the trigger of one reference. */
export const referenceSql = (reference: Reference): ReferenceSql => {
  const column = identifier(reference.column);
  const scope = sharedScope(reference);
  const matches = [
    `parent.${identifier(reference.parentColumn)} = new.${column}`,
    ...scope.map(({ own, parent }) => `parent.${identifier(parent)} = new.${identifier(own)}`),
  ].join(" and ");
  const watched = [...new Set([reference.column, ...scope.map(({ own }) => own)])].map(identifier).join(", ");
  const message = `insert or update on table "${reference.table.name}" violates foreign key constraint "${reference.constraint}"`;
  // The owner sees no row of a forced table; what it writes is left to the foreign key.
  const source = `
begin
  if new.${column} is not null
    and not exists (select 1 from ${qualified(reference.parent)} as parent where ${matches})
    and not (
      pg_catalog.row_security_active(${nameText(reference.parent)}::regclass)
      and pg_catalog.pg_has_role(current_user, (select c.relowner from pg_catalog.pg_class c where c.oid = tg_relid), 'member')
    )
  then
    raise foreign_key_violation using
      message = ${text(message)},
      schema = ${text(reference.table.schema)}, table = ${text(reference.table.name)},
      column = ${text(reference.column)}, constraint = ${text(reference.constraint)};
  end if;
  return null;
end
`;
  return {
    functionName: functionName(reference),
    source,
    createFunction: `create or replace function ${functionName(reference)}() returns trigger
${referenceOptions} set search_path = '' as ${dollarQuoted(source)}`,
    trigger: triggerName(reference),
    createTrigger: `create trigger ${identifier(triggerName(reference))} after insert or update of ${watched} on ${qualified(reference.table)}
  for each row execute function ${functionName(reference)}()`,
  };
};
