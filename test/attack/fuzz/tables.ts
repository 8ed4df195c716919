/** Tables of every shape that a declaration may have: what the hostile requests are made for. */
import {
  type AnyPgColumn,
  bigint,
  boolean,
  date,
  doublePrecision,
  foreignKey,
  index,
  integer,
  jsonb,
  numeric,
  pgEnum,
  primaryKey,
  real,
  text,
  timestamp,
  unique,
  uniqueIndex,
  uuid,
  varchar,
} from "drizzle-orm/pg-core";
import { id, organization, owner, table } from "hedgerow";

const members = { roles: ["member+"] } as const;
const all = { read: members, create: members, update: members, delete: members } as const;
const mine = { roles: ["member+"], record: { userId: { equals: "ctx.userId" } } } as const;

export const mood = pgEnum("mood", ["calm", "odd ' mood", "ü"]);

/** Every kind of column. */
export const things = table(
  "things",
  {
    id: id("thg"),
    organizationId: organization(),
    slug: text("slug"),
    kind: text("kind", { enum: ["a", "b"] })
      .notNull()
      .default("a"),
    mood: mood("mood"),
    short: varchar("short", { length: 5 }),
    count: integer("count"),
    big: bigint("big", { mode: "bigint" }),
    large: bigint("large", { mode: "number" }),
    price: numeric("price", { precision: 12, scale: 2 }),
    exact: numeric("exact", { mode: "number" }),
    ratio: doublePrecision("ratio"),
    single: real("single"),
    done: boolean("done"),
    token: uuid("token"),
    day: date("day"),
    at: timestamp("at", { withTimezone: true }),
    local: timestamp("local"),
    tags: text("tags").array(),
    numbers: integer("numbers").array(),
    meta: jsonb("meta"),
    list: jsonb("list").array(),
    limit: text("limit"),
    parentId: text("parent_id").references((): AnyPgColumn => things.id),
  },
  (t) => [unique().on(t.organizationId, t.id), uniqueIndex().on(t.organizationId, t.slug)],
)
  .firewall("organization")
  .access(all);

/** A member's own: hidden from colleagues too. */
export const drafts = table(
  "drafts",
  {
    id: id("drf"),
    organizationId: organization(),
    userId: owner(),
    title: text("title").notNull(),
    parentId: text("parent_id"),
  },
  (t) => [
    unique().on(t.organizationId, t.id),
    index().on(t.organizationId, t.userId),
    foreignKey({ columns: [t.organizationId, t.parentId], foreignColumns: [t.organizationId, t.id] }),
  ],
)
  .firewall("organization")
  .access({ read: mine, create: mine, update: mine, delete: mine });

/** Its rows exist for whoever can read the draft. */
export const remarks = table("remarks", {
  id: uuid("id").primaryKey().defaultRandom(),
  draftId: text("draft_id")
    .notNull()
    .references(() => drafts.id, { onDelete: "cascade" }),
  body: text("body").notNull(),
})
  .firewall({ field: "draftId", via: () => drafts })
  .access(all);

/** A key of two columns, of which the caller chooses one. */
export const codes = table(
  "codes",
  { organizationId: organization(), code: text("code").notNull(), meta: jsonb("meta") },
  (t) => [primaryKey({ columns: [t.organizationId, t.code] })],
)
  .firewall("organization")
  .access(all);

/** References of several columns, and two on one. */
export const links = table(
  "links",
  {
    id: id("lnk"),
    organizationId: organization(),
    targetOrg: text("target_org"),
    targetId: text("target_id"),
    code: text("code"),
    eitherId: text("either_id").references(() => drafts.id),
  },
  (t) => [
    foreignKey({ columns: [t.targetOrg, t.targetId], foreignColumns: [things.organizationId, things.id] }),
    foreignKey({ columns: [t.organizationId, t.code], foreignColumns: [codes.organizationId, codes.code] }),
    foreignKey({ columns: [t.eitherId], foreignColumns: [things.id], name: "links_second" }),
  ],
)
  .firewall("organization")
  .access(all);

/** Some of its rows are everybody's. */
export const posts = table("posts", {
  id: id("pst"),
  organizationId: organization(),
  title: text("title").notNull(),
  published: boolean("published").notNull().default(false),
})
  .firewall({ exception: "what is published is for everybody" })
  .access({
    read: {
      or: [
        { roles: ["PUBLIC"], record: { published: { equals: true } } },
        { roles: ["member+"], record: { organizationId: { equals: "ctx.activeOrgId" } } },
      ],
    },
    create: {
      roles: ["member+"],
      record: { organizationId: { equals: "ctx.activeOrgId" }, published: { equals: false } },
    },
    update: {
      roles: ["member+"],
      record: { organizationId: { equals: "ctx.activeOrgId" }, published: { equals: false } },
    },
    delete: { roles: ["admin+"], record: { organizationId: { equals: "ctx.activeOrgId" } } },
  });

/** What only some roles may do. */
export const vault = table("vault", { id: id("vlt"), organizationId: organization(), secret: text("secret") })
  .firewall("organization")
  .access({ read: { roles: ["admin+"] }, create: { roles: ["admin+"] } });

export const tables = { things, drafts, remarks, codes, links, posts, vault };
