/**
 * The names that Hedgerow gives to things in Postgres.
 *
 * Invariant: every name fits into Postgres's 63 bytes and is the same on every machine.
 */
import { createHash } from "./hash.js";

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

const maxBytes = 63;

/** `documents_organization_id_id_key`; a name that would be too long ends in a hash of the whole. */
export const objectName = (...parts: ReadonlyArray<string>): string => {
  const name = parts.join("_");
  if (new TextEncoder().encode(name).length <= maxBytes) return name;
  const hash = createHash(name);
  let kept = name;
  while (new TextEncoder().encode(`${kept}_${hash}`).length > maxBytes) kept = [...kept].slice(0, -1).join("");
  return `${kept}_${hash}`;
};
