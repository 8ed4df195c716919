/**
 * The policies and reference checks of a table, and what the catalog should say about each.
 *
 * Invariant: read from the very objects and texts that a push reads, so the hash is that of the declaration which was pushed,
 * and nothing has to be computed twice in two ways.
 */
import { is, type SQL, StringChunk } from "drizzle-orm";
import { getTableConfig, type PgPolicyToOption, PgRole, type PgTable } from "drizzle-orm/pg-core";
import {
  catalogHalf,
  declaredHalf,
  policyHashSql,
  shortDigest,
  shortHashSql,
  triggerHashSql,
} from "../condition/fingerprint.js";
import { createPolicy } from "../condition/policy-statement.js";
import { referenceSql } from "../condition/reference-statement.js";
import { text } from "../condition/sql-text.js";
import { helperSchema } from "../database/session.js";
import { type CallerRoles, postgresTarget } from "../database/target.js";
import { tableName } from "../table/config.js";
import { referencesOf } from "../table/reference.js";

/** The text of a chunk: a list of texts in Drizzle 0.45, one text in 1.0. */
const chunkText = ({ value }: { readonly value: string | ReadonlyArray<string> }): string =>
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

interface DeclaredPolicy {
  readonly schema: string;
  readonly table: string;
  readonly name: string;
  readonly declared: string;
}

/** @returns the policies of these tables, each with the hash of its declaration. */
export const declaredPolicies = (
  tables: ReadonlyArray<PgTable>,
  callers: CallerRoles,
): Promise<ReadonlyArray<DeclaredPolicy>> =>
  Promise.all(
    tables.flatMap((source) => {
      const table = tableName(source);
      return getTableConfig(source).policies.map(async (policy) => ({
        schema: table.schema,
        table: table.name,
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
      }));
    }),
  );

/**
 * The policies that are missing, not declared, made from another declaration, or changed since they were made.
 *
 * @param relations an expression of type `oid[]`: the guarded tables.
 * @returns an expression of type text, to be run with an empty search path; null where there is none.
 */
export const driftedPolicies = (relations: string, policies: ReadonlyArray<DeclaredPolicy>): string => `(
  select pg_catalog.string_agg(pg_catalog.format('%s on %s', coalesce(wanted.name, actual.name), coalesce(wanted.relation, actual.relation)::regclass), ', '
    order by coalesce(wanted.name, actual.name) collate "C")
  from (
    select c.oid as relation, p.name::name, p.declared
    from pg_catalog.jsonb_to_recordset(${text(JSON.stringify(policies))}::jsonb) as p(schema text, "table" text, name text, declared text)
    join pg_catalog.pg_namespace n on n.nspname = p.schema::name
    join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = p.table::name
  ) wanted
  full join (
    select p.polrelid as relation, p.polname as name, ${policyHashSql("p")} as hash, pg_catalog.obj_description(p.oid, 'pg_policy') as comment
    from pg_catalog.pg_policy p where p.polrelid = any (${relations})
  ) actual using (relation, name)
  where wanted.declared is distinct from ${declaredHalf("actual.comment")} or actual.hash is distinct from ${catalogHalf("actual.comment")}
)`;

interface DeclaredReference {
  readonly schema: string;
  readonly table: string;
  readonly trigger: string;
  readonly declared: string;
  /** The hash of what the trigger's function does. */
  readonly source: string;
}

/** @returns the references of these tables to guarded ones, each with the hashes of what checks it. */
export const declaredReferences = (tables: ReadonlyArray<PgTable>): Promise<ReadonlyArray<DeclaredReference>> =>
  Promise.all(
    tables.flatMap(referencesOf).map(async (reference) => {
      const { trigger, createTrigger, source } = referenceSql(reference, helperSchema);
      return {
        ...{ schema: reference.table.schema, table: reference.table.name, trigger },
        declared: await shortDigest(createTrigger),
        source: await shortDigest(source),
      };
    }),
  );

/**
 * The references whose check is missing, switched off, made from another declaration, or changed since it was made.
 *
 * @returns an expression of type text, to be run with an empty search path; null where there is none.
 */
export const driftedReferences = (references: ReadonlyArray<DeclaredReference>): string => `(
  select pg_catalog.string_agg(pg_catalog.format('the reference check %s on %I.%I', r.trigger, r.schema, r."table"), ', ' order by r.trigger collate "C")
  from pg_catalog.jsonb_to_recordset(${text(JSON.stringify(references))}::jsonb) as r(schema text, "table" text, trigger text, declared text, source text)
  join pg_catalog.pg_namespace n on n.nspname = r.schema::name
  join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = r."table"::name
  left join pg_catalog.pg_trigger t on t.tgrelid = c.oid and t.tgname = r.trigger::name
  left join pg_catalog.pg_proc p on p.oid = t.tgfoid
  where r.declared is distinct from ${declaredHalf("pg_catalog.obj_description(t.oid, 'pg_trigger')")}
    or ${triggerHashSql("t")} is distinct from ${catalogHalf("pg_catalog.obj_description(t.oid, 'pg_trigger')")}
    or r.source is distinct from ${shortHashSql("p.prosrc")}
)`;
