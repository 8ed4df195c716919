/**
 * Change by difference: what stands as declared is left alone, down to its oid.
 *
 * Invariant: an object is taken for what was declared only if its comment has a record whose two halves both hold: this
 * very declaration, and a catalog that is as it was right after it was applied. Otherwise it is dropped and made anew,
 * with its record, in the same statement. Where nothing differs, no lock on a table is taken.
 */
import type { TableName } from "../condition/condition.js";
import {
  functionsRecordSql,
  policyHashSql,
  roleNames,
  shortHash,
  shortHashSql,
  triggerHashSql,
} from "../condition/fingerprint.js";
import { dollarQuoted, identifier, nameText, qualified, text, textArray } from "../condition/sql-text.js";
import type { Grant } from "./grants.js";
import { helperSchema } from "./names.js";

/**
 * The rights of everybody but the owner.
 *
 * @param relation an expression of type `oid`, without the aliases that are used in here.
 * @param service roles that are left alone.
 */
export const rightsOf = (relation: string, service: ReadonlyArray<string>): string => `(
  select g.grantee, g.privilege, g.attribute, ${roleNames("array[g.grantee]")}::text[] as named from (
    select acl.grantee, acl.privilege_type || case when acl.is_grantable then ' with grant option' else '' end as privilege, null::text as attribute, granted.relowner
    from pg_catalog.pg_class granted cross join pg_catalog.aclexplode(granted.relacl) acl where granted.oid = ${relation}
    union all
    select acl.grantee, acl.privilege_type || case when acl.is_grantable then ' with grant option' else '' end, part.attname::text, granted.relowner
    from pg_catalog.pg_class granted join pg_catalog.pg_attribute part on part.attrelid = granted.oid and not part.attisdropped
    cross join pg_catalog.aclexplode(part.attacl) acl where granted.oid = ${relation}
  ) g where g.grantee <> g.relowner${service.map((role) => ` and pg_catalog.pg_get_userbyid(g.grantee) <> ${text(role)}`).join("")}
)`;

const grantLine = "g.named[1] || ' ' || g.privilege || coalesce(' ' || g.attribute, '')";

/** An aggregate over `rightsOf(…) g`. */
export const grantsHashSql = shortHashSql(
  `coalesce(pg_catalog.string_agg(${grantLine}, e'\\n' order by ${grantLine} collate "C"), '')`,
);

/** @param view an alias of `pg_class`. */
export const viewHashSql = (view: string): string =>
  shortHashSql(`pg_catalog.pg_get_viewdef(${view}.oid) || coalesce(${view}.reloptions::text, '')`);

export const fingerprintBody = (service: ReadonlyArray<string>): string => `select case kind
  when 'policy' then (select ${policyHashSql("p")} from pg_catalog.pg_policy p where p.polrelid = target and p.polname = object)
  when 'trigger' then (select ${triggerHashSql("t")} from pg_catalog.pg_trigger t where t.tgrelid = target and t.tgname = object)
  when 'view' then (select ${viewHashSql("v")} from pg_catalog.pg_class v where v.oid = target and v.relkind = 'v')
  when 'grants' then (select ${grantsHashSql} from ${rightsOf("target", service)} g)
end`;

export const isRecordedBody = `select coalesce((
  select pg_catalog.obj_description(o.oid, o.catalog) = said || ':' || ${helperSchema}.fingerprint(kind, target, object)
  from (
    select p.oid, 'pg_policy'::name as catalog from pg_catalog.pg_policy p where kind = 'policy' and p.polrelid = target and p.polname = object
    union all
    select t.oid, 'pg_trigger' from pg_catalog.pg_trigger t where kind = 'trigger' and t.tgrelid = target and t.tgname = object
    union all
    select v.oid, 'pg_class' from pg_catalog.pg_class v where kind = 'view' and v.oid = target
  ) o), false)`;

export const recordBody = `begin
  execute pg_catalog.format('comment on %s %I on %s is %L', kind, object, target,
    said || ':' || ${helperSchema}.fingerprint(kind, target, object));
end`;

export const revokeAllBody = (service: ReadonlyArray<string>): string => `declare
  r record;
begin
  for r in select distinct g.grantee, g.named[1] as name from ${rightsOf("target", service)} g loop
    execute pg_catalog.format('revoke all on table %s from %s cascade', target,
      case when r.grantee = 0 then 'public' else pg_catalog.quote_ident(r.name) end);
  end loop;
end`;

const whenNot = (condition: string, statements: ReadonlyArray<string>, declare = ""): string =>
  `do ${dollarQuoted(`${declare}begin
  if not ${condition} then
${statements.map((statement) => `    ${statement};`).join("\n")}
  end if;
end`)}`;

/** Turns row-level security on and forces it, or lets the owner off, unless that is so. */
export const secure = (table: TableName, forced = true): string =>
  whenNot(
    `(select relrowsecurity and ${forced ? "" : "not "}relforcerowsecurity from pg_catalog.pg_class where oid = ${nameText(table)}::regclass)`,
    [
      `alter table ${qualified(table)} enable row level security`,
      `alter table ${qualified(table)} ${forced ? "" : "no "}force row level security`,
    ],
  );

/**
 * Drops and creates a policy or a trigger, unless it is recorded as said.
 *
 * @param said the comment up to the catalog's half, which Postgres adds.
 */
export const replace = (
  kind: "policy" | "trigger",
  table: TableName,
  name: string,
  create: string,
  said: string,
): string => {
  const which = `(${text(kind)}, ${nameText(table)}, ${text(name)}, said)`;
  return whenNot(
    `${helperSchema}.is_recorded${which}`,
    [
      `drop ${kind} if exists ${identifier(name)} on ${qualified(table)}`,
      create,
      `perform ${helperSchema}.record${which}`,
    ],
    `declare said constant text := ${text(said)};\n`,
  );
};

/** Drops what a table has beyond these names. Triggers are Hedgerow's only if their names say so. */
export const dropOthers = (kind: "policy" | "trigger", table: TableName, names: ReadonlyArray<string>): string => {
  const [catalog, name, relation, ours] =
    kind === "policy"
      ? ["pg_policy", "polname", "polrelid", ""]
      : ["pg_trigger", "tgname", "tgrelid", " and tgname like 'HEDGEROW\\_%'"];
  const others =
    names.length === 0 ? "" : ` and ${name} not in (${names.map((each) => `${text(each)}::name`).join(", ")})`;
  return `do ${dollarQuoted(`declare other name; begin
  for other in select ${name} from pg_catalog.${catalog} where ${relation} = ${nameText(table)}::regclass${ours}${others} loop
    execute pg_catalog.format('drop ${kind} %I on %s', other, ${nameText(table)}::regclass);
  end loop;
end`)}`;
};

/** Functions of the helper schema that nothing declares and nothing uses. `f` is a row of `pg_proc`. */
export const leftoverFunction = (declared: string): string =>
  `f.pronamespace = pg_catalog.to_regnamespace('${helperSchema}')
    and not exists (select from pg_catalog.unnest(${declared}) as d where pg_catalog.to_regprocedure(d) = f.oid)
    and not exists (select from pg_catalog.pg_depend u where u.refclassid = 'pg_catalog.pg_proc'::regclass and u.refobjid = f.oid)`;

/** Drops them; what belongs to somebody else stays, and the check at the end says so. */
export const dropFunctionsBody = `declare
  other regprocedure;
begin
  for other in select f.oid from pg_catalog.pg_proc f where ${leftoverFunction("declared")} and pg_catalog.pg_has_role(f.proowner, 'usage') loop
    execute pg_catalog.format('drop routine %s', other);
  end loop;
end`;

const helpers = `pg_catalog.to_regnamespace('${helperSchema}')::oid`;

/** Whether the helpers are those that the comment of their schema records, which the router asks when it starts. */
export const helpersRecorded = `(pg_catalog.obj_description(${helpers}, 'pg_namespace') = ${functionsRecordSql(helpers)})`;

/** To run after whatever changed a helper, in the same transaction. */
export const recordHelpersBody = `begin
  if not coalesce(${helpersRecorded}, false) then
    execute pg_catalog.format('comment on schema ${helperSchema} is %L', ${functionsRecordSql(helpers)});
  end if;
end`;

/** The sequences that belong to columns of a table. @param table an expression of type `oid`. */
export const sequencesOfTable = (table: string): string => `(
  select d.objid as sequence, part.attname::text as column from pg_catalog.pg_depend d
  join pg_catalog.pg_class counter on counter.oid = d.objid and counter.relkind = 'S'
  join pg_catalog.pg_attribute part on part.attrelid = d.refobjid and part.attnum = d.refobjsubid
  where d.classid = 'pg_catalog.pg_class'::regclass and d.refclassid = 'pg_catalog.pg_class'::regclass
    and d.refobjid = ${table} and d.deptype in ('a', 'i'))`;

/** Lets the roles of each column take a number from its sequence, and nobody else from any sequence of the table. */
export const grantSequencesBody = (service: ReadonlyArray<string>): string => `declare
  s record;
  r text;
begin
  for s in
    select o.sequence::regclass as sequence, w.roles,
      (select pg_catalog.array_agg(g.named[1] || ' ' || g.privilege) from ${rightsOf("o.sequence", service)} g) as rights,
      (select pg_catalog.array_agg(e || ' USAGE') from pg_catalog.jsonb_array_elements_text(w.roles) e) as wanted
    from ${sequencesOfTable("target")} o left join pg_catalog.jsonb_each(readers) as w("column", roles) on w."column"::name = o.column::name
  loop
    continue when coalesce(s.rights, '{}') @> coalesce(s.wanted, '{}') and coalesce(s.wanted, '{}') @> coalesce(s.rights, '{}');
    perform ${helperSchema}.revoke_all(s.sequence);
    for r in select pg_catalog.jsonb_array_elements_text(s.roles) loop
      execute pg_catalog.format('grant usage on sequence %s to %I', s.sequence, r);
    end loop;
  end loop;
end`;

/** In the order of their bytes, as Postgres sorts with the collation "C". */
const byBytes = (a: string, b: string): number => {
  const [left, right] = [[...a], [...b]];
  const at = left.findIndex((character, index) => character !== right[index]);
  return at < 0 ? left.length - right.length : (left[at]?.codePointAt(0) ?? 0) - (right[at]?.codePointAt(0) ?? -1);
};

/** @returns for example `grant insert (title, salary) on table public.documents to authenticated`. */
export const grantStatement = (table: TableName, { privilege, columns, roles: to }: Grant): string => {
  const list = columns === undefined ? "" : ` (${columns.map(identifier).join(", ")})`;
  return `grant ${privilege}${list} on table ${qualified(table)} to ${to.join(", ")}`;
};

/** What `fingerprint('grants', …)` says of a relation on which exactly these rights are granted. */
export const grantsHash = (grants: ReadonlyArray<Grant>): string => {
  const lines = grants.flatMap(({ privilege, columns, roles }) =>
    roles.flatMap((role) =>
      columns === undefined
        ? [`${role} ${privilege.toUpperCase()}`]
        : columns.map((column) => `${role} ${privilege.toUpperCase()} ${column}`),
    ),
  );
  return shortHash([...lines].sort(byBytes).join("\n"));
};

/** Takes all rights on a table from everybody but its owner and grants these, unless they are just these. */
export const grantExactly = (table: TableName, grants: ReadonlyArray<Grant>): string =>
  whenNot(`${helperSchema}.fingerprint('grants', ${nameText(table)}, '') = '${grantsHash(grants)}'`, [
    `perform ${helperSchema}.revoke_all(${nameText(table)})`,
    ...grants.map((grant) => grantStatement(table, grant)),
  ]);

/** The same for these roles alone; the rights of all others stay as they are. */
export const grantAmong = (table: TableName, among: ReadonlyArray<string>, grants: ReadonlyArray<Grant>): string =>
  whenNot(
    `(select ${grantsHashSql} from ${rightsOf(`${nameText(table)}::regclass`, [])} g where g.named[1] = any (${textArray(among)})) = '${grantsHash(grants)}'`,
    [
      `revoke all on table ${qualified(table)} from ${among.join(", ")} cascade`,
      ...grants.map((grant) => grantStatement(table, grant)),
    ],
  );
