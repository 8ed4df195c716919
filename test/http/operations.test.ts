/** The five operations as a client meets them. */
import {
  bigint,
  boolean,
  date,
  doublePrecision,
  integer,
  jsonb,
  numeric,
  pgEnum,
  smallint,
  text,
  timestamp,
  unique,
  uuid,
  varchar,
} from "drizzle-orm/pg-core";
import { defineHedgerow, id, organization, owner } from "hedgerow";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Kind, openWorld, type Person, type World } from "../support/world.js";

const { table } = defineHedgerow({});
const colour = pgEnum("colour", ["red", "green", "blue"]);

const things = table(
  "things",
  {
    id: id("thing"),
    organizationId: organization(),
    name: text("name").notNull(),
    code: varchar("code", { length: 3 }),
    count: integer("count"),
    small: smallint("small"),
    big: bigint("big", { mode: "bigint" }),
    price: numeric("price", { precision: 10, scale: 2 }),
    ratio: doublePrecision("ratio"),
    done: boolean("done").notNull().default(false),
    at: timestamp("at", { withTimezone: true }),
    local: timestamp("local"),
    day: date("day"),
    key: uuid("key"),
    colour: colour("colour"),
    data: jsonb("data"),
    tags: text("tags").array(),
  },
  (t) => [unique().on(t.organizationId, t.code)],
)
  .firewall("organization")
  .access({
    read: { roles: ["member+"] },
    create: { roles: ["member+"] },
    update: { roles: ["member+"] },
    delete: { roles: ["admin+"] },
  });

/** A ticket may be closed by anyone, but only an admin reopens one; a member sees only tickets of their own. */
const tickets = table("tickets", {
  id: id(),
  organizationId: organization(),
  userId: owner(),
  status: text("status", { enum: ["open", "closed"] })
    .notNull()
    .default("open"),
})
  .firewall("organization")
  .access({
    read: { or: [{ roles: ["admin+"] }, { record: { userId: { equals: "ctx.userId" } } }] },
    create: { roles: ["member+"] },
    update: {
      before: { or: [{ roles: ["admin+"] }, { record: { status: { equals: "open" } } }] },
      after: { roles: ["member+"] },
    },
    delete: { roles: ["owner"] },
  });

const suggestions = table("suggestion_box", { id: id(), body: text("body").notNull() })
  .firewall({ exception: "anyone may write" })
  .access({ create: { roles: ["PUBLIC"] } });

const settings = table("settings", { key: text("key").primaryKey(), value: text("value").notNull() })
  .firewall({ exception: "the same for everyone" })
  .access({ read: { roles: ["PUBLIC"] }, create: { roles: ["AUTHENTICATED"] }, delete: { roles: ["AUTHENTICATED"] } });

const schema = { colour, things, tickets, suggestionBox: suggestions, settings };

describe.each<Kind>(["postgres", "pglite"])("the API on %s", (kind) => {
  let world: World;
  let ada: Person;
  let ben: Person;

  beforeAll(async () => {
    world = await openWorld(kind, schema);
    ada = await world.signUp("ada");
    ben = await world.signUp("ben");
    await world.join(ben, await world.createOrganization(ada, "acme"), "member");
  });
  afterAll(() => world.close());

  const full = {
    name: 'O\'Brien "x" \\ – ✓ 😀',
    code: "äöü",
    count: -2147483648,
    small: 32767,
    big: "9007199254740993",
    price: "12345678.90",
    ratio: 0.1,
    done: true,
    at: "2026-01-31T12:00:00.123456+00:00",
    local: "2026-01-31T12:00:00+00:00",
    day: "2024-02-29",
    key: "3f2504e0-4f89-41d3-9a0c-0305e82c3301",
    colour: "green",
    data: { a: [1, null, { b: "c" }] },
    tags: ["a", 'b "quoted"', "c,d", "{}", "null"],
  };

  describe("a row", () => {
    it("comes back exactly as it was written, on create, get, list and update", async () => {
      const created = await world.call(ada, "POST", "/things", full);
      expect(created.status).toBe(201);
      expect(created.json).toMatchObject(full);
      const path = `/things/${created.json.id}`;
      expect((await world.call(ada, "GET", path)).json).toEqual(created.json);
      expect((await world.call(ben, "GET", `/things?key=${full.key}`)).json.data).toEqual([created.json]);
      const updated = await world.call(ben, "PATCH", path, { ...full, code: "xyz" });
      expect(updated.json).toEqual({ ...created.json, code: "xyz" });
      await world.call(ada, "DELETE", path);
    });

    it("takes instants of any zone and gives them in UTC", async () => {
      const body = { name: "n", at: "2026-01-31T14:00:00+02:00", local: "2026-01-31T14:00:00+02:00" };
      const { json } = await world.call(ada, "POST", "/things", body);
      expect([json.at, json.local]).toEqual(["2026-01-31T12:00:00+00:00", "2026-01-31T12:00:00+00:00"]);
      const plain = await world.call(ada, "PATCH", `/things/${json.id}`, { local: "2026-01-31T12:00:00" });
      expect(plain.json.local).toBe("2026-01-31T12:00:00+00:00");
      await world.call(ada, "DELETE", `/things/${json.id}`);
    });

    it("can be set to null where the column allows it", async () => {
      const { json } = await world.call(ada, "POST", "/things", full);
      const nulls = Object.fromEntries(Object.keys(full).map((key) => [key, null]));
      const answer = await world.call(ada, "PATCH", `/things/${json.id}`, { ...nulls, name: "kept", done: false });
      expect(answer.json).toMatchObject({ ...nulls, name: "kept", done: false });
      await world.call(ada, "DELETE", `/things/${json.id}`);
    });
  });

  describe("a body", () => {
    it.each([
      [{}, "name"],
      [{ name: null }, "name"],
      [{ name: 1 }, "name"],
      [{ name: "a\u0000b" }, "name"],
      [{ name: "x", code: "four" }, "code"],
      [{ name: "x", count: 1.5 }, "count"],
      [{ name: "x", count: 2147483648 }, "count"],
      [{ name: "x", count: "1" }, "count"],
      [{ name: "x", small: 32768 }, "small"],
      [{ name: "x", big: "9223372036854775808" }, "big"],
      [{ name: "x", big: 1 }, "big"],
      [{ name: "x", price: "1,5" }, "price"],
      [{ name: "x", done: "true" }, "done"],
      [{ name: "x", done: null }, "done"],
      [{ name: "x", at: "yesterday" }, "at"],
      [{ name: "x", at: "2026-02-30T00:00:00Z" }, "at"],
      [{ name: "x", day: "2026-02-30" }, "day"],
      [{ name: "x", key: "not-a-uuid" }, "key"],
      [{ name: "x", colour: "pink" }, "colour"],
      [{ name: "x", tags: "a" }, "tags"],
      [{ name: "x", tags: [1] }, "tags.0"],
      [{ name: "x", nam: "y" }, "nam"],
      [{ name: "x", id: "thing_1" }, "id"],
      [{ name: "x", organizationId: "org" }, "organizationId"],
    ])("%j is refused with the field", async (body, field) => {
      const answer = await world.call(ada, "POST", "/things", body);
      expect(answer.status).toBe(400);
      expect(answer.json.code).toBe("validation_failed");
      expect(answer.json.errors.map((error: { field: string }) => error.field)).toEqual([field]);
      expect(answer.json.errors[0].message).not.toBe("");
    });

    it("is told everything that is wrong with it at once", async () => {
      const { json } = await world.call(ada, "POST", "/things", { nam: "x", count: "1", id: "y" });
      expect(json.errors.map((error: { field: string }) => error.field).sort()).toEqual(["count", "id", "nam", "name"]);
      expect(json.errors.find((error: { field: string }) => error.field === "nam").message).toContain('"name"');
    });

    it.each([
      ["[]", 400, "validation_failed"],
      ["null", 400, "validation_failed"],
      ['"text"', 400, "validation_failed"],
      ["{", 400, "invalid_json"],
      ["", 400, "invalid_json"],
    ])("%j is refused", async (body, status, code) => {
      const answer = await world.call(ada, "POST", "/things", body);
      expect([answer.status, answer.json.code]).toEqual([status, code]);
    });

    it("must be JSON by its content type", async () => {
      const answer = await world.call(ada, "POST", "/things", "{}", { "content-type": "text/plain" });
      expect([answer.status, answer.json.code]).toEqual([415, "unsupported_media_type"]);
    });

    it("may not be larger than a mebibyte", async () => {
      const answer = await world.call(ada, "POST", "/things", { name: "x".repeat(1_048_576) });
      expect([answer.status, answer.json.code]).toEqual([413, "body_too_large"]);
    });

    it("of an update must change something", async () => {
      const { json } = await world.call(ada, "POST", "/things", { name: "x" });
      expect((await world.call(ada, "PATCH", `/things/${json.id}`, {})).status).toBe(400);
      await world.call(ada, "DELETE", `/things/${json.id}`);
    });

    it("cannot name the prototype of anything", async () => {
      const answer = await world.call(ada, "POST", "/things", '{"name":"x","__proto__":{"organizationId":"y"}}');
      expect(answer.status).toBe(400);
    });

    it("that takes a taken value is a conflict that names the field and nothing of the database", async () => {
      const first = await world.call(ada, "POST", "/things", { name: "a", code: "DUP" });
      const answer = await world.call(ada, "POST", "/things", { name: "b", code: "DUP" });
      expect(answer.status).toBe(409);
      expect(answer.json.errors).toEqual([{ field: "code", message: "is taken" }]);
      expect(answer.text).not.toMatch(/constraint|things_|duplicate/);
      await world.call(ada, "DELETE", `/things/${first.json.id}`);
    });
  });

  describe("a list", () => {
    beforeAll(async () => {
      for (const n of [1, 2, 3, 4, 5]) {
        await world.call(ada, "POST", "/things", {
          name: `item ${n}`,
          count: n % 2,
          done: n > 3,
          day: `2026-01-0${n}`,
        });
      }
    });

    const names = async (query: string): Promise<ReadonlyArray<string>> =>
      (await world.call(ben, "GET", `/things?${query}`)).json.data.map((row: { name: string }) => row.name);

    it("filters by equality, sorts, and breaks ties by the primary key", async () => {
      expect(await names("sort=-name&count=1")).toEqual(["item 5", "item 3", "item 1"]);
      expect(await names("sort=name&done=true")).toEqual(["item 4", "item 5"]);
      expect(await names("day=2026-01-02")).toEqual(["item 2"]);
      const twice = [await names("sort=count&limit=3"), await names("sort=count&limit=2&offset=3")].flat();
      expect(new Set(twice).size).toBe(5);
    });

    it("says whether there is more, and how many in all when asked", async () => {
      const { json } = await world.call(ada, "GET", "/things?limit=2&offset=2&sort=name&total=true");
      expect(json.pagination).toEqual({ limit: 2, offset: 2, count: 2, hasMore: true, total: 5 });
      const last = await world.call(ada, "GET", "/things?limit=2&offset=4");
      expect(last.json.pagination).toEqual({ limit: 2, offset: 4, count: 1, hasMore: false });
      const beyond = await world.call(ada, "GET", "/things?offset=1000");
      expect(beyond.json).toEqual({ data: [], pagination: { limit: 50, offset: 1000, count: 0, hasMore: false } });
    });

    it.each([
      ["limit=0", "limit"],
      ["limit=101", "limit"],
      ["limit=ten", "limit"],
      ["offset=-1", "offset"],
      ["limit=1&limit=2", "limit"],
      ["sort=nope", "sort"],
      ["sort=", "sort"],
      ["sort=name,-name", "sort"],
      ["total=yes", "total"],
      ["naem=x", "naem"],
      ["count=many", "count"],
      ["count=1.0", "count"],
      ["count=1e2", "count"],
      ["small=32768", "small"],
      ["done=1", "done"],
      ["key=abc", "key"],
      ["colour=pink", "colour"],
      ["day=tomorrow", "day"],
      ["data=1", "data"],
      ["tags=a", "tags"],
      ["name=a%00b", "name"],
      ["name=a&name=b", "name"],
      ["name[]=a", "name[]"],
    ])("refuses %s and names the parameter", async (query, field) => {
      const { status, json } = await world.call(ada, "GET", `/things?${query}`);
      expect([status, json.code]).toEqual([400, "invalid_query"]);
      expect(json.errors[0].field).toBe(field);
    });

    it("treats a filter as a value, whatever is in it", async () => {
      expect(await names(`name=${encodeURIComponent("' or 1=1 --")}`)).toEqual([]);
      expect(await names(`sort=name&name=${encodeURIComponent("item 1")}`)).toEqual(["item 1"]);
    });
  });

  describe("a row that may be made but not seen", () => {
    it("is made without a body by someone who may never read the table", async () => {
      const answer = await world.call(null, "POST", "/suggestion-box", { body: "More tea" });
      expect([answer.status, answer.text]).toEqual([201, ""]);
      expect(await world.truth("select body from suggestion_box")).toEqual([{ body: "More tea" }]);
      expect((await world.call(ada, "GET", "/suggestion-box")).status).toBe(405);
    });

    it("is made once, and answered with null, when only this row is out of sight", async () => {
      const answer = await world.call(ben, "POST", "/tickets", { userId: ada.userId });
      expect([answer.status, answer.text]).toEqual([201, "null"]);
      expect((await world.truth("select 1 from tickets where user_id = $1", ada.userId)).length).toBe(1);
      expect((await world.call(ben, "POST", "/tickets", {})).json.userId).toBe(ben.userId);
    });
  });

  describe("an update with before and after", () => {
    it("changes a row that could be changed before and may be so afterwards", async () => {
      const { json } = await world.call(ben, "POST", "/tickets", {});
      const closed = await world.call(ben, "PATCH", `/tickets/${json.id}`, { status: "closed" });
      expect([closed.status, closed.json.status]).toEqual([200, "closed"]);
      const reopened = await world.call(ben, "PATCH", `/tickets/${json.id}`, { status: "open" });
      expect([reopened.status, reopened.json.code]).toEqual([403, "forbidden"]);
      expect((await world.call(ada, "PATCH", `/tickets/${json.id}`, { status: "open" })).status).toBe(200);
    });

    it("refuses a change after which the caller could not read the row", async () => {
      const { json } = await world.call(ben, "POST", "/tickets", {});
      expect((await world.call(ben, "PATCH", `/tickets/${json.id}`, { userId: ada.userId })).status).toBe(403);
    });
  });

  describe("an operation", () => {
    it("is forbidden to a role that may not use it, whether or not the row exists", async () => {
      const { json } = await world.call(ada, "POST", "/things", { name: "kept" });
      const exists = await world.call(ben, "DELETE", `/things/${json.id}`);
      const missing = await world.call(ben, "DELETE", "/things/thing_0");
      expect([exists.status, exists.text]).toEqual([403, missing.text]);
      expect((await world.call(ada, "DELETE", `/things/${json.id}`)).status).toBe(204);
      expect((await world.call(ada, "DELETE", `/things/${json.id}`)).status).toBe(404);
    });

    it("that nobody may use is not there, and says which are", async () => {
      const answer = await world.call(ada, "PUT", "/things");
      expect([answer.status, answer.headers.get("allow")]).toEqual([405, "GET, POST"]);
      expect((await world.call(ada, "PATCH", "/settings/x", {})).headers.get("allow")).toBe("GET, DELETE");
      expect((await world.call(ada, "GET", "/nothing")).json.code).toBe("route_not_found");
    });

    it("works on a table whose callers choose the key", async () => {
      const created = await world.call(ada, "POST", "/settings", { key: "a/b ü", value: "1" });
      expect(created.json).toEqual({ key: "a/b ü", value: "1" });
      expect((await world.call(null, "GET", `/settings/${encodeURIComponent("a/b ü")}`)).json.value).toBe("1");
      expect((await world.call(ada, "POST", "/settings", { key: "a/b ü", value: "2" })).json.errors).toEqual([
        { field: "key", message: "is taken" },
      ]);
      expect((await world.call(ada, "DELETE", `/settings/${encodeURIComponent("a/b ü")}`)).status).toBe(204);
    });

    it("answers problems as application/problem+json with a code, a layer and nothing of the database", async () => {
      const answer = await world.call(null, "GET", "/things");
      expect(answer.headers.get("content-type")).toBe("application/problem+json");
      expect(answer.json).toEqual({
        type: "urn:hedgerow:problem:authentication_required",
        title: "Sign in first.",
        status: 401,
        code: "authentication_required",
        layer: "authentication",
      });
    });
  });

  it("had no error that only the log should see", () => {
    expect(world.reported).toEqual([]);
  });
});
