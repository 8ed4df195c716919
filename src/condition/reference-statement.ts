/**
 * The check of a reference, as a trigger and the body of its function.
 *
 * Invariant: whoever writes a row can only point it at a row of the same scope that they can read; a row of another
 * tenant and a row that does not exist give the same error. The scope holds for roles that bypass row-level security
 * too. The text is canonical: a hash of it stands for the reference.
 */
import type { TableName } from "./condition.js";
import { objectName } from "./object-name.js";
import { identifier, nameText, qualified, text } from "./sql-text.js";

/** What the check has to know of a reference; all names are SQL names. */
export interface ReferenceStatement {
  readonly table: TableName;
  readonly parent: TableName;
  readonly columns: ReadonlyArray<{ readonly own: string; readonly parent: string }>;
  readonly scope: ReadonlyArray<{ readonly own: string; readonly parent: string }>;
  readonly constraint: string;
}

/** What a reference becomes. */
export interface ReferenceSql {
  /** Of the function that the trigger calls. */
  readonly functionName: string;
  /** What it does, as `pg_proc.prosrc` holds it. */
  readonly source: string;
  readonly trigger: string;
  readonly createTrigger: string;
}

/** All that tells one reference from another; a table has no two that are equal in it. */
const identityOf = ({ parent, columns }: ReferenceStatement): ReadonlyArray<string> => [
  parent.schema,
  parent.name,
  ...columns.map((column) => column.parent),
];

/**
 * @param schema where helper functions live.
 * @returns the function and the trigger of one reference.
 */
export const referenceSql = (reference: ReferenceStatement, schema: string): ReferenceSql => {
  const { table, parent, columns, scope, constraint } = reference;
  const own = columns.map(({ own: column }) => column);
  const functionName = `${schema}.${identifier(objectName(["reference", table.schema, table.name, ...own], identityOf(reference)))}`;
  // Upper case sorts before `RI_`: the check runs before the foreign key's own and raises the same error.
  const trigger = objectName(["HEDGEROW", ...own], identityOf(reference));
  const given = own.map((column) => `new.${identifier(column)} is not null`).join(" and ");
  const matches = [...columns, ...scope]
    .map((pair) => `parent.${identifier(pair.parent)} = new.${identifier(pair.own)}`)
    .join(" and ");
  const watched = [...new Set([...own, ...scope.map((pair) => pair.own)])].map(identifier).join(", ");
  const message = `insert or update on table "${table.name}" violates foreign key constraint "${constraint}"`;
  // The owner sees no row of a forced table; what it writes is left to the foreign key.
  const source = `
begin
  if ${given}
    and not exists (select 1 from ${qualified(parent)} as parent where ${matches})
    and not (
      pg_catalog.row_security_active(${nameText(parent)}::regclass)
      and pg_catalog.pg_has_role(current_user, (select c.relowner from pg_catalog.pg_class c where c.oid = tg_relid), 'member')
    )
  then
    raise foreign_key_violation using
      message = ${text(message)},
      schema = ${text(table.schema)}, table = ${text(table.name)},
      column = ${text(own.join(", "))}, constraint = ${text(constraint)};
  end if;
  return null;
end
`;
  return {
    functionName,
    source,
    trigger,
    createTrigger: `create trigger ${identifier(trigger)} after insert or update of ${watched} on ${qualified(table)}
  for each row execute function ${functionName}()`,
  };
};
