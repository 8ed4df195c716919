/** Types, operators and enums outside of `public`: where a request finds them, and that no caller can put anything there. */
import { sql } from "drizzle-orm";
import { customType, pgSchema, text } from "drizzle-orm/pg-core";
import { id, organization, table } from "hedgerow";
import { sessionAuthenticator } from "hedgerow/better-auth";
import { verifyDatabase, withCaller } from "hedgerow/hono";
import { Hono } from "hono";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { baseURL, type Kind, openWorld, type Person, type World } from "../support/world.js";

const billing = pgSchema("Billing");
const mood = billing.enum("Mood", ["good", "bad"]);
/** A type of an extension, with an operator of its own; a domain and functions do what citext and vector would. */
const label = customType<{ data: string }>({ dataType: () => "label" });
const elsewhere = customType<{ data: string }>({ dataType: () => "tag" });
const members = { roles: ["member+"] } as const;
const all = { read: members, create: members, update: members, delete: members };

const invoices = table("invoices", {
  id: id("inv"),
  organizationId: organization(),
  mood: mood("mood").notNull(),
  moods: mood("moods").array(),
  label: label("label"),
  title: text("title"),
})
  .firewall("organization")
  .access(all);
const schema = { billing, mood, invoices };

const extension = [
  "create schema if not exists extensions",
  "create type extensions.label as (word text)",
  "create function extensions.label_in(text) returns extensions.label language sql immutable as $$ select row($1)::extensions.label $$",
  "create function extensions.near(text, text) returns boolean language sql immutable as $$ select pg_catalog.lower($1) = pg_catalog.lower($2) $$",
  "create operator extensions.<~> (leftarg = text, rightarg = text, function = extensions.near)",
  // As the login that pushes has it: with an extension there, drizzle-kit's own statements need it.
  "set search_path = public, extensions",
];

describe.each<Kind>(["postgres", "pglite", "postgres-15"])("what stands in another schema on %s", (kind) => {
  let world: World;
  let ada: Person;

  beforeAll(async () => {
    world = await openWorld(kind, schema, undefined, extension);
    ada = await world.signUp("ada");
    await world.createOrganization(ada, "acme");
  });
  afterAll(async () => {
    expect(world.reported).toEqual([]);
    await world.close();
  });

  it("is written, read, filtered by and changed: enums, lists of them, and types of extensions", async () => {
    const made = await world.call(ada, "POST", "/invoices", {
      mood: "bad",
      moods: ["good", "bad"],
      label: "(x)",
      title: "A",
    });
    expect([made.status, made.json]).toMatchObject([
      201,
      { mood: "bad", moods: ["good", "bad"], label: { word: "x" } },
    ]);
    const path = `/invoices/${made.json.id}`;
    expect((await world.call(ada, "GET", "/invoices?mood=bad")).json.data).toHaveLength(1);
    expect((await world.call(ada, "GET", "/invoices?mood=good")).json.data).toEqual([]);
    expect((await world.call(ada, "GET", "/invoices?sort=-mood")).status).toBe(200);
    expect((await world.call(ada, "GET", "/invoices?mood=sad")).status).toBe(400);
    expect((await world.call(ada, "PATCH", path, { mood: "good", moods: null })).json).toMatchObject({
      mood: "good",
      moods: null,
    });
  });

  it("is found by its bare name behind withCaller, operators too", async () => {
    const acting = withCaller({ schema, auth: sessionAuthenticator(world.auth), database: world.api });
    const app = new Hono().get("/", acting, async (c) =>
      c.json(
        await c.var.hedgerow.db
          .select({ title: invoices.title, mood: invoices.mood })
          .from(invoices)
          .where(sql`${invoices.title} <~> 'a'`),
      ),
    );
    const answer = await app.request(`${baseURL}/`, { headers: { cookie: ada.cookie, origin: baseURL } });
    expect(await answer.json()).toEqual([{ title: "A", mood: "good" }]);
  });

  it("is nothing that a caller can make, or make a schema for", async () => {
    for (const statement of [
      "create function extensions.lower(text) returns text language sql as $$ select 'mine' $$",
      "create type extensions.mine as (a int)",
      "create table extensions.mine (a int)",
      "create table public.mine (a int)",
      'create function "Billing".mine() returns int language sql as $$ select 1 $$',
      "create schema mine",
      "alter schema extensions rename to mine",
    ]) {
      expect([statement, await world.refusal(ada, statement)]).toEqual([statement, "42501"]);
    }
  });

  it("was closed by the push where it had been open, and doctor's look at the catalog says so", async () => {
    const [open] = await world.truth(
      `select has_schema_privilege('authenticated', 'extensions', 'create') as make, has_schema_privilege('anonymous', 'extensions', 'usage') as use,
        has_database_privilege('authenticated', current_database(), 'create') as schemas`,
    );
    expect(open).toEqual({ make: false, use: true, schemas: false });
  });

  it("where no request finds it is a reason not to start, which says where it is", async () => {
    const lost = table("lost", { id: id(), tag: elsewhere("tag") })
      .firewall({ exception: "a test" })
      .access({ read: { roles: ["PUBLIC"] } });
    await world.truth("create schema gis");
    await world.truth("create type gis.tag as (a text)");
    await world.truth("create table public.lost (id text primary key, tag gis.tag)");
    await expect(verifyDatabase({ schema: { lost }, database: world.api })).rejects.toThrow(
      "column public.lost.tag is gis.tag, not tag",
    );
  });
});
