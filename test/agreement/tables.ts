/**
 * The tables that the random rules are about.
 *
 * Invariant: `items` has a nullable column of every kind that a rule can compare, and SQL names that need quoting.
 */
import {
  bigint,
  boolean,
  date,
  doublePrecision,
  integer,
  numeric,
  type PgTable,
  pgEnum,
  pgTable,
  text,
  timestamp,
  uuid,
} from "drizzle-orm/pg-core";
import { defineHedgerow, organization } from "hedgerow";
import { identifier, text as quoted } from "../../src/condition/sql-text.js";
import { plainConfig } from "../../src/table/config.js";
import { guard } from "../support/untyped.js";

export const vocabulary = {
  roles: ["member", "admin", "owner"],
  userRoles: ["user", "admin", "auditor"],
  claims: { region: "string", level: "number", beta: "boolean" },
} as const;

export const { table } = defineHedgerow(vocabulary);

/** One label would end a literal early, another would begin a comment. */
export const moods = ["happy", "it's -- over", "so\\so"] as const;
const mood = pgEnum("Mood--kind", moods);

/** What items and parents both point to, so that `via` compares like with like and no trigger takes part. */
const ids = pgTable("ids", { id: text("id").primaryKey() });

/** `parents.ownerId` decides finer than the organization who may read a parent. */
export const parents = table("parents", {
  id: text("id")
    .primaryKey()
    .default("made by the test")
    .references(() => ids.id),
  organizationId: text("organization_id").notNull(),
  ownerId: text("owner_id"),
})
  .firewall({ field: "organizationId", equals: "ctx.activeOrgId" })
  .access({ read: { or: [{ roles: ["admin+"] }, { record: { ownerId: { equals: "ctx.userId" } } }] } });

const columns = () => ({
  id: integer("id").primaryKey().generatedByDefaultAsIdentity(),
  organizationId: organization(),
  ownerId: text("ownerId"),
  label: text("order"),
  ref: uuid("ref--uuid"),
  level: integer("level"),
  big: bigint("big", { mode: "bigint" }),
  amount: numeric("amount"),
  ratio: doublePrecision("ratio"),
  flag: boolean("flag"),
  at: timestamp("at"),
  seen: timestamp("seen", { withTimezone: true }),
  day: date("day"),
  mood: mood("mood"),
  // The parent has a column of this name too, so a name that is not qualified would mean the parent's.
  parentId: text("owner_id").references(() => ids.id),
});

export type ItemKey = keyof ReturnType<typeof columns>;

/** `items` under these rules. */
export const items = (firewall: unknown, access: unknown): PgTable =>
  guard(table("items", columns()), firewall, access);

/** `items` without rules, for those who only need its columns. */
export const plainItems: PgTable = table("items", columns());

/** `create table` with the columns and the primary key only: everything that decides is left to the policies. */
export const createTable = (source: PgTable, name = plainConfig(source).name): string =>
  `create table public.${identifier(name)} (${plainConfig(source)
    .columns.map((column) =>
      [
        identifier(column.name),
        identifierOfType(column.getSQLType()),
        ...(column.notNull ? ["not null"] : []),
        ...(column.primary ? ["primary key"] : []),
      ].join(" "),
    )
    .join(", ")})`;

const identifierOfType = (type: string): string => (type === mood.enumName ? identifier(type) : type);

export const createEnum = `create type ${identifier(mood.enumName)} as enum (${moods.map(quoted).join(", ")})`;
