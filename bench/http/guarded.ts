/** The table as Hedgerow guards it: a rule with roles and an owner, for reading and for writing. */
import { index, integer, text, timestamp } from "drizzle-orm/pg-core";
import { id, organization, owner, table } from "hedgerow";

export const documents = table(
  "documents",
  {
    id: id("doc"),
    organizationId: organization(),
    userId: owner(),
    title: text("title").notNull(),
    status: text("status").notNull(),
    body: text("body").notNull(),
    pages: integer("pages").notNull(),
    createdAt: timestamp("created_at", { withTimezone: true }).notNull().defaultNow(),
  },
  (t) => [index("documents_newest").on(t.organizationId, t.createdAt)],
)
  .firewall("organization")
  .access({
    read: { or: [{ roles: ["admin+"] }, { record: { userId: { equals: "ctx.userId" } } }] },
    create: { roles: ["member+"], record: { userId: { equals: "ctx.userId" } } },
    update: { or: [{ roles: ["admin+"] }, { record: { userId: { equals: "ctx.userId" } } }] },
    delete: { roles: ["admin+"] },
  });
