/**
 * What is cleared out of drizzle-kit's way before it runs.
 *
 * Invariant: it can only close. A policy goes, row-level security stays, so a table that lost its policies shows nothing
 * until the push has come to its end, also where it never does. A reference's trigger goes only together with all
 * policies of its table: without the check nobody may write.
 */
import { declaredHalf, typeNamed } from "../condition/fingerprint.js";
import { dollarQuoted, text } from "../condition/sql-text.js";
import type { Expectation } from "./expectation.js";
import { expectationTables } from "./inspect.js";

/** What stands in the parentheses of a type, in one spelling. */
const modifierOf = (type: string): string =>
  `coalesce(pg_catalog.regexp_replace(pg_catalog.lower(pg_catalog.substring(${type}, '\\(([^)]*)\\)')), '\\s|,\\s*0$', '', 'g'), '')`;

/** Columns that drizzle-kit will drop, rename or give another type. */
const disturbed = `disturbed as (
  select relation, a.attnum from expected join pg_catalog.pg_attribute a on a.attrelid = relation and a.attnum > 0 and not a.attisdropped
  left join lateral pg_catalog.jsonb_to_recordset(columns) as c(name text, type text) on c.name::name = a.attname
  where columns <> '[]' and (c.name is null or coalesce(${typeNamed} <> a.atttypid, false)
    or ${modifierOf("c.type")} <> ${modifierOf("pg_catalog.format_type(a.atttypid, a.atttypmod)")})
)`;

/** Objects of a catalog that use such a column: Postgres would refuse to change it. */
const users = (catalog: "pg_policy" | "pg_trigger"): string =>
  `select d.objid from pg_catalog.pg_depend d join disturbed on d.refobjid = relation and d.refobjsubid = disturbed.attnum
  where d.classid = 'pg_catalog.${catalog}'::regclass and d.refclassid = 'pg_catalog.pg_class'::regclass`;

/**
 * Drops the policies of guarded tables that are not declared, or not as they were when they were made, so that drizzle-kit
 * takes none of them for one that was renamed; and whatever would keep it from changing a column.
 */
export const clear = (expected: Expectation): string =>
  `do ${dollarQuoted(`declare r record; begin
  for r in with ${expectationTables(expected)}, ${disturbed}, loosened as (
      select t.oid, t.tgname, t.tgrelid from pg_catalog.pg_trigger t where t.tgname like 'HEDGEROW\\_%' and t.oid in (${users("pg_trigger")})
    )
    select 'trigger' as kind, tgname as name, tgrelid::regclass as target from loosened
    union
    select 'policy', p.polname, p.polrelid::regclass from pg_catalog.pg_policy p join expected on relation = p.polrelid
    where p.polrelid in (select tgrelid from loosened) or p.oid in (${users("pg_policy")}) or not exists (
      select 1 from pg_catalog.jsonb_to_recordset(policies) as w(name text, said text)
      where w.name::name = p.polname and pg_catalog.right(w.said, 16) = ${declaredHalf("pg_catalog.obj_description(p.oid, 'pg_policy')")})
  loop
    execute pg_catalog.format('drop %s %I on %s', r.kind, r.name, r.target);
  end loop;
end`)}`;

/**
 * The tables whose rows drizzle-kit may count, before it drops a table or a column, or adds a key: those whose columns and
 * keys are not just as declared. Under FORCE the owner sees no row, and data would be dropped without a question.
 */
const counted = (
  expected: Expectation,
  schemas: ReadonlyArray<string>,
): string => `with ${expectationTables(expected)}, ${disturbed}, settled as (
  select relation from expected where columns <> '[]'
    and relation not in (select disturbed.relation from disturbed)
    and not exists (
      select 1 from pg_catalog.jsonb_to_recordset(columns) as c(name text, "notNull" boolean)
      left join pg_catalog.pg_attribute a on a.attrelid = relation and a.attname = c.name::name and a.attnum > 0 and not a.attisdropped
      where a.attnotnull is distinct from c."notNull")
    and not exists (
      select 1 from pg_catalog.jsonb_to_recordset(keys) as k(name text)
      where not exists (select 1 from pg_catalog.pg_constraint con where con.conrelid = relation and con.conname = k.name::name))
)
select n.nspname as schema, c.relname as name from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.relforcerowsecurity and n.nspname in (${schemas.map(text).join(", ")}) and pg_catalog.pg_has_role(c.relowner, 'usage')
  and c.oid not in (select relation from settled)
order by 1, 2`;

/** @returns two statements: the first returns the tables whose FORCE the second lifts. */
export const liftForce = (expected: Expectation, schemas: ReadonlyArray<string>): ReadonlyArray<string> => [
  counted(expected, schemas),
  `do ${dollarQuoted(`declare t record; begin
  for t in ${counted(expected, schemas)} loop
    execute pg_catalog.format('alter table %I.%I no force row level security', t.schema, t.name);
  end loop;
end`)}`,
];

const liftedSetting = "hedgerow.lifted";

/**
 * A query that sees all rows, as the owner. For one transaction, at the end of which FORCE is as it was, so that nothing
 * outside of it ever finds it lifted.
 */
export const seeingAll = (
  expected: Expectation,
  schemas: ReadonlyArray<string>,
  query: string,
): ReadonlyArray<string> => {
  const alter = (what: string): string =>
    `do ${dollarQuoted(`declare t text; begin
  foreach t in array pg_catalog.current_setting('${liftedSetting}')::text[] loop
    execute pg_catalog.format('alter table %s ${what}', t);
  end loop;
end`)}`;
  return [
    `select pg_catalog.set_config('${liftedSetting}', coalesce(pg_catalog.array_agg(pg_catalog.format('%I.%I', t.schema, t.name)), '{}')::text, true)
from (${counted(expected, schemas)}) t`,
    alter("no force row level security"),
    query,
    alter("force row level security"),
  ];
};
