import fc from "fast-check";
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Literal } from "../../src/condition/condition.js";
import type { ColumnInfo, ColumnKind } from "../../src/condition/kind.js";
import { dollarQuoted, identifier, literal, nameText, text, textArray } from "../../src/condition/sql-text.js";
import { type FreshPostgres, freshPostgres } from "../support/databases.js";

const hostile = [
  "",
  "'",
  "''",
  '"',
  "\\",
  "\\'",
  "\\002D",
  "--",
  "a--b",
  "-- \n drop table t",
  "---",
  "/*",
  "*/",
  "$$",
  "$q1$",
  "$$;$q1$",
  "$",
  "a$",
  "\n",
  "\r\n",
  "\t",
  "é",
  "e\u0301",
  "\u{1f600}",
  "\uffff",
  "%s %I",
  "U&'x'",
  "$1",
  "{a,b}",
  "NULL",
  "; select 1",
];

/** Anything that Postgres can hold, with much of what ends a quote. */
const anyText = fc
  .array(fc.oneof(fc.constantFrom(...hostile), fc.string({ unit: "binary", maxLength: 3 })), { maxLength: 5 })
  .map((parts) => parts.join("").replaceAll("\0", ""));

const column = (kind: ColumnKind, sqlType: string = kind): ColumnInfo => ({
  key: "c",
  name: "c",
  kind,
  sqlType,
  notNull: false,
  enumValues: undefined,
});

describe("text that becomes SQL", () => {
  let postgres: FreshPostgres;
  let pool: pg.Pool;

  beforeAll(async () => {
    postgres = await freshPostgres();
    // A zone far from UTC, where a literal that leaves its zone to the session would be another instant.
    pool = postgres.pool(postgres.ownerUrl, { max: 1, options: "-c TimeZone=America/New_York -c DateStyle=SQL,DMY" });
  });
  afterAll(() => postgres.close());

  const one = async (expression: string): Promise<unknown> => {
    const { rows } = await pool.query<{ readonly value: unknown }>(`select ${expression} as value`);
    return rows[0]?.value;
  };

  it("a text comes back from Postgres as it was", async () => {
    const property = fc.asyncProperty(anyText, async (value) => {
      expect(text(value)).not.toContain("--");
      expect(await one(text(value))).toBe(value);
    });
    await fc.assert(property, { numRuns: 500, examples: hostile.map((value) => [value]) });
  });

  it("a list of texts comes back as it was", async () => {
    const property = fc.asyncProperty(fc.array(anyText, { maxLength: 4 }), async (values) => {
      expect(await one(textArray(values))).toEqual(values);
    });
    await fc.assert(property, { numRuns: 200, examples: [[[]], [hostile]] });
  });

  it("an identifier names exactly one thing, whatever is in it", async () => {
    const property = fc.asyncProperty(
      anyText.filter((name) => name !== "" && new TextEncoder().encode(name).length <= 63),
      async (name) => {
        expect(identifier(name)).not.toContain("--");
        const { fields } = await pool.query(`select 1 as ${identifier(name)}`);
        expect(fields.map((field) => field.name)).toEqual([name]);
      },
    );
    await fc.assert(property, {
      numRuns: 500,
      examples: [...hostile.filter((name) => name !== ""), "order", "user", "Camel", "between", "a b", "1a"].map(
        (name) => [name],
      ),
    });
  });

  it("every key word can name a column and a table", async () => {
    const { rows } = await pool.query<{ readonly word: string }>("select word from pg_get_keywords()");
    expect(rows.length).toBeGreaterThan(400);
    const names = rows.map(({ word }) => identifier(word));
    await pool.query(`create temporary table words (${names.map((name) => `${name} int`).join(", ")})`);
    await pool.query(`select ${names.join(", ")} from words where ${names.map((name) => `${name} = 1`).join(" and ")}`);
    for (const name of names) {
      await pool.query(`create temporary table ${name} (a int)`);
      await pool.query(`select ${name}.a from pg_temp.${name}`);
      await pool.query(`drop table pg_temp.${name}`);
    }
  });

  it("a name inside a text finds its table", async () => {
    for (const name of ["plain", "order", 'a"b', "a--b", "a'b", "$$", "Camel", "a.b", "\\"]) {
      await pool.query(`create temporary table ${identifier(name)} (a int)`);
      const { rows } = await pool.query(
        `select relname from pg_class where oid = ${nameText({ schema: "pg_temp", name })}::regclass`,
      );
      expect(rows).toEqual([{ relname: name }]);
    }
  });

  it("a body in dollar quotes comes back as it was", async () => {
    const property = fc.asyncProperty(anyText, async (body) => {
      expect(await one(dollarQuoted(body))).toBe(body);
    });
    await fc.assert(property, { numRuns: 300, examples: hostile.map((body) => [body]) });
  });

  it("refuses a NUL, behind which a client would cut the statement off", () => {
    for (const quote of [text, identifier, (value: string) => nameText({ schema: "public", name: value })]) {
      expect(() => quote("a\0b")).toThrow(RangeError);
    }
  });

  it.each<{ readonly kind: ColumnKind; readonly value: Literal; readonly type: string; readonly same: string }>([
    { kind: "boolean", value: true, type: "boolean", same: "true" },
    { kind: "boolean", value: false, type: "boolean", same: "false" },
    { kind: "integer", value: -2147483648, type: "integer", same: "-2147483648" },
    { kind: "integer", value: -0, type: "integer", same: "0" },
    { kind: "bigint", value: -(2n ** 63n), type: "bigint", same: "-9223372036854775808" },
    { kind: "bigint", value: 2n ** 63n - 1n, type: "bigint", same: "9223372036854775807" },
    { kind: "double", value: 5e-324, type: "double precision", same: "5e-324" },
    { kind: "double", value: -Number.MAX_VALUE, type: "double precision", same: "-1.7976931348623157e308" },
    { kind: "numeric", value: 1e21, type: "numeric", same: "1000000000000000000000" },
    { kind: "numeric", value: "0.10000000000000000000001", type: "numeric", same: "0.10000000000000000000001" },
    { kind: "date", value: "2024-02-29", type: "date", same: "2024-02-29" },
    { kind: "date", value: new Date("2024-02-29T23:59:59.999Z"), type: "date", same: "2024-02-29" },
    { kind: "timestamp", value: new Date("2024-02-29T12:00Z"), type: "timestamp", same: "2024-02-29 12:00" },
    { kind: "timestamp", value: "2024-02-29T14:00:00+02:00", type: "timestamp", same: "2024-02-29 12:00" },
    { kind: "timestamptz", value: "2024-02-29", type: "timestamptz", same: "2024-02-29 00:00+00" },
    { kind: "timestamptz", value: "2024-02-29 12:00", type: "timestamptz", same: "2024-02-29 12:00+00" },
    { kind: "timestamptz", value: "2024-02-29 07:00-05", type: "timestamptz", same: "2024-02-29 12:00+00" },
    {
      kind: "timestamptz",
      value: "1969-12-31T23:59:59.999999Z",
      type: "timestamptz",
      same: "1969-12-31 23:59:59.999999+00",
    },
    {
      kind: "uuid",
      value: "AAAAAAAA-AAAA-4AAA-8AAA-AAAAAAAAAAAA",
      type: "uuid",
      same: "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa",
    },
  ])("a $kind $value means $same, whatever the session's settings", async ({ kind, value, type, same }) => {
    await pool.query("set DateStyle = 'SQL, DMY'");
    expect(await one(`${literal(column(kind), value)} = '${same}'::${type}`)).toBe(true);
  });

  it("a value of an enum is compared as such, in whatever schema its type is", async () => {
    await pool.query("create schema elsewhere");
    await pool.query("create type elsewhere.\"Mood\" as enum ('it''s -- over', 'so\\so')");
    await pool.query('create temporary table moods (mood elsewhere."Mood")');
    await pool.query("insert into moods values ('it''s -- over'), ('so\\so'), (null)");
    const mood = column("enum", "Mood");
    const over = literal(mood, "it's -- over");
    const { rows } = await pool.query(`select mood = ${over} as is, mood in (${over}) as one from moods`);
    expect(rows).toEqual([
      { is: true, one: true },
      { is: false, one: false },
      { is: null, one: null },
    ]);
  });
});
