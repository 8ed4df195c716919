/** Hono and Drizzle on pg, with tables and routes of the same shape: nothing is checked. */
import { and, eq, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/node-postgres";
import { index, pgTable, text, timestamp } from "drizzle-orm/pg-core";
import { Hono } from "hono";
import pg from "pg";
import { ask, given } from "./answered.js";
import { organizationId } from "./caller.js";

const { url, tables } = given();
const database = drizzle(new pg.Pool({ connectionString: url }));
const app = new Hono();
for (let number = 0; number < tables; number += 1) {
  const table = pgTable(
    `table_${String(number).padStart(4, "0")}`,
    {
      id: text("id").primaryKey().default(sql`gen_random_uuid()::text`),
      organizationId: text("organization_id").notNull(),
      userId: text("user_id").notNull(),
      title: text("title").notNull(),
      createdAt: timestamp("created_at", { withTimezone: true }).notNull().defaultNow(),
    },
    (t) => [index().on(t.organizationId, t.userId)],
  );
  const path = `/table${number}`;
  const own = eq(table.organizationId, organizationId);
  const byId = (id: string) => and(own, eq(table.id, id));
  app.get(path, async (context) =>
    context.json({ data: await database.select().from(table).where(own).orderBy(table.id).limit(51) }),
  );
  app.get(`${path}/:id`, async (context) =>
    context.json(
      await database
        .select()
        .from(table)
        .where(byId(context.req.param("id"))),
    ),
  );
  app.post(path, async (context) => {
    const { title } = await context.req.json();
    return context.json(await database.insert(table).values({ organizationId, userId: "user_ada", title }).returning());
  });
  app.patch(`${path}/:id`, async (context) => {
    const { title } = await context.req.json();
    return context.json(
      await database
        .update(table)
        .set({ title })
        .where(byId(context.req.param("id")))
        .returning(),
    );
  });
  app.delete(`${path}/:id`, async (context) => {
    await database.delete(table).where(byId(context.req.param("id")));
    return context.body(null, 204);
  });
}
await ask(app);
