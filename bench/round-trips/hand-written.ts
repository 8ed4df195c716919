/**
 * The same requests as a careful person writes them with Better Auth, Drizzle and Hono.
 *
 * Invariant: as safe as such code is: who calls is asked of Better Auth, the role of the membership, and no statement runs
 * without the organization. `where` says it in each statement; `policy` says it to row-level security, by a setting of the
 * transaction.
 */
import { and, eq, type SQL, sql } from "drizzle-orm";
import { type PgDatabase, type PgQueryResultHKT, pgSchema, pgTable, text, timestamp } from "drizzle-orm/pg-core";
import { Hono } from "hono";
import type { Auth } from "../../examples/app/auth.js";

export type HandWrittenStyle = "where" | "policy";

const documentsOf = (style: HandWrittenStyle) =>
  pgSchema(`hand_${style}`).table("documents", {
    id: text("id").primaryKey().default(sql`'doc_' || replace(gen_random_uuid()::text, '-', '')`),
    organizationId: text("organization_id").notNull(),
    userId: text("user_id").notNull(),
    title: text("title").notNull(),
    createdAt: timestamp("created_at", { withTimezone: true }).notNull().defaultNow(),
  });

/** As Better Auth makes it; the columns that a handler asks for. */
const member = pgTable("member", {
  organizationId: text("organization_id").notNull(),
  userId: text("user_id").notNull(),
  role: text("role").notNull(),
});

const tablesOf = (style: HandWrittenStyle): ReadonlyArray<string> => [
  `create schema hand_${style}`,
  `create table hand_${style}.documents (
    id text primary key default 'doc_' || replace(gen_random_uuid()::text, '-', ''),
    organization_id text not null, user_id text not null, title text not null,
    created_at timestamptz not null default now())`,
  `create index on hand_${style}.documents (organization_id, id)`,
  `grant usage on schema hand_${style} to hedgerow_auth`,
  `grant select, insert on hand_${style}.documents to hedgerow_auth`,
];

/** Run by the owner of the database. */
export const handWrittenTables: ReadonlyArray<string> = [
  ...tablesOf("where"),
  ...tablesOf("policy"),
  "alter table hand_policy.documents enable row level security",
  `create policy organization on hand_policy.documents
    using (organization_id = (select current_setting('app.organization_id', true)))`,
];

type Database = PgDatabase<PgQueryResultHKT>;

/** @param database what both Better Auth and the handlers query. */
export const handWritten = (auth: Auth, database: Database, style: HandWrittenStyle): Hono => {
  const documents = documentsOf(style);

  /** Who is asking, for which organization; undefined where they are not one of its members. */
  const callerOf = async (headers: Headers) => {
    const found = await auth.api.getSession({ headers });
    const organizationId = found?.session.activeOrganizationId;
    if (!found || !organizationId) return undefined;
    const [membership] = await database
      .select({ role: member.role })
      .from(member)
      .where(and(eq(member.organizationId, organizationId), eq(member.userId, found.user.id)))
      .limit(1);
    return membership && { userId: found.user.id, organizationId };
  };

  const run = <A>(organizationId: string, use: (db: Database, only: SQL | undefined) => Promise<A>): Promise<A> =>
    style === "where"
      ? use(database, eq(documents.organizationId, organizationId))
      : database.transaction(async (tx) => {
          await tx.execute(sql`select set_config('app.organization_id', ${organizationId}, true)`);
          return use(tx, undefined);
        });

  return new Hono()
    .get("/documents", async (context) => {
      const caller = await callerOf(context.req.raw.headers);
      if (!caller) return context.json({ error: "forbidden" }, 403);
      const rows = await run(caller.organizationId, (db, only) =>
        db.select().from(documents).where(only).orderBy(documents.id).limit(50),
      );
      return context.json({ data: rows });
    })
    .get("/documents/:id", async (context) => {
      const caller = await callerOf(context.req.raw.headers);
      if (!caller) return context.json({ error: "forbidden" }, 403);
      const [row] = await run(caller.organizationId, (db, only) =>
        db
          .select()
          .from(documents)
          .where(and(only, eq(documents.id, context.req.param("id")))),
      );
      return row ? context.json(row) : context.json({ error: "not found" }, 404);
    })
    .post("/documents", async (context) => {
      const caller = await callerOf(context.req.raw.headers);
      if (!caller) return context.json({ error: "forbidden" }, 403);
      const { title }: { title: string } = await context.req.json();
      const { organizationId, userId } = caller;
      const [row] = await run(organizationId, (db) =>
        db.insert(documents).values({ title, organizationId, userId }).returning(),
      );
      return context.json(row, 201);
    });
};
