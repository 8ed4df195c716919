/**
 * What the database asks about a caller who is looked up.
 *
 * Invariant: `hedgerow.caller()` and what an identity source adds to it read tables, as their definer; none of the others has
 * more rights than who calls it. Missing, expired or forged: no row, hence null, false or an empty array.
 */
import { asUuid, define, type HelperFunction } from "./helper-function.js";
import type { LiveIdentity } from "./identity.js";
import { helperSchema, settings } from "./names.js";

const callerColumns =
  "session_id text, user_id text, org_id text, org_roles text[], team_id text, user_roles text[], claims jsonb";

const plpgsql = "language plpgsql stable parallel restricted";

/** One value of the live caller, or null. */
const getter = (signature: string, returns: string, expression: string): HelperFunction =>
  define(signature, returns, plpgsql, `begin return (select ${expression} from ${helperSchema}.caller() c); end`);

/** A yes or no about the live caller; no caller is no. */
const question = (signature: string, expression: string): HelperFunction =>
  define(
    signature,
    "boolean",
    plpgsql,
    `begin return coalesce((select ${expression} from ${helperSchema}.caller() c), false); end`,
  );

/** A copy that the prelude made for column defaults. */
const entered = (name: string, setting: string): HelperFunction =>
  define(
    `entered_${name}()`,
    "text",
    "language sql stable parallel safe",
    `select nullif(pg_catalog.current_setting('${setting}', true), '')`,
  );

const hashIn = (setting: string): string =>
  `pg_catalog.decode(nullif(pg_catalog.current_setting('${setting}', true), ''), 'hex')`;

const textIn = (json: string, name: string): string =>
  `case when pg_catalog.jsonb_typeof(${json} -> '${name}') = 'string' then ${json} ->> '${name}' end`;

/** What the caller presented, as variables of `hedgerow.caller()`, and when that is nothing. */
const presented = ({ by }: LiveIdentity): { readonly variables: ReadonlyArray<string>; readonly isNothing: string } =>
  by === "verified-token"
    ? {
        variables: [
          "verified jsonb := auth.session()",
          `verified_session text := ${textIn("verified", "sid")}`,
          `verified_user text := ${textIn("verified", "sub")}`,
        ],
        isNothing: "verified_session is null or verified_user is null",
      }
    : {
        variables: [`token_hash bytea := ${hashIn(settings.token)}`],
        isNothing: "token_hash is null",
      };

/** A session or a key, each looked for among its own; who presents both is nobody. */
const liveCaller = (identity: LiveIdentity): HelperFunction => {
  const { apiKeyQuery, callerQuery } = identity;
  const { variables, isNothing } = presented(identity);
  const keyVariables = apiKeyQuery === undefined ? [] : [`key_hash bytea := ${hashIn(settings.apiKey)}`];
  const keyed =
    apiKeyQuery === undefined
      ? ""
      : `
  if key_hash is not null then
    if ${isNothing} then
      return query
${apiKeyQuery};
    end if;
    return;
  end if;`;
  return define(
    "caller()",
    `table(${callerColumns})`,
    "language plpgsql stable parallel restricted security definer rows 1",
    `#variable_conflict use_column
declare
${[...variables, ...keyVariables].map((variable) => `  ${variable};`).join("\n")}
begin${keyed}
  if ${isNothing} then
    return;
  end if;
  return query
${callerQuery};
end`,
  );
};

const ofIdentity = ({ functions = [] }: LiveIdentity): ReadonlyArray<HelperFunction> =>
  functions.map(({ signature, returns, body }) => define(signature, returns, `${plpgsql} security definer`, body));

/** Looks the caller up once, copies what column defaults need, and returns one row even for nobody. */
const enter = define(
  "enter()",
  `table(${callerColumns})`,
  "language plpgsql volatile rows 1",
  `#variable_conflict use_column
declare
  c record;
begin
  select * into c from ${helperSchema}.caller();
  perform
    pg_catalog.set_config('${settings.sessionId}', coalesce(c.session_id, ''), true),
    pg_catalog.set_config('${settings.userId}', coalesce(c.user_id, ''), true),
    pg_catalog.set_config('${settings.activeOrgId}', coalesce(c.org_id, ''), true),
    pg_catalog.set_config('${settings.activeTeamId}', coalesce(c.team_id, ''), true),
    pg_catalog.set_config('${settings.claims}', coalesce(c.claims::text, ''), true);
  return query select c.session_id, c.user_id, c.org_id, coalesce(c.org_roles, '{}'), c.team_id,
    coalesce(c.user_roles, '{}'), coalesce(c.claims, '{}');
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

const claimValue = "c.claims -> name";

/** What the database asks about a live caller; each looks the caller up. */
export const liveFunctions = (identity: LiveIdentity): ReadonlyArray<HelperFunction> => [
  liveCaller(identity),
  ...ofIdentity(identity),
  getter("get_user_id()", "text", "c.user_id"),
  getter("get_session_id()", "text", "c.session_id"),
  getter("get_active_org_id()", "text", "c.org_id"),
  getter("get_active_team_id()", "text", "c.team_id"),
  question("has_any_role(roles text[])", "c.org_roles && roles"),
  question("has_org_role(role text)", "c.org_roles @> array[role]"),
  question("has_any_user_role(roles text[])", "c.user_roles && roles"),
  question("is_org_member()", "c.org_id is not null"),
  question("is_owner(owner_id text)", "c.user_id = owner_id"),
  question("has_claim(name text)", "c.claims ->> name is not null"),
  getter(
    "claim_text(name text)",
    "text",
    `case when pg_catalog.jsonb_typeof(${claimValue}) = 'string' then c.claims ->> name end`,
  ),
  getter(
    "claim_bigint(name text)",
    "bigint",
    `case when pg_catalog.jsonb_typeof(${claimValue}) = 'number'
      and (c.claims ->> name)::numeric = pg_catalog.trunc((c.claims ->> name)::numeric)
      and pg_catalog.abs((c.claims ->> name)::numeric) <= 9007199254740991
    then (c.claims ->> name)::numeric::bigint end`,
  ),
  getter(
    "claim_double(name text)",
    "double precision",
    `case when pg_catalog.jsonb_typeof(${claimValue}) = 'number' then (c.claims ->> name)::double precision end`,
  ),
  getter(
    "claim_boolean(name text)",
    "boolean",
    `case when pg_catalog.jsonb_typeof(${claimValue}) = 'boolean' then (c.claims ->> name)::boolean end`,
  ),
  asUuid,
  entered("user_id", settings.userId),
  entered("session_id", settings.sessionId),
  entered("org_id", settings.activeOrgId),
  entered("team_id", settings.activeTeamId),
  define(
    "entered_claim(name text)",
    "text",
    "language sql stable parallel safe",
    `select nullif(pg_catalog.current_setting('${settings.claims}', true), '')::jsonb ->> name`,
  ),
  enter,
  admit,
];
