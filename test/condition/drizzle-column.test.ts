/** What the router makes of a column, whichever line of Drizzle has declared it. */
import { getTableColumns } from "drizzle-orm";
import * as zero from "drizzle-orm/pg-core";
import * as one from "drizzle-orm-1/pg-core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sqlTypeOf } from "../../src/condition/drizzle-column.js";
import { valueCheck } from "../../src/http/column-check.js";
import { boundValue, placeholder, wireColumns } from "../../src/http/wire.js";

/** The same columns from either line. What is used of both has the same form. */
const declared = ({ pgTable, ...of }: typeof zero): zero.PgTable =>
  pgTable("things", {
    text: of.text(),
    varchar: of.varchar({ length: 8 }),
    char: of.char({ length: 3 }),
    uuid: of.uuid(),
    integer: of.integer(),
    smallint: of.smallint(),
    serial: of.serial(),
    bigint: of.bigint({ mode: "bigint" }),
    count: of.bigint({ mode: "number" }),
    numeric: of.numeric({ precision: 12, scale: 2 }),
    number: of.numeric({ mode: "number" }),
    real: of.real(),
    double: of.doublePrecision(),
    boolean: of.boolean(),
    json: of.json(),
    jsonb: of.jsonb(),
    date: of.date({ mode: "date" }),
    day: of.date(),
    time: of.time(),
    instant: of.timestamp({ withTimezone: true }),
    local: of.timestamp(),
    written: of.timestamp({ mode: "string" }),
    interval: of.interval(),
    inet: of.inet(),
    point: of.point(),
    line: of.line(),
    vector: of.vector({ dimensions: 3 }),
    status: of.pgEnum("status", ["draft", "final"])(),
    texts: of.text().array(),
    jsons: of.jsonb().array(),
    locals: of.timestamp().array(),
    points: of.point().array(),
    statuses: of.pgEnum("status", ["draft", "final"])().array(),
  });

const facts = (table: zero.PgTable) =>
  wireColumns(table).map((column) => ({
    ...{ key: column.key, cast: column.cast, select: column.select, comparable: column.comparable },
    type: sqlTypeOf(column.source),
    placeholder: placeholder(column, 1),
  }));

const lines = [declared(zero), declared(one as unknown as typeof zero)] as const;

describe("a column", () => {
  it("is the same to the router from both lines", () => {
    expect(facts(lines[1])).toEqual(facts(lines[0]));
  });

  it("binds the same text from both lines", () => {
    const both = lines.map((table) => new Map(wireColumns(table).map((column) => [column.key, column])));
    const bound = (key: string, value: unknown) =>
      both.map((columns) => {
        const column = columns.get(key);
        return column === undefined ? undefined : boundValue(column, value);
      });
    const document = fc.jsonValue();
    const values: ReadonlyArray<readonly [string, fc.Arbitrary<unknown>]> = [
      ["json", document],
      ["jsonb", document],
      ["jsons", fc.array(document)],
      ["texts", fc.array(fc.string())],
      ["text", fc.string()],
      ["bigint", fc.bigInt().map(String)],
      ["numeric", fc.integer().map(String)],
      ["number", fc.integer()],
      ["double", fc.double({ noNaN: true })],
      ["boolean", fc.boolean()],
      ["points", fc.array(fc.tuple(fc.integer(), fc.integer()))],
      ["point", fc.tuple(fc.integer(), fc.integer())],
      ["line", fc.tuple(fc.integer(), fc.integer(), fc.integer())],
      ["vector", fc.tuple(fc.integer(), fc.integer(), fc.integer())],
      ["locals", fc.array(fc.constant("2026-01-31T12:00:00Z"))],
      ["statuses", fc.array(fc.constantFrom("draft", "final"))],
    ];
    const pairs = fc.oneof(...values.map(([key, value]) => fc.tuple(fc.constant(key), value)));
    fc.assert(
      fc.property(pairs, ([key, value]) => {
        const [first, second] = bound(key, value);
        expect(first).toBeDefined();
        expect(second).toEqual(first);
      }),
    );
  });

  it("keeps a 64-bit integer as text in the mode that only 1.0 has", () => {
    const table = one.pgTable("things", { size: one.bigint({ mode: "string" }) }) as unknown as zero.PgTable;
    expect(facts(table)).toMatchObject([{ select: "size::text", type: "bigint" }]);
    const faults = Object.values<zero.PgColumn>(getTableColumns(table)).flatMap((column) =>
      ["9007199254740993", "x", "9223372036854775808"].map(valueCheck(column)),
    );
    const fault = "must be a 64-bit integer written as a text";
    expect(faults).toEqual([undefined, fault, fault]);
  });
});
