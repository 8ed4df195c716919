/** What a table's type knows: its rows, its scope, its operations, the vocabulary; and that it stays Drizzle's. */
import { type InferInsertModel, type InferSelectModel, relations } from "drizzle-orm";
import type { NodePgDatabase } from "drizzle-orm/node-postgres";
import {
  bigint,
  boolean,
  date,
  integer,
  numeric,
  type PgTable,
  pgEnum,
  pgTable,
  text,
  timestamp,
  uuid,
} from "drizzle-orm/pg-core";
import { expectAssignable, expectError, expectNotAssignable, expectType } from "tsd";
import type { guarded as guardKey } from "../../src/condition/rule.js";
import { defineHedgerow, id, organization, owner, table, team } from "../../src/index.js";
import type { Guard, Guarded } from "../../src/table/types.js";

const mood = pgEnum("mood", ["happy", "sad"]);

const draft = table("documents", {
  id: id("doc"),
  organizationId: organization(),
  userId: text("user_id").notNull(),
  title: text("title").notNull(),
  salary: integer("salary"),
  big: bigint("big", { mode: "bigint" }),
  amount: numeric("amount"),
  flag: boolean("flag").notNull().default(false),
  due: timestamp("due"),
  day: date("day"),
  ref: uuid("ref"),
  mood: mood("mood"),
});
const firewalled = draft.firewall("organization");
const documents = firewalled.access({
  read: { or: [{ roles: ["admin+"] }, { record: { userId: { equals: "ctx.userId" } } }] },
  create: { roles: ["member+"], record: { mood: { in: ["happy"] }, big: { lessThan: 5n }, amount: { equals: "1.5" } } },
  update: { before: { roles: ["AUTHENTICATED"] }, after: { not: { record: { due: { lessThan: new Date(0) } } } } },
});

// ── rows ────────────────────────────────────────────────────────────────────────────────────────────────────────────

interface Row {
  id: string;
  organizationId: string;
  userId: string;
  title: string;
  salary: number | null;
  big: bigint | null;
  amount: string | null;
  flag: boolean;
  due: Date | null;
  day: string | null;
  ref: string | null;
  mood: "happy" | "sad" | null;
}
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
type Flat<T> = { [K in keyof T]: T[K] };

// Every step has the same rows, and they are those of a plain Drizzle table.
expectType<true>({} as Same<Flat<typeof draft.$inferSelect>, Flat<Row>>);
expectType<true>({} as Same<Flat<typeof firewalled.$inferSelect>, Flat<Row>>);
expectType<true>({} as Same<Flat<typeof documents.$inferSelect>, Flat<Row>>);
expectType<true>({} as Same<Flat<InferSelectModel<typeof documents>>, Flat<Row>>);

// What the database fills need not be given: the key, the scope and what has a default.
type Insert = InferInsertModel<typeof documents>;
expectAssignable<Insert>({ userId: "ann", title: "a" });
expectNotAssignable<Insert>({ userId: "ann" });
expectAssignable<Insert>({ userId: "ann", title: "a", organizationId: "org", mood: "sad", big: 1n });
expectNotAssignable<Insert>({ userId: "ann", title: "a", mood: "angry" });

// ── what the router knows ───────────────────────────────────────────────────────────────────────────────────────────

type GuardOf<T> = T extends Guarded<infer G> ? G : never;
expectType<"documents">({} as GuardOf<typeof documents>["name"]);
expectType<"organizationId">({} as GuardOf<typeof documents>["scope"]);
expectType<"read" | "create" | "update">({} as GuardOf<typeof documents>["operations"]);
expectType<true>({} as Same<GuardOf<typeof firewalled>["operations"], never>);
expectAssignable<Guarded<Guard>>(documents);
// A table that is not finished is not guarded.
expectNotAssignable<{ readonly [guardKey]: unknown }>(draft);

const columns = { id: id(), a: text("a"), b: text("b"), n: integer("n"), ref: uuid("ref"), o: owner(), t: team() };
const notes = table("notes", columns);
type ScopeOf<T> = GuardOf<T>["scope"];
const both = notes.firewall([
  { field: "a", equals: "$ctx.activeOrgId" },
  { field: "ref", equals: "ctx.activeTeamId" },
  { field: "b", equals: "a literal" },
  { field: "n", isNull: false },
]);
expectType<"a" | "ref">({} as ScopeOf<typeof both>);
const byOwner = notes.firewall("owner");
expectType<"o">({} as ScopeOf<typeof byOwner>);
const byTeam = notes.firewall("team");
expectType<"t">({} as ScopeOf<typeof byTeam>);
const listed = notes.firewall(["owner", "team", { field: "n", isNull: false }]);
expectType<"o" | "t">({} as ScopeOf<typeof listed>);
expectError(notes.firewall(["owner", "organization"]));
expectError(notes.firewall(["owner", "tenant"]));
const open = notes.firewall({ exception: "the same for everyone" });
expectType<true>({} as Same<ScopeOf<typeof open>, never>);
const child = notes.firewall({ field: "a", via: () => documents });
expectType<true>({} as Same<ScopeOf<typeof child>, never>);
expectError(notes.firewall("organization"));

// ── vocabulary ──────────────────────────────────────────────────────────────────────────────────────────────────────

const custom = defineHedgerow({
  roles: ["viewer", "editor"],
  userRoles: ["support"],
  claims: { region: "string", level: "number", beta: "boolean" },
});
const mine = custom.table("mine", { ...columns, flag: boolean("flag") }).firewall([
  { field: "a", equals: "ctx.claims.region" },
  { field: "n", equals: "$ctx.claims.level" },
]);
expectType<"a" | "n">({} as ScopeOf<typeof mine>);
mine.access({
  read: { roles: ["viewer+", "PUBLIC"], userRoles: ["support"], record: { flag: { equals: "ctx.claims.beta" } } },
});
expectError(mine.access({ read: { roles: ["admin"] } }));
expectError(mine.access({ read: { roles: ["viewer", "editors"] } }));
expectError(mine.access({ read: { userRoles: ["admin"] } }));
expectError(mine.access({ read: { record: { n: { equals: "ctx.claims.region" } } } }));
expectError(mine.access({ read: { record: { a: { equals: "ctx.claims.level" } } } }));
expectError(mine.access({ read: { record: { a: { equals: "ctx.claims.country" } } } }));
expectError(defineHedgerow({ claims: { since: "date" } }));
// What is not named keeps its default.
const rolesOnly = defineHedgerow({ roles: ["viewer"] })
  .table("t", columns)
  .firewall({ exception: "a test" });
rolesOnly.access({ read: { roles: ["viewer"], userRoles: ["admin"] } });
const claimsOnly = defineHedgerow({ claims: { a: "string" } })
  .table("t", columns)
  .firewall({ exception: "a test" });
claimsOnly.access({ read: { roles: ["owner"], userRoles: ["user"] } });
expectError(rolesOnly.access({ read: { roles: ["member"] } }));

// ── steps ───────────────────────────────────────────────────────────────────────────────────────────────────────────

expectError(draft.access({ read: { roles: ["member"] } }));
expectError(firewalled.firewall("organization"));
expectError(documents.access({ read: { roles: ["member"] } }));
expectError(documents.firewall("organization"));
expectError(table("t", { id: id(), firewall: text("x") }));
expectError(table("t", { id: id(), access: text("x") }));
expectError(table("t", { id: id(), enableRLS: text("x") }));

// ── still Drizzle's ─────────────────────────────────────────────────────────────────────────────────────────────────

declare const db: NodePgDatabase;

expectAssignable<PgTable>(draft);
expectAssignable<PgTable>(firewalled);
expectAssignable<PgTable>(documents);
expectType<Promise<{ title: string; salary: number | null }[]>>(
  db.select({ title: documents.title, salary: documents.salary }).from(documents).execute(),
);
expectType<true>({} as Same<Flat<Awaited<ReturnType<typeof selectAll>>[number]>, Flat<Row>>);
const selectAll = () => db.select().from(documents);
db.select().from(draft);
db.insert(documents).values({ userId: "ann", title: "a" }).returning({ id: documents.id });
db.update(firewalled).set({ title: "b" });
expectError(db.update(documents).set({ titel: "b" }));
expectError(db.insert(documents).values({ title: 5, userId: "ann" }));

const lines = pgTable("lines", { documentId: text("document_id").references(() => documents.id) });
relations(lines, ({ one }) => ({
  document: one(documents, { fields: [lines.documentId], references: [documents.id] }),
}));
relations(documents, ({ many }) => ({ lines: many(lines) }));
const following = table("following", { id: id(), documentId: text("document_id").references(() => documents.id) });
expectAssignable<PgTable>(following);
