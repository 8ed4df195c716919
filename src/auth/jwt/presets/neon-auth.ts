/**
 * Neon Auth: the JWTs of Neon's managed Better Auth.
 *
 * Source: neon.com/docs/auth/guides/plugins/jwt.
 */
import type { JwtOptions, Preferences } from "../options.js";
import { at } from "../payload.js";
import { originOf, withoutTrailingSlash } from "./url.js";

export interface NeonAuthOptions extends Preferences {
  /** The branch's Auth URL, with its path. */
  readonly url: string;
}

/**
 * JWTs of Neon Auth. The claim `role` is always `authenticated`, and not looked at.
 *
 * Organization: `o.id`. Role: `o.role`. EdDSA; fifteen minutes.
 *
 * ```ts
 * jwt(neonAuth({ url: "https://ep-….neonauth.eu-central-1.aws.neon.tech/neondb/auth" }));
 * ```
 */
export const neonAuth = ({ url, ...preferences }: NeonAuthOptions): JwtOptions => {
  const origin = originOf("url", url);
  return {
    ...preferences,
    issuer: origin,
    audience: origin,
    jwksUri: `${withoutTrailingSlash(url)}/.well-known/jwks.json`,
    algorithms: ["EdDSA"],
    map: (payload) => ({
      userId: payload.sub,
      organizationId: at(payload, "o", "id"),
      roles: at(payload, "o", "role"),
    }),
  };
};
