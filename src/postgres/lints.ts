/**
 * What is risky in a database beside what was declared, as SQL.
 *
 * Invariant: it only reads the catalog, and a database that Hedgerow made gives nothing. What differs from the declaration
 * is said by `inspect.ts`; here is what nobody declared, and what was declared and is slow.
 */
import { text, textArray } from "../condition/sql-text.js";
import type { Schema } from "../table/schema.js";
import type { Expectation } from "./expectation.js";
import { expectationTables } from "./inspect.js";
import { helperSchema, roles } from "./names.js";
import { rightsOf } from "./reconcile.js";
import { scopeKeysOf } from "./scope.js";

export interface LintScope {
  /** Schemas in which everything is looked at. */
  readonly schemas: ReadonlyArray<string>;
  /** What applications connect as. */
  readonly logins: ReadonlyArray<string>;
}

const scopesOf = (schema: Schema): string =>
  JSON.stringify(
    schema.tables.flatMap(({ source, definition }) =>
      scopeKeysOf(source).map(({ name }) => ({
        schema: definition.table.schema,
        name: definition.table.name,
        column: name,
      })),
    ),
  );

/** A helper that is not the beginning of a sub-select is called for every row. */
const perRow = "'(?<!SELECT \\(*|hedgerow\\.as_uuid\\()\\m(hedgerow\\.[a-z_]+|auth\\.[a-z_]+|current_setting)\\('";

const fromExtension = (catalog: string, oid: string): string =>
  `exists (select 1 from pg_catalog.pg_depend d where d.classid = 'pg_catalog.${catalog}'::regclass and d.objid = ${oid} and d.deptype = 'e')`;

const checks = (
  schema: Schema,
  logins: ReadonlyArray<string>,
  { callers: { authenticated, anonymous }, platform }: Expectation,
): ReadonlyArray<string> => {
  const callers = [authenticated, anonymous, roles.api];
  const rights = rightsOf("c.oid", []);
  // Functions of the platform itself are the platform's to keep.
  const notPlatform =
    platform.length === 0 ? "" : " and pg_catalog.pg_get_userbyid(p.proowner) !~ '^(supabase_|pgbouncer$)'";
  return [
    `select 'login_bypasses_rls', l.rolname::text, pg_catalog.format('login %I is or can become %I, which bypasses row-level security', l.rolname, r.rolname)
  from pg_catalog.pg_roles l join pg_catalog.pg_roles r on (r.rolsuper or r.rolbypassrls) and pg_catalog.pg_has_role(l.oid, r.oid, 'member')
  where (l.rolname = any (${textArray(logins)}::name[]) and (r.oid = l.oid or not l.rolsuper))
    or (l.rolcanlogin and l.rolbypassrls and not l.rolsuper and r.oid = l.oid${platform.length === 0 ? "" : ` and l.rolname <> all (${textArray(platform)}::name[])`})`,
    `select 'login_owns_table', l.rolname::text, pg_catalog.format('login %I owns table %s and could switch its rules off', l.rolname, called)
  from pg_catalog.pg_roles l cross join expected join pg_catalog.pg_class c on c.oid = relation
  where l.rolname = any (${textArray(logins)}::name[]) and not l.rolsuper and pg_catalog.pg_has_role(l.oid, c.relowner, 'member')`,
    `select distinct 'view_without_invoker', v.oid::regclass::text, pg_catalog.format('view %s reads table %s with the rights of its owner', v.oid::regclass, called)
  from expected join pg_catalog.pg_depend d on d.refclassid = 'pg_catalog.pg_class'::regclass and d.refobjid = relation and d.classid = 'pg_catalog.pg_rewrite'::regclass
  join pg_catalog.pg_rewrite w on w.oid = d.objid join pg_catalog.pg_class v on v.oid = w.ev_class and v.relkind in ('v', 'm') and v.oid <> relation
  where pg_catalog.pg_get_userbyid(v.relowner) <> 'hedgerow_view'
    and (v.relkind = 'm' or not coalesce((select option_value::boolean from pg_catalog.pg_options_to_table(v.reloptions) where option_name = 'security_invoker'), false))`,
    `select 'table_without_rls', c.oid::regclass::text, pg_catalog.format('table %s has no row-level security, and %s has rights on it', c.oid::regclass,
    (select pg_catalog.string_agg(distinct g.named[1], ', ') from ${rights} g where g.named[1] = any (${textArray(["public", ...callers])})))
  from pg_catalog.pg_class c join managed on managed.oid = c.relnamespace
  where c.relkind in ('r', 'p') and not c.relrowsecurity and not ${fromExtension("pg_class", "c.oid")}
    and exists (select 1 from ${rights} g where g.named[1] = any (${textArray(["public", ...callers])}))`,
    `select 'policies_overlap', pg_catalog.format('%s.%I', a.polrelid::regclass, b.polname), pg_catalog.format('policies %I and %I on table %s are both permissive for the same role and command', a.polname, b.polname, a.polrelid::regclass)
  from pg_catalog.pg_policy a join pg_catalog.pg_policy b on b.polrelid = a.polrelid and b.polname > a.polname
  join pg_catalog.pg_class c on c.oid = a.polrelid join managed on managed.oid = c.relnamespace
  where a.polpermissive and b.polpermissive and (a.polcmd = b.polcmd or '*' in (a.polcmd, b.polcmd))
    and (a.polroles && b.polroles or 0 = any (a.polroles) or 0 = any (b.polroles))`,
    `select 'helper_per_row', pg_catalog.format('%s.%I', p.polrelid::regclass, p.polname), pg_catalog.format('policy %I on table %s calls a helper for every row', p.polname, p.polrelid::regclass)
  from pg_catalog.pg_policy p join pg_catalog.pg_class c on c.oid = p.polrelid join managed on managed.oid = c.relnamespace
  where pg_catalog.pg_get_expr(p.polqual, p.polrelid) ~ ${perRow} or pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid) ~ ${perRow}`,
    `select 'search_path_mutable', p.oid::regprocedure::text, pg_catalog.format('function %s takes the search path of whoever calls it', p.oid::regprocedure)
  from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
  where (n.nspname = '${helperSchema}' or (p.prosecdef and n.nspname not in ('pg_catalog', 'information_schema')))
    and not exists (select 1 from pg_catalog.unnest(p.proconfig) setting where setting like 'search_path=%')${notPlatform} and not ${fromExtension("pg_proc", "p.oid")}`,
    `select 'foreign_key_without_index', pg_catalog.format('%s.%I', k.conrelid::regclass, k.conname), pg_catalog.format('foreign key %I of table %s has no index, so each change of its parent reads the whole table', k.conname, k.conrelid::regclass)
  from pg_catalog.pg_constraint k join pg_catalog.pg_class c on c.oid = k.conrelid join managed on managed.oid = c.relnamespace
  where k.contype = 'f' and not exists (
    select 1 from pg_catalog.pg_index i where i.indrelid = k.conrelid and i.indisvalid and i.indpred is null
      and k.conkey <@ (i.indkey::int2[])[0:pg_catalog.cardinality(k.conkey) - 1])`,
    `select 'scope_without_index', pg_catalog.format('%s.%I', called, a.attname), pg_catalog.format('no index of table %s begins with column %I, which its firewall compares', called, a.attname)
  from pg_catalog.jsonb_to_recordset(${text(scopesOf(schema))}::jsonb) as s(schema text, name text, "column" text)
  join expected using (schema, name) join pg_catalog.pg_attribute a on a.attrelid = relation and a.attname = s."column"::name
  where not exists (
    select 1 from pg_catalog.pg_index i where i.indrelid = relation and i.indisvalid and i.indpred is null and i.indkey[0] = a.attnum)
    and a.attname = (select min(o."column") from pg_catalog.jsonb_to_recordset(${text(scopesOf(schema))}::jsonb) as o(schema text, name text, "column" text)
      where o.schema = s.schema and o.name = s.name)`,
    `select 'extension_in_public', e.extname::text, pg_catalog.format('extension %I is in the schema public', e.extname)
  from pg_catalog.pg_extension e where e.extnamespace = pg_catalog.to_regnamespace('public')`,
    `select 'public_grant', c.oid::regclass::text, pg_catalog.format('everybody has %s on %s', pg_catalog.string_agg(distinct g.privilege, ', '), c.oid::regclass)
  from pg_catalog.pg_class c join managed on managed.oid = c.relnamespace cross join lateral ${rights} g
  where g.grantee = 0 and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S') and c.oid not in (select relation from expected where relation is not null) and not ${fromExtension("pg_class", "c.oid")} group by c.oid`,
    `select 'public_grant', n.nspname::text, pg_catalog.format('everybody may create things in schema %I', n.nspname)
  from managed n where pg_catalog.has_schema_privilege('public', n.oid, 'create')`,
    `select 'public_grant', p.oid::regprocedure::text, pg_catalog.format('everybody may call function %s, which has the rights of its owner', p.oid::regprocedure)
  from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
  where p.prosecdef and n.nspname not in ('pg_catalog', 'information_schema') and pg_catalog.has_function_privilege('public', p.oid, 'execute')${notPlatform}
    and not ${fromExtension("pg_proc", "p.oid")}`,
  ];
};

/** @returns the query for everything that is risky: rows of `code`, `object` and `message`. Needs an empty search path. */
export const lints = (expected: Expectation, schema: Schema, scope: LintScope): string =>
  `with ${expectationTables(expected)}, managed as (
  select n.oid, n.nspname from pg_catalog.pg_namespace n where n.nspname = any (${textArray(scope.schemas)}::name[])
)
select code, object, message from (
  ${checks(schema, scope.logins, expected).join("\n  union all\n  ")}
) as found(code, object, message) order by message collate "C"`;
