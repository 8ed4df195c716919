/** Tables without any rule, as Drizzle's users write them. */
import { index, integer, pgTable, text, timestamp } from "drizzle-orm/pg-core";

export const documents = pgTable(
  "documents",
  {
    id: text("id").primaryKey(),
    organizationId: text("organization_id").notNull(),
    userId: text("user_id").notNull(),
    title: text("title").notNull(),
    status: text("status").notNull(),
    body: text("body").notNull(),
    pages: integer("pages").notNull(),
    createdAt: timestamp("created_at", { withTimezone: true }).notNull().defaultNow(),
  },
  (t) => [index("documents_newest").on(t.organizationId, t.createdAt)],
);

/** As Better Auth's own generator writes it. */
export const member = pgTable("member", {
  id: text("id").primaryKey(),
  organizationId: text("organization_id").notNull(),
  userId: text("user_id").notNull(),
  role: text("role").notNull(),
  createdAt: timestamp("created_at").notNull(),
});
