/** ZenStack 3: its policies, its client and its own handler for Hono. */
import { ZenStackClient } from "@zenstackhq/orm";
import { PostgresDialect } from "@zenstackhq/orm/dialects/postgres";
import { PolicyPlugin } from "@zenstackhq/plugin-policy";
import { RPCApiHandler } from "@zenstackhq/server/api";
import { createHonoHandler } from "@zenstackhq/server/hono";
import { Hono } from "hono";
import pg from "pg";
import { claimHeader, claimOf } from "../claim.ts";
import { poolOptions } from "../target.ts";
import { schema } from "./.generated/zenstack/schema.ts";

/** @type {import("../target.ts").Open} */
export const open = ({ plain }) => {
  const pool = new pg.Pool({ connectionString: plain, ...poolOptions });
  const client = new ZenStackClient(schema, { dialect: new PostgresDialect({ pool }) }).$use(new PolicyPlugin());
  const app = new Hono().use(
    "/model/*",
    createHonoHandler({
      apiHandler: new RPCApiHandler({ schema }),
      getClient: (c) => client.$setAuth(claimOf(c.req.header(claimHeader))),
    }),
  );
  return { fetch: app.fetch, close: () => pool.end() };
};
