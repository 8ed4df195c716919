/**
 * Who is asking, as plain data.
 *
 * Invariant: a value that is missing is `null` (or an empty list), never `undefined` and never an empty text, so that
 * a comparison with it is unknown in memory exactly as it is in Postgres. Roles are present only with an organization, a
 * team, a session and platform roles only for a signed-in user. An organization without a user is an API key of its own.
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

/** A text that Postgres holds as it is: not empty, without NUL and without half of a surrogate pair. */
const isHeld = (value: string): boolean => value !== "" && !/[\0\p{Surrogate}]/u.test(value);

/** All that a request says travels as one text; the control characters in between (`session.ts`) are in no name. */
const isHeldName = (value: string): boolean => isHeld(value) && !value.includes("\x1e") && !value.includes("\x1f");

const held = (value: string | null): string | null => (typeof value === "string" && isHeldName(value) ? value : null);

/** As `defineHedgerow` takes them; no rule can name another. */
const isClaimName = (name: string): boolean => /^[A-Za-z_][A-Za-z0-9_]*$/.test(name);

const isHeldClaim = (value: ClaimValue): boolean =>
  typeof value === "string" ? isHeld(value) : typeof value === "number" ? Number.isFinite(value) : value !== null;

/**
 * A caller as Postgres can hold one, whatever a token said, so that a rule means the same in memory and there.
 *
 * @returns a caller that keeps the invariant of this file. What would be changed on the way (a NUL, half of a surrogate pair,
 * U+001E and U+001F in a name) is dropped, because two callers could become one by it; without a user nothing else counts.
 */
export const heldCaller = (caller: Caller): Caller => {
  const userId = held(caller.userId);
  if (userId === null) return anonymousCaller;
  const activeOrgId = held(caller.activeOrgId);
  return {
    userId,
    sessionId: held(caller.sessionId),
    activeOrgId,
    activeTeamId: activeOrgId === null ? null : held(caller.activeTeamId),
    roles: activeOrgId === null ? [] : caller.roles.filter(isHeldName),
    userRoles: caller.userRoles.filter(isHeldName),
    claims: Object.fromEntries(
      Object.entries(caller.claims).filter(([name, value]) => isClaimName(name) && isHeldClaim(value)),
    ),
  };
};
