/**
 * Refuses to serve through a connection that no policy could stop, or from a database with other policies.
 *
 * Invariant: one catalog query, before the first request. A superuser, a role that bypasses row-level security, an
 * owner of a guarded table, a role that could become one of these, a guarded table without forced row-level security,
 * a policy that is missing, not declared or not as declared, a reference whose check is not the declared one, and a helper
 * that is not the one that was pushed are each a reason not to serve.
 */
import * as Data from "effect/Data";
import * as Effect from "effect/Effect";
import { functionsRecordSql } from "../condition/fingerprint.js";
import { qualified, text, textArray } from "../condition/sql-text.js";
import { Database, type DatabaseError, type DatabaseShape, type Statement } from "../database/database.js";
import { helperSchema, roles } from "../database/session.js";
import { type CallerRoles, postgresTarget, type Target } from "../database/target.js";
import { type Schema, type SchemaModule, understand } from "../table/schema.js";
import { declaredPolicies, declaredReferences, driftedPolicies, driftedReferences } from "./declared.js";

/** The connection is not safe to serve from; `reasons` says why, for the log. */
export class UnsafeDatabase extends Data.TaggedError("UnsafeDatabase")<{ readonly reasons: ReadonlyArray<string> }> {
  override get message(): string {
    return `Hedgerow refuses to serve:\n${this.reasons.map((reason) => `  - ${reason}`).join("\n")}`;
  }
}

/**
 * Postgres writes expressions as the search path lets it, and their hashes were taken with an empty one. The login's own settings
 * must not decide about the rest: SQL of a request can change them for every session that starts later.
 */
const pinSettings: Statement = {
  text: "select pg_catalog.set_config('search_path', '', true), pg_catalog.set_config('role', 'none', true), pg_catalog.set_config('statement_timeout', '15000', true)",
};

const helpers = `pg_catalog.to_regnamespace('${helperSchema}')::oid`;

/** What a check is about, as SQL. */
interface Wanted {
  /** The guarded tables: their names, and what they are. */
  readonly tables: string;
  /** Which policies and reference checks differ from their declarations; null where none does. */
  readonly drifted: string;
}

/** Without a schema nobody says which tables are guarded, so it is every one that has row-level security. */
const everyGuarded: Wanted = {
  tables: `select c.oid::regclass::text as name, c.oid::regclass as oid from pg_class c
  where c.relrowsecurity and c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace`,
  drifted: "null",
};

const wantedBy = async ({ tables }: Schema, callers: CallerRoles): Promise<Wanted> => {
  const names = textArray(tables.map(({ definition }) => qualified(definition.table)));
  const sources = tables.map(({ source }) => source);
  return {
    tables: `select name, to_regclass(name) as oid from unnest(${names}) as name`,
    drifted: `nullif(concat_ws(', ', ${driftedPolicies("array(select w.oid::oid from wanted w)", await declaredPolicies(sources, callers))},
  ${driftedReferences(await declaredReferences(sources))}), '')`,
  };
};

const facts = ({ tables, drifted }: Wanted, callers: CallerRoles): Statement => ({
  text: `with wanted as (${tables})
select
  session_user::text as login,
  (select coalesce(array_agg(r.rolname::text order by r.rolname), '{}')::text[] from pg_roles r
    where (r.rolsuper or r.rolbypassrls) and pg_has_role(session_user, r.oid, 'member'))::text as powerful,
  (select coalesce(string_agg(w.name, ', ' order by w.name), '') from wanted w join pg_class c on c.oid = w.oid
    where pg_has_role(session_user, c.relowner, 'member')) as owned,
  (select coalesce(string_agg(w.name, ', ' order by w.name), '') from wanted w where w.oid is null) as missing,
  (select coalesce(string_agg(w.name, ', ' order by w.name), '') from wanted w join pg_class c on c.oid = w.oid
    where not (c.relrowsecurity and c.relforcerowsecurity)) as open,
  ${drifted} as drifted,
  coalesce(pg_catalog.obj_description(${helpers}, 'pg_namespace') = ${functionsRecordSql(helpers)}, false)::text as recorded,
  (select coalesce(string_agg(name, ', '), '') from unnest(${textArray([callers.authenticated, callers.anonymous])}) as name
    where not exists (select 1 from pg_roles r where r.rolname = name)) as absent,
  (select coalesce(string_agg(r.rolname, ', '), '') from pg_roles r where r.rolname = ${text(callers.authenticated)}
    and r.rolcanlogin and coalesce(r.rolvaliduntil, 'infinity') > now()) as unsealed`,
});

const asText = (value: unknown): string => (typeof value === "string" ? value : "");

const reasonsAgainst = (database: DatabaseShape, row: Readonly<Record<string, unknown>>): ReadonlyArray<string> => {
  const login = asText(row.login);
  const powerful = asText(row.powerful);
  const owned = asText(row.owned);
  const missing = asText(row.missing);
  const open = asText(row.open);
  const drifted = asText(row.drifted);
  const recorded = row.recorded === "true";
  const absent = asText(row.absent);
  // Who sends SQL straight to Neon may give the role a password; behind one nothing is verified.
  const unsealed = database.withToken !== undefined && !database.local ? asText(row.unsealed) : "";
  return [
    ...(database.rolesAreBoundary && powerful !== "{}"
      ? [`login "${login}" is or can become ${powerful}, which bypasses row-level security; connect as ${roles.api}`]
      : []),
    ...(database.rolesAreBoundary && owned !== ""
      ? [`login "${login}" owns ${owned} and could switch its rules off; connect as ${roles.api}`]
      : []),
    ...(unsealed !== ""
      ? [`role ${unsealed} could log in with a password: alter role ${unsealed} valid until '-infinity'`]
      : []),
    ...(absent !== "" ? [`role ${absent} does not exist; push the schema first`] : []),
    ...(missing !== "" ? [`table ${missing} does not exist; push the schema first`] : []),
    ...(open !== "" ? [`row-level security is not forced on ${open}; push the schema again`] : []),
    ...(recorded
      ? []
      : [`the functions of schema ${helperSchema} are not those that the last push recorded; push the schema again`]),
    ...(drifted !== "" ? [`not as declared: ${drifted}; push the schema again`] : []),
  ];
};

const verified = (
  wanted: () => Promise<Wanted>,
  target: Target,
): Effect.Effect<void, UnsafeDatabase | DatabaseError, Database> =>
  Effect.flatMap(Database, (database) =>
    Effect.flatMap(Effect.promise(wanted), (sought) =>
      Effect.flatMap(database.transact([pinSettings, facts(sought, target.roles)]), ([, result]) => {
        const reasons = reasonsAgainst(database, result?.rows[0] ?? {});
        return reasons.length > 0 ? Effect.fail(new UnsafeDatabase({ reasons })) : Effect.void;
      }),
    ),
  );

/** @returns an effect that succeeds only for a connection that may serve this schema. */
export const verifySchema = (schema: Schema, target: Target): ReturnType<typeof verified> =>
  verified(() => wantedBy(schema, target.roles), target);

/**
 * The program behind `verifyDatabase`, for those who use Effect.
 *
 * @param schema where it is missing, the connection is verified, and no policy is compared with its declaration.
 * @returns an effect that succeeds only for a connection that may serve this schema.
 */
export const verifyDatabaseEffect = (
  schema: Schema | undefined,
  target: Target = postgresTarget,
): Effect.Effect<void, UnsafeDatabase | DatabaseError, Database> =>
  schema === undefined ? verified(() => Promise.resolve(everyGuarded), target) : verifySchema(schema, target);

/**
 * Asks the catalog whether a connection may serve a schema. The router does so before its first request; call this to
 * learn it when the process starts.
 *
 * @param options the same schema, database and target as for `createRouter`.
 * @throws DefinitionError for a schema with problems.
 * @throws UnsafeDatabase with the reasons: the login is a superuser, bypasses row-level security, owns a table or can
 * become such a role; a table or a role is missing; row-level security is not forced; a policy is missing, not declared, or
 * not as it was declared.
 * @throws SqlError or ConnectionError where the database cannot be asked.
 *
 * @example
 * ```ts
 * await verifyDatabase({ schema, database: nodePostgres(pool) });
 * ```
 */
export const verifyDatabase = (options: {
  readonly schema: SchemaModule;
  readonly database: DatabaseShape;
  readonly target?: Target;
}): Promise<void> =>
  Effect.runPromise(
    Effect.flatMap(understand(options.schema), (schema) =>
      Effect.provideService(verifyDatabaseEffect(schema, options.target), Database, options.database),
    ),
  );
