/** What Drizzle computes in the application (`$defaultFn`, `$default`, `$onUpdate`), the router computes as well. */
import { eq, sql } from "drizzle-orm";
import { bigint, integer, jsonb, text, timestamp } from "drizzle-orm/pg-core";
import { id, table } from "hedgerow";
import { sessionAuthenticator } from "hedgerow/better-auth";
import { withCaller } from "hedgerow/hono";
import { Hono } from "hono";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { baseURL, type Kind, openWorld, type World } from "../support/world.js";

const everybody = { roles: ["PUBLIC"] } as const;
const all = { read: everybody, create: everybody, update: everybody, delete: everybody } as const;
const open = { exception: "a test" } as const;

let counted = 0;
const next = (): number => {
  counted += 1;
  return counted;
};

const things = table("things", {
  id: text("id")
    .primaryKey()
    .$defaultFn(() => `thing_${next()}`),
  code: text("code")
    .notNull()
    .$default(() => "given by nobody"),
  tags: text("tags")
    .array()
    .$defaultFn(() => ["a", 'b"']),
  data: jsonb("data").$defaultFn(() => ({ a: [1] })),
  big: bigint("big", { mode: "bigint" }).$defaultFn(() => 9007199254740993n),
  none: text("none").$defaultFn(() => null as unknown as string),
  made: timestamp("made", { withTimezone: true }).$defaultFn(() => new Date(0)),
  changed: integer("changed").$onUpdate(next),
  standing: integer("standing").default(-7).$onUpdate(next),
})
  .firewall(open)
  .access(all);

const keyless = table("keyless", {
  id: text("id")
    .primaryKey()
    .$defaultFn(() => null as unknown as string),
})
  .firewall(open)
  .access(all);
const throwing = table("throwing", {
  id: id(),
  word: text("word").$defaultFn(() => {
    throw new Error("no word today");
  }),
})
  .firewall(open)
  .access(all);
const asked = table("asked", { id: id(), word: text("word").$defaultFn(() => sql`now()::text` as unknown as string) })
  .firewall(open)
  .access(all);
const promised = table("promised", {
  id: id(),
  word: text("word").$defaultFn(() => Promise.resolve("later") as unknown as string),
})
  .firewall(open)
  .access(all);
const owned = table("owned", {
  id: id(),
  organizationId: text("organization_id")
    .notNull()
    .$defaultFn(() => "somebody else's"),
  title: text("title"),
})
  .firewall({ field: "organizationId", equals: "ctx.activeOrgId" })
  .access(all);

const schema = { things, keyless, throwing, asked, promised, owned };

describe.each<Kind>(["postgres", "pglite"])("what the application computes, on %s", (kind) => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld(kind, schema);
  });
  afterAll(() => world.close());

  const post = (path: string, body: object) => world.call(null, "POST", path, JSON.stringify(body));

  it("is made for a row that is created, where nobody gives it", async () => {
    const before = counted;
    const made = await post("/things", {});
    expect(made.status).toBe(201);
    expect(made.json).toEqual({
      id: expect.stringMatching(/^thing_\d+$/),
      code: "given by nobody",
      tags: ["a", 'b"'],
      data: { a: [1] },
      big: "9007199254740993",
      none: null,
      made: "1970-01-01T00:00:00+00:00",
      changed: expect.any(Number),
      standing: -7,
    });
    expect(counted - before).toBe(2);
    expect((await world.call(null, "GET", `/things/${made.json.id}`)).text).toBe(made.text);
  });

  it("is what a request gives, apart from a key", async () => {
    const given = { code: "own", tags: null, data: null, big: "1", made: null, changed: -1, standing: -2 };
    expect((await post("/things", given)).json).toMatchObject(given);
    const chosen = await post("/things", { id: "thing_mine" });
    expect(chosen.json.errors).toEqual([{ field: "id", message: "identifies the row and cannot be set" }]);
  });

  it("is made again for a row that is changed, and by a change alone", async () => {
    const { json: row } = await post("/things", {});
    const patch = (body: object) => world.call(null, "PATCH", `/things/${row.id}`, JSON.stringify(body));
    const changed = await patch({ code: "new" });
    expect(changed.json).toEqual({ ...row, code: "new", changed: expect.any(Number), standing: expect.any(Number) });
    expect(changed.json.changed).toBeGreaterThan(row.changed);
    expect(changed.json.standing).not.toBe(-7);
    expect((await patch({ changed: -5 })).json.changed).toBe(-5);
    expect((await patch({})).status).toBe(400);
  });

  it.each([
    ["throws", "/throwing", "no word today"],
    ["gives SQL", "/asked", '"word": $defaultFn made no value'],
    ["gives a promise", "/promised", '"word": $defaultFn made no value'],
    ["gives no key", "/keyless", "null value"],
  ])("is reported where the function %s, and nothing is stored", async (_, path, message) => {
    const answer = await post(path, {});
    expect([answer.status, answer.json.code]).toEqual([500, "internal"]);
    expect(world.reported.map(String).join()).toContain(message);
    expect((await world.call(null, "GET", path)).json.data).toEqual([]);
  });

  it("decides about no tenant, neither here nor behind withCaller", async () => {
    const ada = await world.signUp(`ada-${kind}`);
    const organizationId = await world.createOrganization(ada, `acme-${kind}`);
    const made = await world.call(ada, "POST", "/owned", { title: "routed" });
    expect([made.status, made.json.organizationId]).toEqual([201, organizationId]);

    const handler = new Hono()
      .use(withCaller({ schema, auth: sessionAuthenticator(world.auth), database: world.api }))
      .post("/", async (c) => {
        const { db } = c.var.hedgerow;
        const [own] = await db.insert(owned).values({ title: "by hand" }).returning();
        const [thing] = await db.insert(things).values({}).returning();
        const [changed] = await db
          .update(things)
          .set({ code: "new" })
          .where(eq(things.id, thing?.id ?? ""))
          .returning();
        return c.json({ own, thing: thing?.id, changed: changed?.changed !== thing?.changed }, 201);
      });
    const answer = await handler.request(baseURL, { method: "POST", headers: { cookie: ada.cookie, origin: baseURL } });
    expect(await answer.json()).toEqual({
      own: { id: expect.any(String), organizationId, title: "by hand" },
      thing: expect.stringMatching(/^thing_\d+$/),
      changed: true,
    });
  });
});
