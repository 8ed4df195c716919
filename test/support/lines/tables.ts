/** Guarded tables of every kind of column that the two lines of Drizzle keep differently, as a user writes them. */
import { sql } from "drizzle-orm";
import {
  bigint,
  boolean,
  char,
  customType,
  date,
  doublePrecision,
  integer,
  jsonb,
  numeric,
  pgEnum,
  point,
  text,
  timestamp,
  unique,
  varchar,
} from "drizzle-orm/pg-core";
import { id, organization, table } from "hedgerow";

export const status = pgEnum("status", ["draft", "final"]);

/** A type whose values are lists, so that a list of them is a list of lists. */
const spans = customType<{ data: [number, number]; driverData: string }>({
  dataType: () => "int4range",
  toDriver: ([from, to]) => `[${from},${to})`,
});

const everybody = {
  read: { roles: ["member+"] },
  create: { roles: ["member+"] },
  update: { roles: ["member+"] },
  delete: { roles: ["member+"] },
} as const;

export const projects = table("projects", {
  id: id("prj"),
  organizationId: organization(),
  name: text("name").notNull(),
})
  .firewall("organization")
  .access(everybody);

export const labels = table("labels", { id: id(), name: text("name").notNull().unique() })
  .firewall({ exception: "labels belong to everybody" })
  .access(everybody);

export const documents = table(
  "documents",
  {
    id: id("doc"),
    organizationId: organization(),
    projectId: text("project_id")
      .notNull()
      .references(() => projects.id),
    title: varchar("title", { length: 40 }).notNull(),
    code: char("code", { length: 3 }),
    tags: text("tags").array().notNull().default([]),
    words: varchar("words", { length: 8 }).array(),
    counts: integer("counts").array(),
    states: status("states").array(),
    corners: point("corners").array(),
    ranges: spans("ranges").array(),
    status: status("status").notNull().default("draft"),
    body: jsonb("body").$type<unknown>(),
    bodies: jsonb("bodies").$type<unknown>().array(),
    size: bigint("size", { mode: "bigint" }),
    views: bigint("views", { mode: "number" }),
    price: numeric("price", { precision: 12, scale: 2 }),
    ratio: doublePrecision("ratio"),
    isOpen: boolean("is_open").notNull().default(true),
    due: date("due"),
    at: timestamp("at", { withTimezone: true }),
    local: timestamp("local"),
    shout: text("shout").generatedAlwaysAs(sql`upper(title)`),
    moments: timestamp("moments").array(),
    days: date("days").array(),
  },
  (self) => [unique().on(self.organizationId, self.projectId, self.title)],
)
  .firewall("organization")
  .access(everybody);
