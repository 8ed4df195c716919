/** What is wrong with a request is told in an answer of bounded size, found in time that grows with the request alone. */
import { integer, jsonb, text, varchar } from "drizzle-orm/pg-core";
import * as Effect from "effect/Effect";
import * as fc from "fast-check";
import { id, table } from "hedgerow";
import { type Authenticator, createRouter, type DatabaseShape } from "hedgerow/hono";
import { describe, expect, it } from "vitest";
import { ConnectionError } from "../../src/database/database.js";

const everybody = { roles: ["PUBLIC"] } as const;
const words = Array.from({ length: 2_000 }, (_, index) => `a-word-of-a-long-list-${index}`);

const notes = table("notes", {
  id: id("note"),
  title: text("title").notNull(),
  short: varchar("short", { length: 10 }),
  count: integer("count"),
  counts: integer("counts").array(),
  nested: integer("nested").array().array(),
  word: text("word", { enum: words as [string, ...Array<string>] }),
  extra: jsonb("extra"),
})
  .firewall({ exception: "a test" })
  .access({ read: everybody, create: everybody });

const columns = Object.fromEntries(
  Array.from({ length: 1_000 }, (_, index) => [`aColumnOfAWideTable${index}`, text(`a_column_${index}`)]),
);
const wide = table("wide", { id: id("wide"), ...columns })
  .firewall({ exception: "a test" })
  .access({ read: everybody, create: everybody });

const auth: Authenticator = { identify: () => Promise.resolve({ _tag: "Anonymous" }) };
const unreachable: DatabaseShape = {
  driver: "none",
  rolesAreBoundary: true,
  transact: () => Effect.fail(new ConnectionError({ message: "never asked" })),
  interactive: { supported: false, reason: "it is no database" },
};
const router = createRouter<object>({
  schema: { notes, wide },
  auth,
  database: unreachable,
  onError: () => {},
  maxBodyBytes: 2_000_000,
  dangerouslyServeWithoutRowLevelSecurity: true,
});

const most = 20;
/** Far more than a machine that does other things needs, and far less than what grows with more than the request. */
const enoughMs = 10_000;

const ask = async (path: string, body?: string) => {
  const start = performance.now();
  const response = await router.request(path, {
    ...(body !== undefined && { method: "POST", body, headers: { "content-type": "application/json" } }),
  });
  const answer = await response.text();
  return { status: response.status, text: answer, json: JSON.parse(answer), ms: performance.now() - start };
};

const isBounded = ({ status, text: answer, json, ms }: Awaited<ReturnType<typeof ask>>): void => {
  expect(status).toBe(400);
  expect(answer.length).toBeLessThan(40_000);
  expect(json.errors?.length ?? 0).toBeLessThanOrEqual(most);
  expect(ms).toBeLessThan(enoughMs);
};

const million = 1_000_000;
const object = (length: number, pair: (index: number) => string): string =>
  `{${Array.from({ length }, (_, index) => pair(index)).join(",")}}`;

describe("a body", () => {
  it("is told 20 faults and how many more there are", async () => {
    const answer = await ask(
      "/notes",
      object(110_000, (index) => `"f${index}":1`),
    );
    isBounded(answer);
    expect(answer.json.errors).toHaveLength(most);
    // `title` is missing, too.
    expect(answer.json.detail).toBe("… and 109,981 more problems.");
    const one = await ask("/notes", `{"title":"a","counts":[${Array.from({ length: most + 1 }, () => '"x"')}]}`);
    expect(one.json.detail).toBe("… and 1 more problem.");
    const none = await ask("/notes", `{"title":"a","counts":[${Array.from({ length: most }, () => '"x"')}]}`);
    expect(none.json.errors).toHaveLength(most);
    expect(none.json.detail).toBeUndefined();
    expect(none.json.errors[3]).toEqual({ field: "counts.3", message: "must be a number" });
    const inner = await ask("/notes", '{"title":"a","nested":[[1],[2,"x"],3]}');
    expect(inner.json.errors.map((error: { field: string }) => error.field)).toEqual(["nested.1.1", "nested.2"]);
  });

  it.each<[string, string, string]>([
    ["names a million wrong elements", "/notes", `{"title":"a","counts":[${"[],".repeat(300_000)}1]}`],
    ["names wrong elements of wrong elements", "/notes", `{"title":"a","nested":[${"[{}],".repeat(200_000)}[]]}`],
    ["names one field again and again", "/notes", object(100_000, () => '"title":1')],
    ["names one field in many spellings", "/notes", object(40_000, () => '"t\\u0069tle":1')],
    ["has a name of 900 KB", "/notes", `{"${"x".repeat(900_000)}":1}`],
    ["has a name that is nearly one, 900 KB of it", "/notes", `{"${"title".repeat(180_000)}":1}`],
    ["has 50 names of 18 KB", "/notes", object(50, (index) => `"${index}${"é".repeat(9_000)}":1`)],
    ["has a name of halves of characters", "/notes", `{"${"\\ud83d".repeat(150_000)}":1}`],
    ["has a text of 1 MB where 10 characters fit", "/notes", `{"title":"a","short":"${"x".repeat(million)}"}`],
    ["has a number of 1 MB", "/notes", `{"title":"a","count":1${"0".repeat(million)}}`],
    ["has a number of 1 MB that is nearly one", "/notes", `{"title":"a","count":1.${"0".repeat(million)}1}`],
    [
      "has 60,000 numbers that are nearly one",
      "/notes",
      `{"title":"a","counts":[${"1.0000000000000001,".repeat(50_000)}1]}`,
    ],
    ["has a document of numbers that would grow", "/notes", `{"title":"a","extra":[${"1e300,".repeat(150_000)}1]}`],
    ["has a word that is not in a list of 2,000", "/notes", '{"title":"a","word":"none"}'],
    ["is for a table of 1,000 columns", "/wide", object(20, (index) => `"${"aColumnOfAWideTbale"}${index}x":1`)],
    ["is far from any of 1,000 columns", "/wide", object(20, (index) => `"${"z".repeat(90)}${index}":1`)],
    ["is wrong in 1,000 columns", "/wide", object(1_000, (index) => `"aColumnOfAWideTable${index}":1`)],
    ["has keys like numbers", "/notes", object(100_000, (index) => `"${index}":1`)],
    ["has keys like large numbers", "/notes", object(70_000, (index) => `"${4_294_967_294 - index * 7}":1`)],
    [
      "is deep where it may be deep, many times",
      "/notes",
      `{"title":"a","counts":[${`${"[".repeat(90)}${"]".repeat(90)},`.repeat(5_000)}1]}`,
    ],
  ])("that %s is refused in little", async (_, path, body) => {
    isBounded(await ask(path, body));
  });

  it("that ends in the middle of a character is quoted without its half", async () => {
    const { text: answer, json } = await ask("/notes", `{"title":"a","${"x".repeat(99)}😀😀":1}`);
    expect(json.errors[0].field).toBe(`${"x".repeat(99)}…`);
    expect(answer).not.toContain("\\ud83d");
  });

  it("of any kind is answered with at most so many faults, and with one where it is refused", async () => {
    const keys = fc.oneof(fc.constantFrom("title", "short", "count", "counts", "nested", "extra"), fc.string());
    await fc.assert(
      fc.asyncProperty(fc.dictionary(keys, fc.jsonValue(), { maxKeys: 60 }), async (body) => {
        const { status, json } = await ask("/notes", JSON.stringify(body));
        if (status === 503) return;
        expect(status).toBe(400);
        if (json.errors === undefined) return expect(json.detail).not.toBe("");
        expect(json.errors.length).toBeGreaterThan(0);
        expect(json.errors.length).toBeLessThanOrEqual(most);
      }),
      { numRuns: 200 },
    );
  });
});

describe("a query", () => {
  it.each<[string, string]>([
    ["sorts by the same unknown name again and again", `sort=${"x,".repeat(8_000)}`],
    ["sorts by the same column again and again", `sort=${"title,".repeat(3_000)}`],
    ["sorts by a name of 16 KB", `sort=${"x".repeat(16_000)}`],
    ["has many unknown names", Array.from({ length: 5_000 }, (_, index) => `p${index}`).join("&")],
    ["has one name many times", "title=1&".repeat(2_000)],
    ["has a name of 16 KB", `${"title".repeat(3_200)}=1`],
    ["has a word that is not in a list of 2,000", "word=none"],
    ["cannot be decoded, many times", "%FF=1&".repeat(2_500)],
    ["has a limit of 16 KB", `limit=${"9".repeat(16_000)}`],
    ["has a number of 16 KB", `count=${"9".repeat(16_000)}`],
  ])("that %s is refused in little", async (_, query) => {
    for (const path of ["/notes", "/wide"]) {
      const answer = await ask(`${path}?${query}`);
      isBounded(answer);
      expect(answer.json.errors.length).toBeGreaterThan(0);
    }
  });

  it("is told 20 faults and how many more there are", async () => {
    const { json } = await ask(`/notes?${Array.from({ length: 1_234 }, (_, index) => `p${index}=1`).join("&")}`);
    expect([json.errors.length, json.detail]).toEqual([most, "… and 1,214 more problems."]);
  });
});

describe("what else a request says", () => {
  it("is not repeated: its content type, its origin, its path, its method", async () => {
    const long = "x".repeat(8_000);
    const answers = [
      await router.request("/notes", { method: "POST", body: "{}", headers: { "content-type": `text/${long}` } }),
      await router.request("/notes", {
        method: "POST",
        body: "{}",
        headers: { "content-type": `application/${"a+".repeat(4_000)}` },
      }),
      await router.request(`/notes/${long}`),
      await router.request(`/${long}`),
      await router.request("/notes", { method: "PURGE" }),
    ];
    for (const answer of answers) expect((await answer.text()).length).toBeLessThan(300);
  });
});
