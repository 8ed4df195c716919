/**
 * `hedgerow.caller()` around the query of an identity source, as the SQL layer installs it.
 *
 * Invariant: the function runs as `hedgerow_definer`, which reads what the query reads and nothing else.
 */
import type { LiveIdentity } from "../../src/postgres/identity.js";

/** `table_owner` stands for the role that runs migrations: no superuser, so that FORCE applies to it and to its foreign keys. */
export const callerRoles = ["table_owner", "hedgerow_auth", "hedgerow_definer", "authenticated", "anonymous"] as const;

const qualified = ({ schema, name }: { readonly schema: string; readonly name: string }): string =>
  `"${schema}"."${name}"`;

/** Statements that create the roles. They must run before the tables, whose policies name the roles. */
export const createRoles = (): ReadonlyArray<string> =>
  callerRoles.map((role) => `create role ${role} nologin nosuperuser nobypassrls`);

/** Statements that lock the identity provider's tables and create the function. */
export const installCaller = (identity: LiveIdentity): ReadonlyArray<string> => [
  "create schema hedgerow",
  `grant usage on schema public to ${callerRoles.join(", ")}`,
  "grant usage on schema hedgerow to authenticated, anonymous",
  ...identity.serviceTables.flatMap((table) => [
    `alter table ${qualified(table)} owner to table_owner`,
    `alter table ${qualified(table)} force row level security`,
    `grant select, insert, update, delete on ${qualified(table)} to hedgerow_auth`,
  ]),
  "grant usage on all sequences in schema public to hedgerow_auth",
  ...identity.reads.map((table) => `grant select on ${qualified(table)} to hedgerow_definer`),
  ...identity.indexes,
  `create function hedgerow.caller()
returns table (session_id text, user_id text, org_id text, org_roles text[], team_id text, user_roles text[], claims jsonb)
language plpgsql stable security definer set search_path = '' as $caller$
#variable_conflict use_column
declare token_hash bytea := decode(nullif(current_setting('hedgerow.token', true), ''), 'hex');
begin
  return query ${identity.callerQuery};
end $caller$`,
  "alter function hedgerow.caller() owner to hedgerow_definer",
  "revoke all on function hedgerow.caller() from public",
  "grant execute on function hedgerow.caller() to authenticated, anonymous",
];
