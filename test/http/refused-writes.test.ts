/** What a table of an application's own making refuses: RESTRICT, its triggers, its checks. */
import { sql } from "drizzle-orm";
import { check, integer, text } from "drizzle-orm/pg-core";
import { defineHedgerow, id, organization } from "hedgerow";
import { sessionAuthenticator } from "hedgerow/better-auth";
import { withCaller } from "hedgerow/hono";
import { Hono } from "hono";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { baseURL, type Kind, openWorld, type Person, type World } from "../support/world.js";

const { table } = defineHedgerow({});
const members = { roles: ["member+"] } as const;
const all = { read: members, create: members, update: members, delete: members };

const shelves = table("shelves", { id: id(), organizationId: organization(), name: text("name").notNull() })
  .firewall("organization")
  .access(all);
const books = table(
  "books",
  {
    id: id(),
    organizationId: organization(),
    shelfId: text("shelf_id").references(() => shelves.id, { onDelete: "restrict" }),
    title: text("title").notNull(),
    pages: integer("pages"),
    read: integer("pages-read"),
  },
  (t) => [
    check("books_pages", sql`${t.pages} > 0`),
    check("books_read", sql`"pages-read" <= PAGES and title <> 'organization_id'`),
    check("books_title", sql`length(title) < 20`),
    check("books_scope", sql`${t.organizationId} <> 'nobody'`),
  ],
)
  .firewall("organization")
  .access(all);
const schema = { shelves, books };

describe.each<Kind>(["postgres", "pglite", "postgres-15"])("what a table refuses on %s", (kind) => {
  let world: World;
  let ada: Person;
  const logged: Array<unknown> = [];
  let app: Hono;

  beforeAll(async () => {
    world = await openWorld(kind, schema);
    ada = await world.signUp("ada");
    await world.createOrganization(ada, "acme");
    for (const statement of [
      `create function public.speak() returns trigger language plpgsql as $$ begin
        if new.title = 'forbidden' then raise exception 'secret words about %', new.title; end if; return new; end $$`,
      "create trigger speak before insert or update on public.books for each row execute function public.speak()",
    ]) {
      await world.truth(statement);
    }
    const acting = withCaller({
      auth: sessionAuthenticator(world.auth),
      database: world.api,
      schema,
      onError: (error) => void logged.push(error),
    });
    app = new Hono();
    app.delete("/shelves", acting, async (c) => c.json(await c.var.hedgerow.db.delete(shelves)));
    app.post("/books", acting, async (c) => {
      await c.var.hedgerow.db.insert(books).values({ title: "forbidden" });
      return c.text("made");
    });
  });
  afterAll(async () => {
    expect([...world.reported, ...logged]).toEqual([]);
    await world.close();
  });

  it("is a conflict where RESTRICT keeps a row that others point to, behind withCaller as well", async () => {
    const shelf = await world.call(ada, "POST", "/shelves", { name: "A" });
    const book = await world.call(ada, "POST", "/books", { title: "One", shelfId: shelf.json.id });
    expect([shelf.status, book.status]).toEqual([201, 201]);
    const kept = await world.call(ada, "DELETE", `/shelves/${shelf.json.id}`);
    expect([kept.status, kept.json.code]).toEqual([409, "still_referenced"]);
    const own = await app.request(`${baseURL}/shelves`, {
      method: "DELETE",
      headers: { cookie: ada.cookie, origin: baseURL },
    });
    expect([own.status, (await own.json()).code]).toEqual([409, "still_referenced"]);
  });

  it("is a 422 of its own where a trigger raises, without its words", async () => {
    const made = await world.call(ada, "POST", "/books", { title: "forbidden" });
    expect([made.status, made.json.code]).toEqual([422, "rejected"]);
    const own = await app.request(`${baseURL}/books`, {
      method: "POST",
      headers: { cookie: ada.cookie, origin: baseURL },
    });
    const said = await own.text();
    expect([own.status, JSON.parse(said)]).toEqual([422, made.json]);
    expect(made.text + said).not.toMatch(/secret|forbidden/);
  });

  it.each([
    [{ title: "a", pages: 0 }, ["pages"]],
    [{ title: "a", pages: 1, read: 2 }, ["title", "pages", "read"]],
    [{ title: "a title that is longer than it may be" }, ["title"]],
  ])("names the fields that a check reads: %j", async (body, fields) => {
    const refused = await world.call(ada, "POST", "/books", body);
    expect(refused.json).toMatchObject({
      code: "validation_failed",
      detail: "The row breaks a rule of the table.",
      errors: fields.map((field) => ({ field, message: "breaks a rule" })),
    });
  });
});
