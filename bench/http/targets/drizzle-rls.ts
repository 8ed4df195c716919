/** Hono and Drizzle by hand under row-level security: a transaction that says who is calling and then asks. */
import { desc, eq, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/node-postgres";
import { Hono } from "hono";
import pg from "pg";
import { type Claim, claimHeader, claimOf } from "../claim.js";
import { documents } from "../plain.js";
import { type Open, poolOptions } from "../target.js";

export const open: Open = ({ policies }) => {
  const pool = new pg.Pool({ connectionString: policies, ...poolOptions });
  const db = drizzle(pool);
  type Transaction = Parameters<Parameters<typeof db.transaction>[0]>[0];
  const acting = <A>({ userId, organizationId, role }: Claim, work: (tx: Transaction) => Promise<A>): Promise<A> =>
    db.transaction(async (tx) => {
      const claims = JSON.stringify({ sub: userId, org: organizationId, org_role: role });
      await tx.execute(
        sql`select set_config('request.jwt.claims', ${claims}, true), set_config('role', 'app_user', true)`,
      );
      return work(tx);
    });
  const app = new Hono()
    .get("/documents/:id", async (c) => {
      const [row] = await acting(claimOf(c.req.header(claimHeader)), (tx) =>
        tx
          .select()
          .from(documents)
          .where(eq(documents.id, c.req.param("id"))),
      );
      return row ? c.json(row) : c.json({ error: "not found" }, 404);
    })
    .get("/documents", async (c) => {
      const data = await acting(claimOf(c.req.header(claimHeader)), (tx) =>
        tx
          .select()
          .from(documents)
          .orderBy(desc(documents.createdAt))
          .limit(Number(c.req.query("limit"))),
      );
      return c.json({ data });
    });
  return { fetch: app.fetch, close: () => pool.end() };
};
