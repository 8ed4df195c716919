/**
 * Stack Auth: access tokens.
 *
 * Source: docs.stack-auth.com, "JWT Tokens", and the signing of hexclave/hexclave (formerly stack-auth).
 */
import type { JwtOptions, Preferences } from "../options.js";
import { withoutTrailingSlash } from "./url.js";

export interface StackAuthOptions extends Preferences {
  readonly projectId: string;
  /** Where the API is (`https://api.stack-auth.com`). */
  readonly baseUrl?: string;
}

/**
 * Access tokens of Stack Auth; those of anonymous and of restricted users (who have not finished signing up) are refused.
 *
 * Organization: `selected_team_id`, which a client may have chosen some time ago: until the token ends, it is not asked
 * whether the user still is in the team. Roles: none in the token. ES256; ten minutes.
 *
 * ```ts
 * jwt(stackAuth({ projectId: "…" }));
 * ```
 */
export const stackAuth = ({ projectId, baseUrl, ...preferences }: StackAuthOptions): JwtOptions => {
  const issuer = `${withoutTrailingSlash(baseUrl ?? "https://api.stack-auth.com")}/api/v1/projects/${projectId}`;
  return {
    ...preferences,
    issuer,
    audience: projectId,
    jwksUri: `${issuer}/.well-known/jwks.json`,
    algorithms: ["ES256"],
    map: ({
      sub,
      refresh_token_id,
      selected_team_id,
      is_anonymous = false,
      is_restricted = false,
      branch_id = "main",
    }) =>
      is_anonymous === false && is_restricted === false && branch_id === "main"
        ? { userId: sub, sessionId: refresh_token_id, organizationId: selected_team_id }
        : null,
  };
};
