/**
 * What is risky in a database beside what was declared, as SQL.
 *
 * Invariant: it only reads the catalog, and a database that Hedgerow made gives nothing. What differs from the declaration
 * is said by `inspect.ts`; here is what nobody declared, and what was declared and is slow.
 */
import { roleNames } from "../condition/fingerprint.js";
import { text, textArray } from "../condition/sql-text.js";
import type { Schema } from "../table/schema.js";
import { scopeKeysOf } from "../table/scope.js";
import type { Expectation } from "./expectation.js";
import { othersPolicy } from "./identity.js";
import { expectationFunctions, expectationTables } from "./inspect.js";
import { helperSchema, roles, sealKeys } from "./names.js";
import { rightsOf } from "./reconcile.js";

export interface LintScope {
  /** Schemas in which everything is looked at. */
  readonly schemas: ReadonlyArray<string>;
  /** What applications connect as. */
  readonly logins: ReadonlyArray<string>;
  /** Whether the caller is known by a token that the extension `pg_session_jwt` must check. */
  readonly sessionJwt: boolean;
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

/** Roles that reach around every policy without a right on a table. */
const powers = ["pg_execute_server_program", "pg_read_server_files", "pg_write_server_files"];

/** Words that a column is called by when nobody else should read it. */
const sensitive =
  "'(^|_)(password|passwd|pwd|secret|token|api_?key|private_?key|client_?secret|access_?key|ssn|social_?security|credit_?card|card_?number|cvv|iban|pin)($|_|hash$)'";

/** A view that shows its reader what its owner may see. */
const asOwner = `(v.relkind = 'm' or v.relkind = 'v' and not coalesce((select option_value::boolean from pg_catalog.pg_options_to_table(v.reloptions) where option_name = 'security_invoker'), false))`;

const checks = (
  schema: Schema,
  { logins, sessionJwt }: LintScope,
  { callers: { authenticated, anonymous }, platform }: Expectation,
): ReadonlyArray<string> => {
  const callers = [authenticated, anonymous, roles.api];
  // Those who send requests and may read a relation, or a part of it; null where there is none.
  const readersOf = (relation: string): string =>
    `(select pg_catalog.string_agg(distinct g.named[1], ', ') from ${rightsOf(relation, [])} g where g.named[1] = any (${textArray(["public", ...callers])}))`;
  // Functions of the platform itself are the platform's to keep.
  const notPlatform =
    platform.length === 0 ? "" : " and pg_catalog.pg_get_userbyid(p.proowner) !~ '^(supabase_|pgbouncer$)'";
  return [
    `select 'login_bypasses_rls', l.rolname::text, pg_catalog.format('login %I is or can become %I, which bypasses row-level security', l.rolname, r.rolname)
  from pg_catalog.pg_roles l join pg_catalog.pg_roles r on pg_catalog.pg_has_role(l.oid, r.oid, 'member')
  where (l.rolname = any (${textArray(logins)}::name[]) and (r.oid = l.oid or not l.rolsuper)
      and (r.rolsuper or r.rolbypassrls or r.rolreplication or r.rolname = any (${textArray(powers)}::name[])))
    or (l.rolcanlogin and l.rolbypassrls and not l.rolsuper and r.oid = l.oid${platform.length === 0 ? "" : ` and l.rolname <> all (${textArray(platform)}::name[])`})`,
    `select 'caller_role_logs_in', r.rolname::text, pg_catalog.format('role %I may log in with a password, and whoever sends SQL as it may give it one', r.rolname)
  from pg_catalog.pg_roles r where r.rolname in (${text(authenticated)}, ${text(anonymous)})
    and r.rolcanlogin and coalesce(r.rolvaliduntil, 'infinity') > pg_catalog.now()`,
    // What only a superuser may set is whoever administers the database's own affair.
    `select 'login_has_settings', l.rolname::text, pg_catalog.format('every session of login %I starts with %s, which SQL of a request may have set', l.rolname, pg_catalog.string_agg(pg_catalog.split_part(own.setting, '=', 1), ', ' order by own.setting))
  from pg_catalog.pg_db_role_setting s join pg_catalog.pg_roles l on l.oid = s.setrole and l.rolname = any (${textArray(logins)}::name[])
  cross join lateral pg_catalog.unnest(s.setconfig) as own(setting)
  left join pg_catalog.pg_settings known on known.name = pg_catalog.split_part(own.setting, '=', 1)
  where coalesce(known.context, 'user') = 'user' group by l.rolname`,
    `select 'login_owns_table', l.rolname::text, pg_catalog.format('login %I owns table %s and could switch its rules off', l.rolname, called)
  from pg_catalog.pg_roles l cross join expected join pg_catalog.pg_class c on c.oid = relation
  where l.rolname = any (${textArray(logins)}::name[]) and not l.rolsuper and pg_catalog.pg_has_role(l.oid, c.relowner, 'member')`,
    `select 'login_owns_schema', l.rolname::text, pg_catalog.format('login %I owns schema %I and could drop what is in it', l.rolname, n.nspname)
  from pg_catalog.pg_roles l cross join pg_catalog.pg_namespace n
  where l.rolname = any (${textArray(logins)}::name[]) and not l.rolsuper and pg_catalog.pg_has_role(l.oid, n.nspowner, 'member')
    and (n.oid in (select oid from managed) or n.nspname = '${helperSchema}')`,
    // Also through other views: those of a view that runs as its owner are read as that owner.
    `select distinct 'view_without_invoker', v.oid::regclass::text, pg_catalog.format('view %s reads table %s with the rights of its owner', v.oid::regclass, reach.called)
  from reach join pg_catalog.pg_class v on v.oid = reach.reader
  where pg_catalog.pg_get_userbyid(v.relowner) <> 'hedgerow_view' and ${asOwner}`,
    `select 'view_without_invoker', v.oid::regclass::text, pg_catalog.format('view %s shows %s what its owner may see', v.oid::regclass, ${readersOf("v.oid")})
  from pg_catalog.pg_class v join managed on managed.oid = v.relnamespace
  where pg_catalog.pg_get_userbyid(v.relowner) <> 'hedgerow_view' and ${asOwner} and v.oid not in (select reader from reach)
    and not ${fromExtension("pg_class", "v.oid")} and ${readersOf("v.oid")} is not null`,
    `select distinct 'rule_by_hand', pg_catalog.format('%s.%I', called, w.rulename), pg_catalog.format('rule %I of table %s runs with the rights of its owner', w.rulename, called)
  from expected join pg_catalog.pg_rewrite w on w.ev_class = relation`,
    `select 'policies_without_rls', c.oid::regclass::text, pg_catalog.format('table %s has policies, and its row-level security is off', c.oid::regclass)
  from pg_catalog.pg_class c join managed on managed.oid = c.relnamespace
  where not c.relrowsecurity and c.oid not in (select relation from expected where relation is not null)
    and exists (select from pg_catalog.pg_policy p where p.polrelid = c.oid)`,
    `select 'table_without_rls', c.oid::regclass::text, pg_catalog.format('table %s has no row-level security, and %s has rights on it', c.oid::regclass, ${readersOf("c.oid")})
  from pg_catalog.pg_class c join managed on managed.oid = c.relnamespace
  where c.relkind in ('r', 'p', 'f') and not c.relrowsecurity and not ${fromExtension("pg_class", "c.oid")} and ${readersOf("c.oid")} is not null`,
    `select 'sensitive_column_exposed', pg_catalog.format('%s.%I', c.oid::regclass, a.attname), pg_catalog.format('column %I of %s sounds secret, and %s may read it without a policy', a.attname, c.oid::regclass, ${readersOf("c.oid")})
  from pg_catalog.pg_class c join managed on managed.oid = c.relnamespace
  join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  cross join lateral (select pg_catalog.lower(pg_catalog.regexp_replace(a.attname, '([a-z0-9])([A-Z])', '\\1_\\2', 'g')) as snake) as word
  where (c.relkind in ('r', 'p', 'f') and not c.relrowsecurity or c.relkind in ('v', 'm')) and word.snake ~ ${sensitive}
    and not ${fromExtension("pg_class", "c.oid")} and exists (
      select from pg_catalog.unnest(${textArray(["public", ...callers])}) as reader
      where case when reader = 'public' or reader in (select rolname from pg_catalog.pg_roles)
        then pg_catalog.has_column_privilege(reader, c.oid, a.attnum, 'select') end)`,
    `select 'policies_overlap', pg_catalog.format('%s.%I', a.polrelid::regclass, b.polname), pg_catalog.format('policies %I and %I on table %s are both permissive for the same role and command', a.polname, b.polname, a.polrelid::regclass)
  from pg_catalog.pg_policy a join pg_catalog.pg_policy b on b.polrelid = a.polrelid and b.polname > a.polname
  join pg_catalog.pg_class c on c.oid = a.polrelid join managed on managed.oid = c.relnamespace
  where a.polpermissive and b.polpermissive and '${othersPolicy}' not in (a.polname, b.polname) and (a.polcmd = b.polcmd or '*' in (a.polcmd, b.polcmd))
    and (a.polroles && b.polroles or 0 = any (a.polroles) or 0 = any (b.polroles))`,
    `select 'helper_per_row', pg_catalog.format('%s.%I', p.polrelid::regclass, p.polname), pg_catalog.format('policy %I on table %s calls a helper for every row', p.polname, p.polrelid::regclass)
  from pg_catalog.pg_policy p join pg_catalog.pg_class c on c.oid = p.polrelid join managed on managed.oid = c.relnamespace
  where pg_catalog.pg_get_expr(p.polqual, p.polrelid) ~ ${perRow} or pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid) ~ ${perRow}`,
    `select 'search_path_mutable', p.oid::regprocedure::text, pg_catalog.format('function %s takes the search path of whoever calls it', p.oid::regprocedure)
  from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
  where ((n.nspname = '${helperSchema}' and (p.prosecdef or p.prolang <> (select l.oid from pg_catalog.pg_language l where l.lanname = 'sql'))) or n.oid in (select oid from managed) or (p.prosecdef and n.nspname not in ('pg_catalog', 'information_schema')))
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
    `select 'auth_guarded_later', pg_catalog.string_agg(called, ', ' order by called), 'Better Auth''s tables are not guarded yet: their owner, and who else has rights on them, is bound by no policy'
  from expected where relation is not null and not forced having count(*) > 0`,
    `select 'extension_in_public', e.extname::text, pg_catalog.format('extension %I is in the schema public', e.extname)
  from pg_catalog.pg_extension e where e.extnamespace = pg_catalog.to_regnamespace('public')`,
    `select 'public_grant', c.oid::regclass::text, pg_catalog.format('everybody has %s on %s', pg_catalog.string_agg(distinct g.privilege, ', '), c.oid::regclass)
  from pg_catalog.pg_class c join managed on managed.oid = c.relnamespace cross join lateral ${rightsOf("c.oid", [])} g
  where g.grantee = 0 and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S') and c.oid not in (select relation from expected where relation is not null) and not ${fromExtension("pg_class", "c.oid")} group by c.oid`,
    `select 'public_grant', n.nspname::text, pg_catalog.format('everybody may create things in schema %I', n.nspname)
  from managed n where pg_catalog.has_schema_privilege('public', n.oid, 'create')`,
    `select 'public_grant', p.oid::regprocedure::text, pg_catalog.format('everybody may call function %s, which has the rights of its owner', p.oid::regprocedure)
  from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
  where p.prosecdef and n.nspname not in ('pg_catalog', 'information_schema') and pg_catalog.has_function_privilege('public', p.oid, 'execute')${notPlatform}
    and not ${fromExtension("pg_proc", "p.oid")}`,
    `select 'definer_callable', p.oid::regprocedure::text, pg_catalog.format('function %s has the rights of its owner, and %s may call it', p.oid::regprocedure, pg_catalog.string_agg(r.rolname, ', ' order by r.rolname))
  from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace join pg_catalog.pg_roles r on r.rolname = any (${textArray(callers)}::name[])
  where p.prosecdef and n.nspname not in ('pg_catalog', 'information_schema') and pg_catalog.has_function_privilege(r.oid, p.oid, 'execute')
    and not pg_catalog.has_function_privilege('public', p.oid, 'execute') ${notPlatform} and not ${fromExtension("pg_proc", "p.oid")}
    and p.oid not in (select f.oid from expected_functions f where f.oid is not null)
  group by p.oid`,
    // Whoever reads the keys can say who they are.
    `select 'seal_keys_exposed', c.oid::regclass::text, pg_catalog.format('table %s, which keeps callers from saying who they are, %s', c.oid::regclass,
    case when pg_catalog.pg_get_userbyid(c.relowner) <> '${roles.definer}' then pg_catalog.format('belongs to %I', pg_catalog.pg_get_userbyid(c.relowner)) else 'is open to ' || named.others end)
  from pg_catalog.pg_class c cross join lateral (select pg_catalog.string_agg(distinct g.named[1], ', ') as others from ${rightsOf("c.oid", [])} g) named
  where c.oid = pg_catalog.to_regclass('${helperSchema}.${sealKeys}') and (pg_catalog.pg_get_userbyid(c.relowner) <> '${roles.definer}' or named.others is not null)`,
    `select 'default_grant', pg_catalog.pg_get_userbyid(d.defaclrole)::text, pg_catalog.format('whatever %I makes%s is open to %s', d.defaclrole::regrole,
    coalesce(' in schema ' || pg_catalog.quote_ident(n.nspname), ''), pg_catalog.string_agg(distinct to_whom.named[1], ', '))
  from pg_catalog.pg_default_acl d cross join pg_catalog.aclexplode(d.defaclacl) acl left join managed n on n.oid = d.defaclnamespace
  cross join lateral (select ${roleNames("array[acl.grantee]")}::text[] as named) to_whom
  where d.defaclobjtype in ('r', 'S') and (d.defaclnamespace = 0 or n.oid is not null) and to_whom.named[1] = any (${textArray(["public", ...callers])})
    and d.defaclrole in (select c.relowner from pg_catalog.pg_class c join expected on relation = c.oid)
  group by d.oid, d.defaclrole, n.nspname`,
    ...(sessionJwt
      ? [
          `select 'session_jwt_missing', 'pg_session_jwt', 'extension pg_session_jwt is not installed, so no caller can be known by a token'
  where not exists (select from pg_catalog.pg_extension where extname = 'pg_session_jwt')`,
        ]
      : []),
  ];
};

/** @returns the query for everything that is risky: rows of `code`, `object` and `message`. Needs an empty search path. */
export const lints = (expected: Expectation, schema: Schema, scope: LintScope): string =>
  `with recursive ${expectationTables(expected)}, ${expectationFunctions(expected)}, managed as (
  select n.oid, n.nspname from pg_catalog.pg_namespace n where n.nspname = any (${textArray(scope.schemas)}::name[])
), reads as (
  select w.ev_class as reader, d.refobjid as relation from pg_catalog.pg_depend d join pg_catalog.pg_rewrite w on w.oid = d.objid
  where d.classid = 'pg_catalog.pg_rewrite'::regclass and d.refclassid = 'pg_catalog.pg_class'::regclass and w.ev_class <> d.refobjid
), reach as (
  select reads.reader, expected.called from reads join expected on expected.relation = reads.relation
  union
  select reads.reader, reach.called from reads join reach on reach.reader = reads.relation
)
select code, object, message from (
  ${checks(schema, scope, expected).join("\n  union all\n  ")}
) as found(code, object, message) order by message collate "C"`;
