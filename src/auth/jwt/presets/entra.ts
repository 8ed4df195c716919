/**
 * Microsoft Entra ID: access tokens for an API of yours.
 *
 * Source: learn.microsoft.com/entra/identity-platform/access-token-claims-reference and /access-tokens, "Validate the issuer"
 * and "Validate the signing key issuer".
 */
import { textOf } from "../identity.js";
import type { JwtOptions, Preferences } from "../options.js";
import type { Payload } from "../payload.js";

export interface EntraOptions extends Preferences {
  /** Your directory; several; or any organization's (`any`). Personal Microsoft accounts belong to no organization. */
  readonly tenantId: string | ReadonlyArray<string>;
  /** The API's Application (client) ID, or its Application ID URI where it is set to version 1 tokens. */
  readonly audience: string | ReadonlyArray<string>;
  /** A delegated permission that `scp` must contain. Without it: any. */
  readonly scope?: string;
  /** The version that the API's manifest asks for in `requestedAccessTokenVersion` (2). */
  readonly version?: 1 | 2;
}

/** The directory that all personal accounts share. */
const personalAccounts = "9188040d-6c67-4c5b-b112-36a304b66dad";

const guid = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/;

const issuerOf = (tenant: string, version: 1 | 2): string =>
  version === 2 ? `https://login.microsoftonline.com/${tenant}/v2.0` : `https://sts.windows.net/${tenant}/`;

/**
 * Access tokens of Microsoft Entra ID on behalf of a user: `scp` must be there, so that ID tokens and tokens of applications
 * are refused.
 *
 * User: `tid:oid`, the same in all of your applications, which `sub` is not. Organization: `tid`. Roles: `roles` (app roles).
 * RS256.
 *
 * ```ts
 * jwt(entra({ tenantId: "aaaabbbb-…", audience: "00001111-…", scope: "api.access" }));
 * ```
 */
export const entra = ({ tenantId, audience, scope, version = 2, ...preferences }: EntraOptions): JwtOptions => {
  const any = tenantId === "any";
  const tenants = (typeof tenantId === "string" ? [tenantId] : [...tenantId]).map((tenant) => tenant.toLowerCase());
  if (!any && (tenants.length === 0 || !tenants.every((tenant) => guid.test(tenant)))) {
    throw new Error('tenantId must be the GUID of a directory, a list of them, or "any".');
  }
  const directory = !any && tenants.length === 1 ? tenants[0] : "organizations";

  /** The directory of a token, when it may send any. */
  const tenantOf = ({ tid }: Payload): string | null => {
    if (typeof tid !== "string" || !guid.test(tid) || tid === personalAccounts) return null;
    return any || tenants.includes(tid) ? tid : null;
  };

  return {
    ...preferences,
    issuer: (payload) => {
      const tenant = tenantOf(payload);
      return tenant === null ? null : issuerOf(tenant, version);
    },
    audience,
    jwksUri: `https://login.microsoftonline.com/${directory}/discovery/v2.0/keys`,
    algorithms: ["RS256"],
    // A key says for which directory it signs, or has a template for all of them.
    acceptKey: ({ issuer }, payload) =>
      issuer === undefined ||
      (typeof issuer === "string" &&
        [1 as const, 2 as const].some(
          (known) => issuer.replace("{tenantid}", String(payload.tid)) === issuerOf(String(payload.tid), known),
        )),
    map: (payload) => {
      const scopes = typeof payload.scp === "string" ? payload.scp.split(" ").filter((name) => name !== "") : [];
      if (payload.idtyp === "app" || scopes.length === 0) return null;
      if (scope !== undefined && !scopes.includes(scope)) return null;
      const tenant = tenantOf(payload);
      const object = textOf(payload.oid);
      if (tenant === null || object === null) return null;
      const user = { userId: `${tenant}:${object}`, sessionId: payload.sid };
      return { ...user, organizationId: tenant, roles: payload.roles };
    },
  };
};
