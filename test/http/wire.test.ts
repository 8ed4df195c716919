/** What a client gets for a column is byte for byte what Postgres makes of it, whatever is in it. */
import type { PGlite } from "@electric-sql/pglite";
import {
  bigint,
  bigserial,
  boolean,
  char,
  cidr,
  customType,
  date,
  doublePrecision,
  inet,
  integer,
  interval,
  json,
  jsonb,
  line,
  macaddr,
  macaddr8,
  numeric,
  pgEnum,
  pgTable,
  point,
  real,
  serial,
  smallint,
  smallserial,
  text,
  time,
  timestamp,
  uuid,
  varchar,
} from "drizzle-orm/pg-core";
import fc from "fast-check";
import { nodePostgres } from "hedgerow/node-postgres";
import { pglite } from "hedgerow/pglite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { identifier } from "../../src/condition/sql-text.js";
import type { Bound, DatabaseShape } from "../../src/database/database.js";
import { enterClaims } from "../../src/database/session.js";
import { rowWriter, selectList, wireColumns } from "../../src/http/wire.js";
import { freshPglite, freshPostgres } from "../support/databases.js";
import { type Kind, run } from "../support/world.js";

const bytea = customType<{ data: string }>({ dataType: () => "bytea" });
const even = customType<{ data: number }>({ dataType: () => "even" });
const short = customType<{ data: string }>({ dataType: () => "short" });
const mood = pgEnum("mood", ["so so", 'say "hi"', "{,}", "é\u2028"]);

const everything = pgTable("everything", {
  text: text("text"),
  'odd "key"\n': text('odd "name"'),
  words: text("words", { enum: ["a", "b"] }),
  varchar: varchar("varchar", { length: 40 }),
  char: char("char", { length: 8 }),
  uuid: uuid("uuid"),
  mood: mood("mood"),
  integer: integer("integer"),
  smallint: smallint("smallint"),
  serial: serial("serial"),
  smallserial: smallserial("smallserial"),
  bigint: bigint("bigint", { mode: "bigint" }),
  bigintNumber: bigint("bigint_number", { mode: "number" }),
  bigserial: bigserial("bigserial", { mode: "bigint" }),
  bigserialNumber: bigserial("bigserial_number", { mode: "number" }),
  numeric: numeric("numeric"),
  numericScaled: numeric("numeric_scaled", { precision: 12, scale: 3 }),
  numericNumber: numeric("numeric_number", { mode: "number" }),
  numericBigint: numeric("numeric_bigint", { mode: "bigint" }),
  real: real("real"),
  double: doublePrecision("double"),
  boolean: boolean("boolean"),
  date: date("date"),
  dateDate: date("date_date", { mode: "date" }),
  time: time("time"),
  timeZoned: time("time_zoned", { withTimezone: true, precision: 3 }),
  timestamp: timestamp("timestamp"),
  timestampString: timestamp("timestamp_string", { mode: "string", precision: 3 }),
  instant: timestamp("instant", { withTimezone: true }),
  instantString: timestamp("instant_string", { withTimezone: true, mode: "string" }),
  json: json("json"),
  jsonb: jsonb("jsonb"),
  bytea: bytea("bytea"),
  interval: interval("interval"),
  inet: inet("inet"),
  cidr: cidr("cidr"),
  macaddr: macaddr("macaddr"),
  macaddr8: macaddr8("macaddr8"),
  point: point("point"),
  pointXy: point("point_xy", { mode: "xy" }),
  line: line("line"),
  even: even("even"),
  short: short("short"),
  texts: text("texts").array(),
  bigints: bigint("bigints", { mode: "bigint" }).array(),
  grid: numeric("grid").array().array(),
  numbers: doublePrecision("numbers").array(),
  instants: timestamp("instants", { withTimezone: true }).array(),
  locals: timestamp("locals").array(),
  moods: mood("moods").array(),
  jsons: json("jsons").array(),
  nested: integer("nested").array().array(),
});

const oneOf = (...texts: ReadonlyArray<string>) => fc.constantFrom(...texts);
const mix = (...arbitraries: ReadonlyArray<fc.Arbitrary<string>>) => fc.oneof(...arbitraries);

const controls = Array.from({ length: 31 }, (_, code) => String.fromCharCode(code + 1)).join("");
const anyText = (maxLength = 30) =>
  mix(
    fc.string({ unit: "binary", maxLength: maxLength / 2 }).map((each) => each.replaceAll(/[\0\p{Surrogate}]/gu, "")),
    oneOf(
      "",
      "null",
      '"',
      "\\",
      "\\u0000",
      "\u007f\u0080",
      "\u2028\u2029",
      "👩‍👩‍👧",
      "\ufeff",
      "</script>",
      "infinity",
      "1 +00",
    ).map((each) => each.slice(0, maxLength)),
  );
const integers = (bits: number) =>
  fc.bigInt({ min: -(2n ** BigInt(bits - 1)), max: 2n ** BigInt(bits - 1) - 1n }).map(String);
const positive = (max: number) => fc.integer({ min: 1, max }).map(String);
const digits = mix(
  fc.bigInt().map(String),
  fc.tuple(fc.bigInt(), fc.nat()).map(([whole, part]) => `${whole}.${part}00`),
  oneOf("NaN", "Infinity", "-Infinity", "-0", "0.000", "1e300", "1e-300", "00012.50"),
);
const floats = mix(
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((each) => (Object.is(each, -0) ? "-0" : String(each))),
  oneOf(
    "NaN",
    "Infinity",
    "-Infinity",
    "1e300",
    "-1e300",
    "1e-300",
    "5e-324",
    "-0",
    "1e15",
    "1e16",
    "0.1",
    "123456789012345678",
  ),
);
const singles = mix(
  fc.float({ noNaN: true, noDefaultInfinity: true }).map(String),
  oneOf("NaN", "Infinity", "-Infinity", "1e38", "1e-45", "-0", "0.1", "16777217"),
);
const two = (number: number): string => String(number).padStart(2, "0");
const clock = fc
  .tuple(fc.nat(23), fc.nat(59), fc.nat(59), fc.option(fc.nat(999_999)))
  .map(([h, m, s, f]) => `${two(h)}:${two(m)}:${two(s)}${f === null ? "" : `.${String(f).padStart(6, "0")}`}`);
const days = fc
  .tuple(
    fc.oneof(
      fc.integer({ min: 1, max: 9999 }),
      fc.integer({ min: 10_000, max: 200_000 }),
      fc.integer({ min: 1900, max: 2100 }),
    ),
    fc.integer({ min: 1, max: 12 }),
    fc.integer({ min: 1, max: 28 }),
  )
  .map(([y, m, d]) => `${String(y).padStart(4, "0")}-${two(m)}-${two(d)}`);
const dates = mix(days, oneOf("infinity", "-infinity", "0044-03-15 BC", "4713-01-01 BC", "12345-01-01"));
const era = oneOf("", "", "", " BC").chain((bc) =>
  fc.tuple(bc === "" ? days : oneOf("0044-03-15", "0001-12-31"), clock).map(([day, at]) => `${day} ${at}${bc}`),
);
const timestamps = mix(era, oneOf("infinity", "-infinity", "12345-06-07 08:09:10.5"));
const instants = mix(
  fc.tuple(days, clock, oneOf("+00", "+05:30", "-11", "Z")).map(([day, at, zone]) => `${day} ${at}${zone}`),
  oneOf(
    "infinity",
    "-infinity",
    "0044-03-15 10:00:00+00 BC",
    "12345-06-07 08:09:10.5+00",
    "1883-01-01 00:00:00.25+00",
    "294276-12-31 23:59:59.999999+00",
  ),
);
const documents = mix(
  fc
    .json({ noUnicodeString: false })
    .map((each) => each.replaceAll(/\\u0000|\\ud[89a-f][0-9a-f]{2}|\p{Surrogate}/giu, "x")),
  oneOf("null", ' { "a" :  1,\n "a": [ ] } ', '"\\u2028"', "1.0e5", "[1 , 2]", '{"":{"é":"\\"\\\\"}}'),
);
const arrayOf = (element: fc.Arbitrary<string>) =>
  fc
    .array(fc.option(element), { maxLength: 4 })
    .map(
      (each) => `{${each.map((one) => (one === null ? "null" : `"${one.replaceAll(/["\\]/g, "\\$&")}"`)).join(",")}}`,
    );
const moods = oneOf("so so", 'say "hi"', "{,}", "é\u2028");

const values: { readonly [K in keyof (typeof everything)["_"]["columns"]]: fc.Arbitrary<string> } = {
  text: mix(anyText(), fc.constant(controls)),
  'odd "key"\n': anyText(),
  words: anyText(),
  varchar: anyText(),
  char: anyText(8),
  uuid: fc.uuid(),
  mood: moods,
  integer: integers(32),
  smallint: integers(16),
  serial: positive(2 ** 31 - 1),
  smallserial: positive(2 ** 15 - 1),
  bigint: integers(64),
  bigintNumber: integers(64),
  bigserial: integers(64),
  bigserialNumber: integers(64),
  numeric: digits,
  numericScaled: mix(
    fc
      .integer()
      .map((each) => `${each}.${Math.abs(each % 1000)}`)
      .filter((each) => Number(each) < 1e8 && Number(each) > -1e8),
    oneOf("NaN", "-0"),
  ),
  numericNumber: digits,
  numericBigint: digits,
  real: singles,
  double: floats,
  boolean: oneOf("true", "false"),
  date: dates,
  dateDate: dates,
  time: mix(clock, oneOf("24:00:00", "00:00:00.000001")),
  timeZoned: fc.tuple(clock, oneOf("+00", "-11:30", "+14")).map(([at, zone]) => `${at}${zone}`),
  timestamp: timestamps,
  timestampString: timestamps,
  instant: instants,
  instantString: instants,
  json: documents,
  jsonb: documents,
  bytea: fc.uint8Array({ maxLength: 8 }).map((each) => `\\x${Buffer.from(each).toString("hex")}`),
  interval: oneOf("1 year 2 mons -3 days 04:05:06.789", "-1 second", "0", "1000000 hours"),
  inet: oneOf("10.0.0.1", "10.0.0.1/8", "::1", "2001:db8::/32"),
  cidr: oneOf("10.0.0.0/8", "2001:db8::/32"),
  macaddr: oneOf("08:00:2b:01:02:03"),
  macaddr8: oneOf("08:00:2b:01:02:03:04:05"),
  point: oneOf("(1,2)", "(-0,1e300)", "(NaN,Infinity)"),
  pointXy: oneOf("(1.5,2)", "(-1,-2)"),
  line: oneOf("{1,2,3}", "{0,-1,0.5}"),
  even: oneOf("0", "-2", "2147483646"),
  short: oneOf("a", '"', "\n"),
  texts: arrayOf(anyText()),
  bigints: arrayOf(integers(64)),
  grid: oneOf("{}", "{{12345678901234567890.10,2},{0.30,null}}"),
  numbers: arrayOf(floats),
  instants: arrayOf(instants),
  locals: arrayOf(timestamps),
  moods: arrayOf(moods),
  jsons: arrayOf(documents),
  nested: oneOf("{}", "{{1,2},{3,null}}", "{{-1}}"),
};

const columns = wireColumns(everything);

describe.each<Kind>(["postgres", "pglite"])("a row on %s", (kind) => {
  let database: DatabaseShape;
  let close = async (): Promise<void> => {};

  beforeAll(async () => {
    const hostile = [
      "alter database %I set datestyle = 'German'",
      "alter database %I set timezone = 'Europe/Berlin'",
      "alter database %I set intervalstyle = 'sql_standard'",
      "alter database %I set bytea_output = 'escape'",
      "alter database %I set extra_float_digits = 0",
    ].map((text) => ({
      text: `do $$ begin execute format('${text.replaceAll("'", "''")}', current_database()); end $$`,
    }));
    // The migrations of drizzle-kit do not quote what is in a name.
    const created = [
      `create type mood as enum (${mood.enumValues.map((each) => `'${each}'`).join(", ")})`,
      `create table everything (${columns.map(({ name, source }) => `${identifier(name)} ${source.getSQLType().replace("serial", "int")}`).join(", ")})`,
    ];
    const setup = [
      "create domain even as int check (value % 2 = 0)",
      "create domain short as text check (length(value) < 3)",
      ...created,
      "create role authenticated",
      "create role anonymous",
      "grant all on everything to anonymous",
    ].map((each) => ({ text: each }));
    if (kind === "postgres") {
      const server = await freshPostgres();
      await run(nodePostgres(server.pool(server.superuserUrl, { max: 1 })).transact([...hostile, ...setup]));
      database = nodePostgres(server.pool(server.superuserUrl, { max: 1 }));
      close = server.close;
      const [style] = await run(
        database.transact([
          { text: "select current_setting('datestyle') as style, current_setting('timezone') as zone" },
        ]),
      );
      expect(style?.rows).toEqual([{ style: "German, DMY", zone: "Europe/Berlin" }]);
    } else {
      const client: PGlite = await freshPglite();
      for (const [name, value] of Object.entries({
        datestyle: "German",
        timezone: "Europe/Berlin",
        bytea_output: "escape",
      })) {
        await client.query(`set ${name} = '${value}'`);
      }
      database = pglite(client);
      await run(database.transact(setup));
      close = () => client.close();
    }
  });
  afterAll(() => close());

  /** What the documentation says of each column, in Postgres's own words. */
  const asPostgres = columns
    .map(({ key, source }) => {
      const name = identifier(source.name);
      const type = source.getSQLType();
      const list = /\[\]$/.test(type) ? "[]" : "";
      const isExact = /^(bigint|bigserial|numeric)/.test(type) && source.dataType !== "number";
      // Drizzle's `Date` is read from it as UTC; as a string it has no zone.
      const isLocal = ["date", "array"].includes(source.dataType) && /^timestamp(?!.*with time zone)/.test(type);
      const local = list === "" ? `(${name} at time zone 'UTC')` : `${name}::timestamptz[]`;
      return `${isExact ? `${name}::text${list}` : isLocal ? local : name} as ${identifier(key)}`;
    })
    .join(", ");

  const texts = async (rows: ReadonlyArray<ReadonlyArray<Bound>>) => {
    const names = columns.map(({ name }) => identifier(name)).join(", ");
    const list = rows.map(
      (row) => `(${row.map((_, index) => `$${index + 1}::text::${columns[index]?.cast}`).join(", ")})`,
    );
    const inserts = rows.map((row, index) => ({
      text: `insert into everything (${names}) values ${list[index]}`,
      values: row,
    }));
    const results = await run(
      database.transact([
        { text: "truncate everything" },
        enterClaims(null, { statementMs: 10_000, lockMs: 5_000 }),
        ...inserts,
        { text: `select ${selectList(columns)} from everything`, raw: true, prepared: true },
        { text: `select row_to_json(r)::text from (select ${asPostgres} from everything) as r`, raw: true },
      ]),
    );
    return {
      written: results.at(-2)?.texts?.map(rowWriter(columns)) ?? [],
      expected: results.at(-1)?.texts?.map(([one]) => one) ?? [],
    };
  };

  it("is null in every column, and an object without any", async () => {
    const { written, expected } = await texts([columns.map(() => null)]);
    expect(written).toEqual(expected);
    expect(JSON.parse(written[0] ?? "")).toEqual(Object.fromEntries(columns.map(({ key }) => [key, null])));
    expect(rowWriter([])([])).toBe("{}");
  });

  it("is what row_to_json makes of it", async () => {
    const row = fc.tuple(
      ...Object.keys(everything)
        .filter((key) => key in values)
        .map((key) => fc.option(values[key as keyof typeof values], { freq: 8 })),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 15, maxLength: 15 }), async (rows) => {
        // PGlite decodes each value by itself and takes a byte order mark at its beginning for its own.
        const held = (text: Bound): Bound =>
          kind === "pglite" && text !== null ? String(text).replace(/^\ufeff+/, "") : text;
        const { written, expected } = await texts(rows.map((each) => each.map(held)));
        expect(written).toHaveLength(rows.length);
        expect(written).toEqual(expected);
        for (const each of written) JSON.parse(each);
      }),
      { numRuns: 12, endOnFailure: true },
    );
  });
});
