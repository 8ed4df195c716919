/** Hedgerow's router where a verified claim names the caller. */
import { type Authenticator, anonymousCredential, createRouter } from "hedgerow/hono";
import { nodePostgres } from "hedgerow/node-postgres";
import pg from "pg";
import { claimHeader, claimOf } from "../claim.js";
import { documents } from "../guarded.js";
import { type Open, poolOptions } from "../target.js";

const authenticator: Authenticator = {
  identify: async ({ headers }) => {
    const claim = headers.get(claimHeader);
    if (claim === null) return anonymousCredential;
    const { userId, organizationId, role } = claimOf(claim);
    return {
      _tag: "Claims",
      caller: {
        userId,
        sessionId: null,
        activeOrgId: organizationId,
        activeTeamId: null,
        roles: [role],
        userRoles: [],
        claims: {},
      },
      via: "header",
    };
  },
};

export const open: Open = ({ claims }) => {
  const pool = new pg.Pool({ connectionString: claims, ...poolOptions });
  const app = createRouter({ schema: { documents }, auth: authenticator, database: nodePostgres(pool) });
  return { fetch: (request) => app.fetch(request), close: () => pool.end() };
};
