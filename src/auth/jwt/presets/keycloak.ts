/**
 * Keycloak: access tokens of a realm.
 *
 * Source: the Server Administration Guide of Keycloak 26, "Managing organizations" and "Mapping organization claims".
 */
import type { JwtOptions, Preferences } from "../options.js";
import { at, isPlainObject, type Payload } from "../payload.js";
import { withoutTrailingSlash } from "./url.js";

export interface KeycloakOptions extends Preferences {
  /** The realm: `https://id.example.com/realms/acme`, as `iss` has it. */
  readonly issuer: string;
  /** What an audience mapper of Keycloak puts into `aud`. A token of another client of the realm has another. */
  readonly audience: string | ReadonlyArray<string>;
  /**
   * What identifies an organization in your tables: its alias, or its id (for which the mapper must add the id); null where
   * the realm has no organizations.
   *
   * There is an active organization when the token names exactly one, as it does for the scope `organization:<alias>`. A
   * token that names several is active in none of them.
   */
  readonly organizationBy: "alias" | "id" | null;
  /** Whose roles count: the realm's, which are the same in every organization, or those of a client (`realm`). */
  readonly rolesOf?: "realm" | { readonly client: string };
}

/** `["acme"]`, or `{ "acme": { "id": "…" } }` when the mapper adds attributes. */
const organizationOf = (payload: Payload, by: KeycloakOptions["organizationBy"]): unknown => {
  const claim = payload.organization;
  const aliases: ReadonlyArray<unknown> = Array.isArray(claim) ? claim : isPlainObject(claim) ? Object.keys(claim) : [];
  const [alias] = aliases;
  if (by === null || aliases.length !== 1 || typeof alias !== "string") return null;
  return by === "alias" ? alias : at(claim, alias, "id");
};

/**
 * Access tokens of Keycloak; its ID tokens, which have the same signature, are refused.
 *
 * Organization: the only one in `organization`. Roles: `realm_access.roles`, or `resource_access[client].roles`. RS256.
 *
 * ```ts
 * jwt(keycloak({ issuer: "https://id.example.com/realms/acme", audience: "api", organizationBy: "id" }));
 * ```
 */
export const keycloak = (options: KeycloakOptions): JwtOptions => {
  const { issuer, audience, organizationBy, rolesOf = "realm", ...preferences } = options;
  const roles = rolesOf === "realm" ? ["realm_access", "roles"] : ["resource_access", rolesOf.client, "roles"];
  return {
    ...preferences,
    issuer: withoutTrailingSlash(issuer),
    audience,
    jwksUri: `${withoutTrailingSlash(issuer)}/protocol/openid-connect/certs`,
    algorithms: ["RS256"],
    map: (payload) =>
      payload.typ === "Bearer"
        ? {
            userId: payload.sub,
            sessionId: payload.sid,
            organizationId: organizationOf(payload, organizationBy),
            roles: at(payload, ...roles),
          }
        : null,
  };
};
