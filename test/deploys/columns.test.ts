/** Columns that are not there, at the start of a router and under one that runs: which, and what is told to whom. */
import { sql } from "drizzle-orm";
import {
  bigint,
  boolean,
  char,
  doublePrecision,
  integer,
  interval,
  jsonb,
  numeric,
  pgEnum,
  serial,
  text,
  time,
  timestamp,
  uuid,
  varchar,
} from "drizzle-orm/pg-core";
import * as Effect from "effect/Effect";
import { id, organization, owner, table } from "hedgerow";
import { createRouter, DatabaseDiffers, UnsafeDatabase, verifyDatabase, withCaller } from "hedgerow/hono";
import { nodePostgres } from "hedgerow/node-postgres";
import { Hono } from "hono";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { authenticator } from "../support/claims-world.js";
import { freshPostgres } from "../support/databases.js";
import { type Deploys, openDeploys } from "../support/deploys.js";

const member = { roles: ["member+"] } as const;
const mood = pgEnum("mood", ["sad", "Fine"]);

const things = table("things", {
  id: id("thing"),
  organizationId: organization(),
  userId: owner(),
  title: text("Title, with a comma"),
  short: varchar("short", { length: 20 }),
  fixed: char("fixed", { length: 3 }),
  price: numeric("price", { precision: 10, scale: 2 }),
  count: integer("count"),
  large: bigint("large", { mode: "bigint" }),
  ratio: doublePrecision("ratio"),
  done: boolean("done"),
  at: timestamp("at", { withTimezone: true, precision: 3 }),
  opens: time("opens"),
  takes: interval("takes", { fields: "day to second", precision: 3 }),
  extra: jsonb("extra"),
  key: uuid("key"),
  mood: mood("mood"),
  moods: mood("moods").array(),
  tags: varchar("tags", { length: 10 }).array(),
  number: serial("number").notNull(),
})
  .firewall("organization")
  .access({ read: member, create: member, update: member, delete: member });
const plain = table("plain", { id: id(), organizationId: organization() })
  .firewall("organization")
  .access({ read: member });

const schema = { mood, things, plain };
const ann = { userId: "ann", activeOrgId: "o1", roles: ["member"] };

describe("columns", () => {
  let world: Deploys;
  beforeAll(async () => {
    world = await openDeploys(schema);
  });
  afterAll(() => world.close());

  const database = () => nodePostgres(world.api);
  const reasons = (): Promise<ReadonlyArray<string>> =>
    verifyDatabase({ schema, database: database() }).then(
      () => [],
      (error: unknown) => (error instanceof DatabaseDiffers ? error.reasons : [String(error)]),
    );

  it("are all found where they stand, of whatever type", async () => {
    expect(await reasons()).toEqual([]);
  });

  it.each([
    [
      'alter table things rename "Title, with a comma" to title',
      'alter table things rename title to "Title, with a comma"',
      ['column public.things."Title, with a comma" does not exist; push the schema first'],
    ],
    [
      "alter table things alter count type text, alter mood type text",
      "alter table things alter count type integer using count::integer, alter mood type mood using mood::mood",
      ["column public.things.count is text, not integer, public.things.mood is text, not mood; push the schema first"],
    ],
    [
      "alter table plain rename to simple",
      "alter table simple rename to plain",
      ["table public.plain does not exist; push the schema first"],
    ],
    // What a column may hold beside its type says no statement of a router's.
    ["alter table things alter short type varchar(5)", "alter table things alter short type varchar(20)", []],
  ])("are told apart: `%s`", async (change, back, found) => {
    await world.truth(change);
    expect((await reasons()).filter((reason) => !reason.startsWith("not as declared"))).toEqual(found);
    await world.truth(back);
    expect(await reasons()).toEqual([]);
  });

  it("are asked for in the same round trip as the rest", async () => {
    let trips = 0;
    const counted = database();
    const transact: typeof counted.transact = (statements, giveUp) =>
      Effect.suspend(() => {
        trips += 1;
        return counted.transact(statements, giveUp);
      });
    await verifyDatabase({ schema, database: { ...counted, transact } });
    expect(trips).toBe(1);
  });

  it("make a router answer 503 until they are there, and then it serves", async () => {
    await world.truth("alter table things drop column count");
    const { call, reported } = world.start(schema);
    for (const path of ["/things", "/plain"]) {
      const answer = await call(ann, "GET", path);
      expect(answer).toMatchObject({ status: 503, code: "database_differs", retryAfter: "1" });
      expect(JSON.stringify(answer.json)).not.toContain("count");
    }
    expect(reported).toEqual([expect.any(DatabaseDiffers), expect.any(DatabaseDiffers)]);
    expect(String(reported[0])).toContain("column public.things.count does not exist; push the schema first");
    await world.push(schema);
    expect(await call(ann, "GET", "/things")).toMatchObject({ status: 200 });
    expect(reported).toHaveLength(2);
  });

  it("that are dropped under a router cost only the requests that ask for them", async () => {
    const { call, reported } = world.start(schema);
    expect(await call(ann, "POST", "/things", { title: "first" })).toMatchObject({ status: 201 });
    await world.truth("alter table things drop column count");
    const asked = [
      () => call(ann, "GET", "/things"),
      () => call(ann, "GET", "/things/none"),
      () => call(ann, "POST", "/things", { title: "second" }),
      () => call(ann, "PATCH", "/things/none", { title: "second" }),
    ];
    for (const ask of asked) {
      expect(await ask()).toMatchObject({ status: 503, code: "database_differs", retryAfter: "1" });
      expect(await call(ann, "GET", "/plain")).toMatchObject({ status: 200 });
    }
    expect(reported).toHaveLength(asked.length);
    for (const error of reported) expect(String(error)).toContain("column public.things.count does not exist");
    // What failed has left nothing behind.
    expect(await world.truth("select from things")).toHaveLength(1);
    await world.push(schema);
    for (const ask of asked) expect([200, 201, 404]).toContain((await ask()).status);
  });

  it("that nobody here knows and that need a value stop what makes a row, and nothing else", async () => {
    await world.truth("delete from things");
    await world.truth("alter table things add strange text not null");
    const { call, reported } = world.start(schema);
    expect(await call(ann, "GET", "/things")).toMatchObject({ status: 200 });
    expect(await call(ann, "POST", "/things", {})).toMatchObject({ status: 503, code: "database_differs" });
    expect(reported).toEqual([expect.any(DatabaseDiffers)]);
    expect(String(reported[0])).toContain("column things.strange needs a value");
    await world.truth("alter table things drop column strange");
    expect(await call(ann, "POST", "/things", {})).toMatchObject({ status: 201 });
  });

  it("of routes of an application's own: a statement that was always wrong stays a 500", async () => {
    const reported: Array<unknown> = [];
    const given = {
      schema,
      auth: authenticator,
      database: database(),
      onError: (error: unknown) => reported.push(error),
    };
    const acting = withCaller(given);
    const app = new Hono()
      .get("/wrong", acting, async (c) =>
        c.json(await c.var.hedgerow.db.execute(sql`select no_such_column from things`)),
      )
      .get("/right", acting, async (c) => c.json(await c.var.hedgerow.db.select().from(things)));
    app.onError((_, c) => c.text("", 500));
    const ask = async (path: string) => {
      const response = await app.request(`http://localhost${path}`, {
        headers: { "x-caller": encodeURIComponent(JSON.stringify(ann)) },
      });
      return [response.status, (await response.json()).code];
    };
    expect(await ask("/wrong")).toEqual([500, "internal"]);
    expect(reported).toEqual([expect.objectContaining({ sqlState: "42703" })]);
    await world.truth("alter table things drop column count");
    expect(await ask("/right")).toEqual([503, "database_differs"]);
    expect(reported[1]).toBeInstanceOf(DatabaseDiffers);
    await world.push(schema);
    expect((await ask("/right"))[0]).toBe(200);
  });
});

it("does not take a login that could pass the rules by for one whose push is late", async () => {
  const postgres = await freshPostgres();
  try {
    const router = createRouter({
      schema,
      auth: authenticator,
      database: nodePostgres(postgres.pool(postgres.superuserUrl, { max: 1 })),
      onError: (error) => reported.push(error),
    });
    const reported: Array<unknown> = [];
    const answer = await router.request("/things");
    expect([answer.status, (await answer.json()).code]).toEqual([500, "unsafe_database"]);
    expect(reported).toEqual([expect.any(UnsafeDatabase)]);
    // Both are told, so nobody repairs one and waits for the other.
    expect(String(reported[0])).toContain("bypasses row-level security");
    expect(String(reported[0])).toContain("push the schema first");
  } finally {
    await postgres.close();
  }
});
