/** A column may have any name that Postgres knows as a word of SQL. */
import { PGlite } from "@electric-sql/pglite";
import { boolean } from "drizzle-orm/pg-core";
import { id, table } from "hedgerow";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { guard } from "../support/untyped.js";
import { type Kind, openWorld, type World } from "../support/world.js";

const postgres = await PGlite.create();
const { rows } = await postgres.query<{ word: string }>("select word from pg_get_keywords() order by word");
await postgres.close();
const words = rows.map(({ word }) => word);

const everybody = { roles: ["PUBLIC"] } as const;
const columns = Object.fromEntries(words.map((word) => [`the_${word}`, boolean(word)]));
/** No word is true: each in front of an operator, and behind `not`. */
const rule = {
  and: [everybody, ...Object.keys(columns).map((key) => ({ not: { record: { [key]: { equals: true } } } }))],
};

const phrases = guard(
  table("phrases", { id: id(), ...columns }),
  { exception: "a test" },
  { read: rule, create: everybody, update: rule, delete: rule },
);

const all = (value: boolean) => Object.fromEntries(Object.keys(columns).map((key) => [key, value]));

describe.each<Kind>(["postgres", "pglite"])("words of SQL as names of columns on %s", (kind) => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld(kind, { phrases });
  });
  afterAll(() => world.close());

  it("are written, read, filtered by, sorted by and compared by rules", async () => {
    expect(words.length).toBeGreaterThan(400);
    const created = await world.call(null, "POST", "/phrases", JSON.stringify(all(false)));
    expect(created.json).toMatchObject(all(false));
    const { id: row } = created.json;
    expect((await world.call(null, "PATCH", `/phrases/${row}`, JSON.stringify(all(false)))).status).toBe(200);
    const filters = Object.keys(columns).map((key) => `${key}=false`);
    const list = await world.call(null, "GET", `/phrases?${filters.join("&")}&sort=${Object.keys(columns).join(",")}`);
    expect(list.json.data.map((found: { id: string }) => found.id)).toEqual([row]);
    // A row of which any word is true is none that this caller reads.
    const hidden = await world.call(null, "POST", "/phrases", JSON.stringify({ ...all(false), the_values: true }));
    expect(hidden.text).toBe("null");
    expect((await world.call(null, "DELETE", `/phrases/${row}`)).status).toBe(204);
  });
});
