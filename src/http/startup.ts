/**
 * Refuses to serve through a connection that no policy could stop, or from a database that another version was made for.
 *
 * Invariant: one catalog query, before the first request. A superuser, a role that bypasses row-level security, an owner of a
 * guarded table, a role that could become one of these and one that cannot become a caller are each a reason not to serve; so
 * are a table, a column or a role that is missing, a column of another type, a guarded table without forced row-level
 * security, a policy that is missing, not declared or not as declared, a reference whose check is not the declared one, and a
 * helper that is not the one that was pushed. Rules that a newer version has replaced are told from rules that nobody pushed.
 */
import * as Effect from "effect/Effect";
import { functionsRecordSql, rememberedSql, standingSql } from "../condition/fingerprint.js";
import type { DefinitionError } from "../condition/problem.js";
import { text, textArray } from "../condition/sql-text.js";
import type { DatabaseError, DatabaseShape, Statement } from "../database/database.js";
import { helperSchema, roles } from "../database/session.js";
import { type CallerRoles, postgresTarget, type Target } from "../database/target.js";
import { type Schema, type SchemaModule, understand } from "../table/schema.js";
import { declaredOf, drifted, lacking } from "./declared.js";
import { DatabaseDiffers, UnsafeDatabase } from "./refusal.js";

/**
 * Postgres writes expressions as the search path lets it, and their hashes were taken with an empty one. The login's own settings
 * must not decide about the rest: SQL of a request can change them for every session that starts later.
 */
const pinSettings: Statement = {
  text: "select pg_catalog.set_config('search_path', '', true), pg_catalog.set_config('role', 'none', true), pg_catalog.set_config('statement_timeout', '15000', true)",
};

const helpers = `pg_catalog.to_regnamespace('${helperSchema}')::oid`;

/** The guarded tables as SQL: their names, what they are, and as JSON what they should be. */
type Wanted = (callers: CallerRoles) => Promise<string>;

/** Without a schema nobody says which tables are guarded, so it is every one that has row-level security. */
const everyGuarded: Wanted = async () =>
  `select c.oid::regclass::text, c.oid::regclass, null::jsonb, null::jsonb, null::jsonb from pg_class c
  where c.relrowsecurity and c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace`;

const tablesOf =
  ({ tables }: Schema): Wanted =>
  async (callers) => {
    const declared = await Promise.all(tables.map(({ source }) => declaredOf(source, callers)));
    return `select t.name, to_regclass(t.name), t.columns, t.policies, t.checks
    from jsonb_to_recordset(${text(JSON.stringify(declared))}::jsonb) as t(name text, columns jsonb, policies jsonb, checks jsonb)`;
  };

const listOf = (what: string): string => `string_agg(${what}, ', ' order by ${what} collate "C")`;

const first = "; push the schema first";
const again = "; push the schema again";

/**
 * A reason as an expression of type text: null where nothing is found.
 *
 * @param before an expression that leads to the list of what is found.
 */
const reason = (before: string, what: string, from: string, after: string): string =>
  `(select ${before} || ${listOf(what)} || ${text(after)} from ${from})`;

const reasons = (...all: ReadonlyArray<string>): string =>
  `to_json(array_remove(array[${["null::text", ...all].join(", ")}], null))::text`;

const guarded = "wanted w join pg_class c on c.oid = w.oid where";
const connectAs = `connect as ${roles.api}`;

const facts = (tables: string, callers: CallerRoles, database: DatabaseShape): Statement => ({
  text: `with wanted(name, oid, columns, policies, checks) as (${tables}),
former as (${rememberedSql(helpers)} and starts_with(m.said, ${standingSql(helpers)})),
drifted(name, former) as (${drifted})
select ${reasons(
    ...(database.rolesAreBoundary
      ? [
          reason(
            `'login "' || session_user || '" is or can become '`,
            "r.rolname::text",
            "pg_roles r where (r.rolsuper or r.rolbypassrls) and pg_has_role(session_user, r.oid, 'member')",
            `, which bypasses row-level security; ${connectAs}`,
          ),
          reason(
            `'login "' || session_user || '" owns '`,
            "w.name",
            `${guarded} pg_has_role(session_user, c.relowner, 'member')`,
            ` and could switch its rules off; ${connectAs}`,
          ),
          // That of Better Auth, most often, where the two urls are swapped.
          reason(
            `'login "' || session_user || '" is no member of '`,
            "r.rolname::text",
            `pg_roles r where r.rolname in (${text(callers.authenticated)}, ${text(callers.anonymous)}) and not pg_has_role(session_user, r.oid, 'member')`,
            `; ${connectAs}`,
          ),
        ]
      : []),
    // Who sends SQL straight to Neon may give the role a password; behind one nothing is verified.
    ...(database.withToken !== undefined && !database.local
      ? [
          reason(
            "'role '",
            "r.rolname::text",
            `pg_roles r where r.rolname = ${text(callers.authenticated)} and r.rolcanlogin and coalesce(r.rolvaliduntil, 'infinity') > now()`,
            ` could log in with a password: alter role ${callers.authenticated} valid until '-infinity'`,
          ),
        ]
      : []),
  )} as unsafe, ${reasons(
    reason(
      "'role '",
      "name",
      `unnest(${textArray([callers.authenticated, callers.anonymous])}) as name where not exists (select 1 from pg_roles r where r.rolname = name)`,
      ` does not exist${first}`,
    ),
    reason("'table '", "w.name", "wanted w where w.oid is null", ` does not exist${first}`),
    reason("'column '", lacking.what, lacking.from, first),
    reason(
      "'row-level security is not forced on '",
      "w.name",
      `${guarded} not (c.relrowsecurity and c.relforcerowsecurity)`,
      again,
    ),
    `(select 'the functions of schema ${helperSchema} are not those that the last push recorded${again}'
      where pg_catalog.obj_description(${helpers}, 'pg_namespace') is distinct from ${functionsRecordSql(helpers)})`,
    reason("'not as declared: '", "name", "drifted having not bool_and(former is true)", again),
  )} as differs,
  coalesce((select ${listOf("name")} from drifted having bool_and(former is true)), '') as newer`,
});

/** What the catalog says of a connection and a schema. */
export interface Verdict {
  /** Why the connection could pass the rules by. */
  readonly unsafe: ReadonlyArray<string>;
  /** What another version of the schema has to do with. */
  readonly differs: ReadonlyArray<string>;
  /** The rules that a newer version of the schema has replaced; empty where there are none. */
  readonly newer: string;
}

const listIn = (json: unknown): ReadonlyArray<string> => JSON.parse(String(json));

const examined = async (
  wanted: Wanted,
  target: Target,
  database: DatabaseShape,
): Promise<Effect.Effect<Verdict, DatabaseError>> => {
  const asked = facts(await wanted(target.roles), target.roles, database);
  return Effect.map(database.transact([pinSettings, asked]), ([, result]) => {
    const { unsafe, differs, newer } = result?.rows[0] ?? {};
    return { unsafe: listIn(unsafe), differs: listIn(differs), newer: String(newer) };
  });
};

/** Hashes take a promise, and what a Worker carries has no other use for a promise as an effect. */
const whole = <A, E>(effect: () => Promise<Effect.Effect<A, E>>): Effect.Effect<A, E> =>
  Effect.flatten(Effect.promise(effect));

/** @returns an effect that says how a connection and its database meet a schema, whatever the answer. */
export const examine = (
  schema: Schema,
  target: Target,
  database: DatabaseShape,
): Effect.Effect<Verdict, DatabaseError> => whole(() => examined(tablesOf(schema), target, database));

/** What to do where a newer version of a schema has been pushed, with other rules. */
export type OlderVersions = "refuse" | "serve";

/** @returns why a version may not serve where this was found. */
export const reasonsToRefuse = ({ differs, newer }: Verdict, olderVersions: OlderVersions): ReadonlyArray<string> =>
  newer === "" || olderVersions === "serve"
    ? differs
    : [...differs, `newer rules were pushed: ${newer}; deploy their version, or let older ones serve: olderVersions`];

/** Looks whether a connection may serve; of the newer rules under which an older version does it says which. */
export type Verify = () => Promise<Effect.Effect<string, UnsafeDatabase | DatabaseDiffers | DatabaseError>>;

const verified =
  (wanted: Wanted, database: DatabaseShape, target: Target, olderVersions: OlderVersions = "refuse"): Verify =>
  async () =>
    Effect.flatMap(
      await examined(wanted, target, database),
      (verdict): Effect.Effect<string, UnsafeDatabase | DatabaseDiffers> => {
        const differs = reasonsToRefuse(verdict, olderVersions);
        const { unsafe, newer } = verdict;
        if (unsafe.length > 0) return new UnsafeDatabase({ reasons: [...unsafe, ...differs] });
        return differs.length > 0 ? new DatabaseDiffers({ reasons: differs }) : Effect.succeed(newer);
      },
    );

/** @returns what succeeds only for a connection that may serve this schema. */
export const verifySchema = (
  schema: Schema,
  database: DatabaseShape,
  target: Target,
  olderVersions?: OlderVersions,
): Verify => verified(tablesOf(schema), database, target, olderVersions);

/** The same where there may be no schema: then no policy is compared with its declaration. */
export const verifyConnection = (
  schema: Schema | undefined,
  database: DatabaseShape,
  target: Target,
  olderVersions?: OlderVersions,
): Verify =>
  schema === undefined
    ? verified(everyGuarded, database, target)
    : verifySchema(schema, database, target, olderVersions);

export interface VerifyOptions {
  readonly schema: SchemaModule;
  readonly database: DatabaseShape;
  readonly target?: Target;
  readonly olderVersions?: OlderVersions;
}

/**
 * The program behind `verifyDatabase`, for those who use Effect.
 *
 * @param options the same schema, database, target and `olderVersions` as for `createRouter`.
 * @returns an effect that succeeds only for a connection that may serve this schema.
 */
export const verifyDatabaseEffect = (
  options: VerifyOptions,
): Effect.Effect<void, DefinitionError | UnsafeDatabase | DatabaseDiffers | DatabaseError> =>
  Effect.flatMap(understand(options.schema), (schema) =>
    Effect.asVoid(
      whole(verifySchema(schema, options.database, options.target ?? postgresTarget, options.olderVersions)),
    ),
  );

/**
 * Asks the catalog whether a connection may serve a schema. The router does so before its first request; call this to
 * learn it when the process starts.
 *
 * @param options the same schema, database, target and `olderVersions` as for `createRouter`.
 * @throws DefinitionError for a schema with problems.
 * @throws UnsafeDatabase with the reasons: the login is a superuser, bypasses row-level security, owns a table or can
 * become such a role; or it cannot take a caller's.
 * @throws DatabaseDiffers with the reasons: a role, a table or a column is missing, or a column has another type; row-level
 * security is not forced; a policy or a reference check is missing, not declared, or not as it was declared.
 * @throws SqlError or ConnectionError where the database cannot be asked.
 *
 * @example
 * ```ts
 * await verifyDatabase({ schema, database: nodePostgres(pool) });
 * ```
 */
export const verifyDatabase = (options: VerifyOptions): Promise<void> =>
  Effect.runPromise(verifyDatabaseEffect(options));
