/**
 * What makes tables that exist safe: row-level security, policies, grants, reference checks.
 *
 * Invariant: idempotent. Run in one transaction it replaces whatever differs from the definitions and nothing else, so
 * afterwards the tables have exactly what those say, and at no moment is a table more open than before or after.
 */
import { getTableColumns } from "drizzle-orm";
import type { PgColumn } from "drizzle-orm/pg-core";
import type { TableName } from "../condition/condition.js";
import { typeSchemaOf } from "../condition/drizzle-column.js";
import { policyHash, recordOf, shortHash } from "../condition/fingerprint.js";
import { createPolicy } from "../condition/policy-statement.js";
import { referenceSql } from "../condition/reference-statement.js";
import { dollarQuoted, identifier, nameText, qualified, text, textArray } from "../condition/sql-text.js";
import { referencesOf } from "../table/reference.js";
import type { SchemaTable } from "../table/schema.js";
import { commentedPoliciesOf, type Policy } from "./commented.js";
import type { DialectShape } from "./dialect.js";
import { helperFunctions } from "./functions.js";
import { grantsOf, serviceGrantsOf } from "./grants.js";
import { bare } from "./helper-function.js";
import { guardsService, type IdentitySource, storageOf } from "./identity.js";
import { everyone, helperSchema, roles } from "./names.js";
import { rolesFor } from "./policies.js";
import { dropOthers, grantAmong, grantExactly, replace, secure } from "./reconcile.js";
import { rememberStatement } from "./remembered.js";

/** Serialises whoever changes policies; the key is the text "hedgerow" in ASCII. */
export const lockStatement = "select pg_advisory_xact_lock(7522529147838689143)";

export const referenceOptions = "language plpgsql security invoker";

/** A serial column takes its number from a sequence of its own, which needs a right of its own. */
export const sequencesOf = (
  table: SchemaTable,
  dialect: DialectShape,
): ReadonlyArray<{ readonly column: string; readonly roles: ReadonlyArray<string> }> => {
  const { insert } = table.definition.commands;
  if (!insert) return [];
  return Object.values<PgColumn>(getTableColumns(table.source))
    .filter((column) => /Serial/.test(column.columnType))
    .map((column) => ({ column: column.name, roles: rolesFor(insert, dialect.roles) }));
};

const readersOf = (sequences: ReturnType<typeof sequencesOf>): string =>
  JSON.stringify(Object.fromEntries(sequences.map(({ column, roles }) => [column, roles])));

/** Policies of one table: those that nobody declared go first. */
const policyStatements = (table: TableName, policies: ReadonlyArray<Policy>): ReadonlyArray<string> => [
  dropOthers(
    "policy",
    table,
    policies.map(({ name }) => name),
  ),
  ...policies.map((policy) => replace("policy", table, policy.name, createPolicy(policy), saidOf(policy))),
];

/** The comment of a policy, up to the catalog's half of its record. */
export const saidOf = (policy: Policy): string => recordOf(policy.comment, policyHash(policy));

const tableStatements = (
  table: SchemaTable,
  identity: IdentitySource,
  dialect: DialectShape,
): ReadonlyArray<string> => {
  const { table: name } = table.definition;
  const references = referencesOf(table.source).map((reference) => referenceSql(reference, helperSchema));
  return [
    secure(name),
    ...policyStatements(name, commentedPoliciesOf(table.definition, dialect)),
    grantExactly(name, grantsOf(table, dialect.roles)),
    `select ${helperSchema}.grant_sequences(${nameText(name)}, ${text(readersOf(sequencesOf(table, dialect)))})`,
    dropOthers(
      "trigger",
      name,
      references.map(({ trigger }) => trigger),
    ),
    ...references.flatMap(({ functionName, source, trigger, createTrigger }) => [
      // It can be replaced without a lock on the table.
      `create or replace function ${functionName}() returns trigger
${referenceOptions} set search_path = '' as ${dollarQuoted(source)}`,
      `revoke all on function ${functionName}() from ${everyone(dialect.roles, identity._tag).join(", ")}`,
      replace("trigger", name, trigger, createTrigger, recordOf(undefined, shortHash(createTrigger))),
    ]),
  ];
};

/** The policies of a table of the identity provider. */
export const servicePoliciesOf = (table: TableName, identity: IdentitySource): ReadonlyArray<Policy> =>
  storageOf(identity)
    .policies.filter((policy) => policy.table.schema === table.schema && policy.table.name === table.name)
    .map(({ name, command, role, using, check }) => ({
      table,
      name,
      command,
      permissive: true,
      roles: [role],
      using,
      check: check ?? undefined,
      comment: undefined,
    }));

const serviceStatements = (identity: IdentitySource, { roles: callers }: DialectShape): ReadonlyArray<string> => [
  ...storageOf(identity).serviceTables.flatMap((table) => {
    const grants = serviceGrantsOf(table, identity);
    return [
      secure(table, guardsService(identity)),
      ...policyStatements(table, servicePoliciesOf(table, identity)),
      guardsService(identity)
        ? grantExactly(table, grants)
        : grantAmong(table, everyone(callers, identity._tag), grants),
      dropOthers("trigger", table, []),
    ];
  }),
  ...storageOf(identity).indexes,
];

const databaseStatements = (
  schemas: ReadonlyArray<string>,
  identity: IdentitySource,
  { roles: callers }: DialectShape,
): ReadonlyArray<string> => {
  const closed = everyone(callers, identity._tag);
  const { authenticated, anonymous } = callers;
  return [
    // A temporary table could stand in front of a guarded one for the next request on the same connection.
    `do $$ begin
  if exists (
    select from pg_catalog.unnest(${textArray(closed)}) as role where pg_catalog.has_database_privilege(role, pg_catalog.current_database(), 'temporary, create')
  ) then
    execute pg_catalog.format('revoke temporary, create on database %I from ${closed.join(", ")}', pg_catalog.current_database());
  end if;
end $$`,
    // Its types, operators and functions are on the path of requests, behind those of public.
    `do $$ begin
  if pg_catalog.to_regnamespace('extensions') is not null then
    if exists (select from pg_catalog.unnest(${textArray(closed)}) as role where pg_catalog.has_schema_privilege(role, 'extensions', 'create')) then
      revoke create on schema extensions from ${closed.join(", ")};
    end if;
    if exists (select from pg_catalog.unnest(${textArray([authenticated, anonymous])}) as role where not pg_catalog.has_schema_privilege(role, 'extensions', 'usage')) then
      grant usage on schema extensions to ${authenticated}, ${anonymous};
    end if;
  end if;
end $$`,
    ...schemas.flatMap((schema) => [
      `revoke create on schema ${identifier(schema)} from ${closed.join(", ")}`,
      `grant usage on schema ${identifier(schema)} to ${[authenticated, anonymous, ...(schema === "public" ? [] : [roles.api]), ...(identity._tag === "Live" ? [roles.auth, roles.definer] : [])].join(", ")}`,
    ]),
  ];
};

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
      and not (c.relrowsecurity and c.relforcerowsecurity)
  ) then
    alter table ${qualified(table)} enable row level security;
    alter table ${qualified(table)} force row level security;
  end if;
end`)}`,
  );

/** @returns the statements, in order, one each. Run them as the owner of the tables, in one transaction. */
export const securityStatements = (
  tables: ReadonlyArray<SchemaTable>,
  identity: IdentitySource,
  dialect: DialectShape,
): ReadonlyArray<string> => {
  const schemas = [
    ...tables.flatMap(({ definition, source }) => [
      definition.table.schema,
      ...Object.values<PgColumn>(getTableColumns(source)).flatMap((column) => typeSchemaOf(column) ?? []),
    ]),
    ...storageOf(identity).serviceTables.map(({ schema }) => schema),
  ];
  const functions = helperFunctions(identity, dialect);
  return [
    ...databaseStatements([...new Set(schemas)].filter((schema) => schema !== helperSchema).sort(), identity, dialect),
    ...serviceStatements(identity, dialect),
    ...tables.flatMap((table) => tableStatements(table, identity, dialect)),
    `select ${helperSchema}.drop_functions_but(${textArray([
      ...functions.map(({ signature }) => bare(signature)),
      ...tables
        .flatMap(({ source }) => referencesOf(source))
        .map((reference) => `${referenceSql(reference, helperSchema).functionName}()`),
    ])})`,
    `select ${helperSchema}.record_helpers()`,
    rememberStatement(tables, functions, identity, dialect),
  ];
};
