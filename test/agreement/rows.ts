/**
 * The rows of a run: what stands in `items`, and what is tried as a new row.
 *
 * Invariant: `sql` and `memory` of a row say the same to Postgres and to `evaluate`; which form of a value stands in
 * memory (a date or its text, a bigint or its text) is part of what is tested.
 */
import fc from "fast-check";
import { columnInfos } from "../../src/table/definition.js";
import { callers } from "./callers.js";
import { comparable } from "./rules.js";
import { type ItemKey, plainItems } from "./tables.js";
import { organizations, valueFor } from "./values.js";

export interface Row {
  readonly id: number;
  /** By SQL name, as text. */
  readonly sql: Readonly<Record<string, string | null>>;
  /** By key, as a driver might hand it out. */
  readonly memory: Readonly<Record<string, unknown>>;
}

const organizationKey: ItemKey = "organizationId";
const parentKey: ItemKey = "parentId";

export const parentRows = [
  { id: "p1", organization_id: "org_acme", owner_id: "ann" },
  { id: "p2", organization_id: "org_acme", owner_id: "bob" },
  { id: "p3", organization_id: "org_acme", owner_id: null },
  { id: "p4", organization_id: organizations.find((id) => id.startsWith("0b")) ?? "", owner_id: "ann" },
  { id: "p5", organization_id: "org_cedar", owner_id: "11111111-1111-4111-8111-111111111111" },
] as const;

const userIds = callers.flatMap(({ expected }) => expected.userId ?? []);

/** Scope columns hold what callers have more often than anything else, or hardly a row would belong to anybody. */
const cell = (key: string, kind: Parameters<typeof valueFor>[0]) => {
  const value = valueFor(kind);
  const from = (texts: ReadonlyArray<string>) =>
    fc.constantFrom(...texts).map((text) => ({ sql: text, memory: [text] }));
  if (key === organizationKey) return fc.oneof({ weight: 5, arbitrary: from(organizations) }, value);
  if (key === parentKey) return fc.option(from([...parentRows.map(({ id }) => id), "no such parent"]), { freq: 6 });
  if (key === "ownerId") return fc.option(fc.oneof({ weight: 2, arbitrary: from(userIds) }, value), { freq: 5 });
  return fc.option(value, { freq: 3 });
};

const infos = columnInfos(plainItems);

const row: fc.Arbitrary<Omit<Row, "id">> = fc
  .tuple(
    ...comparable.map(({ key, kind }) =>
      cell(key, kind).chain((value) =>
        fc
          .constantFrom(...(value === null ? [null] : value.memory))
          .map((memory) => ({ key, sql: value === null ? null : value.sql, memory })),
      ),
    ),
  )
  .map((cells) => ({
    sql: Object.fromEntries(cells.map(({ key, sql }) => [infos[key]?.name ?? key, sql])),
    memory: Object.fromEntries(cells.map(({ key, memory }) => [key, memory])),
  }));

/** Rows that follow from the seed alone. */
export const sampleRows = (seed: number, count: number): ReadonlyArray<Row> =>
  fc.sample(row, { seed, numRuns: count }).map(({ sql, memory }, index) => ({
    id: index + 1,
    sql: { ...sql, id: String(index + 1) },
    memory: { ...memory, id: index + 1 },
  }));
