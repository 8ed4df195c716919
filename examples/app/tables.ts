/**
 * Every table, once, with the rules that guard it.
 *
 * Invariant: this file is the whole authorization of the example; nothing else decides who sees what.
 */
import { index, integer, text, timestamp } from "drizzle-orm/pg-core";
import { id, organization, owner, table } from "hedgerow";

// #region organization
/** Belongs to an organization: its members see their own documents, its admins see all of them. */
export const documents = table(
  "documents",
  {
    id: id("doc"),
    organizationId: organization(),
    userId: owner(),
    projectId: text("project_id").references(() => projects.id, { onDelete: "cascade" }),
    title: text("title").notNull(),
    createdAt: timestamp("created_at", { withTimezone: true }).notNull().defaultNow(),
  },
  (t) => [index().on(t.organizationId, t.userId)],
)
  .firewall({ field: "organizationId", equals: "ctx.activeOrgId" })
  .access({
    read: { or: [{ roles: ["admin+"] }, { record: { userId: { equals: "ctx.userId" } } }] },
    create: { roles: ["member+"], record: { userId: { equals: "ctx.userId" } } },
    update: { or: [{ roles: ["admin+"] }, { record: { userId: { equals: "ctx.userId" } } }] },
    delete: { roles: ["admin+"] },
  });
// #endregion

// #region user
/** Belongs to a user, whichever organization they work in. */
export const preferences = table("preferences", {
  id: id("pref"),
  userId: owner(),
  theme: text("theme", { enum: ["light", "dark"] })
    .notNull()
    .default("light"),
})
  .firewall("owner")
  .access({
    read: { roles: ["AUTHENTICATED"] },
    create: { roles: ["AUTHENTICATED"] },
    update: { roles: ["AUTHENTICATED"] },
    delete: { roles: ["AUTHENTICATED"] },
  });
// #endregion

// #region public
/** The same for everyone; only platform admins change it. */
export const categories = table("categories", {
  id: id("cat"),
  name: text("name").notNull().unique(),
  position: integer("position").notNull().default(0),
})
  .firewall({ exception: "reference data, the same for every tenant" })
  .access({
    read: { roles: ["PUBLIC"] },
    create: { userRoles: ["admin"] },
    update: { userRoles: ["admin"] },
    delete: { userRoles: ["admin"] },
  });
// #endregion

/** Projects group documents; every member sees them. */
export const projects = table("projects", {
  id: id("prj"),
  organizationId: organization(),
  name: text("name").notNull(),
})
  .firewall("organization")
  .access({
    read: { roles: ["member+"] },
    create: { roles: ["admin+"] },
    update: { roles: ["admin+"] },
    delete: { roles: ["owner"] },
  });

/** A comment exists for whoever can read its document. */
export const comments = table("comments", {
  id: id("cmt"),
  documentId: text("document_id")
    .notNull()
    .references(() => documents.id, { onDelete: "cascade" }),
  userId: owner(),
  body: text("body").notNull(),
})
  .firewall({ field: "documentId", via: () => documents })
  .access({
    read: { roles: ["AUTHENTICATED"] },
    create: { record: { userId: { equals: "ctx.userId" } } },
    delete: { record: { userId: { equals: "ctx.userId" } } },
  });

/** A contact form: anyone may write, only platform admins may read. */
export const contactMessages = table("contact_messages", {
  id: id("msg"),
  email: text("email").notNull(),
  message: text("message").notNull(),
})
  .firewall({ exception: "written by people who have no account" })
  .access({
    create: { roles: ["PUBLIC"] },
    read: { userRoles: ["admin"] },
  })
  .accept({ write_without_read: "a contact form: people write without an account" });
