/** The tables that the Worker serves, with the rules that guard them. */
import { index, text, timestamp } from "drizzle-orm/pg-core";
import { id, organization, owner, table } from "hedgerow";

/** Members see their organization's documents and change their own; admins delete. */
export const documents = table(
  "documents",
  {
    id: id("doc"),
    organizationId: organization(),
    userId: owner(),
    title: text("title").notNull(),
    createdAt: timestamp("created_at", { withTimezone: true }).notNull().defaultNow(),
  },
  (t) => [index().on(t.organizationId, t.userId)],
)
  .firewall("organization")
  .access({
    read: { roles: ["member+"] },
    create: { roles: ["member+"], record: { userId: { equals: "ctx.userId" } } },
    update: { record: { userId: { equals: "ctx.userId" } } },
    delete: { roles: ["admin+"] },
  });
