/**
 * The SQL of the usual patterns, as it reaches a database. A change here changes what a deployed policy says: read the
 * difference as a reviewer of the database would, then let `vitest -u` write the file.
 */
import { boolean, text, timestamp, uuid } from "drizzle-orm/pg-core";
import { id, organization, owner, table } from "hedgerow";
import { sessionIdentity } from "hedgerow/better-auth";
import { claimsIdentity, compile } from "hedgerow/postgres";
import { supabase, type Target } from "hedgerow/supabase";
import { describe, expect, it } from "vitest";

const identity = sessionIdentity({});
const everything = compile({}, identity).security.findIndex((statement) => statement.includes("drop_functions_but"));

/** What is run for the tables alone, one statement a paragraph. */
const securityOf = (module: Readonly<Record<string, unknown>>): string =>
  `${compile(module, identity).security.slice(everything).join(";\n\n")};\n`;

const projects = table("projects", {
  id: id("prj"),
  organizationId: organization(),
  userId: text("user_id").notNull(),
  name: text("name").notNull(),
})
  .firewall("organization")
  .access({
    read: { or: [{ roles: ["admin+"] }, { record: { userId: { equals: "ctx.userId" } } }] },
    create: { roles: ["member+"] },
    update: { or: [{ roles: ["admin+"] }, { record: { userId: { equals: "ctx.userId" } } }] },
    delete: { roles: ["admin+"] },
  });

const preferences = table("preferences", { id: id("prf"), userId: owner(), theme: text("theme") })
  .firewall("owner")
  .access({
    read: { roles: ["AUTHENTICATED"] },
    create: { roles: ["AUTHENTICATED"] },
    update: { roles: ["AUTHENTICATED"] },
    delete: { roles: ["AUTHENTICATED"] },
  });

const categories = table("categories", { id: id("cat"), name: text("name").notNull(), hidden: boolean("hidden") })
  .firewall({ exception: "reference data, the same for everyone" })
  .access({
    read: { or: [{ roles: ["PUBLIC"] }, { userRoles: ["admin"] }] },
    create: { userRoles: ["admin"] },
    update: {
      before: { userRoles: ["admin"] },
      after: { userRoles: ["admin"], record: { hidden: { isNull: false } } },
    },
  });

const tasks = table("tasks", {
  id: uuid("id").primaryKey().defaultRandom(),
  projectId: text("project_id")
    .notNull()
    .references(() => projects.id),
  state: text("state").notNull(),
  due: timestamp("due", { withTimezone: true }),
})
  .firewall({ field: "projectId", via: () => projects })
  .access({
    read: { roles: ["member+"] },
    create: { roles: ["member+"], record: { state: { in: ["open", "it's -- late"] } } },
    update: { not: { record: { due: { lessThan: new Date("2024-02-29T12:00:00+02:00") } } } },
  });

describe("the SQL of a table", () => {
  it.each([
    { name: "organization-scoped", module: { projects } },
    { name: "user-scoped", module: { preferences } },
    { name: "public", module: { categories } },
    { name: "child", module: { projects, tasks } },
  ])("that is $name is what the file says", async ({ name, module }) => {
    await expect(securityOf(module)).toMatchFileSnapshot(`${name}.sql`);
  });

  it("does not depend on the order in which tables are exported", () => {
    expect(securityOf({ tasks, projects })).toBe(securityOf({ projects, tasks }));
  });
});

describe("the helpers where tokens say who is calling", () => {
  const tokens = claimsIdentity();
  const helpers = (target?: Target): string => `${compile({}, tokens, target).bootstrap.join(";\n\n")};\n`;

  it("are these on PostgreSQL", async () => {
    await expect(helpers()).toMatchFileSnapshot("claims-helpers.sql");
  });

  it("are these on Supabase", async () => {
    await expect(helpers(supabase())).toMatchFileSnapshot("supabase-helpers.sql");
  });

  it("guard a table on Supabase like this", async () => {
    const { security } = compile({ categories }, tokens, supabase());
    await expect(`${security.join(";\n\n")};\n`).toMatchFileSnapshot("supabase-table.sql");
  });
});
