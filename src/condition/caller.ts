/**
 * Who is asking, as plain data.
 *
 * Invariant: a value that is missing is `null` (or an empty list), never `undefined` and never an empty text, so that
 * a comparison with it is unknown in memory exactly as it is in Postgres. An organization, its roles and a team are
 * present only for a signed-in user.
 */

/** A value that a token or a session may carry under a declared name. */
export type ClaimValue = string | number | boolean | null;

export interface Caller {
  readonly userId: string | null;
  readonly sessionId: string | null;
  readonly activeOrgId: string | null;
  readonly activeTeamId: string | null;
  /** Roles in the active organization. */
  readonly roles: ReadonlyArray<string>;
  /** Platform roles. */
  readonly userRoles: ReadonlyArray<string>;
  readonly claims: Readonly<Record<string, ClaimValue>>;
}

/** The caller who presented no credential, or one that is not worth anything any more. */
export const anonymousCaller: Caller = Object.freeze({
  userId: null,
  sessionId: null,
  activeOrgId: null,
  activeTeamId: null,
  roles: [],
  userRoles: [],
  claims: {},
});
