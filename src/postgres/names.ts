/**
 * The names of roles and of what exists once in a database.
 *
 * Invariant: they are fixed words. What is named after tables and columns is named by `objectName`.
 */
import { roles } from "../database/session.js";
import type { CallerRoles } from "../database/target.js";

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

/** Is always empty. How often a session has scanned it in a transaction says how often it called `hedgerow.enter()`. */
export const entries = "entries";
