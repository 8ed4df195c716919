/**
 * What one request's transaction is told before it does anything.
 *
 * Invariant: the names here are the whole contract between the request path and the SQL layer. Every value is set for
 * the transaction only, and every one is set each time, so nothing of one request survives into the next on the same
 * connection.
 */
import type { Statement } from "./database.js";
import { postgresTarget, type SupabasePaths, type Target } from "./target.js";

/** Where helper functions live. */
export const helperSchema = "hedgerow";

/** Roles whose names are the same on every target; those that a request takes are in `Target`. */
export const roles = {
  /** What the router connects as; it owns nothing and may do nothing until it switches to one of the caller's roles. */
  api: "hedgerow_api",
  /** What the identity provider connects as. */
  auth: "hedgerow_auth",
  /** Owns the helper that reads sessions and memberships. */
  definer: "hedgerow_definer",
} as const;

/**
 * Transaction-local settings. Where the caller is found live, all but the token and the key are copies for column defaults and no
 * policy trusts them; where the caller comes from a verified token, they are the caller.
 */
export const settings = {
  token: "hedgerow.token",
  apiKey: "hedgerow.api_key",
  userId: "hedgerow.user_id",
  sessionId: "hedgerow.session_id",
  activeOrgId: "hedgerow.org_id",
  activeTeamId: "hedgerow.team_id",
  /** Roles in the organization, as an array literal. */
  roles: "hedgerow.roles",
  /** Platform roles, as an array literal. */
  userRoles: "hedgerow.user_roles",
  /** A flat JSON object. */
  claims: "hedgerow.claims",
} as const;

/** The settings from which Supabase's own functions read the token, the old ones of a single claim included. */
export const tokenSettings = {
  claims: "request.jwt.claims",
  claim: "request.jwt.claim",
  sub: "request.jwt.claim.sub",
  role: "request.jwt.claim.role",
} as const;

/** `0` means no limit, as in Postgres. */
export interface Timeouts {
  readonly statementMs: number;
  readonly lockMs: number;
}

/** A caller whose values a verified token gave; every text is one that Postgres can hold. */
export interface ClaimedCaller {
  readonly userId: string | null;
  readonly sessionId: string | null;
  readonly activeOrgId: string | null;
  readonly activeTeamId: string | null;
  readonly roles: ReadonlyArray<string>;
  readonly userRoles: ReadonlyArray<string>;
  readonly claims: Readonly<Record<string, string | number | boolean | null>>;
}

/** `{"admin","a \"b\""}`: every element quoted, so no text can be read as two, as null or as the end. */
export const arrayLiteral = (values: ReadonlyArray<string>): string =>
  `{${values.map((value) => `"${value.replace(/["\\]/g, "\\$&")}"`).join(",")}}`;

type Json = string | number | boolean | null | ReadonlyArray<string> | JsonObject;
type JsonObject = { [name: string]: Json };

const isJsonObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Without a prototype, so that every name is one like any other. */
const emptyObject = (): JsonObject => Object.create(null);

const put = (into: JsonObject, path: string, value: Json): void => {
  const names = path.split(".");
  const last = names.pop() ?? path;
  let at = into;
  for (const name of names) {
    const next = at[name];
    const inner = isJsonObject(next) ? next : emptyObject();
    at[name] = inner;
    at = inner;
  }
  at[last] = value;
};

/** The token as Supabase's functions and `hedgerow`'s read it. What names who is calling is written last, so it stands. */
const tokenOf = (caller: ClaimedCaller, role: string, paths: SupabasePaths): string => {
  const token = emptyObject();
  for (const [name, value] of Object.entries(caller.claims)) put(token, `${paths.claims}.${name}`, value);
  put(token, paths.session, caller.sessionId);
  put(token, paths.organization, caller.activeOrgId);
  put(token, paths.team, caller.activeTeamId);
  put(token, paths.roles, caller.roles);
  put(token, paths.userRoles, caller.userRoles);
  put(token, "role", role);
  put(token, "sub", caller.userId);
  return JSON.stringify(token);
};

/** Exactly one of them says who is calling; none is an anonymous caller. */
interface Presented {
  readonly token?: string | null;
  readonly apiKey?: string;
  readonly caller?: ClaimedCaller | null;
}

const enter = ({ token, apiKey, caller }: Presented, timeouts: Timeouts, target: Target): Statement => {
  const known = caller?.userId == null ? null : caller;
  const role =
    token == null && apiKey === undefined && known === null ? target.roles.anonymous : target.roles.authenticated;
  const onSupabase = target.name === "supabase";
  // Supabase's functions read the token, so there the copies stay empty.
  const copied = onSupabase ? null : known;
  const values: ReadonlyArray<readonly [name: string, value: string]> = [
    ["role", role],
    [settings.token, token ?? ""],
    [settings.apiKey, apiKey ?? ""],
    [settings.userId, copied?.userId ?? ""],
    [settings.sessionId, copied?.sessionId ?? ""],
    [settings.activeOrgId, copied?.activeOrgId ?? ""],
    [settings.activeTeamId, copied?.activeTeamId ?? ""],
    [settings.roles, copied === null ? "" : arrayLiteral(copied.roles)],
    [settings.userRoles, copied === null ? "" : arrayLiteral(copied.userRoles)],
    [settings.claims, copied === null ? "" : JSON.stringify(copied.claims)],
    ...(onSupabase
      ? ([
          [tokenSettings.claims, known === null ? "" : tokenOf(known, role, target.paths)],
          [tokenSettings.claim, ""],
          [tokenSettings.sub, ""],
          [tokenSettings.role, ""],
        ] as const)
      : []),
    ["statement_timeout", String(timeouts.statementMs)],
    ["lock_timeout", String(timeouts.lockMs)],
  ];
  return {
    text: `select ${values.map(([name], index) => `set_config('${name}', $${index + 1}, true)`).join(", ")}, set_config('search_path', 'public, pg_temp', true), set_config('TimeZone', 'UTC', true), set_config('row_security', 'on', true), set_config('standard_conforming_strings', 'on', true), pg_advisory_unlock_all()`,
    values: values.map(([, value]) => value),
  };
};

/**
 * The first statement of a request whose caller is found live: role, secret, and every session setting that SQL of an
 * earlier request on the same connection could have changed in its favour.
 *
 * @param tokenHash SHA-256 of the session token in hexadecimal digits; null for an anonymous caller.
 */
export const enterSession = (
  tokenHash: string | null,
  timeouts: Timeouts,
  target: Target = postgresTarget,
): Statement => enter({ token: tokenHash }, timeouts, target);

/**
 * The first statement of a request that presents an API key.
 *
 * @param keyHash SHA-256 of the key in hexadecimal digits.
 */
export const enterApiKey = (keyHash: string, timeouts: Timeouts, target: Target = postgresTarget): Statement =>
  enter({ apiKey: keyHash }, timeouts, target);

/**
 * The first statement of a request whose caller a verified token names.
 *
 * @param caller null for an anonymous caller; so is one without a user.
 */
export const enterClaims = (
  caller: ClaimedCaller | null,
  timeouts: Timeouts,
  target: Target = postgresTarget,
): Statement => enter({ caller }, timeouts, target);

/**
 * The last statements of a transaction in which an application's own SQL ran: what such SQL can leave on a connection beyond
 * the transaction is cleared in it. What a failed transaction leaves, Postgres clears, apart from advisory locks, which
 * the next `enterSession` or `enterClaims` on the connection releases.
 *
 * Triggers that wait for the end run first, while the caller is still known to them.
 */
export const leaveSession: ReadonlyArray<Statement> = [
  "set constraints all immediate",
  "close all",
  "unlisten *",
  "discard sequences",
  "reset all",
  "select pg_advisory_unlock_all(), set_config('role', 'none', false)",
].map((text) => ({ text }));
