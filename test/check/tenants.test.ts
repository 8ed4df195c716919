/** `check` finds what lets tenants feel each other, and is silent where a row in the way is a row that can be read. */
import { eq, getTableColumns, isNull, sql } from "drizzle-orm";
import {
  bigserial,
  boolean,
  foreignKey,
  integer,
  type PgColumn,
  type PgTable,
  pgTable,
  primaryKey,
  serial,
  text,
  timestamp,
  unique,
  uniqueIndex,
  uuid,
} from "drizzle-orm/pg-core";
import { id, organization, owner, table, team } from "hedgerow";
import { describe, expect, it } from "vitest";
import { check } from "../../src/cli/check/check.js";
import { guard } from "../support/untyped.js";

type Module = Readonly<Record<string, unknown>>;

/** Codes that these tests are not about. */
const elsewhere = ["missing_index", "write_without_read", "public_write", "unreadable_reference"];

const found = (schema: Module) =>
  check(schema).filter(({ accepted, code }) => accepted === undefined && !elsewhere.includes(code));
const codes = (schema: Module): ReadonlyArray<string> =>
  found(schema).map(({ code, table: name, path }) => `${code} ${name} ${path}`);

const open = { exception: "a test" } as const;
const ownOrganization = { record: { organizationId: { equals: "ctx.activeOrgId" } } } as const;
const ownRow = { record: { userId: { equals: "ctx.userId" } } } as const;
const member = { roles: ["member+"] } as const;
const everyone = { roles: ["PUBLIC"] } as const;
const signedIn = { roles: ["AUTHENTICATED"] } as const;

const user = pgTable("user", { id: text("id").primaryKey(), email: text("email").notNull().unique() });

describe("a unique key", () => {
  const page = () => ({
    id: id(),
    organizationId: organization(),
    slug: text("slug").notNull(),
    published: boolean("published").notNull().default(false),
  });
  const mine = { read: ownOrganization, create: ownOrganization, update: ownOrganization } as const;

  it("across tenants is found where their separation is in access", () => {
    const pages = table("pages", { ...page(), slug: text("slug").notNull().unique() })
      .firewall(open)
      .access(mine);
    expect(codes({ pages })).toEqual(["unreadable_conflict pages columns.slug"]);
    const [finding] = found({ pages });
    expect(finding?.message).toContain('"member", "admin", "owner" may write this unique key');
    expect(finding?.fix).toContain("uniqueIndex().on(t.organizationId, t.slug)");
  });

  it("that holds what separates them is none", () => {
    const pages = table("pages", page(), (t) => [unique().on(t.organizationId, t.slug)])
      .firewall(open)
      .access(mine);
    expect(codes({ pages })).toEqual([]);
  });

  it("inside a tenant is found where one member cannot read the row of another", () => {
    const drafts = table("drafts", { ...page(), userId: owner() }, (t) => [uniqueIndex().on(t.organizationId, t.slug)])
      .firewall("organization")
      .access({ read: ownRow, create: ownRow });
    expect(codes({ drafts })).toEqual(["unreadable_conflict drafts uniqueIndex(organizationId, slug)"]);
    expect(found({ drafts })[0]?.fix).toContain("uniqueIndex().on(t.userId, t.organizationId, t.slug)");
    const apart = table("drafts", { ...page(), userId: owner() }, (t) => [
      uniqueIndex().on(t.organizationId, t.userId, t.slug),
    ])
      .firewall("organization")
      .access({ read: ownRow, create: ownRow });
    expect(codes({ apart })).toEqual([]);
  });

  it("that tells of rows which are not published is found, for those who may write it", () => {
    const rules = {
      read: { or: [{ ...everyone, record: { published: { equals: true } } }, ownOrganization] },
      create: ownOrganization,
    } as const;
    const pages = table("pages", page(), (t) => [uniqueIndex().on(t.slug)])
      .firewall(open)
      .access(rules);
    expect(codes({ pages })).toEqual(["unreadable_conflict pages uniqueIndex(slug)"]);
    const partial = table("pages", page(), (t) => [uniqueIndex().on(t.slug).where(eq(t.published, true))])
      .firewall(open)
      .access(rules);
    expect(codes({ partial })).toEqual([]);
  });

  it("of rows that are there for nobody is found, until its predicate leaves them out", () => {
    const files = { ...page(), deletedAt: timestamp("deleted_at") };
    const firewall = [
      { field: "organizationId", equals: "ctx.activeOrgId" },
      { field: "deletedAt", isNull: true },
    ] as const;
    const all = table("files", files, (t) => [uniqueIndex().on(t.organizationId, t.slug)])
      .firewall(firewall)
      .access({ read: member, create: member });
    expect(codes({ all })).toEqual(["unreadable_conflict files uniqueIndex(organizationId, slug)"]);
    const living = table("files", files, (t) => [uniqueIndex().on(t.organizationId, t.slug).where(isNull(t.deletedAt))])
      .firewall(firewall)
      .access({ read: member, create: member });
    expect(codes({ living })).toEqual([]);
  });

  it("with an expression pins nothing by it", () => {
    const pages = table("pages", page(), (t) => [
      uniqueIndex().on(sql`coalesce(${t.organizationId}, '')`, t.slug),
      uniqueIndex("second").on(t.organizationId, sql`lower(${t.slug})`),
    ])
      .firewall(open)
      .access(mine);
    expect(codes({ pages })).toEqual(["unreadable_conflict pages uniqueIndex(an expression, slug)"]);
  });

  it("that a generated column is part of follows what a caller writes", () => {
    const pages = table("pages", { ...page(), lower: text("lower").generatedAlwaysAs(sql`lower(slug)`).unique() })
      .firewall(open)
      .access(mine);
    expect(codes({ pages })).toEqual(["unreadable_conflict pages columns.lower"]);
  });

  it("that the caller makes as a primary key is found, alone and with others", () => {
    const tags = table("tags", { name: text("name").primaryKey(), organizationId: organization() })
      .firewall(open)
      .access(mine);
    expect(codes({ tags })).toEqual(["unreadable_conflict tags columns.name"]);
    const pair = () => ({ organizationId: organization(), a: text("a").notNull(), b: text("b").notNull() });
    const pairs = table("pairs", pair(), (t) => [primaryKey({ columns: [t.a, t.b] })])
      .firewall(open)
      .access({ read: ownOrganization, create: ownOrganization });
    expect(codes({ pairs })).toEqual(["unreadable_conflict pairs primaryKey(a, b)"]);
    const scoped = table("pairs", pair(), (t) => [primaryKey({ columns: [t.organizationId, t.a, t.b] })])
      .firewall(open)
      .access({ read: ownOrganization, create: ownOrganization });
    expect(codes({ scoped })).toEqual([]);
  });

  it("that the database makes is none, whatever stands beside it", () => {
    const pages = table("pages", { ...page(), id: uuid("id").primaryKey().defaultRandom() }, (t) => [
      unique().on(t.id, t.slug),
    ])
      .firewall(open)
      .access(mine);
    expect(codes({ pages })).toEqual([]);
  });

  it("is found where only an update can write it, and not where nobody can", () => {
    const columns = { ...page(), slug: text("slug").notNull().unique() };
    const moved = table("pages", columns).firewall(open).access({ read: ownOrganization, update: ownOrganization });
    expect(codes({ moved })).toEqual(["unreadable_conflict pages columns.slug"]);
    const fixed = table("pages", columns).firewall(open).access({ read: ownOrganization, delete: ownOrganization });
    expect(codes({ fixed })).toEqual([]);
  });

  it("is found where an update moves a row into a partial index", () => {
    const one = { id: id(), organizationId: organization(), userId: owner(), active: boolean("active").notNull() };
    const plans = table("plans", one, (t) => [uniqueIndex().on(t.organizationId).where(eq(t.active, true))])
      .firewall("organization")
      .access({ read: ownRow, update: ownRow });
    expect(codes({ plans })).toEqual(["unreadable_conflict plans uniqueIndex(organizationId)"]);
  });

  it("tells of empty values where it says so only", () => {
    const columns = { id: id(), userId: owner(), code: text("code") };
    const rules = { read: { ...signedIn, record: { code: { isNull: false } } }, create: ownRow } as const;
    const distinct = table("coupons", columns, (t) => [unique().on(t.code)])
      .firewall(open)
      .access(rules);
    expect(codes({ distinct })).toEqual([]);
    const same = table("coupons", columns, (t) => [unique().on(t.code).nullsNotDistinct()])
      .firewall(open)
      .access(rules);
    expect(codes({ same })).toEqual(["unreadable_conflict coupons columns.code"]);
  });

  it("of public rows is none, and one of a list that nobody may read is", () => {
    const categories = table("categories", { id: id(), name: text("name").notNull().unique() })
      .firewall(open)
      .access({ read: everyone, create: { userRoles: ["admin"] }, update: { userRoles: ["admin"] } });
    expect(codes({ categories })).toEqual([]);
    const signups = table("signups", { id: id(), email: text("email").notNull().unique() })
      .firewall(open)
      .access({ create: everyone });
    expect(codes({ signups })).toEqual(["unreadable_conflict signups columns.email"]);
  });

  it("is found where only a platform role inside an organization can write it", () => {
    const pages = table("pages", { ...page(), userId: owner() }, (t) => [unique().on(t.organizationId, t.slug)])
      .firewall("organization")
      .access({ read: ownRow, create: { userRoles: ["admin"], ...ownRow } });
    expect(codes({ pages })).toEqual(["unreadable_conflict pages unique(organizationId, slug)"]);
    expect(found({ pages })[0]?.message).toContain('"platform admin as member"');
  });

  it("of a child holds for its parent", () => {
    const projects = table("projects", { id: id(), organizationId: organization() })
      .firewall("organization")
      .access({ read: member });
    const child = {
      id: id(),
      projectId: text("project_id")
        .notNull()
        .references(() => projects.id),
      slug: text("slug"),
    };
    const tasks = table("tasks", child, (t) => [unique().on(t.projectId, t.slug)])
      .firewall({ field: "projectId", via: () => projects })
      .access({ read: signedIn, create: signedIn });
    expect(codes({ projects, tasks })).toEqual([]);
  });
});

describe("a reference to a table without rules", () => {
  const columns = () => ({ id: id(), userId: owner() });
  const rules = { read: member, create: ownRow, update: ownRow } as const;

  it("is found where a caller may write any value", () => {
    const invites = table("invites", {
      ...columns(),
      email: text("email").references(() => user.email, { onDelete: "cascade", onUpdate: "cascade" }),
    })
      .firewall(open)
      .access(rules);
    expect(codes({ user, invites })).toEqual(["unguarded_reference invites columns.email"]);
    expect(found({ user, invites })[0]?.message).toContain('"user"');
  });

  it("is none where the rules name what may be written, or the database writes it", () => {
    const cascade = { onDelete: "cascade" } as const;
    const pinned = table("notes", { id: id(), userId: owner().references(() => user.id, cascade) })
      .firewall(open)
      .access(rules);
    expect(codes({ user, pinned })).toEqual([]);
    const scoped = table("notes", { id: id(), userId: owner().references(() => user.id, cascade) })
      .firewall("owner")
      .access({ read: signedIn, create: signedIn, update: signedIn });
    expect(codes({ user, scoped })).toEqual([]);
    const unwritten = table("notes", { id: id(), userId: text("user_id").references(() => user.id, cascade) })
      .firewall(open)
      .access({ read: signedIn, delete: ownRow });
    expect(codes({ user, unwritten })).toEqual([]);
  });

  it("is found where one of two alternatives, or the update alone, leaves the value open", () => {
    const notes = () =>
      table("notes", {
        id: id(),
        userId: text("user_id")
          .notNull()
          .references(() => user.id, { onDelete: "cascade" }),
      }).firewall(open);
    const either = { or: [{ roles: ["admin+"] }, ownRow] } as const;
    const made = notes().access({ read: signedIn, create: either });
    expect(codes({ user, made })).toEqual(["unguarded_reference notes columns.userId"]);
    const changed = notes().access({ read: signedIn, create: ownRow, update: { before: ownRow, after: member } });
    expect(codes({ user, changed })).toEqual(["unguarded_reference notes columns.userId"]);
  });

  it("of several columns is found where one of them is open", () => {
    const seats = pgTable("seats", { userId: text("user_id"), place: text("place") }, (t) => [
      primaryKey({ columns: [t.userId, t.place] }),
    ]);
    const bookings = table("bookings", { ...columns(), place: text("place").notNull() }, (t) => [
      foreignKey({ columns: [t.userId, t.place], foreignColumns: [seats.userId, seats.place] }).onDelete("cascade"),
    ])
      .firewall("owner")
      .access({ read: signedIn, create: signedIn });
    expect(codes({ seats, bookings })).toEqual(["unguarded_reference bookings foreignKey(userId, place)"]);
  });

  it("is found where it keeps an account from being deleted", () => {
    const notes = (actions: { onDelete?: "restrict" | "no action" | "set null" | "cascade" }) =>
      table("notes", { id: id(), userId: owner().references(() => user.id, actions) })
        .firewall("owner")
        .access({ read: signedIn, create: signedIn });
    for (const actions of [
      {},
      { onDelete: "restrict" },
      { onDelete: "no action" },
      { onDelete: "set null" },
    ] as const) {
      expect(codes({ user, notes: notes(actions) })).toEqual(["blocking_reference notes columns.userId"]);
    }
    expect(codes({ user, notes: notes({ onDelete: "cascade" }) })).toEqual([]);
    const empty = table("notes", {
      id: id(),
      userId: text("user_id").references(() => user.id, { onDelete: "set null" }),
    })
      .firewall(open)
      .access({ read: signedIn, create: ownRow });
    expect(codes({ user, empty })).toEqual([]);
  });

  it("is found where it keeps an address from being changed", () => {
    const notes = table("notes", {
      ...columns(),
      email: text("email").references(() => user.email, { onDelete: "cascade" }),
    })
      .firewall(open)
      .access({
        read: member,
        create: { record: { userId: { equals: "ctx.userId" }, email: { isNull: true } } },
      });
    expect(codes({ user, notes })).toEqual(["blocking_reference notes columns.email"]);
    expect(found({ user, notes })[0]?.fix).toContain('onUpdate: "cascade"');
  });

  it("is found where a row below what goes with the account blocks it", () => {
    const posts = table("posts", { id: id(), userId: owner().references(() => user.id, { onDelete: "cascade" }) })
      .firewall(open)
      .access({ read: everyone, create: ownRow });
    const likes = (onDelete: "cascade" | "restrict") =>
      table("likes", {
        ...columns(),
        postId: text("post_id")
          .notNull()
          .references(() => posts.id, { onDelete }),
      })
        .firewall("owner")
        .access({ read: signedIn, create: signedIn });
    expect(codes({ user, posts, likes: likes("restrict") })).toEqual(["blocking_reference likes columns.postId"]);
    expect(codes({ user, posts, likes: likes("cascade") })).toEqual([]);
  });
});

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

describe("a number that counts", () => {
  const rules = { read: member, create: member } as const;
  it.each([
    ["an identity", () => integer("number").generatedAlwaysAsIdentity()],
    ["an identity by default", () => integer("number").generatedByDefaultAsIdentity()],
    ["a serial", () => serial("number").notNull()],
    ["a bigserial", () => bigserial("number", { mode: "number" }).notNull()],
    ["a sequence", () => integer("number").notNull().default(sql`nextval('numbers')`)],
    ["a text of a sequence", () => text("number").notNull().default(sql`'INV-' || NEXTVAL ('numbers')::text`)],
    ["the number of the transaction", () => text("number").notNull().default(sql`pg_current_xact_id()::text`)],
  ])("is found: %s", (_, number) => {
    const invoices = table("invoices", { id: id(), organizationId: organization(), number: number() })
      .firewall("organization")
      .access(rules);
    expect(codes({ invoices })).toEqual(["counting_column invoices columns.number"]);
  });

  it("is found as a key, with one that does not count", () => {
    const invoices = table("invoices", {
      id: integer("id").primaryKey().generatedAlwaysAsIdentity(),
      organizationId: organization(),
    })
      .firewall("organization")
      .access(rules);
    expect(codes({ invoices })).toEqual(["counting_column invoices columns.id"]);
    expect(found({ invoices })[0]?.fix).toContain('id("prefix")');
  });

  it("is none where everybody who reads sees all rows, nor where nobody reads, nor a time, nor a random value", () => {
    const key = integer("id").primaryKey().generatedAlwaysAsIdentity();
    const countries = table("countries", { id: key, name: text("name") })
      .firewall(open)
      .access({ read: everyone });
    expect(codes({ countries })).toEqual([]);
    const messages = table("messages", { id: key, body: text("body") })
      .firewall(open)
      .access({ create: everyone });
    expect(codes({ messages })).toEqual([]);
    const events = table("events", {
      id: uuid("id").primaryKey().default(sql`uuidv7()`),
      organizationId: organization(),
      at: timestamp("at").notNull().defaultNow(),
      label: text("label").notNull().default(sql`'nextval'`),
    })
      .firewall("organization")
      .access(rules);
    expect(codes({ events })).toEqual([]);
  });
});

describe("a preset outside of the firewall", () => {
  const notes = () =>
    table("notes", { id: id(), organizationId: organization(), userId: owner(), teamId: team() }).firewall([
      { field: "organizationId", equals: "ctx.activeOrgId" },
      { field: "teamId", equals: "ctx.activeTeamId" },
    ]);

  it("is found where somebody may create a row with another's value", () => {
    const loose = notes().access({ read: member, create: member });
    expect(codes({ loose })).toEqual(["unpinned_preset notes access.create"]);
    expect(found({ loose })[0]?.fix).toContain('record: { userId: { equals: "ctx.userId" } }');
    const some = notes().access({ read: member, create: { or: [{ roles: ["admin"] }, ownRow] } });
    expect(found({ some })[0]?.message).toMatch(/^"admin" may create/);
    expect(codes({ pinned: notes().access({ read: member, create: { ...member, ...ownRow } }) })).toEqual([]);
  });

  it("is found where an update that never speaks of it may change it", () => {
    const silent = notes().access({ read: member, update: member });
    expect(codes({ silent })).toEqual(["unpinned_preset notes access.update"]);
    const said = notes().access({ read: member, update: { or: [{ roles: ["admin+"] }, ownRow] } });
    expect(codes({ said })).toEqual([]);
    expect(codes({ own: notes().access({ read: ownRow, update: member }) })).toEqual([]);
  });

  it("is found for every preset, and for a second one of a kind", () => {
    const columns = {
      id: id(),
      organizationId: organization(),
      teamId: team(),
      userId: owner(),
      editorId: owner("editor_id"),
    };
    const both = table("both", columns).firewall("owner").access({ read: signedIn, create: signedIn });
    expect(codes({ both })).toEqual([
      "unpinned_preset both access.create",
      "unpinned_preset both access.create",
      "unpinned_preset both access.create",
    ]);
    expect(found({ both }).map(({ message }) => /any "(\w+)"/.exec(message)?.[1])).toEqual([
      "organizationId",
      "teamId",
      "editorId",
    ]);
  });

  it("is none where no request can set it, because it is the key; as a key it is judged like any other", () => {
    const settings = (read: typeof ownRow | typeof chosen) =>
      table("settings", { userId: owner().primaryKey(), shared: boolean("shared").notNull() })
        .firewall(open)
        .access({ read, create: ownRow });
    const chosen = { ...signedIn, record: { shared: { equals: true } } } as const;
    expect(codes({ own: settings(ownRow) })).toEqual([]);
    expect(codes({ some: settings(chosen) })).toEqual(["unreadable_conflict settings columns.userId"]);
  });

  it("is none where nobody may write", () => {
    expect(codes({ read: notes().access({ read: member, delete: member }) })).toEqual([]);
  });
});
