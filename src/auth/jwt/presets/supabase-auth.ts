/**
 * Supabase Auth: access tokens.
 *
 * Source: supabase.com/docs/guides/auth/jwt-fields and /docs/guides/auth/signing-keys.
 */
import type { JwtOptions, Preferences } from "../options.js";
import { type ClaimSource, namesOf } from "../payload.js";
import { originOf } from "./url.js";

export interface SupabaseAuthOptions extends Preferences {
  /** The project: `https://<ref>.supabase.co`. */
  readonly url: string;
  /** The legacy JWT secret, for a project that has not changed to signing keys. */
  readonly secret?: string;
}

/** Users write their `user_metadata` themselves: what is read from there is whatever they like to be. */
const refuseUserMetadata = (preferences: Preferences): void => {
  const { organization, team, roles, userRoles, claims } = preferences;
  const sources: ReadonlyArray<readonly [string, ClaimSource | undefined]> = [
    ...Object.entries({ organization, team, roles, userRoles }),
    ...Object.entries(claims ?? {}).map(([name, source]) => [`claims.${name}`, source] as const),
  ];
  for (const [name, source] of sources) {
    if (source === undefined || typeof source === "function" || namesOf(source)[0] !== "user_metadata") continue;
    throw new Error(`${name}: users write user_metadata themselves. Use app_metadata.`);
  }
};

/**
 * Access tokens of Supabase Auth; those of anonymous users are refused. The claim `role`, a Postgres role, is not looked at.
 *
 * Organization and roles: keys of `app_metadata` that you name; never of `user_metadata`. ES256 or RS256, or HS256 with the
 * legacy secret; an hour.
 *
 * ```ts
 * jwt(supabaseAuth({ url: "https://abc.supabase.co", organization: "app_metadata.org_id", roles: "app_metadata.org_roles" }));
 * ```
 */
export const supabaseAuth = ({ url, secret, ...preferences }: SupabaseAuthOptions): JwtOptions => {
  refuseUserMetadata(preferences);
  const issuer = `${originOf("url", url)}/auth/v1`;
  return {
    ...preferences,
    issuer,
    audience: "authenticated",
    ...(secret === undefined
      ? { jwksUri: `${issuer}/.well-known/jwks.json`, algorithms: ["ES256", "RS256"] }
      : { secret, algorithms: ["HS256"] }),
    map: ({ sub, session_id, is_anonymous = false }) =>
      is_anonymous === false ? { userId: sub, sessionId: session_id } : null,
  };
};
