import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compareValues } from "../../src/condition/kind.js";
import { type ComparableKind, type Value, valueFor } from "../agreement/values.js";
import { type FreshPostgres, freshPostgres } from "../support/databases.js";

/** The type in which Postgres compares values of a kind. */
const types: Readonly<Partial<Record<ComparableKind, string>>> = {
  text: 'text collate "C"',
  uuid: "uuid",
  integer: "integer",
  bigint: "bigint",
  numeric: "numeric",
  double: "double precision",
  boolean: "boolean",
  timestamp: "timestamp",
  timestamptz: "timestamptz",
  date: "date",
};

const isKind = (kind: string): kind is ComparableKind => kind in types;

describe("compareValues", () => {
  let postgres: FreshPostgres;
  beforeAll(async () => {
    postgres = await freshPostgres();
  });
  afterAll(() => postgres.close());

  it.each(Object.entries(types))("orders values of kind %s as Postgres does", async (kind, type) => {
    if (!isKind(kind)) throw new Error(`There is no kind ${kind}.`);
    const values = fc.sample(valueFor(kind), { numRuns: 60, seed: 7 });
    const [base = "", collation = ""] = type.split(/(?= collate)/);
    const { rows } = await postgres.ownerPool.query<{ readonly a: number; readonly b: number; readonly order: number }>(
      `with v as (select (n - 1)::int as n, x::${base}${collation} as x from unnest($1::text[]) with ordinality as u (x, n))
       select a.n as a, b.n as b, case when a.x < b.x then -1 when a.x > b.x then 1 else 0 end as "order" from v as a, v as b`,
      [values.map(({ sql }) => sql)],
    );
    expect(rows).toHaveLength(values.length ** 2);
    const form = (value: Value | undefined, n: number): unknown => value?.memory[n % value.memory.length];
    const wrong = rows.flatMap(({ a, b, order }) => {
      const [left, right] = [form(values[a], b), form(values[b], a + 1)];
      const said = compareValues(kind, left, right);
      return Math.sign(said) === order ? [] : [{ left, right, said, order }];
    });
    expect(wrong).toEqual([]);
  });

  it.each<ComparableKind>(["timestamp", "timestamptz", "date"])("has no order for what is no %s", (kind) => {
    for (const value of ["", "soon", "2024-02-30", "2024-13-01", new Date(Number.NaN), "2024-01-01 (or so)"]) {
      expect(compareValues(kind, value, "2024-01-01")).toBeNaN();
      expect(compareValues(kind, value, value)).toBeNaN();
    }
  });
});
