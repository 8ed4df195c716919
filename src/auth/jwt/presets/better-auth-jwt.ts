/**
 * Better Auth's JWT plugin, in a Better Auth of your own.
 *
 * Source: better-auth.com/docs/plugins/jwt.
 */
import type { AsymmetricAlgorithm, JwtOptions, Preferences } from "../options.js";
import { originOf } from "./url.js";

export interface BetterAuthJwtOptions extends Preferences {
  /** Better Auth's `baseURL`. */
  readonly baseURL: string;
  /** Better Auth's `basePath` (`/api/auth`). */
  readonly basePath?: string;
  /** The plugin's `jwks.jwksPath` (`/jwks`). */
  readonly jwksPath?: string;
  /** The plugin's `jwks.keyPairConfig.alg` (`EdDSA`). */
  readonly algorithm?: AsymmetricAlgorithm;
}

/**
 * JWTs of Better Auth, for an API that cannot read Better Auth's tables; where it can, `hedgerow/better-auth` is never stale.
 *
 * By default the payload is the user's row and has no organization: `definePayload` of the plugin adds one, and you say
 * where it is. Never name a field that users can write. EdDSA; fifteen minutes.
 *
 * ```ts
 * // jwt({ jwt: { definePayload: ({ session }) => ({ org: session.activeOrganizationId }) } }) of better-auth/plugins
 * jwt(betterAuthJwt({ baseURL: "https://app.example.com", organization: "org" }));
 * ```
 */
export const betterAuthJwt = (options: BetterAuthJwtOptions): JwtOptions => {
  const { baseURL, basePath = "/api/auth", jwksPath = "/jwks", algorithm = "EdDSA", ...preferences } = options;
  const origin = originOf("baseURL", baseURL);
  return {
    ...preferences,
    issuer: origin,
    audience: origin,
    jwksUri: `${origin}${basePath}${jwksPath}`,
    algorithms: [algorithm],
    map: ({ sub }) => ({ userId: sub }),
  };
};
