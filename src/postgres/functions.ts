/**
 * The helper functions that policies, defaults and the router's prelude call.
 *
 * Invariant: every function has an empty `search_path`, is TEXT-typed, and answers for the caller of the transaction. Where
 * the caller is found live, `hedgerow.caller()` and what an identity source adds to it read tables, as their definer; none of the others has
 * more rights than who calls it, and where a verified token names the caller none reads a table at all. Missing, expired,
 * forged or no such value: null, false or an empty array.
 */
import { text } from "../condition/sql-text.js";
import { uuidPattern } from "../condition/uuid.js";
import type { ClaimsSql, DialectShape } from "./dialect.js";
import type { IdentitySource, LiveIdentity } from "./identity.js";
import { everyone, helperSchema, roles, settings } from "./names.js";
import {
  dropFunctionsBody,
  fingerprintBody,
  grantSequencesBody,
  isRecordedBody,
  recordBody,
  recordHelpersBody,
  revokeAllBody,
} from "./reconcile.js";

export interface HelperFunction {
  /** With the names of the arguments. */
  readonly signature: string;
  readonly statement: string;
  /** As `pg_proc.prosrc` holds it. */
  readonly source: string;
  /** What it returns and how Postgres may call it, as `shapeSql` writes it. */
  readonly shape: string;
  /** Whether it runs with the rights of its owner, which is then the definer. */
  readonly definer: boolean;
  /** Who may call it, beside its owner. */
  readonly executors: ReadonlyArray<string>;
}

const callerColumns =
  "session_id text, user_id text, org_id text, org_roles text[], team_id text, user_roles text[], claims jsonb";

/** Whoever a request acts as, until `helperFunctions` says who that is on a target. */
const callers: ReadonlyArray<string> = ["callers"];

const word = (options: string, pattern: RegExp, otherwise: string): string => pattern.exec(options)?.[1] ?? otherwise;

/** @param options as in `create function`; what is left out is what Postgres takes then. */
export const shapeOf = (returns: string, options: string): string =>
  [
    returns,
    word(options, /language (\w+)/, "sql"),
    word(options, /\b(immutable|stable|volatile)\b/, "volatile"),
    word(options, /parallel (\w+)/, "unsafe"),
  ].join(" ");

/** The same of a function that stands. @param row a row of `pg_proc`. */
export const shapeSql = (row: string): string =>
  `pg_catalog.concat_ws(' ', pg_catalog.lower(pg_catalog.pg_get_function_result(${row}.oid)),
    (select l.lanname from pg_catalog.pg_language l where l.oid = ${row}.prolang),
    case ${row}.provolatile when 'i' then 'immutable' when 's' then 'stable' else 'volatile' end,
    case ${row}.proparallel when 's' then 'safe' when 'r' then 'restricted' else 'unsafe' end,
    case when ${row}.proisstrict then 'strict' end, case when ${row}.proleakproof then 'leakproof' end)`;

const define = (
  signature: string,
  returns: string,
  options: string,
  body: string,
  executors: ReadonlyArray<string> = callers,
): HelperFunction => ({
  signature: `${helperSchema}.${signature}`,
  statement: `create or replace function ${helperSchema}.${signature} returns ${returns}
${options} set search_path = '' as $$
${body}
$$`,
  source: `\n${body}\n`,
  shape: shapeOf(returns, options),
  definer: options.includes("security definer"),
  executors,
});

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

/** The numbers that a number of the process can be, beside zero. */
const smallest = "4.9e-324";
const largest = "1.7976931348623157e308";

const asUuid = define(
  "as_uuid(value text)",
  "uuid",
  "language sql immutable parallel safe",
  `select case when value ~ '${uuidPattern}' then value::uuid end`,
);

/** What the database asks about a live caller; each looks the caller up. */
const liveFunctions = (identity: LiveIdentity): ReadonlyArray<HelperFunction> => [
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

const answer = (signature: string, returns: string, expression: string): HelperFunction =>
  define(signature, returns, "language plpgsql stable parallel safe", `begin return ${expression}; end`);

const own = (name: string): string => `${helperSchema}.${name}`;

/**
 * What the database asks about a caller whom a verified token names. Not inlined, because each is called once per statement,
 * where a function with a search path of its own costs nothing that could be measured.
 */
const claimedFunctions = (sql: ClaimsSql): ReadonlyArray<HelperFunction> => {
  const userId = own("get_user_id()");
  const organization = own("get_active_org_id()");
  const json = `${own("claims()")} -> name`;
  const value = `(${own("claims()")} ->> name)`;
  /** Without a user nothing else counts, and without an organization no role in it. */
  const behind = (what: string, expression: string): string => `case when ${what} is not null then ${expression} end`;
  const typed = (type: string, then: string): string =>
    `case when pg_catalog.jsonb_typeof(${json}) = '${type}' then ${then} end`;
  return [
    answer("get_user_id()", "text", sql.userId),
    answer("get_session_id()", "text", behind(userId, sql.sessionId)),
    answer("get_active_org_id()", "text", behind(userId, sql.activeOrgId)),
    answer("get_active_team_id()", "text", behind(organization, sql.activeTeamId)),
    answer(
      "has_any_role(roles text[])",
      "boolean",
      `coalesce(${behind(organization, `(${sql.roles}) && roles`)}, false)`,
    ),
    answer(
      "has_org_role(role text)",
      "boolean",
      `coalesce(${behind(organization, `(${sql.roles}) @> array[role]`)}, false)`,
    ),
    answer(
      "has_any_user_role(roles text[])",
      "boolean",
      `coalesce(${behind(userId, `(${sql.userRoles}) && roles`)}, false)`,
    ),
    answer("is_org_member()", "boolean", `${organization} is not null`),
    answer("is_owner(owner_id text)", "boolean", `coalesce(${userId} = owner_id, false)`),
    answer("claims()", "jsonb", `coalesce(${behind(userId, sql.claims)}, '{}')`),
    answer(
      "has_claim(name text)",
      "boolean",
      `coalesce(pg_catalog.jsonb_typeof(${json}) in ('string', 'number', 'boolean') and ${value} <> '', false)`,
    ),
    answer("claim_text(name text)", "text", typed("string", `nullif(${value}, '')`)),
    answer(
      "claim_bigint(name text)",
      "bigint",
      typed(
        "number",
        `case when ${value}::numeric = pg_catalog.trunc(${value}::numeric) and pg_catalog.abs(${value}::numeric) <= 9007199254740991
    then ${value}::numeric::bigint end`,
      ),
    ),
    answer(
      "claim_double(name text)",
      "double precision",
      typed(
        "number",
        `case when ${value}::numeric = 0 or pg_catalog.abs(${value}::numeric) between ${smallest} and ${largest}
    then ${value}::double precision end`,
      ),
    ),
    answer("claim_boolean(name text)", "boolean", typed("boolean", `${value}::boolean`)),
    asUuid,
    // For defaults. There is no prelude in requests that another server sends, so these read what the others read.
    ...(
      [
        ["user_id", "get_user_id()"],
        ["session_id", "get_session_id()"],
        ["org_id", "get_active_org_id()"],
        ["team_id", "get_active_team_id()"],
      ] as const
    ).map(([name, getter]) =>
      define(`entered_${name}()`, "text", "language sql stable parallel safe", `select ${own(getter)}`),
    ),
    define("entered_claim(name text)", "text", "language sql stable parallel safe", `select ${value}`),
  ];
};

/** For the owner alone: what keeps the database as declared. */
const keepers = (service: ReadonlyArray<string>): ReadonlyArray<HelperFunction> => [
  define(
    "fingerprint(kind text, target regclass, object name)",
    "text",
    "language sql stable",
    fingerprintBody(service),
    [],
  ),
  define(
    "is_recorded(kind text, target regclass, object name, said text)",
    "boolean",
    "language sql stable",
    isRecordedBody,
    [],
  ),
  define(
    "record(kind text, target regclass, object name, said text)",
    "void",
    "language plpgsql volatile",
    recordBody,
    [],
  ),
  define("revoke_all(target regclass)", "void", "language plpgsql volatile", revokeAllBody(service), []),
  define(
    "grant_sequences(target regclass, readers jsonb)",
    "void",
    "language plpgsql volatile",
    grantSequencesBody(service),
    [],
  ),
  define("drop_functions_but(declared text[])", "void", "language plpgsql volatile", dropFunctionsBody, []),
  define("record_helpers()", "void", "language plpgsql volatile", recordHelpersBody, []),
];

/** All helpers; where one reads tables, it is the first. */
export const helperFunctions = (identity: IdentitySource, dialect: DialectShape): ReadonlyArray<HelperFunction> => {
  const allowed = [dialect.roles.authenticated, dialect.roles.anonymous, ...dialect.service];
  return [
    ...(identity._tag === "Live" ? liveFunctions(identity) : claimedFunctions(dialect.claims)),
    ...keepers(dialect.service),
  ].map((helper) => ({ ...helper, executors: helper.executors === callers ? allowed : helper.executors }));
};

/** What a live identity would leave behind. The owner of the schema may drop also what belongs to the definer. */
const dropLive: ReadonlyArray<string> = ["enter()", "admit(boolean, boolean, boolean)", "caller()"].map(
  (name) => `drop function if exists ${own(name)}`,
);

/**
 * Runs statements as the definer, in one statement. What the definer makes belongs to it from the start: to give it away
 * afterwards, or to replace it the next time, the owner would have to inherit the definer's rights.
 */
const asDefiner = (
  statements: ReadonlyArray<string>,
): string => `do $as_definer$ declare owner name := current_user; begin
  perform pg_catalog.set_config('role', ${text(roles.definer)}, true);
${statements.map((statement) => `  execute ${text(statement)};`).join("\n")}
  perform pg_catalog.set_config('role', owner, true);
end $as_definer$`;

/**
 * @returns the statements that create or replace all helpers and say who may call them. Tables need not exist yet:
 * PL/pgSQL looks names up when it runs.
 */
export const functionStatements = (identity: IdentitySource, dialect: DialectShape): ReadonlyArray<string> => [
  ...(identity._tag === "Claims" ? dropLive : []),
  ...helperFunctions(identity, dialect).flatMap((helper) => {
    const others = [...everyone(dialect.roles, identity._tag), ...dialect.service].filter(
      (role) => !helper.executors.includes(role) && !(helper.definer && role === roles.definer),
    );
    const statements = [
      helper.statement,
      `revoke all on function ${bare(helper.signature)} from ${others.join(", ")}`,
      ...(helper.executors.length === 0
        ? []
        : [`grant execute on function ${bare(helper.signature)} to ${helper.executors.join(", ")}`]),
    ];
    return helper.definer ? [asDefiner(statements)] : statements;
  }),
];

/** `hedgerow.has_claim(name text)` as `hedgerow.has_claim(text)`. */
export const bare = (signature: string): string =>
  signature.replace(/\((.*)\)$/, (_, args: string) =>
    args === ""
      ? "()"
      : `(${args
          .split(", ")
          .map((arg) => arg.slice(arg.indexOf(" ") + 1))
          .join(", ")})`,
  );
