/**
 * Who may use which command of a table, as plain data.
 *
 * Invariant: exactly what the rules imply. A command that no rule opens is not granted, nor a column that only the
 * database fills (a key that `$defaultFn` makes is filled by the application); and what is granted is said here only, for the statements and for the check of the catalog.
 */
import { getTableColumns } from "drizzle-orm";
import type { PgColumn } from "drizzle-orm/pg-core";
import type { CallerRoles } from "../database/target.js";
import { computeOf } from "../table/computed.js";
import type { SchemaTable } from "../table/schema.js";
import { type IdentitySource, type ServiceTable, storageOf } from "./identity.js";
import { roles } from "./names.js";
import { rolesFor } from "./policies.js";

export interface Grant {
  readonly privilege: "select" | "insert" | "update" | "delete";
  /** SQL names; undefined for the whole table. */
  readonly columns: ReadonlyArray<string> | undefined;
  readonly roles: ReadonlyArray<string>;
}

const columnsOf = (table: SchemaTable, without: ReadonlyArray<string>): ReadonlyArray<string> =>
  Object.entries<PgColumn>(getTableColumns(table.source))
    .filter(([key]) => !without.includes(key))
    .map(([, column]) => column.name);

/** The grants of a guarded table. */
export const grantsOf = (table: SchemaTable, callers: CallerRoles): ReadonlyArray<Grant> => {
  const { commands, managed, primaryKey } = table.definition;
  const source: Readonly<Record<string, PgColumn>> = getTableColumns(table.source);
  // A key that the application computes is written by it, though no request may choose it.
  const isComputed = (key: string): boolean =>
    source[key] !== undefined && computeOf(table.definition, key, source[key], "insert") !== undefined;
  const insertable = columnsOf(
    table,
    managed.filter((key) => !isComputed(key)),
  );
  const updatable = columnsOf(table, [...managed, ...primaryKey]);
  const grants: ReadonlyArray<Grant | undefined> = [
    // By column, so that one added by hand later is not opened by an older grant.
    commands.select && {
      privilege: "select",
      columns: columnsOf(table, []),
      roles: rolesFor(commands.select, callers),
    },
    commands.insert && { privilege: "insert", columns: insertable, roles: rolesFor(commands.insert, callers) },
    commands.update && { privilege: "update", columns: updatable, roles: rolesFor(commands.update.using, callers) },
    commands.delete && { privilege: "delete", columns: undefined, roles: rolesFor(commands.delete, callers) },
  ];
  return grants.flatMap((grant) => (grant === undefined || grant.columns?.length === 0 ? [] : [grant]));
};

/** The grants of a table of the identity provider. */
export const serviceGrantsOf = (table: ServiceTable, identity: IdentitySource): ReadonlyArray<Grant> => {
  const isIt = ({ schema, name }: ServiceTable): boolean => schema === table.schema && name === table.name;
  const storage = storageOf(identity);
  const read = storage.reads.some(isIt);
  const readable = storage.readable.filter((each) => isIt(each.table));
  return [
    ...(["select", "insert", "update", "delete"] as const).map((privilege) => ({
      privilege,
      columns: undefined,
      roles: [roles.auth],
    })),
    ...(read ? [{ privilege: "select", columns: undefined, roles: [roles.definer] } as const] : []),
    ...readable.map(({ columns, roles: to }) => ({ privilege: "select", columns, roles: to }) as const),
  ];
};
