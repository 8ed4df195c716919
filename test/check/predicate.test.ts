/** The predicate of a partial index, understood: whatever it is, the condition never says more. */
import { PGlite } from "@electric-sql/pglite";
import { and, eq, isNotNull, isNull, not, or, type SQL, sql } from "drizzle-orm";
import { boolean, integer, pgTable, text } from "drizzle-orm/pg-core";
import { drizzle } from "drizzle-orm/pglite";
import { anonymousCaller } from "hedgerow";
import { afterAll, beforeAll, expect, it } from "vitest";
import { predicateOf } from "../../src/cli/check/rules/predicate.js";
import { columnsOf } from "../../src/condition/condition.js";
import { evaluate } from "../../src/condition/evaluate.js";
import { columnInfos } from "../../src/table/definition.js";

const rows = pgTable("rows", {
  id: integer("id").primaryKey(),
  isOpen: boolean("is_open"),
  other: boolean("other"),
  state: text("state"),
  level: integer("level"),
});
const columns = columnInfos(rows);
const client = new PGlite();
const database = drizzle({ client });

beforeAll(async () => {
  await client.exec(`create table rows (id integer generated always as identity primary key, is_open boolean, other boolean, state text, level integer);
insert into rows (is_open, other, state, level)
  select a, b, c, d from unnest(array[true, false, null]) a, unnest(array[true, false, null]) b,
    unnest(array['x', 'y', 'is_open', 'a and is_open', 'X', null]) c, unnest(array[1, 2, null]) d`);
});
afterAll(() => client.close());

const cases: ReadonlyArray<readonly [SQL | undefined, ReadonlyArray<string>]> = [
  [isNull(rows.state), ["state"]],
  [isNotNull(rows.state), ["state"]],
  [eq(rows.state, "x"), ["state"]],
  [eq(rows.level, 1), ["level"]],
  [and(eq(rows.isOpen, true), isNull(rows.level), eq(rows.state, "x")), ["isOpen", "level", "state"]],
  [sql`${rows.isOpen}`, ["isOpen"]],
  [sql`not ${rows.isOpen} and ((${rows.other}) AND state IS NOT NULL)`, ["isOpen", "other", "state"]],
  [sql`is_open and Level is null`, ["isOpen", "level"]],
  [sql`state = 'a and is_open'`, ["state"]],
  [sql`${rows.isOpen} = false and level > 1`, ["isOpen"]],
  [sql`rows.state = 'x' and lower(state) = 'x'`, ["state"]],
  [or(eq(rows.isOpen, true), eq(rows.other, true)), []],
  [not(eq(rows.state, "x")), []],
  [sql`not (is_open and other)`, []],
  [sql`is_open is not true and (other is false)`, []],
  [sql`level between 1 and 2`, []],
  [sql`is_open between other and other`, []],
  [sql`case when is_open and other then state = 'x' else true end`, []],
  [sql`state in ('x', 'y') and coalesce(is_open, other)`, []],
  [sql`(is_open) = (other)`, []],
  [sql`array[is_open and other and is_open] = array[false]`, []],
  [sql`level = 1 -- and is_open\n`, []],
  [sql`state = /* and is_open and */ 'x'`, []],
  [sql`state <> 'it''s' and is_open`, []],
  [sql`state <> E'\\' and is_open and '`, []],
  [sql`state <> $q$ and is_open and $q$`, []],
];

it.each(cases.map(([where, known], index) => ({ index, where, known })))(
  "never says more than predicate $index",
  async ({ where, known }) => {
    const condition = predicateOf(where, columns);
    expect([...columnsOf(condition)].sort()).toEqual([...known].sort());
    const held = await database.select().from(rows).where(where);
    expect(held.length).toBeGreaterThan(0);
    for (const row of held) expect(evaluate(condition, { columns, row, caller: anonymousCaller })).toBe(true);
  },
);

it("says nothing of an index of all rows", () => {
  expect(columnsOf(predicateOf(undefined, columns))).toEqual([]);
});
