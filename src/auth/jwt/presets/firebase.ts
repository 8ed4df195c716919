/**
 * Firebase Authentication and Google Cloud Identity Platform: ID tokens.
 *
 * Source: firebase.google.com/docs/auth/admin/verify-id-tokens, "Verify ID tokens using a third-party JWT library".
 */
import type { JwtOptions, Preferences } from "../options.js";
import { at } from "../payload.js";

export interface FirebaseOptions extends Preferences {
  /** One key set signs for all projects: this is what tells yours from everybody's. */
  readonly projectId: string;
}

/**
 * ID tokens of Firebase; those of anonymous users are refused.
 *
 * Organization: `firebase.tenant` (Identity Platform), or a custom claim of yours: `organization: "orgId"`. Roles: a custom
 * claim of yours. RS256; an hour.
 *
 * ```ts
 * jwt(firebase({ projectId: "acme-prod", organization: "orgId", roles: "orgRoles" }));
 * ```
 */
export const firebase = ({ projectId, ...preferences }: FirebaseOptions): JwtOptions => ({
  ...preferences,
  issuer: `https://securetoken.google.com/${projectId}`,
  audience: projectId,
  jwksUri: "https://www.googleapis.com/service_accounts/v1/jwk/securetoken@system.gserviceaccount.com",
  algorithms: ["RS256"],
  map: (payload) => {
    if (typeof payload.auth_time !== "number" || payload.auth_time > Date.now() / 1000 + 60) return null;
    if (at(payload, "firebase", "sign_in_provider") === "anonymous") return null;
    return { userId: payload.sub, organizationId: at(payload, "firebase", "tenant") };
  },
});
