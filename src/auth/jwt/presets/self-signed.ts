/**
 * Tokens that an application of yours signs itself, under names that need no mapping.
 */
import type { JwtOptions, Keys, Preferences } from "../options.js";

export type SelfSignedOptions = Keys &
  Preferences & {
    /** The name that you put into `iss`. */
    readonly issuer: string;
    /** The name of this API, which you put into `aud`. */
    readonly audience: string;
  };

/**
 * Tokens with `iss`, `aud`, `exp`, `sub`, and where there are: `sid`, `org_id`, `team_id`, `roles`.
 *
 * Sign with a private key and give its public half as `jwks` or `jwksUri`: then nothing that verifies can sign. With a
 * `secret`, whatever verifies can be anybody.
 *
 * ```ts
 * jwt(selfSigned({ issuer: "acme", audience: "acme-api", jwks: { keys: [publicKey] } }));
 * ```
 */
export const selfSigned = (options: SelfSignedOptions): JwtOptions => ({
  ...options,
  map: ({ sub, sid, org_id, team_id, roles }) => ({
    userId: sub,
    sessionId: sid,
    organizationId: org_id,
    teamId: team_id,
    roles,
  }),
});
