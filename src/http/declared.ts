/**
 * The columns, policies and reference checks of a table, and what the catalog should say about each.
 *
 * Invariant: read from the very objects and texts that a push reads, so the hash is that of the declaration which was pushed,
 * and nothing has to be computed twice in two ways.
 */
import { is, type SQL, StringChunk } from "drizzle-orm";
import { getTableConfig, type PgPolicyToOption, PgRole, type PgTable } from "drizzle-orm/pg-core";
import { sqlTypeOf } from "../condition/drizzle-column.js";
import {
  catalogHalf,
  declaredHalf,
  policyHashSql,
  shortDigest,
  shortHashSql,
  triggerHashSql,
  typeNamed,
} from "../condition/fingerprint.js";
import { createPolicy } from "../condition/policy-statement.js";
import { referenceSql } from "../condition/reference-statement.js";
import { qualified } from "../condition/sql-text.js";
import { helperSchema } from "../database/session.js";
import { type CallerRoles, postgresTarget } from "../database/target.js";
import { plainConfig, tableName } from "../table/config.js";
import { referencesOf } from "../table/reference.js";

/** The text of a chunk: a list of texts in Drizzle 0.45, one text in 1.0. */
export const chunkText = ({ value }: { readonly value: string | ReadonlyArray<string> }): string =>
  typeof value === "string" ? value : value.join("");

/** The policies of a declaration are text as a whole. One with anything else in it is another's, and matches no record. */
const render = (expression: SQL | undefined): string | undefined =>
  expression?.queryChunks.map((chunk) => (is(chunk, StringChunk) ? chunkText(chunk) : "?")).join("");

/** A schema does not know where it will run: its tables name the roles of PostgreSQL, whatever a target calls them. */
const rolesOf = (to: PgPolicyToOption, callers: CallerRoles): ReadonlyArray<string> => {
  if (Array.isArray(to)) return to.flatMap((each) => rolesOf(each, callers));
  const name = is(to, PgRole) ? to.name : String(to);
  if (name === postgresTarget.roles.authenticated) return [callers.authenticated];
  return [name === postgresTarget.roles.anonymous ? callers.anonymous : name];
};

/** What a table should be. */
export interface Declared {
  /** Its name in SQL. */
  readonly name: string;
  /** The types of its columns. */
  readonly columns: Readonly<Record<string, string>>;
  /** Its policies, each with the hash of its declaration. */
  readonly policies: ReadonlyArray<{ readonly name: string; readonly declared: string }>;
  /** Its references to guarded tables, each with the hashes of its trigger and of what that trigger's function does. */
  readonly checks: ReadonlyArray<{ readonly name: string; readonly declared: string; readonly source: string }>;
}

/** @returns what a push of this table makes. */
export const declaredOf = async (source: PgTable, callers: CallerRoles): Promise<Declared> => {
  const table = tableName(source);
  return {
    name: qualified(table),
    columns: Object.fromEntries(plainConfig(source).columns.map((column) => [column.name, sqlTypeOf(column)])),
    policies: await Promise.all(
      getTableConfig(source).policies.map(async (policy) => ({
        name: policy.name,
        declared: await shortDigest(
          createPolicy({
            table,
            name: policy.name,
            command: policy.for ?? "all",
            permissive: policy.as !== "restrictive",
            roles: rolesOf(policy.to ?? "public", callers),
            using: render(policy.using),
            check: render(policy.withCheck),
          }),
        ),
      })),
    ),
    checks: await Promise.all(
      referencesOf(source).map(async (reference) => {
        const { trigger, createTrigger, source } = referenceSql(reference, helperSchema);
        return { name: trigger, declared: await shortDigest(createTrigger), source: await shortDigest(source) };
      }),
    ),
  };
};

/**
 * The columns of `wanted` that are missing, of another type, or of one that stands where no request finds it.
 *
 * @returns a list as SQL, behind `from`, and an expression that says what is wrong with one.
 */
export const lacking = {
  what: "w.name || '.' || quote_ident(c.name) || coalesce(' is ' || a.atttypid::regtype || ', not ' || c.type, ' does not exist')",
  from: `wanted w cross join jsonb_each_text(w.columns) as c(name, type) left join pg_attribute a on a.attrelid = w.oid and a.attname = c.name::name and not a.attisdropped
    where w.oid is not null and (a.attname is null or coalesce(${typeNamed} <> a.atttypid, a.atttypid::regtype::text ~ '^(?!(public|extensions)[.]).*[.]'))`,
};

/** Whether these hashes were pushed here once, and everything stands as the last push left it: that is what `former` says. */
const former = (...hashes: ReadonlyArray<string>): string =>
  `(select ${hashes.map((hash) => `coalesce(strpos(said, ${hash}) > 0, true)`).join(" and ")} from former)`;

/**
 * The policies of `wanted` that are missing, not declared, made from another declaration, or changed since they were made; and the
 * references whose check is missing, switched off, made from another declaration, or changed since it was made.
 *
 * A query for the name of each, and whether a version that was pushed here earlier has declared it so. Postgres writes
 * expressions as the search path lets it, so run it with an empty one.
 */
export const drifted = `
  select format('%s on %s', name, relation::regclass), ${former("wanted.declared")}
  from (
    select w.oid::oid as relation, p.name::name, p.declared from wanted w cross join jsonb_to_recordset(w.policies) as p(name text, declared text)
    where w.oid is not null
  ) wanted
  full join (
    select p.polrelid as relation, p.polname as name, ${policyHashSql("p")} as hash, pg_catalog.obj_description(p.oid, 'pg_policy') as comment
    from pg_policy p where p.polrelid in (select w.oid from wanted w where w.policies is not null)
  ) actual using (relation, name)
  where wanted.declared is distinct from ${declaredHalf("comment")} or hash is distinct from ${catalogHalf("comment")}
  union all
  select format('the reference check %s on %s', r.name, w.name), ${former("r.declared", "r.source")}
  from wanted w cross join jsonb_to_recordset(w.checks) as r(name text, declared text, source text)
  left join pg_trigger t on t.tgrelid = w.oid and t.tgname = r.name::name
  left join pg_proc p on p.oid = t.tgfoid
  cross join pg_catalog.obj_description(t.oid, 'pg_trigger') as comment
  where w.oid is not null and (r.declared is distinct from ${declaredHalf("comment")}
    or ${triggerHashSql("t")} is distinct from ${catalogHalf("comment")}
    or r.source is distinct from ${shortHashSql("p.prosrc")})`;
