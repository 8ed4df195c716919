/** Hono and node-postgres by hand, without any protection: the tenant is a condition like any other. */
import { Hono } from "hono";
import pg from "pg";
import { claimHeader, claimOf } from "../claim.js";
import { type Open, poolOptions } from "../target.js";

const columns = `id, organization_id as "organizationId", user_id as "userId", title, status, body, pages, created_at as "createdAt"`;

export const open: Open = ({ plain }) => {
  const pool = new pg.Pool({ connectionString: plain, ...poolOptions });
  const app = new Hono()
    .get("/documents/:id", async (c) => {
      const { organizationId } = claimOf(c.req.header(claimHeader));
      const { rows } = await pool.query({
        name: "get",
        text: `select ${columns} from documents where id = $1 and organization_id = $2`,
        values: [c.req.param("id"), organizationId],
      });
      return rows[0] ? c.json(rows[0]) : c.json({ error: "not found" }, 404);
    })
    .get("/documents", async (c) => {
      const { organizationId } = claimOf(c.req.header(claimHeader));
      const { rows } = await pool.query({
        name: "list",
        text: `select ${columns} from documents where organization_id = $1 order by created_at desc limit $2`,
        values: [organizationId, Number(c.req.query("limit"))],
      });
      return c.json({ data: rows });
    });
  return { fetch: app.fetch, close: () => pool.end() };
};
