/**
 * What makes tables that exist safe: row-level security, policies, grants, reference checks.
 *
 * Invariant: idempotent. Run in one transaction it replaces whatever stood on the tables before, so afterwards they
 * have exactly what the definitions say, and at no moment is a table more open than before or after.
 */
import { getTableColumns } from "drizzle-orm";
import type { PgColumn } from "drizzle-orm/pg-core";
import type { TableName } from "../condition/condition.js";
import type { CallerSql } from "../condition/policy.js";
import { dollarQuoted, identifier, nameText, qualified, text } from "../condition/sql-text.js";
import type { SchemaTable } from "../table/schema.js";
import { everyone, grantStatement, grantsOf, serviceGrantsOf } from "./grants.js";
import type { IdentitySource, ServicePolicy } from "./identity.js";
import { helperSchema, roles } from "./names.js";
import { commentOnPolicy, createPolicy, policiesOf, rolesFor } from "./policies.js";
import { referenceStatements, referencesOf } from "./references.js";

/** Serialises whoever changes policies; the key is the text "hedgerow" in ASCII. */
export const lockStatement = "select pg_advisory_xact_lock(7522529147838689143)";

const force = (table: TableName): ReadonlyArray<string> => [
  `alter table ${qualified(table)} enable row level security`,
  `alter table ${qualified(table)} force row level security`,
];

/** Drops what a catalog lists on a table; `%I` stands for its name. */
const dropAll = (kind: "policy" | "trigger", names: string, table: TableName): string =>
  `do ${dollarQuoted(`declare found name; begin
  for found in ${names} loop
    execute pg_catalog.format('drop ${kind} %I on %s', found, ${nameText(table)}::regclass);
  end loop;
end`)}`;

const dropPolicies = (table: TableName): string =>
  dropAll("policy", `select polname from pg_catalog.pg_policy where polrelid = ${nameText(table)}::regclass`, table);

const dropReferenceTriggers = (table: TableName): string =>
  dropAll(
    "trigger",
    `select tgname from pg_catalog.pg_trigger where tgrelid = ${nameText(table)}::regclass and tgname like 'HEDGEROW\\_%'`,
    table,
  );

const revoke = (table: TableName): string => `revoke all on table ${qualified(table)} from ${everyone.join(", ")}`;

/** A serial column takes its number from a sequence of its own, which needs a right of its own. */
const sequences = (table: SchemaTable): ReadonlyArray<string> => {
  const { table: name, commands } = table.definition;
  const { insert } = commands;
  if (!insert) return [];
  return Object.values<PgColumn>(getTableColumns(table.source))
    .filter((column) => /Serial/.test(column.columnType))
    .map(
      (column) =>
        `do ${dollarQuoted(`begin
  execute 'grant usage on sequence ' || pg_get_serial_sequence(${nameText(name)}, ${text(column.name)}) || ' to ${rolesFor(insert).join(", ")}';
end`)}`,
    );
};

const tableStatements = (table: SchemaTable, caller: CallerSql): ReadonlyArray<string> => {
  const { table: name } = table.definition;
  return [
    ...force(name),
    dropPolicies(name),
    ...policiesOf(table.definition, caller).flatMap((policy) => [createPolicy(policy), commentOnPolicy(policy)]),
    revoke(name),
    ...grantsOf(table).map((grant) => grantStatement(name, grant)),
    ...sequences(table),
    dropReferenceTriggers(name),
    ...referencesOf(table.source).flatMap(referenceStatements),
  ];
};

const servicePolicy = (policy: ServicePolicy): string =>
  createPolicy({
    ...policy,
    permissive: true,
    roles: [policy.role],
    check: policy.check ?? undefined,
    comment: undefined,
  });

const serviceStatements = (identity: IdentitySource): ReadonlyArray<string> => [
  ...identity.serviceTables.flatMap((table) => [
    ...force(table),
    dropPolicies(table),
    revoke(table),
    ...serviceGrantsOf(table, identity).map((grant) => grantStatement(table, grant)),
  ]),
  ...identity.policies.map(servicePolicy),
  ...identity.indexes,
];

const databaseStatements = (schemas: ReadonlyArray<string>): ReadonlyArray<string> => [
  // A temporary table could stand in front of a guarded one for the next request on the same connection.
  "do $$ begin execute format('revoke temporary on database %I from public', current_database()); end $$",
  ...schemas.flatMap((schema) => [
    `revoke create on schema ${identifier(schema)} from public`,
    `grant usage on schema ${identifier(schema)} to ${roles.authenticated}, ${roles.anonymous}, ${roles.auth}, ${roles.definer}`,
  ]),
];

/**
 * Turns row-level security on wherever a table exists, whatever else is missing: it can only close. What cannot be closed
 * (a view of that name, someone else's table) is passed over, because one failure would leave all others open.
 *
 * @returns the statements, in order, one each.
 */
export const closingStatements = (tables: ReadonlyArray<TableName>): ReadonlyArray<string> =>
  tables.map(
    (table) =>
      `do ${dollarQuoted(`begin
  if exists (
    select 1 from pg_catalog.pg_class c
    where c.oid = pg_catalog.to_regclass(${nameText(table)}) and c.relkind in ('r', 'p') and pg_catalog.pg_has_role(c.relowner, 'usage')
  ) then
    ${force(table).join(";\n    ")};
  end if;
end`)}`,
  );

/** @returns the statements, in order, one each. Run them as the owner of the tables, in one transaction. */
export const securityStatements = (
  tables: ReadonlyArray<SchemaTable>,
  identity: IdentitySource,
  caller: CallerSql,
): ReadonlyArray<string> => {
  const schemas = [
    ...tables.map(({ definition }) => definition.table.schema),
    ...identity.serviceTables.map(({ schema }) => schema),
  ];
  return [
    ...databaseStatements([...new Set(schemas)].filter((schema) => schema !== helperSchema).sort()),
    ...serviceStatements(identity),
    ...tables.flatMap((table) => tableStatements(table, caller)),
  ];
};
