/**
 * What the database asks about a caller who is looked up.
 *
 * Invariant: `hedgerow.enter()`, `hedgerow.identity()` and what an identity source adds to them read tables, as their definer.
 * Everything else asks `hedgerow.identity()`: what `enter()` has sealed in this very transaction, and where nothing is sealed what
 * a lookup finds now. Missing, expired or forged: no row, hence null, false or an empty array.
 */
import type { RequestField } from "../database/session.js";
import { aboutClaim, asUuid, define, entered, type HelperFunction, inline } from "./helper-function.js";
import type { LiveIdentity } from "./identity.js";
import { entries, helperSchema, sealKeys, settings } from "./names.js";
import { requestField, requestSql } from "./request.js";

const callerColumns =
  "session_id text, user_id text, org_id text, org_roles text[], team_id text, user_roles text[], claims jsonb";

const plpgsql = "language plpgsql stable parallel restricted";

const identity = `${helperSchema}.identity()`;

/** A worker is another process, for which nothing is sealed. */
const ofCaller = "stable parallel restricted";

/** One value of the live caller, or null. Inlined, because a call with a search path of its own costs as much as its answer. */
const getter = (signature: string, name: string): HelperFunction =>
  inline(signature, "text", ofCaller, `${identity} operator(pg_catalog.->>) '${name}'`);

/** Whether the live caller has one of these roles; no caller has none. */
const question = (signature: string, list: string, operator: "?" | "?|", asked: string): HelperFunction =>
  inline(
    signature,
    "boolean",
    ofCaller,
    `coalesce((${identity} operator(pg_catalog.->) '${list}') operator(pg_catalog.${operator}) ${asked}, false)`,
  );

const hashIn = (field: RequestField): string => `pg_catalog.decode(nullif(${requestField(field)}, ''), 'hex')`;

const textIn = (json: string, name: string): string =>
  `case when pg_catalog.jsonb_typeof(${json} -> '${name}') = 'string' then ${json} ->> '${name}' end`;

/** What the caller presented, as variables of `hedgerow.caller()`, and when that is nothing. */
const presented = ({
  by,
}: LiveIdentity): {
  readonly variables: ReadonlyArray<string>;
  readonly isNothing: string;
  readonly credential: string;
} =>
  by === "verified-token"
    ? {
        variables: [
          "verified jsonb := auth.session()",
          `verified_session text := ${textIn("verified", "sid")}`,
          `verified_user text := ${textIn("verified", "sub")}`,
        ],
        isNothing: "verified_session is null or verified_user is null",
        credential: `coalesce(verified::text, '') || coalesce(${requestSql}, '')`,
      }
    : {
        variables: [`token_hash bytea := ${hashIn("token")}`],
        isNothing: "token_hash is null",
        credential: `coalesce(${requestSql}, '')`,
      };

interface LookUp {
  readonly variables: string;
  /** What the caller presented, as text. */
  readonly credential: string;
  /** Statements. @param into what stands around the query that finds the caller. */
  readonly statements: (into: (query: string) => string) => string;
}

/** A session or a key, each looked for among its own; who presents both is nobody. */
const lookUp = (source: LiveIdentity): LookUp => {
  const { apiKeyQuery, callerQuery } = source;
  const { variables, isNothing, credential } = presented(source);
  const keyVariables = apiKeyQuery === undefined ? [] : [`key_hash bytea := ${hashIn("apiKey")}`];
  return {
    credential,
    variables: [...variables, ...keyVariables].map((variable) => `  ${variable};`).join("\n"),
    statements: (into) =>
      apiKeyQuery === undefined
        ? `  if not (${isNothing}) then
${into(callerQuery)};
  end if;`
        : `  if key_hash is null and not (${isNothing}) then
${into(callerQuery)};
  elsif key_hash is not null and (${isNothing}) then
${into(apiKeyQuery)};
  end if;`,
  };
};

/**
 * How often this session has entered in this transaction: the scans of a table that only `enter()` scans, and nobody else may.
 * It is no setting, so no SQL can put it back, nor does a savepoint that is rolled back. It counts in a transaction that only
 * reads and on a standby too. Where it does not grow, because Postgres counts nothing (`track_counts = off`), nothing is sealed.
 */
const entryNumber = `pg_catalog.pg_stat_get_xact_numscans('${helperSchema}.${entries}'::pg_catalog.regclass)`;

/**
 * HMAC-SHA-256 with two keys of a block each (RFC 2104 derives them from one) over what was presented, what was found, the
 * session, the start of the transaction and the number of its latest `enter()`: it proves nothing about another credential, in any
 * other transaction or behind a later `enter()`, and nobody who cannot read the keys can make it.
 */
const sealOf = ({ credential }: LookUp, said: string): string =>
  `pg_catalog.encode(pg_catalog.sha256(k.outer_key || pg_catalog.sha256(k.inner_key || pg_catalog.int4send(pg_catalog.pg_backend_pid())
      || pg_catalog.timestamptz_send(pg_catalog.now()) || pg_catalog.int8send(${entryNumber}) || pg_catalog.int4send(pg_catalog.length(${credential}))
      || pg_catalog.convert_to(${credential} || ${said}, 'UTF8'))), 'hex')`;

/** The live caller as JSON, or null. Looked up where nothing is sealed, or what is there was sealed by nobody or elsewhere. */
const sealedOrFound = (lookedUp: LookUp): HelperFunction =>
  define(
    "identity()",
    "jsonb",
    `${plpgsql} security definer`,
    `#variable_conflict use_column
declare
${lookedUp.variables}
  said text := pg_catalog.current_setting('${settings.caller}', true);
  found_now jsonb;
begin
  if said <> '' and pg_catalog.current_setting('${settings.seal}', true) = (select ${sealOf(lookedUp, "said")} from ${helperSchema}.${sealKeys} k) then
    return said::jsonb;
  end if;
${lookedUp.statements((query) => `    select pg_catalog.to_jsonb(c) into found_now from (\n${query}\n) as c`)}
  return found_now;
end`,
  );

/** The same as a row. */
const caller = define(
  "caller()",
  `table(${callerColumns})`,
  `${plpgsql} security definer rows 1`,
  `#variable_conflict use_column
declare
  c jsonb := ${identity};
begin
  if c is not null then
    return query select r.* from pg_catalog.jsonb_to_record(c) as r(${callerColumns});
  end if;
end`,
);

const ofIdentity = ({ functions = [] }: LiveIdentity): ReadonlyArray<HelperFunction> =>
  functions.map(({ signature, returns, body }) => define(signature, returns, `${plpgsql} security definer`, body));

/** Looks the caller up, seals what it found for the statements behind it, and returns one row even for nobody. */
const enter = (lookedUp: LookUp): HelperFunction =>
  define(
    "enter()",
    `table(${callerColumns})`,
    "language plpgsql volatile security definer rows 1",
    `#variable_conflict use_column
declare
${lookedUp.variables}
  said text;
  seal text;
  ignored integer;
  earlier bigint := ${entryNumber};
begin
  perform from ${helperSchema}.${entries};
${lookedUp.statements(
  (query) => `    select s.session_id, s.user_id, s.org_id, s.org_roles, s.team_id, s.user_roles, s.claims, s.said,
      ${sealOf(lookedUp, "s.said")}
    into session_id, user_id, org_id, org_roles, team_id, user_roles, claims, said, seal
    from (select c.*, pg_catalog.to_jsonb(c)::text as said from (\n${query}\n) as c) as s left join ${helperSchema}.${sealKeys} as k on true`,
)}
  ignored := pg_catalog.num_nonnulls(
    pg_catalog.set_config('${settings.caller}', coalesce(said, ''), true),
    pg_catalog.set_config('${settings.seal}', case when ${entryNumber} > earlier then coalesce(seal, '') else '' end, true));
  org_roles := coalesce(org_roles, '{}');
  user_roles := coalesce(user_roles, '{}');
  claims := coalesce(claims, '{}');
  return next;
end`,
  );

/** Stops the transaction before a row is looked at when the caller cannot fulfil the rule on any row. */
const admit = define(
  "admit(signed_in boolean, in_organization boolean, allowed boolean)",
  "boolean",
  "language plpgsql volatile",
  `begin
  if allowed then
    return true;
  end if;
  if not signed_in then
    raise exception using errcode = 'HR401', message = 'authentication is required';
  end if;
  if not in_organization then
    raise exception using errcode = 'HR410', message = 'an active organization is required';
  end if;
  raise exception using errcode = 'HR403', message = 'the caller may not use this operation';
end`,
);

const claim = (signature: string, returns: string, expression: string): HelperFunction =>
  aboutClaim(signature, returns, plpgsql, `${identity} -> 'claims'`, expression);

const isOf = (type: string): string => `pg_catalog.jsonb_typeof(v) = '${type}'`;

/** What the database asks about a live caller. */
export const liveFunctions = (source: LiveIdentity): ReadonlyArray<HelperFunction> => [
  sealedOrFound(lookUp(source)),
  caller,
  ...ofIdentity(source),
  getter("get_user_id()", "user_id"),
  getter("get_session_id()", "session_id"),
  getter("get_active_org_id()", "org_id"),
  getter("get_active_team_id()", "team_id"),
  define(
    "get_active_org_id_as(roles text[])",
    "text",
    plpgsql,
    `declare
  c jsonb := ${identity};
begin
  return case when c -> 'org_roles' ?| roles then c ->> 'org_id' end;
end`,
  ),
  question("has_any_role(roles text[])", "org_roles", "?|", "roles"),
  question("has_org_role(role text)", "org_roles", "?", "role"),
  question("has_any_user_role(roles text[])", "user_roles", "?|", "roles"),
  inline("is_org_member()", "boolean", ofCaller, `(${identity} operator(pg_catalog.->>) 'org_id') is not null`),
  inline(
    "is_owner(owner_id text)",
    "boolean",
    ofCaller,
    `coalesce((${identity} operator(pg_catalog.->>) 'user_id') operator(pg_catalog.=) owner_id, false)`,
  ),
  claim("has_claim(name text)", "boolean", "t is not null"),
  claim("claim_text(name text)", "text", `case when ${isOf("string")} then t end`),
  claim(
    "claim_bigint(name text)",
    "bigint",
    `case when ${isOf("number")} and t::numeric = pg_catalog.trunc(t::numeric) and pg_catalog.abs(t::numeric) <= 9007199254740991
    then t::numeric::bigint end`,
  ),
  claim("claim_double(name text)", "double precision", `case when ${isOf("number")} then t::double precision end`),
  claim("claim_boolean(name text)", "boolean", `case when ${isOf("boolean")} then t::boolean end`),
  asUuid,
  ...entered(`${identity} -> 'claims'`),
  enter(lookUp(source)),
  admit,
];
