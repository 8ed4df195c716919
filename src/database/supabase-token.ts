/**
 * The token that Supabase's own functions read the caller from.
 *
 * Invariant: what names who is calling is written last, so no claim stands in its place; and each setting that those functions
 * look at is given, so none is left of what SQL set before. It stands apart, because a router of another target never says it.
 */
import type { ClaimedCaller } from "./session.js";
import type { SupabasePaths } from "./target.js";

type Json = string | number | boolean | null | ReadonlyArray<string> | JsonObject;
type JsonObject = { [name: string]: Json };

const isJsonObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Without a prototype, so that every name is one like any other. */
const emptyObject = (): JsonObject => Object.create(null);

const put = (into: JsonObject, path: string, value: Json): void => {
  const names = path.split(".");
  const last = names.pop() ?? path;
  let at = into;
  for (const name of names) {
    const next = at[name];
    const inner = isJsonObject(next) ? next : emptyObject();
    at[name] = inner;
    at = inner;
  }
  at[last] = value;
};

const tokenOf = (caller: ClaimedCaller, role: string, paths: SupabasePaths): string => {
  const token = emptyObject();
  for (const [name, value] of Object.entries(caller.claims)) put(token, `${paths.claims}.${name}`, value);
  put(token, paths.session, caller.sessionId);
  put(token, paths.organization, caller.activeOrgId);
  put(token, paths.team, caller.activeTeamId);
  put(token, paths.roles, caller.roles);
  put(token, paths.userRoles, caller.userRoles);
  put(token, "role", role);
  put(token, "sub", caller.userId);
  return JSON.stringify(token);
};

/** @returns the settings of a transaction, the old ones of a single claim included, in the same order for every caller. */
export const supabaseSettings = (
  caller: ClaimedCaller | null,
  role: string,
  paths: SupabasePaths,
): Readonly<Record<string, string>> => ({
  "request.jwt.claims": caller === null ? "" : tokenOf(caller, role, paths),
  "request.jwt.claim": "",
  "request.jwt.claim.sub": "",
  "request.jwt.claim.role": "",
});
