/**
 * What one request's transaction is told before it does anything.
 *
 * Invariant: the names here are the whole contract between the request path and the SQL layer. Every value is set for
 * the transaction only, and every one is set each time, so nothing of one request survives into the next on the same
 * connection.
 */
import type { Statement } from "./database.js";

/** Where helper functions live. */
export const helperSchema = "hedgerow";

export const roles = {
  /** What the router connects as; it owns nothing and may do nothing until it switches to one of the next two. */
  api: "hedgerow_api",
  authenticated: "authenticated",
  anonymous: "anonymous",
  /** What the identity provider connects as. */
  auth: "hedgerow_auth",
  /** Owns the helper that reads sessions and memberships. */
  definer: "hedgerow_definer",
} as const;

/** Transaction-local settings. All but the token are copies for column defaults; no policy trusts them. */
export const settings = {
  token: "hedgerow.token",
  userId: "hedgerow.user_id",
  sessionId: "hedgerow.session_id",
  activeOrgId: "hedgerow.org_id",
  activeTeamId: "hedgerow.team_id",
  claims: "hedgerow.claims",
} as const;

/** `0` means no limit, as in Postgres. */
export interface Timeouts {
  readonly statementMs: number;
  readonly lockMs: number;
}

/**
 * The first statement of every request: role, secret, and every session setting that SQL of an earlier request on the
 * same connection could have changed in its favour.
 *
 * @param tokenHash SHA-256 of the session token in hexadecimal digits; null for an anonymous caller.
 */
export const enterSession = (tokenHash: string | null, timeouts: Timeouts): Statement => ({
  text: `select set_config('role', $1, true), set_config('${settings.token}', $2, true), set_config('search_path', 'public, pg_temp', true), set_config('TimeZone', 'UTC', true), set_config('row_security', 'on', true), set_config('standard_conforming_strings', 'on', true), set_config('statement_timeout', $3, true), set_config('lock_timeout', $4, true), pg_advisory_unlock_all()`,
  values: [
    tokenHash === null ? roles.anonymous : roles.authenticated,
    tokenHash ?? "",
    String(timeouts.statementMs),
    String(timeouts.lockMs),
  ],
});
