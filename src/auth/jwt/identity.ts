/**
 * The one way from what an issuer says to a `Caller`.
 *
 * Invariant: of values of any shape comes a caller that keeps the invariant of `Caller`, or none: no text that is empty,
 * overlong, or that Postgres could not hold; no organization without a user, no roles and no team without an organization.
 */
import { trimAscii } from "../../condition/ascii.js";
import type { Caller, ClaimValue } from "../../condition/caller.js";

/** What an issuer says about a caller, not trusted to be of any shape. */
export interface Identity {
  readonly userId: unknown;
  readonly sessionId?: unknown;
  /** The one organization that the token is for. */
  readonly organizationId?: unknown;
  readonly teamId?: unknown;
  /** Roles in that organization: a list of texts, or one text with commas or spaces between them. */
  readonly roles?: unknown;
  /** Platform roles, in the same form. */
  readonly userRoles?: unknown;
}

/** What OpenID Connect allows a subject; no vendor's ids come near it. */
const longest = 255;

/** Postgres has no place for NUL in a text, and JSON of half a character does not survive the way there. */
const isStorable = (value: string): boolean => !value.includes("\0") && !/\p{Surrogate}/u.test(value);

/** @returns an id or a name as it is, or null when it could not be one. */
export const textOf = (value: unknown): string | null =>
  typeof value === "string" && value.length <= longest && value.trim() !== "" && isStorable(value) ? value : null;

/** @returns each role once; whatever is not a usable text is left out, which can only take rights away. */
export const rolesOf = (value: unknown): ReadonlyArray<string> => {
  const items: ReadonlyArray<unknown> =
    typeof value === "string" ? value.split(/[\t\n\r ,]+/) : Array.isArray(value) ? value : [];
  const roles = items.flatMap((item) => {
    const role = typeof item === "string" ? textOf(trimAscii(item)) : null;
    return role === null ? [] : [role];
  });
  return [...new Set(roles)];
};

/** @returns a value that a rule can compare with; null for everything else. */
export const claimOf = (value: unknown): ClaimValue => {
  if (typeof value === "string") return value !== "" && isStorable(value) ? value : null;
  if (typeof value === "number") return Number.isFinite(value) ? value : null;
  return typeof value === "boolean" ? value : null;
};

/** @returns the caller, or null when the token does not name a user. */
export const callerOf = (identity: Identity, claims: ReadonlyArray<readonly [string, unknown]>): Caller | null => {
  const userId = textOf(identity.userId);
  if (userId === null) return null;
  const activeOrgId = textOf(identity.organizationId);
  return {
    userId,
    sessionId: textOf(identity.sessionId),
    activeOrgId,
    activeTeamId: activeOrgId === null ? null : textOf(identity.teamId),
    roles: activeOrgId === null ? [] : rolesOf(identity.roles),
    userRoles: rolesOf(identity.userRoles),
    claims: Object.fromEntries(claims.map(([name, value]) => [name, claimOf(value)])),
  };
};
