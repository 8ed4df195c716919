/**
 * Whom a token speaks for.
 *
 * Invariant: claims come out of here only after a key of the configured set, named by the token, has verified them, with
 * RS256 or ES256 and nothing else, at a time when the token was valid, for the configured audience and an allowed role. A token
 * that never ends is refused, though Neon's proxy takes it: an issuer that makes such tokens should be found out here.
 */
import * as jose from "jose";

export interface JwtOptions {
  /** Where the keys are. */
  readonly jwks: string;
  /** What `aud` must name; anything unless given. */
  readonly audience?: string;
  /** The roles that a token may be used with, and their passwords. */
  readonly roles: Readonly<Record<string, string>>;
}

/** In Neon's words. */
export class TokenRefused extends Error {}

export interface Verified {
  readonly password: string;
  /** The payload as JSON. */
  readonly claims: string;
}

const algorithms = ["RS256", "ES256"];
const leewaySeconds = 30;
const encoding = "Provided authentication token is not a valid JWT encoding";

/** @returns what verifies a token for a role, and rejects with TokenRefused. */
export const verifier = ({
  jwks,
  audience,
  roles,
}: JwtOptions): ((token: string, role: string) => Promise<Verified>) => {
  const keys = jose.createRemoteJWKSet(new URL(jwks));
  return async (token, role) => {
    const { kid, alg } = headerOf(token);
    if (typeof kid !== "string") throw new TokenRefused("missing key id");
    const password = Object.hasOwn(roles, role) ? roles[role] : undefined;
    if (password === undefined) throw new TokenRefused("jwk not found");
    if (alg === undefined || !algorithms.includes(alg)) throw new TokenRefused("signature algorithm not supported");
    try {
      const { payload } = await jose.jwtVerify(token, keys, {
        algorithms,
        requiredClaims: ["exp"],
        clockTolerance: leewaySeconds,
        ...(audience !== undefined && { audience }),
      });
      for (const claim of ["jti", "sid", "iss", "sub"]) {
        if (payload[claim] !== undefined && typeof payload[claim] !== "string") throw new TokenRefused(encoding);
      }
      return { password, claims: JSON.stringify(payload) };
    } catch (cause) {
      throw refusalOf(cause, token);
    }
  };
};

const headerOf = (token: string): jose.ProtectedHeaderParameters => {
  try {
    jose.decodeJwt(token);
    return jose.decodeProtectedHeader(token);
  } catch {
    throw new TokenRefused(encoding);
  }
};

const refusalOf = (cause: unknown, token: string): unknown => {
  const { exp, nbf } = jose.decodeJwt(token);
  if (cause instanceof jose.errors.JWTExpired) return new TokenRefused(`JWT token has expired (exp=${exp})`);
  if (cause instanceof jose.errors.JWTClaimValidationFailed) {
    if (cause.claim === "exp" && exp === undefined) return new TokenRefused("JWT token never expires (exp is missing)");
    if (cause.claim === "aud") return new TokenRefused("invalid JWT token audience");
    if (cause.claim === "nbf" && typeof nbf === "number") {
      return new TokenRefused(`JWT token is not yet ready to use (nbf=${nbf})`);
    }
    return new TokenRefused(encoding);
  }
  if (cause instanceof jose.errors.JWKSNoMatchingKey || cause instanceof jose.errors.JWKSMultipleMatchingKeys) {
    return new TokenRefused("jwk not found");
  }
  if (cause instanceof jose.errors.JWSSignatureVerificationFailed) {
    return new TokenRefused("signature error: signature verification failed");
  }
  if (cause instanceof jose.errors.JOSENotSupported || cause instanceof jose.errors.JOSEAlgNotAllowed) {
    return new TokenRefused("signature algorithm not supported");
  }
  if (cause instanceof jose.errors.JWTInvalid || cause instanceof jose.errors.JWSInvalid)
    return new TokenRefused(encoding);
  return cause;
};
