/** MikroORM 7 with its session context, which says in each transaction who is calling. */
import { defineEntity, MikroORM, p } from "@mikro-orm/postgresql";
import { Hono } from "hono";
import { claimHeader, claimOf } from "../claim.ts";
import { poolOptions } from "../target.ts";

const Document = defineEntity({
  name: "Document",
  tableName: "documents",
  properties: {
    id: p.text().primary(),
    organizationId: p.text(),
    userId: p.text(),
    title: p.text(),
    status: p.text(),
    body: p.text(),
    pages: p.integer(),
    createdAt: p.datetime(),
  },
});

/** @type {import("../target.ts").Open} */
export const open = async ({ policies }) => {
  const orm = await MikroORM.init({ clientUrl: policies, entities: [Document], pool: { min: 0, ...poolOptions } });
  const acting = (header) => {
    const { userId, organizationId, role } = claimOf(header);
    const claims = JSON.stringify({ sub: userId, org: organizationId, org_role: role });
    return orm.em.fork({ session: { role: "app_user", variables: { "request.jwt.claims": claims } } });
  };
  const app = new Hono()
    .get("/documents/:id", async (c) => {
      const row = await acting(c.req.header(claimHeader)).findOne(Document, { id: c.req.param("id") });
      return row ? c.json(row) : c.json({ error: "not found" }, 404);
    })
    .get("/documents", async (c) => {
      const data = await acting(c.req.header(claimHeader)).find(
        Document,
        {},
        { orderBy: { createdAt: "desc" }, limit: Number(c.req.query("limit")) },
      );
      return c.json({ data });
    });
  return { fetch: app.fetch, close: () => orm.close() };
};
