/**
 * A caller whom a verified token names, as the database will see them.
 *
 * Invariant: what is decided in the process and what Postgres decides are about the same caller.
 */
import type { Credential } from "../auth/authenticator.js";
import { anonymousCaller, type Caller, heldCaller } from "../condition/caller.js";
import { isUuid } from "../condition/uuid.js";
import type { Target } from "../database/target.js";

/** @returns the caller with the values that this target holds; nobody where it does not know such a user. */
export const knownOn = (caller: Caller, target: Target): Caller => {
  const held = heldCaller(caller);
  if (target.name !== "supabase" || held.userId === null) return held;
  // Supabase knows its users by uuid, and writes those in lower case.
  return isUuid(held.userId) ? { ...held, userId: held.userId.toLowerCase() } : anonymousCaller;
};

/** @returns who presents a credential; undefined where only the database knows. */
export const knownCaller = (credential: Credential, target: Target): Caller | undefined => {
  switch (credential._tag) {
    case "Session":
    case "ApiKey":
    case "Token":
      return undefined;
    case "Anonymous":
      return anonymousCaller;
    case "Claims":
      return knownOn(credential.caller, target);
  }
};
