/** What is said about a body, before any database is asked. */
import { bigint, boolean, integer, jsonb, numeric, text, timestamp, uuid } from "drizzle-orm/pg-core";
import * as Effect from "effect/Effect";
import * as fc from "fast-check";
import { id, table, understand } from "hedgerow";
import { describe, expect, it } from "vitest";
import { bodyParser } from "../../src/http/body.js";
import { RequestProblem } from "../../src/http/problem.js";
import { type JsonBody, jsonBody } from "../../src/http/read-json.js";
import { wireColumns } from "../../src/http/wire.js";

const items = table("items", {
  id: id("itm"),
  name: text("name").notNull(),
  count: integer("count"),
  big: bigint("big", { mode: "bigint" }),
  price: numeric("price"),
  rate: numeric("rate", { mode: "number" }),
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
const create = bodyParser(definition, columns, "insert");
const update = bodyParser(definition, columns, "update");

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

  it("has only numbers that are exactly those that were written, in whatever way", () => {
    /** A decimal as an integer times a power of ten, by other means than the check's. */
    const rational = (number: string): readonly [bigint, number] => {
      const [mantissa = "", exponent = "0"] = number.toLowerCase().split("e");
      const [whole = "", fraction = ""] = mantissa.split(".");
      return [BigInt(whole + fraction), Number(exponent) - fraction.length];
    };
    const isSame = (left: string, right: string): boolean => {
      const [a, b] = [rational(left), rational(right)];
      const least = Math.min(a[1], b[1]);
      return a[0] * 10n ** BigInt(a[1] - least) === b[0] * 10n ** BigInt(b[1] - least);
    };
    const digits = (minLength: number) =>
      fc.string({ unit: fc.constantFrom(..."0123456789"), minLength, maxLength: 25 });
    const written = fc
      .tuple(fc.constantFrom("", "-"), digits(1), digits(0), fc.option(fc.integer({ min: -60, max: 60 })))
      .map(([sign, whole, fraction, exponent]) =>
        [
          sign,
          whole.replace(/^0+(?=\d)/, ""),
          fraction && `.${fraction}`,
          exponent === null ? "" : `${exponent % 2 === 0 ? "e" : "E"}${exponent > 30 ? "+" : ""}${exponent}`,
        ].join(""),
      );
    const doubles = fc
      .double({ noNaN: true, noDefaultInfinity: true })
      .chain((each) => fc.constantFrom(String(each), each.toExponential(), each.toPrecision(17), each.toPrecision(30)));
    let exact = 0;
    fc.assert(
      fc.property(fc.oneof(written, doubles), (number) => {
        const body = jsonBody(`{"name":"a","rate":${number}}`);
        if (body instanceof RequestProblem) throw body;
        const isAccepted = Effect.runSyncExit(create(body))._tag === "Success";
        exact += Number(isAccepted);
        expect([number, isAccepted]).toEqual([number, isSame(number, String(Number(number)))]);
      }),
      { numRuns: 2_000 },
    );
    expect(exact).toBeGreaterThan(100);
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
