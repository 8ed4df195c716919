/** `check` finds keys that tell of hidden rows, and is silent where a row in the way is one that can be read. */
import { eq, isNull, sql } from "drizzle-orm";
import {
  bigserial,
  boolean,
  integer,
  primaryKey,
  serial,
  text,
  timestamp,
  unique,
  uniqueIndex,
  uuid,
} from "drizzle-orm/pg-core";
import { id, organization, owner, table } from "hedgerow";
import { describe, expect, it } from "vitest";
import { codes, everyone, found, member, open, ownOrganization, ownRow, signedIn } from "./findings.js";

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
