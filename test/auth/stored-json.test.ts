/** That a stored text is read as JSON exactly where Postgres itself would read it, and raises nothing where not. */
import { PGlite } from "@electric-sql/pglite";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { storedJsonFunction } from "../../src/auth/better-auth/stored-json.js";

let postgres: PGlite;

beforeAll(async () => {
  postgres = await PGlite.create();
  const { signature, returns, body } = storedJsonFunction;
  await postgres.exec(
    `create schema hedgerow; create function hedgerow.${signature} returns ${returns} language plpgsql stable set search_path = '' as $$${body}$$`,
  );
});

afterAll(() => postgres.close());

/** What is read, beside what Postgres says of the same text. */
const read = async (text: string | null): Promise<{ readonly isRead: boolean; readonly isJson: boolean }> => {
  const { rows } = await postgres.query<{ isRead: boolean; isJson: boolean }>(
    `select hedgerow.stored_json($1::text, 'a place') is not null as "isRead", pg_input_is_valid($1, 'jsonb') as "isJson"`,
    [text],
  );
  const [row] = rows;
  if (row === undefined) throw new Error("Nothing was answered.");
  if (row.isRead && row.isJson) {
    const compared = await postgres.query("select hedgerow.stored_json($1::text, 'a place') = $1::jsonb as same", [
      text,
    ]);
    expect(compared.rows).toEqual([{ same: true }]);
  }
  return row;
};

const text = fc.string({
  unit: fc.oneof(fc.string({ unit: "binary", maxLength: 2 }), fc.constantFrom("\\", '"', "/")),
});
const written = fc
  .tuple(fc.jsonValue({ maxDepth: 6, stringUnit: "binary" }), text, fc.constantFrom(0, 1, 2, "\t"))
  .map(([value, name, space]) => JSON.stringify({ [name]: value, more: [value, {}, [], name] }, null, space));

/** JSON with a few characters gone, doubled or replaced by those that JSON is made of. */
const damaged = fc
  .tuple(
    written,
    fc.array(
      fc.tuple(
        fc.nat(),
        fc.nat(2),
        fc.constantFrom(
          ...'"\\{}[],:0123456789.eE+- \t\ntrufalsnd\u0001\u0002\u0003v',
          "\\u0000",
          "\\ud800",
          "\\udc00",
        ),
      ),
      { maxLength: 3 },
    ),
  )
  .map(([json, changes]) =>
    changes.reduce((so, [at, gone, put]) => {
      const place = at % (so.length + 1);
      return `${so.slice(0, place)}${put}${so.slice(place + gone)}`;
    }, json),
  )
  .filter((each) => !each.includes("\0") && !/\p{Surrogate}/u.test(each));

it("reads what JavaScript writes, as far as Postgres does", () =>
  fc.assert(
    fc.asyncProperty(written, async (json) => {
      const { isRead, isJson } = await read(json);
      expect(isRead).toBe(isJson);
    }),
    { numRuns: 500 },
  ));

it("reads nothing that is damaged, and says so without an error", () =>
  fc.assert(
    fc.asyncProperty(damaged, async (json) => {
      const { isRead, isJson } = await read(json);
      // Numbers that JavaScript does not write are not read, though Postgres would.
      expect(isRead).toBe(isJson && !/[eE][+-]?\d{4}|\d{40}/.test(json));
    }),
    { numRuns: 2_000 },
  ));

it.each([
  ["nothing", null],
  ["more brackets than Postgres bears", "[".repeat(100_000)],
  ["brackets in pairs, deeper than anybody writes", `${"[".repeat(33)}${"]".repeat(33)}`],
  ["a number that is too long", `1${"0".repeat(140_000)}`],
  ["a number that is too large", "1e200000"],
  ["a text of a mebibyte and more", JSON.stringify("x".repeat(1_048_576))],
])("does not read %s, and warns of what is there", async (_, json) => {
  const said: Array<string | undefined> = [];
  const onNotice = ({ message }: { readonly message: string | undefined }): unknown => said.push(message);
  const text = "select hedgerow.stored_json($1::text, 'a place') as read";
  const { rows } = await postgres.query(text, [json], { onNotice });
  expect(rows).toEqual([{ read: null }]);
  expect(said).toEqual(json === null ? [] : ["hedgerow: a place is no JSON that can be read"]);
});
