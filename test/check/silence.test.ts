/**
 * Where `check` is silent, no tenant feels another: random rules, random keys, every row and every caller of a small world,
 * judged by the specification (`evaluate`).
 */

import { getTableColumns } from "drizzle-orm";
import { boolean, type PgColumn, type PgTable, pgTable, text, unique } from "drizzle-orm/pg-core";
import * as Effect from "effect/Effect";
import fc from "fast-check";
import { anonymousCaller, type Caller, id, organization, owner, table } from "hedgerow";
import { expect, it } from "vitest";
import { check } from "../../src/cli/check/check.js";
import { evaluate } from "../../src/condition/evaluate.js";
import type { TableDefinition } from "../../src/table/definition.js";
import { understandToPush } from "../../src/table/deployable.js";
import { guard } from "../support/untyped.js";

type Row = Readonly<Record<string, unknown>>;

const caller = (known: Partial<Caller>): Caller => ({ ...anonymousCaller, ...known });

const callers: ReadonlyArray<Caller> = [
  anonymousCaller,
  ...["ann", "bob"].flatMap((userId) => [
    caller({ userId, sessionId: "s" }),
    caller({ userId, sessionId: "s", userRoles: ["admin"] }),
    ...["acme", "beech"].flatMap((activeOrgId) =>
      ["member", "admin", "owner"].flatMap((role) =>
        [[], ["admin"]].map((userRoles) => caller({ userId, sessionId: "s", activeOrgId, roles: [role], userRoles })),
      ),
    ),
  ]),
];

const worth: Readonly<Record<string, ReadonlyArray<unknown>>> = {
  organizationId: ["acme", "beech"],
  userId: ["ann", "bob"],
  state: ["x", "y", "z", null],
  open: [true, false],
  slug: ["a", "b", null],
};

const world = (columns: ReadonlyArray<string>): ReadonlyArray<Row> =>
  columns.reduce<ReadonlyArray<Row>>(
    (rows, column) => rows.flatMap((row) => (worth[column] ?? []).map((value) => ({ ...row, [column]: value }))),
    [{}],
  );
const rows = world(["organizationId", "userId", "state", "open", "slug"]);

const who = fc.constantFrom(
  { roles: ["PUBLIC"] },
  { roles: ["AUTHENTICATED"] },
  { roles: ["member+"] },
  { roles: ["admin+"] },
  { roles: ["member"] },
  { userRoles: ["admin"] },
);
const record = fc.constantFrom(
  { organizationId: { equals: "ctx.activeOrgId" } },
  { userId: { equals: "ctx.userId" } },
  { userId: { notEquals: "ctx.userId" } },
  { open: { equals: true } },
  { state: { equals: "x" } },
  { state: { notEquals: "y" } },
  { state: { in: ["x", "y"] } },
  { state: { isNull: true } },
  { slug: { isNull: false } },
  { organizationId: { equals: "ctx.activeOrgId" }, open: { equals: true } },
  { userId: { equals: "ctx.userId" }, organizationId: { equals: "ctx.activeOrgId" } },
);
const leaf = fc.oneof(
  who,
  record.map((of) => ({ record: of })),
  fc.tuple(who, record).map(([by, of]) => ({ ...by, record: of })),
);
/** Excludes nothing but what is empty. */
const filled = fc.constantFrom(
  { or: [{ record: { state: { equals: "x" } } }, { record: { state: { notEquals: "x" } } }] },
  { or: [{ record: { state: { in: ["x", "y"] } } }, { record: { state: { notIn: ["x", "y"] } } }] },
  { roles: ["PUBLIC"], not: { record: { state: { equals: "x" }, slug: { isNull: true } } } },
);
const rule = fc.oneof(
  { weight: 1, arbitrary: filled },
  { weight: 4, arbitrary: leaf },
  { weight: 2, arbitrary: fc.tuple(leaf, leaf).map((any) => ({ or: any })) },
  { weight: 1, arbitrary: fc.tuple(leaf, leaf).map((all) => ({ and: all })) },
  { weight: 1, arbitrary: fc.tuple(who, leaf).map(([by, of]) => ({ ...by, not: of })) },
);
const firewall = fc.constantFrom<unknown>({ exception: "a test" }, { exception: "a test" }, "organization", "owner", {
  field: "state",
  in: ["x", "y"],
});
const keys = fc.uniqueArray(fc.constantFrom("organizationId", "userId", "state", "open", "slug"), {
  minLength: 1,
  maxLength: 3,
});

/** A definition of random rules; undefined where they are no definition (contradictions, keys without the scope). */
const understood = (module: Readonly<Record<string, unknown>>): ReadonlyMap<string, TableDefinition> | undefined => {
  try {
    return new Map(
      Effect.runSync(understandToPush(module)).tables.map(({ definition }) => [definition.table.name, definition]),
    );
  } catch {
    return undefined;
  }
};

const columns = () => ({
  id: id(),
  organizationId: organization(),
  userId: owner(),
  state: text("state"),
  open: boolean("open").notNull(),
  slug: text("slug"),
});

it("lets nobody meet a row that they cannot read, where it finds no fault with a unique key", () => {
  let silent = 0;
  let met = 0;
  let found = 0;
  fc.assert(
    fc.property(firewall, rule, rule, rule, keys, (wall, read, create, update, key) => {
      const [first, ...rest] = key;
      if (first === undefined) return;
      const keyed = table("notes", columns(), (t) => [unique().on(t[first], ...rest.map((column) => t[column]))]);
      const notes = guard(keyed, wall, { read, create, update });
      const definition = understood({ notes })?.get("notes");
      if (!definition) return;
      const isFound = check({ notes }).some(({ code }) => code === "unreadable_conflict");
      const { select, insert, update: change } = definition.commands;
      const holds = (condition: typeof select, row: Row, by: Caller): boolean =>
        condition !== undefined && evaluate(condition, { columns: definition.columns, row, caller: by }) === true;
      const isMovable = key.some((column) => !definition.managed.includes(column));
      const isMet = callers.some((by) => {
        const canChange = isMovable && rows.some((row) => holds(change?.using, row, by));
        const hidden = rows.filter((row) => key.every((column) => row[column] !== null) && !holds(select, row, by));
        return rows.some(
          (row) =>
            (holds(insert, row, by) || (canChange && holds(change?.check, row, by))) &&
            hidden.some((other) => key.every((column) => other[column] === row[column])),
        );
      });
      if (isMet) met += 1;
      if (isFound) found += 1;
      if (!isFound) {
        silent += 1;
        expect(isMet).toBe(false);
      }
    }),
    { numRuns: 2000 },
  );
  expect(silent).toBeGreaterThan(100);
  expect(met).toBeGreaterThan(300);
  // It speaks where it is sure: nearly all that it finds can happen in a world as small as this one.
  expect(met / found).toBeGreaterThan(0.95);
});

const keyOf = (of: PgTable): PgColumn => {
  const { id: key } = getTableColumns(of);
  if (!key) throw new Error("The table has no column id.");
  return key;
};

it("lets nobody reach a row that they cannot read, where it finds no fault with a reference", () => {
  let silent = 0;
  let met = 0;
  let found = 0;
  fc.assert(
    fc.property(firewall, firewall, rule, rule, rule, fc.boolean(), (above, below, readParent, remove, read, isVia) => {
      const { slug: _, ...own } = columns();
      const parents = guard(table("parents", own), above, { read: readParent, delete: remove });
      const pointing = table("children", { ...own, parentId: text("parent_id").references(() => keyOf(parents)) });
      const children = guard(pointing, isVia ? { field: "parentId", via: () => parents } : below, { read });
      const schema = { parents, children };
      const definitions = understood(schema);
      const parent = definitions?.get("parents");
      const child = definitions?.get("children");
      if (!parent || !child) return;
      const isFound = check(schema).some(({ code }) => code === "unreadable_child");
      const scopes = parent.firewall.scope.filter(({ path }) =>
        child.firewall.scope.some((other) => other.path === path),
      );
      const small = world(["organizationId", "userId", "state", "open"]);
      const isMet = callers.some((by) => {
        const readable = (row: Row): boolean =>
          parent.commands.select !== undefined &&
          evaluate(parent.commands.select, { columns: parent.columns, row, caller: by }) === true;
        const deletable = small.filter(
          (row) =>
            parent.commands.delete !== undefined &&
            evaluate(parent.commands.delete, { columns: parent.columns, row, caller: by }) === true,
        );
        return deletable.some((target) =>
          small.some(
            (row) =>
              scopes.every(({ column }) => row[column] === target[column]) &&
              (child.commands.select === undefined ||
                evaluate(child.commands.select, {
                  columns: child.columns,
                  row: { ...row, parentId: "p" },
                  caller: by,
                  canRead: () => readable(target),
                }) !== true),
          ),
        );
      });
      if (isMet) met += 1;
      if (isFound) found += 1;
      if (!isFound) {
        silent += 1;
        expect(isMet).toBe(false);
      }
    }),
    { numRuns: 2000 },
  );
  expect(silent).toBeGreaterThan(100);
  expect(met).toBeGreaterThan(300);
  expect(met / found).toBeGreaterThan(0.95);
});

it("lets nobody write in another's name, or ask for accounts, where it finds no fault with a preset or a reference", () => {
  const user = pgTable("user", { id: text("id").primaryKey() });
  let unpinned = 0;
  let asking = 0;
  let silent = 0;
  fc.assert(
    fc.property(firewall, rule, rule, (wall, read, create) => {
      const own = { ...columns(), userId: owner().references(() => user.id, { onDelete: "cascade" }) };
      const notes = guard(table("notes", own), wall, { read, create });
      const definition = understood({ notes })?.get("notes");
      const { insert } = definition?.commands ?? {};
      if (!definition || !insert) return;
      const foundCodes = check({ user, notes }).map(({ code }) => code);
      const made = callers.flatMap((by) =>
        rows
          .filter((row) => evaluate(insert, { columns: definition.columns, row, caller: by }) === true)
          .map((row) => ({ anothers: row.userId !== by.userId, elsewhere: row.organizationId !== by.activeOrgId })),
      );
      const isForeign = made.some(({ anothers, elsewhere }) => anothers || elsewhere);
      if (foundCodes.includes("unpinned_preset")) unpinned += 1;
      else expect(isForeign).toBe(false);
      if (foundCodes.includes("unguarded_reference")) asking += 1;
      else expect(made.some(({ anothers }) => anothers)).toBe(false);
      if (!foundCodes.includes("unpinned_preset")) silent += 1;
      if (foundCodes.includes("unpinned_preset")) expect(isForeign).toBe(true);
    }),
    { numRuns: 1500 },
  );
  expect(Math.min(unpinned, asking)).toBeGreaterThan(300);
  expect(silent).toBeGreaterThan(20);
});

it("finds an alternative idle only where nothing changes without it", () => {
  let idle = 0;
  fc.assert(
    fc.property(firewall, rule, rule, rule, (wall, first, second, third) => {
      const own = (any: ReadonlyArray<unknown>) =>
        guard(table("notes", columns()), wall, { read: any.length > 1 ? { or: any } : any[0] });
      const any = [first, second, third];
      const definition = understood({ notes: own(any) })?.get("notes");
      if (!definition) return;
      for (const { code, path } of check({ notes: own(any) })) {
        const [, place] = /^access\.read\.or\[(\d)\]$/.exec(path) ?? [];
        if (code !== "no_effect" || place === undefined) continue;
        const without = understood({ notes: own(any.filter((_, index) => index !== Number(place))) })?.get("notes");
        idle += 1;
        for (const row of rows) {
          for (const by of callers) {
            const scope = { columns: definition.columns, row, caller: by };
            const [before, after] = [definition, without].map(
              (of) => of?.commands.select !== undefined && evaluate(of.commands.select, scope) === true,
            );
            expect(after).toBe(before);
          }
        }
      }
    }),
    { numRuns: 400 },
  );
  expect(idle).toBeGreaterThan(50);
});
