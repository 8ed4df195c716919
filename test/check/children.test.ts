/** `check` finds hidden rows that a deletion or a change reaches, or that refuse it. */
import { getTableColumns } from "drizzle-orm";
import { foreignKey, type PgColumn, type PgTable, pgTable, text, unique } from "drizzle-orm/pg-core";
import { id, organization, owner, table } from "hedgerow";
import { describe, expect, it } from "vitest";
import { guard } from "../support/untyped.js";
import { codes, everyone, found, member, open, ownOrganization, ownRow, signedIn } from "./findings.js";

const keyOf = (of: PgTable | undefined): PgColumn => {
  const key = of && getTableColumns(of).id;
  if (!key) throw new Error("The table has no column id.");
  return key;
};

describe("a row that points at somebody's row", () => {
  const posts = table("posts", { id: id(), userId: owner(), slug: text("slug").notNull().unique() })
    .firewall(open)
    .access({ read: everyone, create: ownRow, delete: ownRow });
  const bookmarks = (onDelete: "cascade" | "restrict" | "no action" | "set null" | "set default") =>
    table("bookmarks", { id: id(), userId: owner(), postId: text("post_id").references(() => posts.id, { onDelete }) })
      .firewall("owner")
      .access({ read: signedIn, create: signedIn });

  it.each([
    ["restrict", "is refused (409)"],
    ["no action", "is refused (409)"],
    ["cascade", "reaches it as well"],
    ["set null", "empties its reference"],
    ["set default", "changes its reference"],
  ] as const)("is found with %s where whoever deletes that cannot see it", (action, effect) => {
    const schema = { posts, bookmarks: bookmarks(action) };
    expect(codes(schema)).toEqual(["unreadable_child bookmarks columns.postId"]);
    expect(found(schema)[0]?.message).toContain(effect);
  });

  it("is none where whoever deletes that can see it", () => {
    const comments = table("comments", {
      id: id(),
      userId: owner(),
      postId: text("post_id").references(() => posts.id),
    })
      .firewall(open)
      .access({ read: everyone, create: ownRow });
    expect(codes({ posts, comments })).toEqual([]);
    const viaPost = table("comments", { id: id(), userId: owner(), postId: text("post_id").references(() => posts.id) })
      .firewall({ field: "postId", via: () => posts })
      .access({ read: signedIn, create: ownRow });
    expect(codes({ posts, viaPost })).toEqual([]);
  });

  it("is none inside the scope that both firewalls name, and found where only one does", () => {
    const projects = table("projects", { id: id(), organizationId: organization() })
      .firewall("organization")
      .access({ read: member, create: member, delete: member });
    const columns = {
      id: id(),
      organizationId: organization(),
      projectId: text("project_id").references(() => projects.id),
    };
    const tasks = table("tasks", columns).firewall("organization").access({ read: member, create: member });
    expect(codes({ projects, tasks })).toEqual([]);
    const loose = table("tasks", columns).firewall(open).access({ read: ownOrganization, create: ownOrganization });
    expect(codes({ projects, loose })).toEqual(["unreadable_child tasks columns.projectId"]);
    const byAdmins = table("tasks", columns)
      .firewall("organization")
      .access({ read: { roles: ["admin+"] }, create: { roles: ["admin+"] } });
    expect(found({ projects, byAdmins })[0]?.message).toMatch(/^"member" may delete/);
  });

  it("is seen through a key of several columns", () => {
    const projects = table("projects", { id: id(), organizationId: organization() }, (t) => [
      unique().on(t.organizationId, t.id),
    ])
      .firewall(open)
      .access({ read: ownOrganization, delete: ownOrganization });
    const columns = { id: id(), organizationId: organization(), projectId: text("project_id").notNull() };
    const tasks = table("tasks", columns, (t) => [
      foreignKey({ columns: [t.organizationId, t.projectId], foreignColumns: [projects.organizationId, projects.id] }),
    ])
      .firewall(open)
      .access({ read: ownOrganization, create: ownOrganization });
    expect(codes({ projects, tasks })).toEqual([]);
    const hidden = table("tasks", { ...columns, userId: owner() }, (t) => [
      foreignKey({ columns: [t.organizationId, t.projectId], foreignColumns: [projects.organizationId, projects.id] }),
    ])
      .firewall("owner")
      .access({ read: ownOrganization, create: ownOrganization });
    expect(codes({ projects, hidden })).toEqual(["unreadable_child tasks foreignKey(organizationId, projectId)"]);
  });

  it("is found where a deletion reaches it through another row", () => {
    const projects = table("projects", { id: id(), organizationId: organization() })
      .firewall("organization")
      .access({ read: member, create: member, delete: member });
    const tasks = table("tasks", {
      id: id(),
      organizationId: organization(),
      projectId: text("project_id").references(() => projects.id, { onDelete: "cascade" }),
    })
      .firewall("organization")
      .access({ read: member, create: member });
    const columns = {
      id: id(),
      userId: owner(),
      taskId: text("task_id")
        .notNull()
        .references(() => tasks.id),
    };
    const timers = table("timers", columns).firewall("owner").access({ read: signedIn, create: signedIn });
    expect(codes({ projects, tasks, timers })).toEqual(["unreadable_child timers columns.taskId"]);
    const notes = table("notes", columns)
      .firewall({ field: "taskId", via: () => tasks })
      .access({ read: signedIn, create: ownRow });
    expect(codes({ projects, tasks, notes })).toEqual([]);
  });

  it("follows a table that points at itself, and ends", () => {
    const nodes = table("nodes", { id: id(), userId: owner(), parentId: text("parent_id") }, (t) => [
      foreignKey({ columns: [t.parentId], foreignColumns: [t.id] }).onDelete("cascade"),
    ])
      .firewall(open)
      .access({ read: ownRow, create: ownRow, delete: ownRow });
    expect(codes({ nodes })).toEqual(["unreadable_child nodes columns.parentId"]);
  });

  it("is looked for once, however many ways a deletion can take", () => {
    const tables: Array<PgTable> = [];
    for (let index = 0; index < 60; index++) {
      const above = (distance: number) => keyOf(tables[Math.max(0, index - distance)]);
      const columns = {
        id: id(),
        organizationId: organization(),
        ...(index > 0 && {
          first: text("first").references(() => above(1), { onDelete: "cascade" as const }),
          second: text("second").references(() => above(2), { onDelete: "cascade" as const }),
        }),
      };
      const read = index === 59 ? { roles: ["admin+"] } : member;
      tables.push(
        guard(table(`t${index}`, columns), "organization", { read, delete: index === 0 ? member : undefined }),
      );
    }
    const schema = Object.fromEntries(tables.map((each, index) => [`t${index}`, each]));
    expect(codes(schema)).toEqual(["unreadable_child t59 columns.first", "unreadable_child t59 columns.second"]);
  });

  it("is found where a change of what it names reaches it", () => {
    const pages = (update?: typeof ownRow) =>
      table("pages", { id: id(), userId: owner(), slug: text("slug").notNull().unique() })
        .firewall(open)
        .access({ read: everyone, create: ownRow, ...(update && { update }) });
    const links = (to: ReturnType<typeof pages>, onUpdate: "cascade" | "no action") =>
      table("links", { id: id(), userId: owner(), slug: text("slug").references(() => to.slug, { onUpdate }) })
        .firewall("owner")
        .access({ read: signedIn, create: signedIn });
    const changing = pages(ownRow);
    expect(codes({ pages: changing, links: links(changing, "cascade") })).toEqual([
      "unreadable_child links columns.slug",
    ]);
    expect(found({ pages: changing, links: links(changing, "no action") })[0]?.message).toContain(
      "the change is refused",
    );
    const fixed = pages();
    expect(codes({ pages: fixed, links: links(fixed, "no action") })).toEqual([]);
  });

  it("is found where it stands in a table without rules", () => {
    const audits = pgTable("audits", {
      id: text("id").primaryKey(),
      postId: text("post_id").references(() => posts.id),
    });
    expect(codes({ posts, audits })).toEqual(["unreadable_child posts referencedBy.audits(post_id)"]);
    const gone = pgTable("audits", {
      id: text("id").primaryKey(),
      postId: text("post_id").references(() => posts.id, { onDelete: "cascade" }),
    });
    expect(codes({ posts, gone })).toEqual([]);
  });
});
