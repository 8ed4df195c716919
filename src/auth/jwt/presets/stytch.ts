/**
 * Stytch: session JWTs of consumer and of B2B projects.
 *
 * Source: stytch.com/docs, "Using session JWTs", and the local verification of stytchauth/stytch-node.
 */
import { textOf } from "../identity.js";
import type { JwtOptions, Preferences } from "../options.js";
import { at, type Payload } from "../payload.js";
import { hostOf } from "./url.js";

export interface StytchOptions extends Preferences {
  /** `project-live-…` or `project-test-…`. */
  readonly projectId: string;
  /** Your custom domain, which then is the issuer of tokens fetched through it, beside Stytch's own name. */
  readonly domain?: string;
}

const session = "https://stytch.com/session";
const organization = "https://stytch.com/organization";

/** A token without a session is an application's, not a user's. */
const sessionOf = (payload: Payload) =>
  textOf(at(payload, session, "id")) === null ? null : { userId: payload.sub, sessionId: at(payload, session, "id") };

const issuedBy = ({ projectId, domain }: StytchOptions, path: string) => ({
  issuer: [`stytch.com/${projectId}`, ...(domain === undefined ? [] : [`https://${hostOf(domain)}`])],
  audience: projectId,
  jwksUri: `https://${projectId.startsWith("project-live-") ? "api" : "test"}.stytch.com${path}/${projectId}`,
  algorithms: ["RS256" as const],
});

/**
 * Session JWTs of a consumer project, which has no organizations: map roles to `userRoles`, or an organization of your own
 * from a custom claim. RS256; five minutes.
 *
 * ```ts
 * jwt(stytch({ projectId: "project-live-…", userRoles: ["https://stytch.com/session", "roles"] }));
 * ```
 */
export const stytch = ({ projectId, domain, ...preferences }: StytchOptions): JwtOptions => ({
  ...preferences,
  ...issuedBy({ projectId, ...(domain !== undefined && { domain }) }, "/v1/sessions/jwks"),
  map: (payload) => {
    const user = sessionOf(payload);
    return user === null ? null : { ...user, roles: at(payload, session, "roles") };
  },
});

/**
 * Session JWTs of a B2B project. The user is the member: `sub`.
 *
 * Organization: `organization_id` in the claim `https://stytch.com/organization`. Roles: `roles` in the claim
 * `https://stytch.com/session`. RS256; five minutes.
 *
 * ```ts
 * jwt(stytchB2B({ projectId: "project-live-…" }));
 * ```
 */
export const stytchB2B = ({ projectId, domain, ...preferences }: StytchOptions): JwtOptions => ({
  ...preferences,
  ...issuedBy({ projectId, ...(domain !== undefined && { domain }) }, "/v1/b2b/sessions/jwks"),
  map: (payload) => {
    const user = sessionOf(payload);
    if (user === null) return null;
    const organizationId = at(payload, organization, "organization_id");
    return { ...user, organizationId, roles: at(payload, session, "roles") };
  },
});
