/** PostGraphile 5 with `pgSettings`, which say in each transaction who is calling. */
import { Hono } from "hono";
import pg from "pg";
import { postgraphile } from "postgraphile";
import { makePgService } from "postgraphile/adaptors/pg";
import { grafserv } from "postgraphile/grafserv/hono/v4";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";
import { claimHeader, claimOf } from "../claim.ts";
import { poolOptions } from "../target.ts";

/** @type {import("../target.ts").Open} */
export const open = async ({ policies }) => {
  const pool = new pg.Pool({ connectionString: policies, ...poolOptions });
  const instance = postgraphile({
    extends: [PostGraphileAmberPreset],
    pgServices: [makePgService({ pool, schemas: ["public"] })],
    // Without it only the first column of an index can be sorted by.
    schema: { defaultBehavior: "+orderBy" },
    grafast: {
      context: ({ honov4 }) => {
        const { userId, organizationId, role } = claimOf(honov4?.ctx.req.header(claimHeader));
        const claims = JSON.stringify({ sub: userId, org: organizationId, org_role: role });
        return { pgSettings: { role: "app_user", "request.jwt.claims": claims } };
      },
    },
    grafserv: { graphiql: false, websockets: false, watch: false },
  });
  const app = new Hono();
  await instance.createServ(grafserv).addTo(app);
  return {
    fetch: app.fetch,
    close: async () => {
      await instance.release();
      await pool.end();
    },
  };
};
