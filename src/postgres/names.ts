/**
 * The names that Hedgerow gives to things in Postgres.
 *
 * Invariant: every name fits into Postgres's 63 bytes and is the same on every machine.
 */
import { roles } from "../database/session.js";
import type { CallerRoles } from "../database/target.js";
import { createHash } from "./hash.js";

export { helperSchema, roles, settings } from "../database/session.js";

/**
 * The roles that a database of Hedgerow's has: those that requests take, what the router connects as, and where the caller
 * is found live those that keep and read the sessions.
 */
export const ownRoles = (callers: CallerRoles, kind: "Live" | "Claims"): ReadonlyArray<string> => [
  roles.api,
  callers.authenticated,
  callers.anonymous,
  ...(kind === "Live" ? [roles.auth, roles.definer] : []),
];

/** Everyone whose rights Hedgerow decides. */
export const everyone = (callers: CallerRoles, kind: "Live" | "Claims"): ReadonlyArray<string> => [
  "public",
  ...ownRoles(callers, kind),
];

/** Holds the keys with which `hedgerow.enter()` seals what it found. The definer's own; nobody else has a right on it. */
export const sealKeys = "seal_keys";

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
