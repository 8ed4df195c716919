/** Who asks in these programs: as a verified token would name them. */
import type { Authenticator } from "hedgerow/hono";

export const organizationId = "org_acme";

export const authenticator: Authenticator = {
  identify: async () => ({
    _tag: "Claims",
    via: "header",
    caller: {
      userId: "user_ada",
      sessionId: null,
      activeOrgId: organizationId,
      activeTeamId: null,
      roles: ["admin"],
      userRoles: [],
      claims: {},
    },
  }),
};
