/**
 * What must exist before a table does: roles, the helper schema, the helper functions.
 *
 * Invariant: idempotent, and safe to run twice at once. Roles belong to the whole cluster, so they are made here and
 * never by drizzle-kit, and a role that exists with rights that break isolation stops everything.
 */
import { text } from "../condition/sql-text.js";
import { refuseOwnPolicies } from "./auth-guard.js";
import type { DialectShape } from "./dialect.js";
import { functionStatements } from "./functions.js";
import { type IdentitySource, storageOf } from "./identity.js";
import { everyone, helperSchema, roles } from "./names.js";
import { dropOtherViews, viewStatements } from "./views.js";

/** Those that are not named here may not log in. */
const attributes: Readonly<Record<string, string>> = { [roles.api]: "login noinherit", [roles.auth]: "login" };

const createRole = (role: string, options: string): string => `do $$ begin
  if not exists (select 1 from pg_catalog.pg_roles where rolname = ${text(role)}) then
    create role ${role} ${options};
  end if;
exception when duplicate_object or unique_violation then null;
end $$`;

const refusePowerfulRoles = (names: ReadonlyArray<string>): string => `do $$ declare r name; begin
  select rolname into r from pg_catalog.pg_roles
  where rolname in (${names.map(text).join(", ")}) and (rolsuper or rolbypassrls) limit 1;
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
 * sessions in spite of FORCE, and the keys of the seal. From PostgreSQL 16 on whoever makes a role may administer it but not act
 * as it, so asking for membership is not enough. Before, a member inherits: there the membership ends with the bootstrap.
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

const actAsDefinerNoMore = `do $$ begin
  if pg_catalog.current_setting('server_version_num')::int < 160000 and exists (
    select from pg_catalog.pg_auth_members m where m.roleid = ${text(roles.definer)}::regrole and m.member = current_user::regrole
  ) then
    revoke ${roles.definer} from current_user;
  end if;
end $$`;

/**
 * What whoever pushes makes from now on is open to nobody by default. drizzle-kit makes a table in one transaction and
 * turns its row-level security on in the next; under default privileges, as Supabase and Neon grant them, it would be
 * open to all in between, and stay so if nothing came after.
 */
const closeDefaults = (closed: ReadonlyArray<string>): string => `do $$ declare d record; begin
  for d in
    select distinct n.nspname, a.defaclobjtype, acl.grantee, g.rolname
    from pg_catalog.pg_default_acl a cross join pg_catalog.aclexplode(a.defaclacl) acl
    left join pg_catalog.pg_namespace n on n.oid = a.defaclnamespace
    left join pg_catalog.pg_roles g on g.oid = acl.grantee
    where a.defaclrole = current_user::regrole and a.defaclobjtype in ('r', 'S')
      and (acl.grantee = 0 or g.rolname in (${closed.map(text).join(", ")}))
  loop
    execute pg_catalog.format('alter default privileges %s revoke all on %s from %s',
      coalesce('in schema ' || pg_catalog.quote_ident(d.nspname), ''),
      case d.defaclobjtype when 'r' then 'tables' else 'sequences' end,
      case when d.grantee = 0 then 'public' else pg_catalog.quote_ident(d.rolname) end);
  end loop;
end $$`;

/** What the platform makes and the helpers call: never made here. */
const demandPlatform = (signatures: ReadonlyArray<string>, name: string): ReadonlyArray<string> =>
  signatures.map(
    (signature) => `do $$ begin
  if pg_catalog.to_regprocedure(${text(signature)}) is null then
    raise exception 'this database has no function ${signature}, so it is none of ${name}';
  end if;
end $$`,
  );

/** @returns the statements, in order, one each. Run them as the owner of the database, in one transaction. */
export const bootstrapStatements = (identity: IdentitySource, dialect: DialectShape): ReadonlyArray<string> => {
  const { authenticated, anonymous } = dialect.roles;
  const live = identity._tag === "Live";
  const closed = everyone(dialect.roles, identity._tag);
  const own = [authenticated, anonymous, ...(live ? [roles.definer] : []), roles.api, ...(live ? [roles.auth] : [])];
  return [
    ...demandPlatform(dialect.requires, dialect.name),
    ...refuseOwnPolicies(identity),
    ...own.map((role) => createRole(role, attributes[role] ?? "nologin")),
    refusePowerfulRoles(own),
    grantRole(authenticated, roles.api),
    grantRole(anonymous, roles.api),
    closeDefaults(closed),
    ...(live ? [actAsDefiner] : []),
    `create schema if not exists ${helperSchema}`,
    `revoke all on schema ${helperSchema} from ${closed.join(", ")}`,
    ...(live ? [`grant usage, create on schema ${helperSchema} to ${roles.definer}`] : []),
    `grant usage on schema ${helperSchema} to ${[authenticated, anonymous, ...dialect.service].join(", ")}`,
    dropOtherViews(storageOf(identity).views),
    ...functionStatements(identity, dialect),
    ...(live ? [`revoke create on schema ${helperSchema} from ${roles.definer}`, actAsDefinerNoMore] : []),
    ...viewStatements(storageOf(identity).views, dialect.roles),
    `select ${helperSchema}.record_helpers()`,
  ];
};
