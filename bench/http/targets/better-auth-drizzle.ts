/** Hono, Better Auth and Drizzle by hand, as their guides show it: the session, the membership, then the rows. */
import { and, desc, eq, type SQL } from "drizzle-orm";
import { drizzle } from "drizzle-orm/node-postgres";
import { Hono } from "hono";
import { createMiddleware } from "hono/factory";
import pg from "pg";
import { createAuth } from "../auth.js";
import { documents, member } from "../plain.js";
import { type Open, poolOptions } from "../target.js";

export const open: Open = ({ plain }) => {
  const pool = new pg.Pool({ connectionString: plain, ...poolOptions });
  const db = drizzle(pool);
  const auth = createAuth(db);
  const readable = createMiddleware<{ Variables: { readable: SQL | undefined } }>(async (c, next) => {
    const found = await auth.api.getSession({ headers: c.req.raw.headers });
    const organizationId = found?.session.activeOrganizationId;
    if (!found || !organizationId) return c.json({ error: "sign in" }, 401);
    const [membership] = await db
      .select()
      .from(member)
      .where(and(eq(member.userId, found.user.id), eq(member.organizationId, organizationId)))
      .limit(1);
    if (!membership) return c.json({ error: "no member" }, 403);
    const inOrganization = eq(documents.organizationId, organizationId);
    const seesAll = membership.role === "admin" || membership.role === "owner";
    c.set("readable", seesAll ? inOrganization : and(inOrganization, eq(documents.userId, found.user.id)));
    return next();
  });
  const app = new Hono()
    .get("/documents/:id", readable, async (c) => {
      const [row] = await db
        .select()
        .from(documents)
        .where(and(eq(documents.id, c.req.param("id")), c.var.readable));
      return row ? c.json(row) : c.json({ error: "not found" }, 404);
    })
    .get("/documents", readable, async (c) => {
      const data = await db
        .select()
        .from(documents)
        .where(c.var.readable)
        .orderBy(desc(documents.createdAt))
        .limit(Number(c.req.query("limit")));
      return c.json({ data });
    });
  return { fetch: app.fetch, close: () => pool.end() };
};
