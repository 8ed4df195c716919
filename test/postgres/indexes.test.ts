/** Which indexes a table gets by itself: what its scope and its references need, unless the author's own serve for it. */
import { sql } from "drizzle-orm";
import { foreignKey, getTableConfig, index, type PgTable, primaryKey, text, unique } from "drizzle-orm/pg-core";
import { id, organization, table } from "hedgerow";
import { describe, expect, it } from "vitest";

const read = { read: { roles: ["member+"] } } as const;
const parents = table("parents", { id: id(), organizationId: organization() }, (t) => [
  unique().on(t.organizationId, t.id),
])
  .firewall("organization")
  .access(read);

const columns = () => ({
  id: id(),
  organizationId: organization(),
  parentId: text("parent_id").references(() => parents.id),
  name: text("name"),
});
const guarded = (extras: Parameters<typeof table<"children", ReturnType<typeof columns>>>[2]) =>
  table("children", columns(), extras).firewall("organization").access(read);

/** The columns of each index that its author has not written. */
const made = (source: PgTable): ReadonlyArray<string> =>
  getTableConfig(source).indexes.flatMap(({ config }) =>
    /_idx_[0-9a-f]{16}$/.test(config.name ?? "")
      ? [config.columns.map((column) => ("name" in column ? column.name : "?")).join(", ")]
      : [],
  );

describe("the indexes of a guarded table", () => {
  it("find its scope in the order of its key, and its children by what they refer with", () => {
    expect(made(guarded(() => []))).toEqual(["organization_id, id", "parent_id"]);
  });

  it("are not made where the author's own begin with the same columns", () => {
    const own = guarded((t) => [
      index("a").on(t.organizationId, t.id, t.name),
      index("b").on(t.parentId, t.organizationId),
    ]);
    expect(made(own)).toEqual([]);
  });

  it("are made beside what serves for something else: an expression in front, a part of the rows, another kind", () => {
    const own = guarded((t) => [
      index("a").on(sql`lower(${t.name})`, t.organizationId, t.id),
      index("b").on(t.organizationId, t.id).where(sql`${t.name} is not null`),
      index("c").using("hash", t.parentId),
      index("d").on(sql`lower(${t.parentId})`, t.parentId),
    ]);
    expect(made(own)).toEqual(["organization_id, id", "parent_id"]);
  });

  it("follow keys of several columns, and are one where two would be the same", () => {
    const twice = table(
      "twice",
      { organizationId: organization(), code: text("code").notNull(), parentId: text("parent_id") },
      (t) => [
        primaryKey({ columns: [t.code, t.organizationId] }),
        foreignKey({ columns: [t.organizationId, t.parentId], foreignColumns: [parents.organizationId, parents.id] }),
        foreignKey({ columns: [t.parentId], foreignColumns: [parents.id], name: "first" }),
        foreignKey({ columns: [t.parentId], foreignColumns: [parents.id], name: "second" }),
      ],
    )
      .firewall("organization")
      .access(read);
    expect(made(twice)).toEqual(["organization_id, code", "organization_id, parent_id", "parent_id"]);
  });
});
