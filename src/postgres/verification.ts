/**
 * The expectation against the catalog, as SQL.
 *
 * Invariant: only what stands in the catalog counts, never what a tool said it did. A problem raises an exception, so
 * that the transaction which was verified does not commit.
 */
import { text } from "../condition/sql-text.js";
import type { ExpectedTable } from "./expectation.js";
import { everyone } from "./grants.js";

/** The SQLSTATE of an unmet expectation; its detail has one problem on each line. */
export const unmetState = "HR500";

const tables = (expected: ReadonlyArray<ExpectedTable>): string => `expected as (
  select e.*, c.oid as relation, c.relacl, c.relrowsecurity, c.relforcerowsecurity,
    pg_catalog.format('%I.%I', e.schema, e.name) as called
  from pg_catalog.jsonb_to_recordset(${text(JSON.stringify(expected))}::jsonb) as e(
    schema text, name text, columns jsonb, keys jsonb, "uniqueIndexes" jsonb, policies jsonb, grants jsonb, triggers jsonb)
  left join pg_catalog.pg_namespace n on n.nspname = e.schema::name
  left join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = e.name::name and c.relkind in ('r', 'p')
)`;

/** Whether the tables, columns and keys are there. Names are cut as Postgres cuts them, by the type `name`. */
const structure = `
  select pg_catalog.format('table %s does not exist', called) from expected where relation is null
  union all
  select case
    when a.attname is null then pg_catalog.format('column %I of table %s does not exist', c.name, called)
    when pg_catalog.to_regtype(c.type) <> a.atttypid
      then pg_catalog.format('column %I of table %s has the type %s, not %s', c.name, called, a.atttypid::regtype, c.type)
    when c."notNull" and not a.attnotnull then pg_catalog.format('column %I of table %s may be null', c.name, called)
    when a.attnotnull and not c."notNull" then pg_catalog.format('column %I of table %s may not be null', c.name, called)
    when c."hasDefault" and not a.atthasdef then pg_catalog.format('column %I of table %s has no default', c.name, called)
  end
  from expected cross join pg_catalog.jsonb_to_recordset(columns) as c(name text, type text, "notNull" boolean, "hasDefault" boolean)
  left join pg_catalog.pg_attribute a on a.attrelid = relation and a.attname = c.name::name and a.attnum > 0 and not a.attisdropped
  where relation is not null
  union all
  select pg_catalog.format('%s %I of table %s does not stand as declared', case k.kind when 'f' then 'foreign key' else 'unique key' end, k.name, called)
  from expected cross join pg_catalog.jsonb_to_recordset(keys) as k(name text, kind text, columns jsonb)
  where relation is not null and not exists (
    select 1 from pg_catalog.pg_constraint con
    where con.conrelid = relation and con.conname = k.name::name and con.contype = k.kind::"char" and con.convalidated
      and k.columns = (
        select pg_catalog.jsonb_agg(a.attname order by u.position)
        from pg_catalog.unnest(con.conkey) with ordinality as u(number, position)
        join pg_catalog.pg_attribute a on a.attrelid = con.conrelid and a.attnum = u.number))
  union all
  select pg_catalog.format('unique index %I of table %s does not exist', i.name, called)
  from expected cross join pg_catalog.jsonb_array_elements_text("uniqueIndexes") as i(name)
  where relation is not null and not exists (
    select 1 from pg_catalog.pg_index x join pg_catalog.pg_class c on c.oid = x.indexrelid
    where x.indrelid = relation and c.relname = i.name::name and x.indisunique and x.indisvalid)`;

/** Whether row-level security, policies, grants and triggers are those declared, no fewer and no more. */
const security = `
  select pg_catalog.format('row-level security of table %s is not enabled and forced', called)
  from expected where relation is not null and not (relrowsecurity and relforcerowsecurity)
  union all
  select pg_catalog.format(
    case when actual.name is null then 'policy %I on table %s does not exist'
      when wanted.name is null then 'policy %I on table %s is not declared'
      else 'policy %I on table %s is not as declared' end,
    coalesce(wanted.name, actual.name), coalesce(wanted.called, actual.called))
  from (
    select relation, called, p.name::name, p.command, p.permissive, p.using, p.check,
      (select pg_catalog.array_agg(r collate "C" order by r collate "C") from pg_catalog.jsonb_array_elements_text(p.roles) r) as roles
    from expected cross join pg_catalog.jsonb_to_recordset(policies)
      as p(name text, command text, permissive boolean, roles jsonb, "using" boolean, "check" boolean)
    where relation is not null
  ) wanted
  full join (
    select relation, called, p.polname as name, p.polpermissive as permissive, p.polqual is not null as using, p.polwithcheck is not null as check,
      case p.polcmd when '*' then 'all' when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' end as command,
      (select pg_catalog.array_agg(r.name collate "C" order by r.name collate "C") from (
        select case when u = 0 then 'public' else pg_catalog.pg_get_userbyid(u)::text end as name from pg_catalog.unnest(p.polroles) u) r) as roles
    from expected join pg_catalog.pg_policy p on p.polrelid = relation
  ) actual using (relation, name)
  where (wanted.command, wanted.permissive, wanted.using, wanted.check, wanted.roles)
    is distinct from (actual.command, actual.permissive, actual.using, actual.check, actual.roles)
  union all
  select pg_catalog.format(
    case when actual.role is null then '%s on table %s is not granted to %s' else '%s on table %s is granted to %s, which is not declared' end,
    coalesce(wanted.privilege, actual.privilege) || coalesce(' (' || pg_catalog.quote_ident(coalesce(wanted.column, actual.column)) || ')', ''),
    coalesce(wanted.called, actual.called), coalesce(wanted.role, actual.role))
  from (
    select relation, called, g.role, g.privilege, g.column::name::text as column
    from expected cross join pg_catalog.jsonb_to_recordset(grants) as g(role text, privilege text, "column" text) where relation is not null
  ) wanted
  full join (
    select relation, called, g.role, g.privilege, g.column from (
      select relation, called, null as column,
        case when acl.grantee = 0 then 'public' else pg_catalog.pg_get_userbyid(acl.grantee)::text end as role,
        acl.privilege_type || case when acl.is_grantable then ' with grant option' else '' end as privilege
      from expected cross join pg_catalog.aclexplode(relacl) acl
      union all
      select relation, called, a.attname::text,
        case when acl.grantee = 0 then 'public' else pg_catalog.pg_get_userbyid(acl.grantee)::text end,
        acl.privilege_type || case when acl.is_grantable then ' with grant option' else '' end
      from expected join pg_catalog.pg_attribute a on a.attrelid = relation and not a.attisdropped cross join pg_catalog.aclexplode(a.attacl) acl
    ) g where g.role in (${everyone.map(text).join(", ")})
  ) actual on wanted.relation = actual.relation and wanted.role = actual.role and wanted.privilege = actual.privilege
    and coalesce(wanted.column, '') = coalesce(actual.column, '')
  where wanted.role is null or actual.role is null
  union all
  select pg_catalog.format('trigger %I of table %s does not exist', t.name, called)
  from expected cross join pg_catalog.jsonb_array_elements_text(triggers) as t(name)
  where relation is not null and not exists (
    select 1 from pg_catalog.pg_trigger g where g.tgrelid = relation and g.tgname = t.name::name and g.tgenabled in ('O', 'A'))`;

const query = (expected: ReadonlyArray<ExpectedTable>, checks: ReadonlyArray<string>): string =>
  `with ${tables(expected)}
select problem from (${checks.join("\n  union all")}
) as found(problem) where problem is not null`;

const demand = (expected: ReadonlyArray<ExpectedTable>, checks: ReadonlyArray<string>): string =>
  `do ${text(`declare problems text; begin
  select pg_catalog.string_agg(problem, e'\\n' order by problem collate "C") into problems from (${query(expected, checks)}) as found;
  if problems is not null then
    raise exception using errcode = '${unmetState}', message = 'the database is not as declared', detail = problems;
  end if;
end`)}`;

/** @returns a statement that raises `unmetState` unless tables, columns and keys are as declared. */
export const demandStructure = (expected: ReadonlyArray<ExpectedTable>): string => demand(expected, [structure]);

/** @returns a statement that raises `unmetState` unless policies, grants and triggers are as declared. */
export const demandSecurity = (expected: ReadonlyArray<ExpectedTable>): string => demand(expected, [security]);
