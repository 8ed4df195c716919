/**
 * The names that a project declares once: its roles, lowest first, its platform roles and its claims.
 *
 * Invariant: a role name stands in at most one place of a hierarchy and is none of the pseudo-roles.
 */
import type { ClaimType } from "./rule.js";

export interface Names {
  /** Roles in an organization, lowest first: `"admin+"` means `admin` and every role after it. */
  readonly roles: ReadonlyArray<string>;
  readonly userRoles: ReadonlyArray<string>;
  readonly claims: Readonly<Record<string, ClaimType>>;
}

export const defaultNames = {
  roles: ["member", "admin", "owner"],
  userRoles: ["user", "admin"],
  claims: {},
} as const satisfies Names;

/** `"admin+"` as `["admin", "owner"]`; undefined for a role that is not declared. */
export const expandRole = (role: string, roles: ReadonlyArray<string>): ReadonlyArray<string> | undefined => {
  const andAbove = role.endsWith("+");
  const index = roles.indexOf(andAbove ? role.slice(0, -1) : role);
  return index < 0 ? undefined : andAbove ? roles.slice(index) : roles.slice(index, index + 1);
};
