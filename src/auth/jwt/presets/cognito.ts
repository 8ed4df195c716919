/**
 * Amazon Cognito: tokens of a user pool.
 *
 * Source: Amazon Cognito Developer Guide, "Understanding the access token" and "Verifying JSON web tokens".
 */
import type { JwtOptions, Preferences } from "../options.js";

export interface CognitoOptions extends Preferences {
  /** For example `eu-central-1`. */
  readonly region: string;
  readonly userPoolId: string;
  /** Your app clients; a token of another client of the pool is refused. */
  readonly clientId: string | ReadonlyArray<string>;
  /** Which of the two tokens clients send (`access`). Custom attributes are in the ID token only. */
  readonly tokenUse?: "access" | "id";
}

/**
 * Tokens of a Cognito user pool; those of client credentials, which have no user, are refused.
 *
 * Cognito has no organizations: say where yours is, for example `organization: "custom:org_id"` in the ID token, and make
 * the attribute one that users cannot write. Roles: `cognito:groups`. RS256.
 *
 * ```ts
 * jwt(cognito({ region: "eu-central-1", userPoolId: "eu-central-1_a1b2c3", clientId: "4f…" }));
 * ```
 */
export const cognito = (options: CognitoOptions): JwtOptions => {
  const { region, userPoolId, clientId, tokenUse = "access", ...preferences } = options;
  const clients = typeof clientId === "string" ? [clientId] : clientId;
  const issuer = `https://cognito-idp.${region}.amazonaws.com/${userPoolId}`;
  return {
    ...preferences,
    issuer,
    // An access token has no audience; its client_id is checked below.
    audience: tokenUse === "id" ? clients : null,
    jwksUri: `${issuer}/.well-known/jwks.json`,
    algorithms: ["RS256"],
    map: (payload) => {
      if (payload.token_use !== tokenUse) return null;
      if (tokenUse === "access" && !clients.some((client) => client === payload.client_id)) return null;
      if (payload.sub === payload.client_id) return null;
      return { userId: payload.sub, sessionId: payload.origin_jti, roles: payload["cognito:groups"] };
    },
  };
};
