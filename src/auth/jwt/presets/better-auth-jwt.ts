/**
 * Better Auth's JWT plugin, in a Better Auth of your own.
 *
 * Source: better-auth.com/docs/plugins/jwt.
 */
import type { AsymmetricAlgorithm, JwtOptions, Preferences } from "../options.js";
import { at } from "../payload.js";
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
  /** The plugin's `jwt.issuer` (the origin of `baseURL`). */
  readonly issuer?: string;
  /** The plugin's `jwt.audience` (the origin of `baseURL`), or one of several. */
  readonly audience?: string;
}

/**
 * JWTs of Better Auth, for an API that cannot read Better Auth's tables; where it can, `hedgerow/better-auth` is never stale.
 *
 * By default the payload is the user's row and has no organization: `definePayload` of the plugin adds one, and you say
 * where it is. Never name a field that users can write. EdDSA; fifteen minutes. Rather use `tokenIssuer()` of
 * `hedgerow/better-auth` and `betterAuthTokens()`.
 *
 * ```ts
 * // jwt({ jwt: { definePayload: ({ session }) => ({ org: session.activeOrganizationId }) } }) of better-auth/plugins
 * jwt(betterAuthJwt({ baseURL: "https://app.example.com", organization: "org" }));
 * ```
 */
export const betterAuthJwt = (options: BetterAuthJwtOptions): JwtOptions => {
  const {
    baseURL,
    basePath = "/api/auth",
    jwksPath = "/jwks",
    algorithm = "EdDSA",
    issuer,
    audience,
    ...preferences
  } = options;
  const origin = originOf("baseURL", baseURL);
  return {
    ...preferences,
    issuer: issuer ?? origin,
    audience: audience ?? origin,
    jwksUri: `${origin}${basePath}${jwksPath}`,
    algorithms: [algorithm],
    map: ({ sub }) => ({ userId: sub }),
  };
};

export interface BetterAuthTokensOptions extends Preferences {
  /** Better Auth's `baseURL`. */
  readonly baseURL: string;
  /** Better Auth's `basePath` (`/api/auth`). */
  readonly basePath?: string;
  /** The issuer's `issuer` (the origin of `baseURL`). */
  readonly issuer?: string;
  /** This API's name among those of the issuer's `audience`. */
  readonly audience: string;
}

/**
 * Tokens of `tokenIssuer()` of `hedgerow/better-auth`.
 *
 * Session: `sid`. Organization: `o.id`, team: `o.team`, roles: `o.roles`. Custom claims are below `claims`, and you say which
 * ones count. ES256; five minutes.
 *
 * ```ts
 * jwt(betterAuthTokens({ baseURL: "https://id.example.com", basePath: "/auth/v1", audience: "https://api.example.com" }));
 * ```
 */
export const betterAuthTokens = ({ audience, ...options }: BetterAuthTokensOptions): JwtOptions => {
  // Types are not there for everybody, and without an audience every token of the issuer would do.
  if (typeof audience !== "string" || audience === "") {
    throw new Error("betterAuthTokens: audience must be this API's name in the issuer's audience.");
  }
  return {
    ...betterAuthJwt({ ...options, audience, jwksPath: "/.well-known/jwks.json", algorithm: "ES256" }),
    map: (payload) => ({
      userId: payload.sub,
      sessionId: payload.sid,
      organizationId: at(payload, "o", "id"),
      teamId: at(payload, "o", "team"),
      roles: at(payload, "o", "roles"),
    }),
  };
};
