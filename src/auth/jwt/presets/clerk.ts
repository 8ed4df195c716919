/**
 * Clerk: session tokens, version 2 and the older version 1.
 *
 * Source: clerk.com/docs/guides/sessions/session-tokens.
 */
import { textOf } from "../identity.js";
import type { JwtOptions, Preferences } from "../options.js";
import { at, type Payload } from "../payload.js";
import { withoutTrailingSlash } from "./url.js";

export interface ClerkOptions extends Preferences {
  /** The Frontend API URL, for example `https://clerk.example.com`. */
  readonly issuer: string;
  /**
   * The origins of your front ends, one of which `azp` must be; Clerk's tokens have no `aud`. `null` admits tokens that
   * were made for any origin, and those of native applications, which have no `azp`.
   */
  readonly authorizedParties: ReadonlyArray<string> | null;
}

/** Version 1 says `org:admin` where version 2 says `admin`. */
const withoutPrefix = (role: unknown): unknown => (typeof role === "string" ? role.replace(/^org:/, "") : role);

/**
 * Session tokens of Clerk. A session that is pending is nobody's yet; tokens of machines and OAuth applications, which have
 * no session, are refused.
 *
 * Organization: `o.id` (v1 `org_id`). Role: `o.rol` (v1 `org_role`), always without `org:`. RS256.
 *
 * ```ts
 * jwt(clerk({ issuer: "https://clerk.example.com", authorizedParties: ["https://app.example.com"] }));
 * ```
 */
export const clerk = ({ issuer, authorizedParties, ...preferences }: ClerkOptions): JwtOptions => ({
  ...preferences,
  issuer: withoutTrailingSlash(issuer),
  audience: null,
  jwksUri: `${withoutTrailingSlash(issuer)}/.well-known/jwks.json`,
  algorithms: ["RS256"],
  map: (payload: Payload) => {
    if (authorizedParties !== null && !authorizedParties.some((party) => party === payload.azp)) return null;
    if (payload.sts === "pending" || textOf(payload.sid) === null) return null;
    const user = { userId: payload.sub, sessionId: payload.sid };
    return payload.v === 2
      ? { ...user, organizationId: at(payload, "o", "id"), roles: withoutPrefix(at(payload, "o", "rol")) }
      : { ...user, organizationId: payload.org_id, roles: withoutPrefix(payload.org_role) };
  },
});
