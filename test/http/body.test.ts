/** What is said about a body, before any database is asked. */
import { bigint, boolean, integer, jsonb, numeric, text, timestamp, uuid } from "drizzle-orm/pg-core";
import * as Effect from "effect/Effect";
import * as fc from "fast-check";
import { id, table, understand } from "hedgerow";
import { describe, expect, it } from "vitest";
import { createParser, updateParser } from "../../src/http/body.js";
import { RequestProblem } from "../../src/http/problem.js";
import { type JsonBody, jsonBody } from "../../src/http/read-json.js";
import { wireColumns } from "../../src/http/wire.js";

const items = table("items", {
  id: id("itm"),
  name: text("name").notNull(),
  count: integer("count"),
  big: bigint("big", { mode: "bigint" }),
  price: numeric("price"),
  done: boolean("done"),
  tags: text("tags").array(),
  at: timestamp("at", { withTimezone: true }),
  ref: uuid("ref"),
  extra: jsonb("extra"),
})
  .firewall({ exception: "a test" })
  .access({
    read: { roles: ["PUBLIC"] },
    create: { roles: ["PUBLIC"] },
    update: { roles: ["PUBLIC"] },
  });

const [definition] = Effect.runSync(understand({ items })).tables.map((each) => each.definition);
if (definition === undefined) throw new Error("No table");
const columns = wireColumns(items);
const create = createParser(definition, columns);
const update = updateParser(definition, columns);

const read = (body: unknown): JsonBody => {
  const result = jsonBody(JSON.stringify(body));
  if (result instanceof RequestProblem) throw result;
  return result;
};

const faults = (parse: typeof create, body: unknown): unknown =>
  Effect.runSync(
    Effect.match(parse(read(body)), {
      onSuccess: () => [],
      onFailure: (problem: RequestProblem) => problem.errors?.map(({ field, message }) => `${field} ${message}`),
    }),
  );

describe("a body", () => {
  it.each([
    [{}, ["name is missing"]],
    [{ name: null }, ["name must not be null"]],
    [{ name: 1 }, ["name must be a text"]],
    [{ name: "a\0b" }, ["name must not hold a NUL character"]],
    [{ name: "a", count: "1" }, ["count must be a number"]],
    [{ name: "a", count: 2 ** 31 }, ["count must be an integer from -2147483648 to 2147483647"]],
    [{ name: "a", big: "9223372036854775808" }, ["big must be a 64-bit integer written as a text"]],
    [{ name: "a", price: 1.5 }, ["price must be a text"]],
    [{ name: "a", done: "yes" }, ["done must be true or false"]],
    [{ name: "a", tags: "x" }, ["tags must be an array"]],
    [{ name: "a", tags: ["x", 1, "y", {}] }, ["tags.1 must be a text", "tags.3 must be a text"]],
    [{ name: "a", at: "2026-02-30" }, ['at must be an ISO 8601 instant such as "2026-01-31T12:00:00Z"']],
    [{ name: "a", ref: "x" }, ["ref must be a uuid"]],
    [{ name: 1, count: true }, ["name must be a text", "count must be a number"]],
    [{ name: "a", count: null, tags: null, extra: { any: ["thing"] } }, []],
  ])("%j: %j", (body, expected) => {
    expect(faults(create, body)).toEqual(expected);
  });

  it("of a change may leave everything out but must not empty what cannot be", () => {
    expect(faults(update, { count: 1 })).toEqual([]);
    expect(faults(update, { name: null })).toEqual(["name must not be null"]);
  });

  it("is refused with a reason or has the types of its columns, whatever it is", () => {
    const keys = fc.constantFrom(...columns.map(({ key }) => key), "__proto__", "constructor", "toString");
    fc.assert(
      fc.property(fc.dictionary(keys, fc.jsonValue()), (body) => {
        const exit = Effect.runSyncExit(create(read(body)));
        if (exit._tag === "Failure") return;
        expect(typeof body.name).toBe("string");
        expect(["number", "object", "undefined"]).toContain(typeof body.count);
        for (const key of Object.keys(body)) expect(columns.map((column) => column.key)).toContain(key);
      }),
    );
  });
});
