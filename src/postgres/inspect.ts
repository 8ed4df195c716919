/**
 * The expectation against the catalog, as SQL: the one place that says what a difference is.
 *
 * Invariant: only what stands in the catalog counts, never what a tool said it did, and all of it is read in one query.
 * The check at the end of a push and the report on a database that runs are this same query.
 */
import { policyHashSql, roleNames, shortHashSql, triggerHashSql, typeNamed } from "../condition/fingerprint.js";
import { text, textArray } from "../condition/sql-text.js";
import type { Expectation } from "./expectation.js";
import { shapeSql } from "./helper-function.js";
import { helperSchema, roles } from "./names.js";
import {
  grantsHashSql,
  helpersRecorded,
  leftoverFunction,
  rightsOf,
  sequencesOfTable,
  viewHashSql,
} from "./reconcile.js";

/** The SQLSTATE of an unmet expectation; its detail has one problem on each line. */
export const unmetState = "HR500";

/** The declared tables, as a part of `with`: their names are `called`, those that exist have a `relation`. */
export const expectationTables = ({ tables }: Expectation): string => `expected as (
  select e.*, c.oid as relation, c.relacl, c.relrowsecurity, c.relforcerowsecurity,
    pg_catalog.format('%I.%I', e.schema, e.name) as called
  from pg_catalog.jsonb_to_recordset(${text(JSON.stringify(tables))}::jsonb) as e(
    schema text, name text, columns jsonb, keys jsonb, "uniqueIndexes" jsonb, policies jsonb, grants jsonb, triggers jsonb, forced boolean, sequences jsonb)
  left join pg_catalog.pg_namespace n on n.nspname = e.schema::name
  left join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = e.name::name and c.relkind in ('r', 'p')
)`;

/** The declared functions, as a part of `with`: those that exist have an `oid`. */
export const expectationFunctions = ({ functions }: Expectation): string => `expected_functions as (
  select f.*, p.oid, p.prosrc, p.prosecdef, p.proconfig, p.proowner, p.proacl, ${shapeSql("p")} as actual_shape
  from pg_catalog.jsonb_to_recordset(${text(JSON.stringify(functions))}::jsonb) as f(signature text, source text, shape text, definer boolean, inlined boolean, executors jsonb)
  left join pg_catalog.pg_proc p on p.oid = pg_catalog.to_regprocedure(f.signature))`;

/** The declared views of the helper schema: those that exist have an `oid`. */
const expectationViews = ({ views }: Expectation): string => `expected_views as (
  select v.*, c.oid, c.relkind, pg_catalog.pg_get_userbyid(c.relowner) as owner, pg_catalog.format('%I.%I', v.schema, v.name) as called
  from pg_catalog.jsonb_to_recordset(${text(JSON.stringify(views))}::jsonb) as v(schema text, name text, said text, grants text)
  left join pg_catalog.pg_class c on c.oid = pg_catalog.to_regclass(pg_catalog.format('%I.%I', v.schema, v.name))
)`;

const ownRoles = ({ roles: names }: Expectation): string => `own_roles as (
  select u.name, r.* from pg_catalog.unnest(${textArray(names)}) as u(name) left join pg_catalog.pg_roles r on r.rolname = u.name
)`;

/** Whether the tables, columns and keys are there. Names are cut as Postgres cuts them, by the type `name`. */
const structure = `
  select 'table_missing', called, pg_catalog.format('table %s does not exist', called) from expected where relation is null
  union all
  select 'column_differs', pg_catalog.format('%s.%I', called, c.name), case
    when a.attname is null then pg_catalog.format('column %I of table %s does not exist', c.name, called)
    when ${typeNamed} <> a.atttypid
      then pg_catalog.format('column %I of table %s has the type %s, not %s', c.name, called, a.atttypid::regtype, c.type)
    when c."notNull" and not a.attnotnull then pg_catalog.format('column %I of table %s may be null', c.name, called)
    when a.attnotnull and not c."notNull" then pg_catalog.format('column %I of table %s may not be null', c.name, called)
    when c."hasDefault" and not a.atthasdef then pg_catalog.format('column %I of table %s has no default', c.name, called)
  end
  from expected cross join pg_catalog.jsonb_to_recordset(columns) as c(name text, type text, "notNull" boolean, "hasDefault" boolean)
  left join pg_catalog.pg_attribute a on a.attrelid = relation and a.attname = c.name::name and a.attnum > 0 and not a.attisdropped
  where relation is not null
  union all
  select 'key_differs', pg_catalog.format('%s.%I', called, k.name),
    pg_catalog.format('%s %I of table %s does not stand as declared', case k.kind when 'f' then 'foreign key' else 'unique key' end, k.name, called)
  from expected cross join pg_catalog.jsonb_to_recordset(keys) as k(name text, kind text, columns jsonb)
  where relation is not null and not exists (
    select 1 from pg_catalog.pg_constraint con
    where con.conrelid = relation and con.contype = k.kind::"char" and con.convalidated
      and k.columns = (
        select pg_catalog.jsonb_agg(a.attname order by u.position)
        from pg_catalog.unnest(con.conkey) with ordinality as u(number, position)
        join pg_catalog.pg_attribute a on a.attrelid = con.conrelid and a.attnum = u.number))
  union all
  select 'index_missing', pg_catalog.format('%s.%I', called, i.name), pg_catalog.format('unique index %I of table %s does not exist', i.name, called)
  from expected cross join pg_catalog.jsonb_array_elements_text("uniqueIndexes") as i(name)
  where relation is not null and not exists (
    select 1 from pg_catalog.pg_index x join pg_catalog.pg_class c on c.oid = x.indexrelid
    where x.indrelid = relation and c.relname = i.name::name and x.indisunique and x.indisvalid)`;

/** Whether row-level security, policies, grants, triggers, helpers, views and roles are those declared, no fewer and no more. */
const security = ({ callers: { authenticated, anonymous }, service, roles: own }: Expectation): string => {
  // Who must own nothing that others rely on.
  const strangers = [roles.api, authenticated, anonymous, roles.auth].map(text).join(", ");
  return `
  select 'row_security_off', called, pg_catalog.format(case when forced then 'row-level security of table %s is not enabled and forced'
    else 'row-level security of table %s is not enabled, or forced though its guard waits' end, called)
  from expected where relation is not null and not (relrowsecurity and relforcerowsecurity = forced)
  union all
  select case when actual.name is null then 'policy_missing' when wanted.name is null then 'policy_undeclared' else 'policy_differs' end,
    pg_catalog.format('%s.%I', coalesce(wanted.called, actual.called), coalesce(wanted.name, actual.name)),
    pg_catalog.format(
      case when actual.name is null then 'policy %I on table %s does not exist'
        when wanted.name is null then 'policy %I on table %s is not declared'
        else 'policy %I on table %s is not as declared' end,
      coalesce(wanted.name, actual.name), coalesce(wanted.called, actual.called))
  from (
    select relation, called, p.name::name, p.command, p.permissive, p.using, p.check, p.said,
      (select pg_catalog.array_agg(r collate "C" order by r collate "C") from pg_catalog.jsonb_array_elements_text(p.roles) r) as roles
    from expected cross join pg_catalog.jsonb_to_recordset(policies)
      as p(name text, command text, permissive boolean, roles jsonb, "using" boolean, "check" boolean, said text)
    where relation is not null
  ) wanted
  full join (
    select relation, called, p.polname as name, p.polpermissive as permissive, p.polqual is not null as using, p.polwithcheck is not null as check,
      case p.polcmd when '*' then 'all' when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' end as command,
      ${roleNames("p.polroles")} as roles,
      pg_catalog.obj_description(p.oid, 'pg_policy') as comment, ${policyHashSql("p")} as hash
    from expected join pg_catalog.pg_policy p on p.polrelid = relation
  ) actual using (relation, name)
  where (wanted.command, wanted.permissive, wanted.using, wanted.check, wanted.roles, wanted.said || ':' || actual.hash)
    is distinct from (actual.command, actual.permissive, actual.using, actual.check, actual.roles, actual.comment)
  union all
  select case when actual.role is null then 'grant_missing' else 'grant_undeclared' end, coalesce(wanted.called, actual.called),
    pg_catalog.format(
      case when actual.role is null then '%s on table %s is not granted to %s' else '%s on table %s is granted to %s, which is not declared' end,
      coalesce(wanted.privilege, actual.privilege) || coalesce(' (' || pg_catalog.quote_ident(coalesce(wanted.column, actual.column)) || ')', ''),
      coalesce(wanted.called, actual.called), coalesce(wanted.role, actual.role))
  from (
    select relation, called, g.role, g.privilege, g.column::name::text as column
    from expected cross join pg_catalog.jsonb_to_recordset(grants) as g(role text, privilege text, "column" text) where relation is not null
  ) wanted
  full join (
    select relation, called, g.named[1] as role, g.privilege, g.attribute as column
    from expected cross join lateral ${rightsOf("relation", service)} g
    where forced or g.named[1] = any (${textArray(["public", ...own])})
  ) actual on wanted.relation = actual.relation and wanted.role = actual.role and wanted.privilege = actual.privilege
    and coalesce(wanted.column, '') = coalesce(actual.column, '')
  where wanted.role is null or actual.role is null
  union all
  select case when g.oid is null then 'trigger_missing' else 'trigger_differs' end, pg_catalog.format('%s.%I', called, t.name),
    pg_catalog.format(
      case when g.oid is null then 'trigger %I of table %s does not exist' else 'trigger %I of table %s is not as declared' end, t.name, called)
  from expected cross join pg_catalog.jsonb_to_recordset(triggers) as t(name text, said text)
  left join pg_catalog.pg_trigger g on g.tgrelid = relation and g.tgname = t.name::name
  where relation is not null
    and (g.oid is null or t.said || ':' || ${triggerHashSql("g")} is distinct from pg_catalog.obj_description(g.oid, 'pg_trigger'))
  union all
  select 'trigger_undeclared', pg_catalog.format('%s.%I', called, g.tgname), pg_catalog.format('trigger %I of table %s is not declared', g.tgname, called)
  from expected join pg_catalog.pg_trigger g on g.tgrelid = relation and g.tgname like 'HEDGEROW\\_%'
  where not exists (select from pg_catalog.jsonb_to_recordset(triggers) as t(name text) where t.name::name = g.tgname)
  union all
  select case when actual.role is null then 'grant_missing' else 'grant_undeclared' end, coalesce(actual.sequence, wanted.sequence)::regclass::text,
    pg_catalog.format(
      case when actual.role is null then '%s on sequence %s is not granted to %s' else '%s on sequence %s is granted to %s, which is not declared' end,
      coalesce(wanted.privilege, actual.privilege), coalesce(actual.sequence, wanted.sequence)::regclass, coalesce(wanted.role, actual.role))
  from (
    select o.sequence, r.role, 'USAGE' as privilege
    from expected cross join lateral ${sequencesOfTable("relation")} o
    cross join lateral pg_catalog.jsonb_to_recordset(sequences) as q("column" text, roles jsonb)
    cross join lateral pg_catalog.jsonb_array_elements_text(q.roles) as r(role)
    where q."column"::name = o.column::name
  ) wanted
  full join (
    select o.sequence, g.named[1] as role, g.privilege
    from expected cross join lateral ${sequencesOfTable("relation")} o cross join lateral ${rightsOf("o.sequence", service)} g
    where sequences <> 'null'
  ) actual on wanted.sequence = actual.sequence and wanted.role = actual.role and wanted.privilege = actual.privilege
  where wanted.role is null or actual.role is null
  union all
  select 'function_undeclared', f.oid::regprocedure::text, pg_catalog.format('function %s is not declared', f.oid::regprocedure)
  from pg_catalog.pg_proc f where ${leftoverFunction("array(select signature from expected_functions)")}
  union all
  select 'helpers_unrecorded', '${helperSchema}', 'the functions of schema ${helperSchema} are not those that the last push recorded'
  where pg_catalog.to_regnamespace('${helperSchema}') is not null and not coalesce(${helpersRecorded}, false)
  union all
  select case when oid is null then 'function_missing' else 'function_differs' end, signature, case
    when oid is null then pg_catalog.format('function %s does not exist', signature)
    when source <> ${shortHashSql("prosrc")} then pg_catalog.format('function %s has another body', signature)
    when shape <> actual_shape then pg_catalog.format('function %s is "%s", not "%s"', signature, actual_shape, shape)
    when definer <> prosecdef then pg_catalog.format('function %s runs with the rights of %s', signature, case when prosecdef then 'its owner' else 'its caller' end)
    when inlined and proconfig is not null then pg_catalog.format('function %s has settings of its own, so it is not inlined', signature)
    when not inlined and proconfig is distinct from array['search_path=""'] then pg_catalog.format('function %s does not have just an empty search_path', signature)
    when definer <> (pg_catalog.pg_get_userbyid(proowner) = '${roles.definer}') or pg_catalog.pg_get_userbyid(proowner) in (${strangers})
      then pg_catalog.format('function %s belongs to %s', signature, pg_catalog.pg_get_userbyid(proowner))
  end
  from expected_functions
  union all
  select 'function_grant_differs', signature,
    pg_catalog.format('function %s may be called by %s, not by %s', signature, coalesce(actual.roles, 'nobody'), coalesce(wanted.roles, 'nobody'))
  from expected_functions
  cross join lateral (
    select pg_catalog.string_agg(e, ', ' order by e collate "C") as roles from pg_catalog.jsonb_array_elements_text(executors) e
  ) wanted
  cross join lateral (
    select pg_catalog.string_agg(named[1], ', ' order by named[1] collate "C") as roles from (
      select ${roleNames("array[acl.grantee]")}::text[] as named from pg_catalog.aclexplode(coalesce(proacl, pg_catalog.acldefault('f', proowner))) acl
      where acl.grantee <> proowner) a
  ) actual
  where oid is not null and wanted.roles is distinct from actual.roles
  union all
  select case when oid is null then 'view_missing' else 'view_differs' end, called, case
    when oid is null then pg_catalog.format('view %s does not exist', called)
    when relkind <> 'v' then pg_catalog.format('%s is no view', called)
    when said || ':' || (select ${viewHashSql("v")} from pg_catalog.pg_class v where v.oid = expected_views.oid) is distinct from pg_catalog.obj_description(oid, 'pg_class')
      then pg_catalog.format('view %s is not as declared', called)
    when owner in (${strangers}) then pg_catalog.format('view %s belongs to %s', called, owner)
    when grants <> (select ${grantsHashSql} from ${rightsOf("expected_views.oid", service)} g)
      then pg_catalog.format('the rights on view %s are not those declared', called)
  end
  from expected_views
  union all
  select case when oid is null then 'role_missing' else 'role_differs' end, name, case
    when oid is null then pg_catalog.format('role %s does not exist', name)
    when rolsuper then pg_catalog.format('role %s is a superuser', name)
    when rolbypassrls then pg_catalog.format('role %s bypasses row-level security', name)
    when rolcreaterole then pg_catalog.format('role %s may create roles', name)
    when rolreplication then pg_catalog.format('role %s may replicate, which bypasses row-level security', name)
    when name = '${roles.api}' and rolinherit then pg_catalog.format('role %s inherits the rights of the roles that it may take', name)
  end
  from own_roles
  union all
  select 'role_differs', o.name, pg_catalog.format('role %s can become %s', o.name, r.rolname)
  from own_roles o join pg_catalog.pg_auth_members m on m.member = o.oid join pg_catalog.pg_roles r on r.oid = m.roleid
  where not (o.name = '${roles.api}' and r.rolname in ('${authenticated}', '${anonymous}'))
  union all
  select 'role_differs', '${roles.api}', pg_catalog.format('role ${roles.api} cannot become %s', o.name)
  from own_roles o join own_roles api on api.name = '${roles.api}'
  where o.name in ('${authenticated}', '${anonymous}') and not exists (
    select 1 from pg_catalog.pg_auth_members m where m.member = api.oid and m.roleid = o.oid) and not api.rolsuper
  union all
  select 'temporary_granted', pg_catalog.current_database(), pg_catalog.format('%s may make temporary tables in database %I',
    case role when 'public' then 'everybody' else 'role ' || role end, pg_catalog.current_database())
  from pg_catalog.unnest(array(select name from own_roles where oid is not null) || '{public}'::text[]) as role
  where pg_catalog.has_database_privilege(role, pg_catalog.current_database(), 'temporary')
    and (role = 'public' or not pg_catalog.has_database_privilege('public', pg_catalog.current_database(), 'temporary'))
  union all
  select 'database_grant_differs', pg_catalog.current_database(), pg_catalog.format('%s may make schemas in database %I',
    case role when 'public' then 'everybody' else 'role ' || role end, pg_catalog.current_database())
  from pg_catalog.unnest(array(select name from own_roles where oid is not null) || '{public}'::text[]) as role
  where pg_catalog.has_database_privilege(role, pg_catalog.current_database(), 'create')
    and (role = 'public' or not pg_catalog.has_database_privilege('public', pg_catalog.current_database(), 'create'))
  union all
  select 'schema_grant_differs', '${helperSchema}', pg_catalog.format('%s on schema ${helperSchema} is granted to %s, which is not declared', acl.privilege_type, grantee.named[1])
  from pg_catalog.pg_namespace n cross join pg_catalog.aclexplode(n.nspacl) acl
  cross join lateral (select ${roleNames("array[acl.grantee]")}::text[] as named) grantee
  where n.nspname = '${helperSchema}' and acl.grantee <> n.nspowner
    and not (acl.privilege_type = 'USAGE' and not acl.is_grantable and grantee.named[1] in (${[roles.definer, authenticated, anonymous, ...service].map(text).join(", ")}))
  union all
  select 'schema_grant_differs', n.nspname::text, pg_catalog.format('%s may create things in schema %I', case role when 'public' then 'everybody' else 'role ' || role end, n.nspname)
  from pg_catalog.unnest(array(select name from own_roles where oid is not null) || '{public}'::text[]) as role
  cross join pg_catalog.pg_namespace n
  where (n.nspname = 'extensions' or n.nspname in (select schema::name from expected)) and pg_catalog.has_schema_privilege(role, n.oid, 'create')
    and (role = 'public' or not pg_catalog.has_schema_privilege('public', n.oid, 'create'))`;
};

const query = (expected: Expectation, checks: ReadonlyArray<string>): string =>
  `with ${expectationTables(expected)}, ${expectationFunctions(expected)}, ${expectationViews(expected)}, ${ownRoles(expected)}
select code, object, message from (${checks.join("\n  union all")}
) as found(code, object, message) where message is not null order by message collate "C"`;

/** To run before `inspection`, in the same transaction: Postgres writes expressions as the search path lets it. */
export const pinSearchPath = "select pg_catalog.set_config('search_path', '', true)";

/** @returns the query for everything that differs: rows of `code`, `object` and `message`. */
export const inspection = (expected: Expectation): string => query(expected, [structure, security(expected)]);

const demand = (expected: Expectation, checks: ReadonlyArray<string>): string =>
  `do ${text(`declare problems text; path text := pg_catalog.current_setting('search_path'); begin
  perform pg_catalog.set_config('search_path', '', true);
  select pg_catalog.string_agg(message, e'\\n' order by message collate "C") into problems from (${query(expected, checks)}) as found;
  if problems is not null then
    raise exception using errcode = '${unmetState}', message = 'the database is not as declared', detail = problems;
  end if;
  perform pg_catalog.set_config('search_path', path, true);
end`)}`;

/** @returns a statement that raises `unmetState` unless tables, columns and keys are as declared. */
export const demandStructure = (expected: Expectation): string => demand(expected, [structure]);

/** @returns a statement that raises `unmetState` unless all that decides who sees what is as declared. */
export const demandSecurity = (expected: Expectation): string => demand(expected, [security(expected)]);
