/** What is stored is what was sent, and what cannot be is refused with its field. */
import {
  bigint,
  customType,
  doublePrecision,
  integer,
  json,
  jsonb,
  numeric,
  point,
  real,
  text,
  timestamp,
  varchar,
} from "drizzle-orm/pg-core";
import fc from "fast-check";
import { id, table } from "hedgerow";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { maxDepth } from "../../src/http/json-text.js";
import { type Kind, openWorld, type World } from "../support/world.js";

const everybody = { roles: ["PUBLIC"] } as const;
const mapped = customType<{ data: unknown; driverData: string }>({
  dataType: () => "jsonb",
  toDriver: (value) => JSON.stringify({ mapped: value }),
});

const things = table("things", {
  id: id("thing"),
  name: text("name"),
  short: varchar("short", { length: 5 }),
  tags: text("tags").array(),
  data: jsonb("data"),
  raw: json("raw"),
  list: jsonb("list").array(),
  mapped: mapped("mapped"),
  count: integer("count"),
  big: bigint("big", { mode: "bigint" }),
  safe: bigint("safe", { mode: "number" }),
  price: numeric("price", { mode: "number" }),
  ratio: doublePrecision("ratio"),
  single: real("single"),
  ratios: doublePrecision("ratios").array(),
  bigs: bigint("bigs", { mode: "bigint" }).array(),
  prices: numeric("prices").array().array(),
  locals: timestamp("locals").array(),
  at: point("at"),
})
  .firewall({ exception: "a test" })
  .access({ read: everybody, create: everybody, update: everybody, delete: everybody });

const settings = table("settings", { key: text("key").primaryKey(), value: text("value").notNull() })
  .firewall({ exception: "a test" })
  .access({ read: everybody, create: everybody, delete: everybody });

describe.each<Kind>(["postgres", "pglite"])("a value on %s", (kind) => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld(kind, { things, settings });
  });
  afterAll(() => world.close());

  const post = (body: string) => world.call(null, "POST", "/things", body);
  /** How a column looks after a POST of a field, and the row as it is read again. */
  const stored = async (field: string, value: string): Promise<string> => {
    const answer = await post(`{"${field}":${value}}`);
    expect([answer.status, answer.json?.errors]).toEqual([201, undefined]);
    const again = await world.call(null, "GET", `/things/${answer.json.id}`);
    expect(again.text).toBe(answer.text);
    const [row] = await world.truth(`select "${field}"::text as value from things where id = $1`, answer.json.id);
    return String(row?.value);
  };

  it.each([
    ["data", "12345678901234567890", "12345678901234567890"],
    ["data", '{"a": [0.1000000000000000055511151231257827]}', '{"a": [0.1000000000000000055511151231257827]}'],
    ["data", "1.50", "1.50"],
    ["data", "1e999", `1${"0".repeat(999)}`],
    ["data", '"\\ud83d\\ude00 \\u00e9"', '"😀 é"'],
    ["data", '"a string"', '"a string"'],
    ["data", "false", "false"],
    ["raw", '{"b" :  1,\n"a":12345678901234567890, "a":1e999 }', '{"b" :  1,\n"a":12345678901234567890, "a":1e999 }'],
    ["raw", "1.0", "1.0"],
    ["list", '[{"a":1.5},null,"x",[1]]', '{"{\\"a\\": 1.5}",NULL,"\\"x\\"",[1]}'],
    ["ratio", "0.1", "0.1"],
    ["ratio", "0.10000000000000001", "0.1"],
    ["ratio", "5e-324", "5e-324"],
    ["ratio", "1.7976931348623157e308", "1.7976931348623157e+308"],
    ["ratio", "0e999", "0"],
    ["ratios", "[0.1,1e-7,123456789012345680]", "{0.1,1e-07,1.2345678901234568e+17}"],
    ["single", "0.1", "0.1"],
    ["price", "0.1", "0.1"],
    ["price", "12345678901234567000", "12345678901234567000"],
    ["price", "1.2300000000000000000000", "1.23"],
    ["count", "1.0", "1"],
    ["count", "1e3", "1000"],
    ["safe", "9007199254740991", "9007199254740991"],
    ["big", '"9223372036854775807"', "9223372036854775807"],
    ["short", '"\\ud83d\\ude00\\ud83d\\ude00\\ud83d\\ude00\\ud83d\\ude00\\ud83d\\ude00"', "😀😀😀😀😀"],
    ["mapped", '{"a":0.5}', '{"mapped": {"a": 0.5}}'],
    ["name", '"\\\\ud800 \\"\\u000a"', '\\ud800 "\n'],
  ])("%s %s is stored as it was sent", async (field, sent, expected) => {
    expect(await stored(field, sent)).toBe(expected);
  });

  it.each([
    ["bigs", '["9007199254740993","-9223372036854775808"]', "{9007199254740993,-9223372036854775808}"],
    ["prices", '[["12345678901234567890.10","7"],["0.30","-1"]]', "{{12345678901234567890.10,7},{0.30,-1}}"],
    ["prices", "[]", "{}"],
  ])("of an array of what no JavaScript number holds travels as text: %s", async (field, value, kept) => {
    expect(await stored(field, value)).toBe(kept);
    const listed = await world.call(null, "GET", "/things?limit=100");
    expect(listed.text).toContain(`"${field}":${value}`);
  });

  it("of an array of timestamps is an instant, as one that stands alone", async () => {
    const answer = await post('{"locals":["2026-01-01T12:00:00+02:00"]}');
    expect(answer.json).toMatchObject({ locals: ["2026-01-01T10:00:00+00:00"] });
    expect(await stored("locals", '["2026-01-01T12:00:00.123456Z"]')).toBe('{"2026-01-01 12:00:00.123456"}');
  });

  it("that is a JSON document comes back as the number that was written, on create, get, list and update", async () => {
    const data = '{"n": 12345678901234567890, "f": 0.12345678901234567890}';
    const made = await post(`{"name":"exact","data":${data}}`);
    expect(made.text).toContain(`"data":{"f": 0.12345678901234567890, "n": 12345678901234567890}`);
    expect((await world.call(null, "GET", "/things?name=exact")).text).toContain("12345678901234567890");
    const changed = await world.call(
      null,
      "PATCH",
      `/things/${made.json.id}`,
      `{"data":\n${data.replace("12345", "52345")} }`,
    );
    expect(changed.text).toContain("52345678901234567890");
  });

  it("that is a JSON document is what Postgres makes of the text that was sent, whatever it is", async () => {
    const documents = fc.jsonValue().map((value) => JSON.stringify(value));
    await fc.assert(
      fc.asyncProperty(documents, async (sent) => {
        fc.pre(sent !== "null" && !/\\u0000|\\ud[89a-f]/i.test(sent));
        const [row] = await world.truth("select $1::jsonb::text as value", sent);
        expect(await stored("data", ` ${sent}\n`)).toBe(row?.value);
        expect(await stored("raw", `\t${sent} `)).toBe(sent);
      }),
      { numRuns: 25 },
    );
  });

  it.each([
    ["name", '"\\ud800"'],
    ["name", '"x\\udc00\\ud800y"'],
    ["short", '"\\ud800"'],
    ["tags", '["a","\\udfff"]'],
    ["data", '{"a":[{"b":"\\ud83d"}]}'],
    ["data", '{"\\ud83d":1}'],
    ["raw", '"\\ud800"'],
    ["list", '["\\ud800"]'],
    ["mapped", '["\\ud800"]'],
    ["data", '"\\u0000"'],
    ["data", '{"a\\u0000":1}'],
    ["list", '[["\\u0000"]]'],
    ["name", '"\\u0000"'],
    ["tags", '["\\u0000"]'],
    ["data", "1e131071"],
    ["data", "1e-16383"],
    ["data", `[${"1e308,".repeat(1_000)}1]`],
    ["list", "[1e999]"],
    ["list", "[12345678901234567890]"],
    ["mapped", "12345678901234567890"],
    ["mapped", '{"a":[1e999]}'],
    ["at", "[1e999,0]"],
    ["at", "[0.12345678901234567890,0]"],
    ["count", "1.00000000000000000001"],
    ["count", "1e999"],
    ["count", `1.${"0".repeat(2_000)}1`],
    ["safe", "9007199254740993"],
    ["safe", "-9007199254740993"],
    ["price", "12345678901234567890"],
    ["price", "0.12345678901234567890"],
    ["price", "1e-400"],
    ["ratio", "1e999"],
    ["ratio", "-1e999"],
    ["ratio", "1e-400"],
    ["ratio", `0.${"0".repeat(400)}1`],
    ["ratios", "[1,1e-400]"],
    ["single", "1e39"],
    ["single", "1e-46"],
  ])("%s %.30s is refused with its field", async (field, value) => {
    const answer = await post(`{"${field}":${value}}`);
    expect([answer.status, answer.json.code]).toEqual([400, "validation_failed"]);
    expect(answer.json.errors).toHaveLength(1);
    expect(answer.json.errors[0].field.split(".")[0]).toBe(field);
    expect(answer.text.length).toBeLessThan(500);
  });

  it("that is given twice is refused, however its name is spelled", async () => {
    for (const body of [
      '{"name":"a","name":"b"}',
      '{"name":"a","n\\u0061me":"a"}',
      '{"name":"a","count":1,"name":null}',
    ]) {
      const { status, json: answer } = await post(body);
      expect([status, answer.errors]).toEqual([400, [{ field: "name", message: "is given more than once" }]]);
    }
  });

  describe("that is nested", () => {
    const nested = (levels: number): string => "[".repeat(levels) + "]".repeat(levels);
    it("as deep as is allowed is stored", async () => {
      expect(await stored("data", nested(maxDepth - 1))).toBe(nested(maxDepth - 1));
    });

    it.each([
      ["data", nested(maxDepth)],
      ["data", nested(5_000)],
      ["data", `${'{"a":'.repeat(5_000)}1${"}".repeat(5_000)}`],
      ["raw", nested(200_000)],
      ["tags", nested(5_000)],
      ["list", nested(5_000)],
      ["mapped", nested(5_000)],
      ["count", nested(5_000)],
      ["nothing", nested(5_000)],
    ])("deeper in %s is refused with the depth that is allowed", async (field, value) => {
      const answer = await post(`{"${field}":${value}}`);
      expect([answer.status, answer.json.code]).toEqual([400, "validation_failed"]);
      expect(answer.json.detail).toContain(String(maxDepth));
      expect(answer.json.errors.map((error: { field: string }) => error.field)).toEqual([field]);
    });

    it.each([nested(5_000), nested(400_000), "[".repeat(500_000), '{"a":'.repeat(100_000)])(
      "deeper is refused as a body, whether it is JSON or not: %.10s",
      async (body) => {
        const answer = await post(body);
        expect([answer.status, answer.json.code]).toEqual([400, "validation_failed"]);
        expect(answer.json.detail).toContain(String(maxDepth));
      },
    );

    it.each(["{", '{"a":}', '{"a":1,}', '{"a":01}', '{"a":"\t"}', '{"a":"\\x"}', '{"a":NaN}', "{}{}", '{"a":"\\ud8"}'])(
      "or not, what is no JSON stays that: %s",
      async (body) => {
        const answer = await post(body);
        expect([answer.status, answer.json.code]).toEqual([400, "invalid_json"]);
      },
    );
  });

  describe("of a query", () => {
    beforeAll(async () => {
      for (const key of ["%ED%A0%80", "\ufffd", "/", "100%", "ä", "Ã¤", "a b", "a+b"]) {
        expect((await world.call(null, "POST", "/settings", { key, value: key })).status).toBe(201);
      }
    });

    it.each(["%ED%A0%80", "%C0%AF", "%E0%80%AF", "%FF", "%E4", "%", "100%", "%zz", "a%00b", "%F4%90%80%80", "a%u0041"])(
      "%s is refused, never compared as something else",
      async (value) => {
        for (const query of [`value=${value}`, `limit=1&value=${value}`]) {
          const answer = await world.call(null, "GET", `/settings?${query}`);
          expect([answer.status, answer.json.code]).toEqual([400, "invalid_query"]);
          expect(answer.json.errors[0].field).toBe("value");
        }
        const name = await world.call(null, "GET", `/settings?${value}=1`);
        expect([name.status, name.json.code]).toEqual([400, "invalid_query"]);
      },
    );

    it.each([
      ["value=%C3%A4", ["ä"]],
      ["value=ä", ["ä"]],
      ["value=100%25", ["100%"]],
      ["value=%25ED%25A0%2580", ["%ED%A0%80"]],
      ["value=a+b", ["a b"]],
      ["value=a%20b", ["a b"]],
      ["value=a%2Bb", ["a+b"]],
      ["v%61lue=/", ["/"]],
      ["value=%2F&", ["/"]],
      ["&&value=/#value=x", ["/"]],
    ])("%s is compared as what it says", async (query, expected) => {
      const { json: answer } = await world.call(null, "GET", `/settings?${query}`);
      expect(answer.data.map((row: { value: string }) => row.value)).toEqual(expected);
    });

    it.each(["__proto__=1", "constructor=1", "toString", "hasOwnProperty=1", "=1"])(
      "%s is an unknown parameter",
      async (query) => {
        const answer = await world.call(null, "GET", `/settings?${query}`);
        expect([answer.status, answer.json.code]).toEqual([400, "invalid_query"]);
      },
    );

    it("or of a path is one row or none: what cannot be decoded is no row's key", async () => {
      for (const key of ["ä", "100%", "%ED%A0%80", "\ufffd", "a b", "a+b", "/"]) {
        const answer = await world.call(null, "GET", `/settings/${encodeURIComponent(key)}`);
        expect([key, answer.status, answer.json.value]).toEqual([key, 200, key]);
      }
      for (const segment of ["%ED%A0%80", "100%", "%C0%AF", "%FF", "%E4", "a%00b"]) {
        const answer = await world.call(null, "GET", `/settings/${segment}`);
        expect([segment, answer.status, answer.json.code]).toEqual([segment, 404, "not_found"]);
        expect((await world.call(null, "DELETE", `/settings/${segment}`)).status).toBe(404);
      }
      expect((await world.call(null, "GET", "/settings/a+b?x=%ED")).json.value).toBe("a+b");
    });
  });

  it("was never the fault of the server", () => {
    expect(world.reported).toEqual([]);
  });
});
