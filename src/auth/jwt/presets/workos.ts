/**
 * WorkOS AuthKit: access tokens.
 *
 * Source: workos.com/docs/reference/authkit/session-tokens.
 */
import { textOf } from "../identity.js";
import type { JwtOptions, Preferences } from "../options.js";
import { withoutTrailingSlash } from "./url.js";

export interface WorkosOptions extends Preferences {
  /** The key set is this client's own. */
  readonly clientId: string;
  /** Your custom authentication domain, where `iss` has one. */
  readonly issuer?: string;
}

/**
 * Access tokens of WorkOS AuthKit; those without a session, which are not a user's, are refused.
 *
 * Organization: `org_id`. Roles: `roles`, or `role`. `permissions` with `roles: "permissions"`. RS256; five minutes.
 *
 * ```ts
 * jwt(workos({ clientId: "client_…" }));
 * ```
 */
export const workos = ({ clientId, issuer, ...preferences }: WorkosOptions): JwtOptions => {
  const own = issuer === undefined ? undefined : withoutTrailingSlash(issuer);
  return {
    ...preferences,
    issuer:
      own === undefined
        ? ["https://api.workos.com", "https://api.workos.com/", `https://api.workos.com/user_management/${clientId}`]
        : [own, `${own}/`],
    audience: null,
    jwksUri: `https://api.workos.com/sso/jwks/${clientId}`,
    algorithms: ["RS256"],
    map: ({ sub, sid, org_id, role, roles = role, client_id = clientId }) =>
      client_id === clientId && textOf(sid) !== null
        ? { userId: sub, sessionId: sid, organizationId: org_id, roles }
        : null,
  };
};
