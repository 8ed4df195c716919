/**
 * Every shape of what Drizzle declares, as the files of a project can have them.
 *
 * Invariant: imports nothing that a project of a user does not have, and is the same on both lines of Drizzle.
 */
import { sql } from "drizzle-orm";
import {
  type AnyPgColumn,
  bigint,
  bigserial,
  boolean,
  char,
  check,
  date,
  doublePrecision,
  foreignKey,
  index,
  inet,
  integer,
  interval,
  json,
  jsonb,
  numeric,
  pgEnum,
  pgMaterializedView,
  pgSchema,
  pgSequence,
  pgTable,
  pgView,
  point,
  primaryKey,
  real,
  serial,
  smallint,
  text,
  time,
  timestamp,
  unique,
  uniqueIndex,
  uuid,
  varchar,
} from "drizzle-orm/pg-core";
import { organization, table } from "hedgerow";

const key = () => text("id").primaryKey();

export const mood = pgEnum("mood", ["sad", "o'k", "happy day"]);
export const billing = pgSchema("billing");
export const state = billing.enum("state", ["open", "paid"]);

export const pairs = pgTable("pairs", { a: text("a").notNull(), b: text("b").notNull() }, (self) => [
  primaryKey({ columns: [self.b, self.a] }),
]);
export const triples = pgTable(
  "Odd triples",
  { one: text("The one").notNull(), two: text("select").notNull(), three: integer("three").notNull() },
  (self) => [primaryKey({ name: "Mine", columns: [self.three, self.one, self.two] })],
);
export const longNames = pgTable(
  "a_table_with_quite_a_long_name_that_goes_on",
  { a: text("a_column_with_quite_a_long_name_too").notNull(), b: text("another_column_with_a_long_name").notNull() },
  (self) => [primaryKey({ columns: [self.a, self.b] })],
);
export const pairsOfBilling = billing.table("pairs", { c: text("c").notNull(), d: text("d").notNull() }, (self) => [
  primaryKey({ columns: [self.c, self.d] }),
]);
export const guarded = table(
  "memberships",
  { organizationId: organization(), room: text("room").notNull(), note: text("note").default("-") },
  (self) => [primaryKey({ columns: [self.organizationId, self.room] })],
)
  .firewall("organization")
  .access({ read: { roles: ["member+"] } });

export const uniques = pgTable(
  "uniques",
  { id: key(), a: text("a").unique(), b: text("b").unique("b", { nulls: "not distinct" }), c: text("c"), d: text("d") },
  (self) => [
    unique().on(self.d, self.c),
    unique("none").on(self.c).nullsNotDistinct(),
    unique("referenced").on(self.b, self.a),
  ],
);
export const references = pgTable(
  "references",
  {
    id: key(),
    a: text("a"),
    b: text("b"),
    cascade: text("cascade").references(() => uniques.id, { onDelete: "cascade", onUpdate: "restrict" }),
    nothing: text("nothing").references(() => uniques.id, { onDelete: "set null", onUpdate: "cascade" }),
    restrict: text("restrict").references(() => uniques.id, { onDelete: "restrict", onUpdate: "no action" }),
    standard: text("standard").references(() => uniques.id, { onDelete: "set default" }),
    up: text("up").references((): AnyPgColumn => references.id),
  },
  (self) => [
    foreignKey({ columns: [self.b, self.a], foreignColumns: [uniques.b, uniques.a] }).onDelete("cascade"),
    foreignKey({ name: "pair", columns: [self.b, self.a], foreignColumns: [pairs.b, pairs.a] }),
  ],
);

export const numbers = pgTable("numbers", {
  id: integer("id").primaryKey().generatedAlwaysAsIdentity(),
  next: bigint("next", { mode: "number" }).generatedByDefaultAsIdentity({
    name: "next numbers",
    startWith: 100,
    increment: 5,
    minValue: 10,
    maxValue: 100_000,
    cache: 7,
    cycle: true,
  }),
  small: smallint("small").generatedByDefaultAsIdentity({ startWith: 10 }),
  serial: serial("serial").notNull(),
  big: bigserial("big", { mode: "number" }).notNull(),
  twice: integer("twice").generatedAlwaysAs(sql`serial * 2`),
});
export const numbersOfBilling = billing.table("numbers", {
  id: bigint("id", { mode: "number" }).primaryKey().generatedAlwaysAsIdentity({ startWith: 7 }),
});

export const enums = pgTable("enums", {
  id: key(),
  one: mood("one").notNull().default("o'k"),
  many: mood("many").array().default(["sad"]),
  state: state("state").default("open"),
});
export const enumsOfBilling = billing.table("enums", {
  id: key(),
  state: state("state"),
  states: state("states").array(),
});

export const counter = pgSequence("counter", {
  startWith: 5,
  increment: 2,
  minValue: 1,
  maxValue: 1000,
  cache: 3,
  cycle: true,
});
export const counterOfBilling = billing.sequence("counter", { startWith: 5 });

export const defaults = pgTable("defaults", {
  id: uuid("id").primaryKey().defaultRandom(),
  word: text("word").default("it's"),
  empty: text("empty").default(""),
  cast: text("cast").default('say "hi" ::text'),
  colons: text("colons").default("a::b"),
  brackets: text("brackets").default("[]"),
  short: varchar("short", { length: 10 }).default("x"),
  three: char("three", { length: 3 }).default("abc"),
  minus: integer("minus").default(-5),
  none: smallint("none").default(0),
  large: bigint("large", { mode: "number" }).default(-900),
  price: numeric("price", { precision: 10, scale: 2 }).default("-3.10"),
  whole: numeric("whole", { precision: 5 }).default("7"),
  half: doublePrecision("half").default(-0.5),
  huge: doublePrecision("huge").default(1e21),
  tiny: real("tiny").default(1e-7),
  yes: boolean("yes").default(true),
  day: date("day").default("2026-01-31"),
  today: date("today").defaultNow(),
  noon: time("noon").default("12:30:00"),
  zoned: time("zoned", { precision: 3, withTimezone: true }).default("12:30:00+00"),
  now: timestamp("now", { withTimezone: true }).defaultNow(),
  moment: timestamp("moment", { withTimezone: true, mode: "string" }).default("2026-01-31 12:00:00+00"),
  exact: timestamp("exact", { precision: 3 }).default(new Date("2026-01-31T12:00:00.500Z")),
  long: interval("long").default("90 minutes"),
  document: json("document").default({ b: 1, a: [1, "x"] }),
  sorted: jsonb("sorted").default({ b: 1, a: [1, "x"], aa: null }),
  list: jsonb("list").default([]),
  bare: jsonb("bare").default(sql`'{}'::jsonb`),
  address: inet("address").default("127.0.0.1"),
  sum: integer("sum").default(sql`1 + 1`),
  call: text("call").default(sql`upper('a')`),
  later: timestamp("later", { withTimezone: true }).default(sql`now() + interval '1 day'`),
  who: text("who").default(sql`current_user`),
  random: text("random").default(sql`gen_random_uuid()::text`),
  setting: text("setting").default(sql`(current_setting('x', true))`),
  nothing: text("nothing").default(sql`null`),
  counted: integer("counted").default(sql`nextval('counter')`),
  words: text("words").array().default(["x", "y"]),
  noWords: text("no_words").array().default([]),
  castWords: text("cast_words").array().default(sql`'{}'::text[]`),
  digits: integer("digits").array().default([1, -2]),
  answers: boolean("answers").array().default([true]),
  prices: numeric("prices").array().default(["1.5"]),
  days: date("days").array().default(["2026-01-31"]),
  documents: jsonb("documents")
    .array()
    .default([{ a: 1 }]),
});

export const indexes = pgTable(
  "indexes",
  { id: key(), a: text("a"), b: integer("b"), c: jsonb("c"), d: text("d").array(), e: point("e") },
  (self) => [
    index().on(self.a),
    index("down").on(self.a.desc()),
    index("down_last").on(self.a.desc().nullsLast(), self.b.asc().nullsFirst()),
    uniqueIndex("partial").on(self.a).where(sql`${self.b} is not null`),
    index("large").on(self.a).where(sql`b > 0`),
    uniqueIndex("lower").on(sql`lower(a)`),
    index("mixed").on(sql`lower(${self.a})`, self.b),
    index("inverted").using("gin", self.c),
    index("paths").using("gin", self.c.op("jsonb_path_ops")),
    index("words").using("gin", self.d),
    index("places").using("gist", self.e),
    index("hashed").using("hash", self.a),
    index("patterns").on(self.b, self.a.op("text_pattern_ops")),
    index("loose").on(self.b).with({ fillfactor: 70 }),
    index("beside").on(self.b).concurrently(),
  ],
);
export const checks = pgTable("checks", { id: key(), a: integer("a"), b: text("b") }, (self) => [
  check("positive", sql`a > 0`),
  check("known", sql`${self.a} > 0 and ${self.b} in ('x', 'y')`),
  check("short", sql`length(b) < 10 or b is null`),
]);

export const positive = pgView("positive")
  .with({ securityInvoker: true })
  .as((query) => query.select({ id: checks.id, a: checks.a }).from(checks));
export const byHand = pgView("by_hand", { id: text("id") })
  .with({ checkOption: "cascaded" })
  .as(sql`select id from checks where a > 1`);
export const kept = pgMaterializedView("kept")
  .with({ fillfactor: 80 })
  .as((query) => query.select({ id: checks.id }).from(checks));
export const invoices = billing.table("invoices", { id: key(), a: text("a").unique() }, (self) => [
  index("invoices_down").on(self.a.desc()),
]);
export const paid = billing.view("paid").as((query) => query.select({ id: invoices.id }).from(invoices));
