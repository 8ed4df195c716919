/**
 * Descope: session tokens.
 *
 * Source: docs.descope.com/session-management, and the validation of descope/node-sdk.
 */
import type { JwtOptions, Preferences } from "../options.js";
import { at, isPlainObject } from "../payload.js";
import { withoutTrailingSlash } from "./url.js";

export interface DescopeOptions extends Preferences {
  readonly projectId: string;
  /** Your custom domain (`https://api.descope.com`). */
  readonly baseUrl?: string;
}

/**
 * Session tokens of Descope (`drn` is `DS`); refresh tokens, which have the same keys and live for weeks, are refused.
 *
 * Organization: `dct`, the tenant that the user works in, or the only one in `tenants`. Roles: `tenants[tenant].roles`. RS256.
 *
 * ```ts
 * jwt(descope({ projectId: "P2…" }));
 * ```
 */
export const descope = ({ projectId, baseUrl, ...preferences }: DescopeOptions): JwtOptions => {
  const base = withoutTrailingSlash(baseUrl ?? "https://api.descope.com");
  return {
    ...preferences,
    issuer: [projectId, `${base}/${projectId}`, `${base}/v1/apps/${projectId}`],
    audience: null,
    jwksUri: `${base}/${projectId}/.well-known/jwks.json`,
    algorithms: ["RS256"],
    map: (payload) => {
      if (payload.drn !== "DS") return null;
      const { tenants, dct } = payload;
      const names = isPlainObject(tenants) ? Object.keys(tenants) : [];
      const tenant = dct === undefined && names.length === 1 ? names[0] : dct;
      if (typeof tenant !== "string") return { userId: payload.sub };
      // A project whose tokens leave out the list of tenants has the current one's roles at the top.
      if (names.length === 0) return { userId: payload.sub, organizationId: tenant, roles: payload.roles };
      if (!names.includes(tenant)) return { userId: payload.sub };
      return { userId: payload.sub, organizationId: tenant, roles: at(tenants, tenant, "roles") };
    },
  };
};
