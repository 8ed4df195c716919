/**
 * Better Auth as the place where Postgres finds out who is calling.
 *
 * Invariant: plain data, derived from the same options as the tables, so that the query, the policies and the index are
 * always those of the tables that exist.
 */
import type { BetterAuthOptions } from "better-auth";
import { dollarQuoted, identifier, nameText } from "../../condition/sql-text.js";
import type { LiveIdentity } from "../../postgres/identity.js";
import { apiKeyQuery } from "./api-keys.js";
import { callerQuery, sessionsQuery, tokenIndex } from "./caller-query.js";
import type { IdentityOptions } from "./claims.js";
import { exposureFunctions, readableOf } from "./exposure.js";
import { authModels, authSchema, serviceTable } from "./models.js";
import { callerRole, definerRole, policiesOf } from "./policies.js";
import { storedJsonFunction } from "./stored-json.js";
import { userSessionsView } from "./user-sessions.js";

/**
 * Describes to the SQL layer how the live caller is found in Better Auth's tables.
 *
 * Adapts to the plugins that are installed: without the organization plugin there is no organization, role or team;
 * without teams there is no team; without the admin plugin nobody is banned and platform roles are empty, unless `user` has a
 * field `role` that users cannot write.
 *
 * ```ts
 * const identity = sessionIdentity(options, { claims: { region: { from: "organization", field: "region" } } });
 * ```
 *
 * @param options Better Auth's options, as for `betterAuth`; `database` may be missing.
 * @param identity Custom claims by the name that rules use, each a field of one of Better Auth's tables; what callers may
 *   read of these tables beyond what they may anyway; whether their names are plural;
 *   `by`: what finds the session, where that is not its secret; read what it says there first.
 * @returns the query of `hedgerow.caller()` (its SQL is shown at `callerQuery`), the tables, policies, grants, helpers, the
 *   view `hedgerow.user_sessions` and the index it needs.
 * @throws Error when sessions are not in the database, when a claim does not exist, when something cannot be exposed, or when
 *   users could give themselves a platform role.
 */
export const sessionIdentity = (options: BetterAuthOptions, identity: IdentityOptions = {}): LiveIdentity => {
  const models = authModels(options, identity.usePlural);
  const query = callerQuery(options, models, identity);
  const keys = apiKeyQuery(options, models, identity);
  const reads = [...new Set([...query.reads, ...(keys?.reads ?? [])])];
  const readable = readableOf(options, models, identity);
  const indexes: Array<string> = [];
  const session = models.get("session");
  if (session !== undefined) {
    const { name, expression } = tokenIndex(session);
    const table = `${identifier(authSchema)}.${identifier(session.table)}`;
    // Asked first, because IF NOT EXISTS would wait for whoever signs in at the moment before it looks.
    indexes.push(
      `do ${dollarQuoted(`begin
  if pg_catalog.to_regclass(${nameText({ schema: authSchema, name })}) is null then
    create unique index ${identifier(name)} on ${table} (${expression});
  end if;
end`)}`,
    );
  }
  if (identity.by === "verified-token") indexes.push(canReadTokens);
  return {
    _tag: "Live",
    ...(identity.by !== undefined && { by: identity.by }),
    ...(identity.guard !== undefined && { guard: identity.guard }),
    callerQuery: query.text,
    ...(keys && { apiKeyQuery: keys.text }),
    sessionsQuery: sessionsQuery(models),
    reads: reads.map(serviceTable),
    serviceTables: [...models.values()].map(serviceTable),
    policies: [...models.values()].flatMap((model) =>
      policiesOf(
        model,
        reads.includes(model),
        readable.find((each) => each.model === model),
        identity.guard,
      ),
    ),
    readable: readable.map(({ model, columns }) => ({ table: serviceTable(model), columns, roles: [callerRole] })),
    functions: [...(keys === undefined ? [] : [storedJsonFunction]), ...exposureFunctions(options, models, identity)],
    views: [userSessionsView],
    indexes,
    claims: Object.keys(identity.claims ?? {}),
  };
};

/** `hedgerow.caller()` asks as the definer, so that nobody can call it with claims of their own. */
const canReadTokens = `do ${dollarQuoted(`declare
  session oid := (select p.oid from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
    where n.nspname = 'auth' and p.proname = 'session' and p.pronargs = 0);
begin
  if session is null then
    raise exception 'auth.session() is missing'
      using hint = 'sessionIdentity(options, { by: "verified-token" }) needs the extension pg_session_jwt.';
  end if;
  if not pg_catalog.has_schema_privilege('${definerRole}', 'auth', 'usage') then
    begin
      grant usage on schema auth to ${definerRole};
    exception when insufficient_privilege then
      null;
    end;
  end if;
  if not pg_catalog.has_schema_privilege('${definerRole}', 'auth', 'usage')
    or not pg_catalog.has_function_privilege('${definerRole}', session, 'execute') then
    raise exception '${definerRole} may not call auth.session()'
      using hint = 'Whoever owns the schema auth has to: grant usage on schema auth to ${definerRole}.';
  end if;
end`)}`;
