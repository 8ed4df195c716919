/** What a handler behind `withCaller` knows of its variables. */
import { text } from "drizzle-orm/pg-core";
import { id, organization, table } from "hedgerow";
import { type Authenticator, type Caller, type DatabaseShape, type SignedInCaller, withCaller } from "hedgerow/hono";
import { Hono } from "hono";
import { hc } from "hono/client";
import { expectAssignable, expectError, expectType } from "tsd";

declare const auth: Authenticator;
declare const database: DatabaseShape;

const notes = table("notes", { id: id(), organizationId: organization(), title: text("title").notNull() })
  .firewall("organization")
  .access({ read: { roles: ["member+"] }, create: { roles: ["member+"] } });

// ── who is calling ──────────────────────────────────────────────────────────────────────────────────────────────────

new Hono().get("/", withCaller({ auth, database }), async (c) => {
  expectType<SignedInCaller>(await c.var.hedgerow.caller());
  expectType<string>((await c.var.hedgerow.caller()).userId);
  await c.var.hedgerow.transaction(async (_tx, caller) => expectType<string>(caller.userId));
  return c.text("");
});
new Hono().get("/", withCaller({ auth, database, signIn: "optional" }), async (c) => {
  expectType<Caller>(await c.var.hedgerow.caller());
  expectType<string | null>((await c.var.hedgerow.caller()).userId);
  return c.text("");
});

// ── the database ────────────────────────────────────────────────────────────────────────────────────────────────────

const app = new Hono().get("/notes", withCaller({ auth, database, schema: { notes } }), async (c) => {
  const { db, transaction } = c.var.hedgerow;
  const rows = await db.select({ title: notes.title }).from(notes);
  expectType<Array<{ title: string }>>(rows);
  expectType<string | undefined>((await db.query.notes.findFirst())?.title);
  expectType<number>(await transaction(async () => 1, { isolationLevel: "serializable" }));
  expectType<string>(
    await transaction((tx) => tx.transaction(async (nested) => (await nested.select().from(notes))[0]?.title ?? "")),
  );
  expectError(db.insert(notes).values({ titel: "x" }));
  expectError(db.query.documents);
  expectError(transaction(async () => 1, { isolationLevel: "chaos" }));
  expectError(db.$client);
  return c.json(rows);
});

const client = hc<typeof app>("");
expectType<Array<{ title: string }>>(await (await client.notes.$get()).json());

// ── what it is made of ──────────────────────────────────────────────────────────────────────────────────────────────

expectError(withCaller({ database }));
expectError(withCaller({ auth, database, signIn: "perhaps" }));
expectAssignable<object>(
  withCaller({ auth, database, trustedOrigins: async (origin) => origin === "https://a.example" }),
);
expectError(new Hono().get("/", (c) => c.text(String(c.var.hedgerow))));
