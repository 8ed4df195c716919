/**
 * Sign in with Google: ID tokens.
 *
 * Source: developers.google.com/identity/openid-connect/openid-connect, "Validating an ID token".
 */
import type { JwtOptions, Preferences } from "../options.js";

export interface GoogleIdentityOptions extends Preferences {
  /** Your OAuth client; one key set signs for all of them. */
  readonly clientId: string | ReadonlyArray<string>;
}

/**
 * ID tokens of Google.
 *
 * Organization: `hd`, the Workspace domain; personal accounts have none. Roles: none in the token. RS256; an hour.
 *
 * ```ts
 * jwt(googleIdentity({ clientId: "1234.apps.googleusercontent.com" }));
 * ```
 */
export const googleIdentity = ({ clientId, ...preferences }: GoogleIdentityOptions): JwtOptions => ({
  ...preferences,
  issuer: ["https://accounts.google.com", "accounts.google.com"],
  audience: clientId,
  jwksUri: "https://www.googleapis.com/oauth2/v3/certs",
  algorithms: ["RS256"],
  map: ({ sub, hd }) => ({ userId: sub, organizationId: hd }),
});
