/**
 * What must exist before a table does: roles, the helper schema, the helper functions.
 *
 * Invariant: idempotent, and safe to run twice at once. Roles belong to the whole cluster, so they are made here and
 * never by drizzle-kit, and a role that exists with rights that break isolation stops everything.
 */
import { text } from "../condition/sql-text.js";
import { functionStatements } from "./functions.js";
import type { IdentitySource } from "./identity.js";
import { helperSchema, roles } from "./names.js";
import { viewStatements } from "./views.js";

const attributes: Readonly<Record<string, string>> = {
  [roles.authenticated]: "nologin",
  [roles.anonymous]: "nologin",
  [roles.definer]: "nologin",
  [roles.api]: "login noinherit",
  [roles.auth]: "login",
};

const createRole = (role: string, options: string): string => `do $$ begin
  if not exists (select 1 from pg_catalog.pg_roles where rolname = ${text(role)}) then
    create role ${role} ${options};
  end if;
exception when duplicate_object or unique_violation then null;
end $$`;

const refusePowerfulRoles = `do $$ declare r name; begin
  select rolname into r from pg_catalog.pg_roles
  where rolname in (${Object.keys(attributes).map(text).join(", ")}) and (rolsuper or rolbypassrls) limit 1;
  if r is not null then
    raise exception 'role % is a superuser or bypasses row-level security', r
      using hint = 'Alter the role (nosuperuser nobypassrls) or use a cluster where the name is free.';
  end if;
end $$`;

/** Membership, granted only where it is missing: granting it again would need the right to do so again. */
const grantRole = (role: string, to: string): string => `do $$ begin
  if not exists (
    select 1 from pg_catalog.pg_auth_members m where m.roleid = ${text(role)}::regrole and m.member = ${text(to)}::regrole
  ) then
    grant ${role} to ${to};
  end if;
end $$`;

/**
 * Lets the owner act as the definer, and no more: who inherited from it would fall under its policies and read all
 * sessions in spite of FORCE. From PostgreSQL 16 on whoever makes a role may administer it but not act as it, so asking
 * for membership is not enough.
 */
const actAsDefiner = `do $$ begin
  if pg_catalog.current_setting('server_version_num')::int < 160000 then
    if not pg_catalog.pg_has_role(current_user, ${text(roles.definer)}, 'member') then
      grant ${roles.definer} to current_user;
    end if;
  elsif not pg_catalog.pg_has_role(current_user, ${text(roles.definer)}, 'set') then
    execute ${text(`grant ${roles.definer} to current_user with inherit false, set true`)};
  end if;
end $$`;

/** @returns the statements, in order, one each. Run them as the owner of the database, in one transaction. */
export const bootstrapStatements = (identity: IdentitySource): ReadonlyArray<string> => [
  ...Object.entries(attributes).map(([role, options]) => createRole(role, options)),
  refusePowerfulRoles,
  grantRole(roles.authenticated, roles.api),
  grantRole(roles.anonymous, roles.api),
  actAsDefiner,
  `create schema if not exists ${helperSchema}`,
  `revoke all on schema ${helperSchema} from public`,
  `grant usage, create on schema ${helperSchema} to ${roles.definer}`,
  `grant usage on schema ${helperSchema} to ${roles.authenticated}, ${roles.anonymous}`,
  ...functionStatements(identity),
  `revoke create on schema ${helperSchema} from ${roles.definer}`,
  ...viewStatements(identity),
];
