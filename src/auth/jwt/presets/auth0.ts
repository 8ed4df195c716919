/**
 * Auth0: access tokens of an API.
 *
 * Source: auth0.com/docs/manage-users/organizations/using-tokens and /docs/secure/tokens/access-tokens/access-token-profiles.
 */
import type { JwtOptions, Preferences } from "../options.js";
import { hostOf } from "./url.js";

export interface Auth0Options extends Preferences {
  /** The tenant's domain or your custom domain, for example `acme.eu.auth0.com`. */
  readonly domain: string;
  /** The identifier of your API. Tokens without it are opaque or for another API. */
  readonly audience: string | ReadonlyArray<string>;
  /** `rfc9068` where the API is set to that token profile: then `typ` must be `at+jwt`. */
  readonly profile?: "auth0" | "rfc9068";
}

/**
 * Access tokens of Auth0 for an API. Machine-to-machine tokens (`…@clients`) are refused.
 *
 * Organization: `org_id`. Roles: `permissions` (with RBAC enabled for the API), or a namespaced claim of your own:
 * `roles: "https://acme.example/roles"`. RS256.
 *
 * ```ts
 * jwt(auth0({ domain: "acme.eu.auth0.com", audience: "https://api.acme.example" }));
 * ```
 */
export const auth0 = ({ domain, audience, profile, ...preferences }: Auth0Options): JwtOptions => ({
  ...preferences,
  issuer: `https://${hostOf(domain)}/`,
  audience,
  jwksUri: `https://${hostOf(domain)}/.well-known/jwks.json`,
  algorithms: ["RS256"],
  ...(profile === "rfc9068" && { type: "at+jwt" }),
  map: ({ sub, org_id, permissions, gty }) =>
    gty === "client-credentials" || (typeof sub === "string" && sub.endsWith("@clients"))
      ? null
      : { userId: sub, organizationId: org_id, roles: permissions },
});
