/** Tables as a product has them, in any number: scoped, owned, with rules of several kinds. */
import { index, text, timestamp } from "drizzle-orm/pg-core";
import { id, organization, owner, table } from "hedgerow";

const make = (number: number) =>
  table(
    `table_${String(number).padStart(4, "0")}`,
    {
      id: id("row"),
      organizationId: organization(),
      userId: owner(),
      title: text("title").notNull(),
      createdAt: timestamp("created_at", { withTimezone: true }).notNull().defaultNow(),
    },
    (t) => [index().on(t.organizationId, t.userId)],
  )
    .firewall("organization")
    .access({
      read: { or: [{ roles: ["admin+"] }, { record: { userId: { equals: "ctx.userId" } } }] },
      create: { roles: ["member+"] },
      update: { roles: ["admin+"] },
      delete: { roles: ["owner"] },
    });

export const schemaOf = (size: number): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Array.from({ length: size }, (_, number) => [`table${number}`, make(number)]));
