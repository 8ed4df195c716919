/**
 * The names that Hedgerow gives to things in Postgres.
 *
 * Invariant: every name fits into Postgres's 63 bytes and is the same on every machine.
 */
import { roles } from "../database/session.js";
import { createHash } from "./hash.js";

export { helperSchema, roles, settings } from "../database/session.js";

/** Everyone whose rights Hedgerow decides. */
export const everyone: ReadonlyArray<string> = ["public", ...Object.values(roles)];

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
