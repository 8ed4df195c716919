/**
 * Hostile requests, made from tables.
 *
 * Invariant: a request is plain data with marks in it (`«key:things»`, `«value»`, …), so that the same request can be sent about
 * a row that is hidden and about one that does not exist.
 */
import { getTableColumns } from "drizzle-orm";
import type { PgColumn, PgTable } from "drizzle-orm/pg-core";
import fc from "fast-check";

export interface HostileRequest {
  readonly method: string;
  readonly table: string;
  readonly path: string;
  /** JSON text, or something that is not quite that. */
  readonly body: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
}

/** The key of a hidden row of a table, a value of one, and the organization that it belongs to. */
const keyMark = (table: string): string => `«key:${table}»`;
const valueMark = "«value»";
const organizationMark = "«organization»";

const deep = (depth: number, open: string, close: string): string => open.repeat(depth) + close.repeat(depth);

/** Values that something on the way might take for something else. */
const oddities: ReadonlyArray<unknown> = [
  null,
  true,
  "",
  " ",
  "null",
  "\0",
  "a\0b",
  "\ud800",
  "x\udfff",
  "\ufeff",
  "'; drop table things; --",
  "$1",
  "%",
  "\\",
  '"',
  "x".repeat(10_000),
  "💥".repeat(100),
  0,
  -0,
  0.1,
  -1,
  2_147_483_647,
  2_147_483_648,
  9_007_199_254_740_991,
  1e21,
  1.7976931348623157e308,
  5e-324,
  "9223372036854775807",
  "9223372036854775808",
  "NaN",
  "Infinity",
  "1e400",
  "0x10",
  "2026-02-30",
  "2026-01-31",
  "-infinity",
  "epoch",
  "99999-01-01T00:00:00Z",
  "2026-01-31T12:00:00.1234567Z",
  "2026-01-31T24:00:00Z",
  "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
  "{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}",
  [],
  {},
  [[]],
  [null],
  [[[["x"]]]],
  ["a", 1, null, {}],
  { a: { "\0": 1 } },
  { "\ud800": 1 },
  { constructor: { prototype: { admin: true } } },
];

/** Texts that `JSON.stringify` would not write. */
const oddTexts: ReadonlyArray<string> = [
  "1e999",
  "-1e999",
  "1e-999",
  "12345678901234567890",
  "9007199254740993",
  "0.1234567890123456789012345",
  "1E400",
  '"\\ud800"',
  '"\\u0000"',
  deep(99, "[", "]"),
  deep(101, "[", "]"),
  deep(5_000, "[", "]"),
  `${'{"a":'.repeat(3_000)}1${"}".repeat(3_000)}`,
  '{"a":1,"a":2}',
  "[1,2,3,]",
  "nul",
  "01",
];

const odd = fc.oneof(
  fc.constantFrom(...oddities).map((value) => JSON.stringify(value)),
  fc.constantFrom(...oddTexts),
);

/** A value that a column might have, as JSON text. */
const likely = (column: PgColumn, table: string): fc.Arbitrary<string> => {
  const json = (value: unknown): string => JSON.stringify(value);
  if (/parent|target_id|either|draft_id|^id$/.test(column.name)) {
    const to = { draft_id: "drafts", either_id: "drafts", target_id: "things" }[column.name] ?? table;
    return fc.constant(json(keyMark(to)));
  }
  if (/org/.test(column.name)) return fc.constant(json(organizationMark));
  if (column.enumValues && column.enumValues.length > 0) return fc.constantFrom(...column.enumValues).map(json);
  switch (column.columnType) {
    case "PgInteger":
      return fc.integer({ min: -1_000, max: 1_000 }).map(json);
    case "PgBigInt53":
      return fc.maxSafeInteger().map(json);
    case "PgBigInt64":
      return fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((value) => json(String(value)));
    case "PgNumeric":
      return fc.integer().map((value) => json(String(value / 100)));
    case "PgNumericNumber":
    case "PgDoublePrecision":
    case "PgReal":
      return fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e30, max: 1e30 }).map(json);
    case "PgBoolean":
      return fc.boolean().map(json);
    case "PgUUID":
      return fc.uuid().map(json);
    case "PgDateString":
      return fc.constant(json("2026-01-31"));
    case "PgTimestamp":
      return fc.constant(json("2026-01-31T12:00:00.123456Z"));
    case "PgArray":
      return fc.array(fc.oneof(fc.constant(1), fc.constant("x"), fc.constant(valueMark))).map(json);
    case "PgJsonb":
      return fc.oneof(fc.json(), fc.constant(json({ of: valueMark })));
    default:
      return fc.oneof(fc.constant(json(valueMark)), fc.string({ maxLength: 5 }).map(json));
  }
};

const names = fc.constantFrom(
  "__proto__",
  "constructor",
  "toString",
  "limit",
  "",
  "ORGANIZATIONID",
  "secret",
  "x".repeat(5_000),
);

const bodyFor = (source: PgTable, table: string): fc.Arbitrary<string> => {
  const fields = Object.entries<PgColumn>(getTableColumns(source)).map(([key, column]) => {
    const isRequired = column.notNull && !column.hasDefault;
    // What only the database fills is refused at once, and the rest of the body with it.
    const isManaged = column.primary || column.name === "organization_id";
    const value = fc.oneof({ weight: 8, arbitrary: likely(column, table) }, { weight: 1, arbitrary: odd });
    return fc.oneof(
      { weight: isRequired ? 20 : 1, arbitrary: value.map((json) => `${JSON.stringify(key)}:${json}`) },
      { weight: isManaged ? 40 : isRequired ? 1 : 4, arbitrary: fc.constant("") },
    );
  });
  const more = fc.oneof(
    { weight: 8, arbitrary: fc.constant("") },
    { weight: 1, arbitrary: fc.tuple(names, odd).map(([name, value]) => `${JSON.stringify(name)}:${value}`) },
  );
  const fitting = fc.tuple(more, ...fields).map((parts) => `{${parts.filter((part) => part !== "").join(",")}}`);
  return fc.oneof(
    { weight: 12, arbitrary: fitting },
    { weight: 1, arbitrary: odd },
    { weight: 1, arbitrary: fc.constantFrom("", "{", "[]", "\ufeff{}", "{}{}", '{"title":"x"', "\0") },
  );
};

const encoded = (text: string): string =>
  encodeURIComponent(text.replace(/\p{Surrogate}/gu, ""))
    .replaceAll("%C2%AB", "«")
    .replaceAll("%C2%BB", "»");

const queryFor = (source: PgTable, table: string): fc.Arbitrary<string> => {
  const columns = Object.entries<PgColumn>(getTableColumns(source));
  const keys = columns.map(([key]) => key);
  const text = (json: string): string => {
    try {
      const value: unknown = JSON.parse(json);
      return typeof value === "string" ? value : json;
    } catch {
      return json;
    }
  };
  const pair = fc.oneof(
    fc
      .constantFrom(...columns)
      .chain(([key, column]) =>
        fc
          .oneof({ weight: 4, arbitrary: likely(column, table) }, { weight: 1, arbitrary: odd })
          .map((value) => `${encoded(key)}=${encoded(text(value))}`),
      ),
    fc.constantFrom(
      "limit=1",
      "limit=0",
      "limit=101",
      "limit=1e3",
      "offset=1",
      "offset=-1",
      "offset=99999999999",
      "total=true",
      "total=1",
      "sort=",
      "x=%00",
      "id=%ED%A0%80",
      "id=%C0%80",
      "id=%",
      "=",
      "__proto__=1",
      `sort=${"x,".repeat(2_000)}`,
    ),
    fc.subarray(keys).map((sorted) => `sort=${sorted.map((key, index) => (index % 2 ? `-${key}` : key)).join(",")}`),
    names.map((name) => `${encoded(name)}=1`),
  );
  return fc.array(pair, { maxLength: 4 }).map((pairs) => (pairs.length === 0 ? "" : `?${pairs.join("&")}`));
};

const segment = (table: string): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 6, arbitrary: fc.constant(keyMark(table)) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        "%00",
        "%ED%A0%80",
        "%",
        "..%2F..",
        "null",
        "undefined",
        "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
        "x".repeat(5_000),
        "%27",
        "1e999",
        `${keyMark("drafts")}%00`,
        "%C2%A0",
      ),
    },
  );

const contentType = fc.oneof(
  { weight: 12, arbitrary: fc.constant("application/json") },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      "text/plain",
      "application/json; charset=utf-16",
      "application/merge-patch+json",
      "application/x-www-form-urlencoded",
      "",
      "x".repeat(3_000),
    ),
  },
);

/** @returns hostile requests about these tables, each under the path of its key. */
export const hostileRequests = (tables: Readonly<Record<string, PgTable>>): fc.Arbitrary<HostileRequest> =>
  fc.constantFrom(...Object.entries(tables)).chain(([table, source]) =>
    fc.oneof(
      {
        weight: 3,
        arbitrary: queryFor(source, table).map((query) => ({
          method: "GET",
          table,
          path: `/${table}${query}`,
          body: undefined,
          headers: {},
        })),
      },
      {
        weight: 2,
        arbitrary: segment(table).map((key) => ({
          method: "GET",
          table,
          path: `/${table}/${key}`,
          body: undefined,
          headers: {},
        })),
      },
      {
        weight: 5,
        arbitrary: fc.tuple(bodyFor(source, table), contentType).map(([body, type]) => ({
          method: "POST",
          table,
          path: `/${table}`,
          body,
          headers: { "content-type": type },
        })),
      },
      {
        weight: 3,
        arbitrary: fc.tuple(segment(table), bodyFor(source, table), contentType).map(([key, body, type]) => ({
          method: "PATCH",
          table,
          path: `/${table}/${key}`,
          body,
          headers: { "content-type": type },
        })),
      },
      {
        weight: 2,
        arbitrary: segment(table).map((key) => ({
          method: "DELETE",
          table,
          path: `/${table}/${key}`,
          body: undefined,
          headers: {},
        })),
      },
      {
        weight: 1,
        arbitrary: fc
          .tuple(fc.constantFrom("PUT", "OPTIONS", "HEAD", "TRACE_"), segment(table))
          .map(([method, key]) => ({ method, table, path: `/${table}/${key}`, body: undefined, headers: {} })),
      },
    ),
  );

/** What the marks of a request stand for. */
export interface Marked {
  readonly keys: Readonly<Record<string, string>>;
  readonly value: string;
  readonly organization: string;
}

export const filledWith = (text: string, { keys, value, organization }: Marked): string =>
  text
    .replaceAll(/«key:(\w+)»/g, (_, table: string) => keys[table] ?? "")
    .replaceAll(valueMark, value)
    .replaceAll(organizationMark, organization);
