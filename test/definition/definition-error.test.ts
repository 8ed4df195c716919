/** Every mistake that a JavaScript user can make is found when the schema is compiled, and all of them at once. */
import { readFileSync } from "node:fs";
import { getTableColumns } from "drizzle-orm";
import {
  customType,
  foreignKey,
  index,
  integer,
  jsonb,
  type PgColumn,
  type PgColumnBuilderBase,
  type PgTable,
  pgSchema,
  pgTable,
  primaryKey,
  text,
  unique,
  uniqueIndex,
  uuid,
} from "drizzle-orm/pg-core";
import * as Effect from "effect/Effect";
import { DefinitionError, defineHedgerow, organization, owner, type Problem, table } from "hedgerow";
import { sessionIdentity } from "hedgerow/better-auth";
import { anonymousCredential, createRouter, type DatabaseShape } from "hedgerow/hono";
import { compile } from "hedgerow/postgres";
import { describe, expect, it } from "vitest";
import { planPush } from "../../src/cli/plan.js";
import { guard, withAccess, withFirewall } from "../support/untyped.js";

const identity = sessionIdentity({});

const problemsOf = (module: Readonly<Record<string, unknown>>): ReadonlyArray<Problem> => {
  try {
    compile(module, identity);
  } catch (error) {
    if (error instanceof DefinitionError) return error.problems;
    throw error;
  }
  return [];
};

const produced = new Set<string>();
/** The problems of one table as `code path`, in order. */
const codes = (source: unknown): ReadonlyArray<string> =>
  problemsOf({ source }).map(({ code, path }) => {
    produced.add(code);
    return `${code} ${path}`;
  });

const columns = () => ({
  id: text("id").primaryKey().default("made"),
  organizationId: text("organization_id").notNull(),
  userId: text("user_id"),
  level: integer("level"),
  ref: uuid("ref"),
  data: jsonb("data"),
});
const found = (module: Readonly<Record<string, unknown>>): ReadonlyArray<string> =>
  problemsOf(module).map(({ code, path, message }) => {
    produced.add(code);
    return `${code} ${path} ${message}`;
  });
const draft = (name = "documents") => table(name, columns());
/** The column `id` of a table that was declared without types. */
const keyOf = (source: PgTable): PgColumn => {
  const { id: key } = getTableColumns(source);
  if (key === undefined) throw new Error("The table has no column id.");
  return key;
};
const scope = { field: "organizationId", equals: "ctx.activeOrgId" };
const everyone = { roles: ["PUBLIC"] };

/** The problems of a table with this access and a right firewall. */
const access = (rules: unknown) => codes(guard(draft(), scope, rules));
/** The problems of a table with this rule for read. */
const rule = (read: unknown) => access({ read });
const record = (operators: unknown) => rule({ record: operators });
const firewall = (rules: unknown) => codes(guard(draft(), rules, { read: everyone }));

describe("a table that is finished has no problem", () => {
  it("with a firewall and access", () => {
    expect(access({ read: everyone, update: { before: everyone, after: everyone }, delete: everyone })).toEqual([]);
  });
  it("with a firewall and no access: nobody may do anything", () => {
    const source = withFirewall(draft(), scope);
    expect(codes(source)).toEqual([]);
    expect(compile({ source }, identity).policies.map(({ name }) => name)).toEqual(
      ["select", "insert", "update", "delete"].map((command) => `documents_firewall_${command}`),
    );
  });
});

describe("order of the steps", () => {
  it("a table without a firewall", () => {
    expect(codes(draft())).toEqual(["missing_firewall (table)"]);
  });
  it("access before the firewall", () => {
    expect(codes(withAccess(draft(), { read: everyone }))).toEqual([
      "access_before_firewall (table)",
      "missing_firewall (table)",
    ]);
  });
  it("access before a firewall that comes later", () => {
    expect(codes(withFirewall(withAccess(draft(), { read: everyone }), scope))).toEqual([
      "access_before_firewall (table)",
    ]);
  });
  it("two firewalls", () => {
    expect(codes(withFirewall(withFirewall(draft(), scope), scope))).toEqual(["firewall_declared_twice (table)"]);
  });
  it("access twice", () => {
    expect(codes(withAccess(guard(draft(), scope, { read: everyone }), { read: everyone }))).toEqual([
      "access_declared_twice (table)",
    ]);
  });
});

describe("names", () => {
  const guarded = (name: string, more: Record<string, ReturnType<typeof text>>) =>
    codes(guard(table(name, { ...more, id: text("id").primaryKey() }), { exception: "a test" }, { read: everyone }));
  it.each(["getSQL", "_", "shouldOmitSQLParens"])("a column called %s", (name) => {
    expect(guarded("documents", { [name]: text("x") })).toEqual([`column_name_reserved columns.${name}`]);
  });
  it("two columns of one SQL name", () => {
    expect(guarded("documents", { a: text("x"), b: text("x") })).toEqual(["duplicate_column columns.b"]);
  });
  it("a table whose policies would have too long a name", () => {
    expect(guarded("d".repeat(47), {})).toEqual([]);
    expect(guarded("d".repeat(48), {})).toEqual(["identifier_too_long (table)"]);
    expect(guarded("é".repeat(24), {})).toEqual(["identifier_too_long (table)"]);
  });
});

describe("keys", () => {
  it("a table without a primary key", () => {
    const source = table("documents", { organizationId: text("organization_id").notNull() });
    expect(codes(guard(source, scope, { read: everyone }))).toEqual(["missing_primary_key (table)"]);
  });
  it("a key that callers would choose", () => {
    const source = table("documents", { ...columns(), id: integer("id").primaryKey() });
    expect(codes(guard(source, scope, { read: everyone }))).toEqual(["client_made_id columns.id"]);
  });
  it("unique keys that span tenants, however they are written", () => {
    const source = table("documents", { ...columns(), level: integer("level").unique() }, (t) => [
      unique().on(t.userId),
      unique().on(t.organizationId, t.ref),
    ]);
    expect(codes(guard(source, scope, { read: everyone }))).toEqual([
      "unique_key_without_scope unique",
      "unique_key_without_scope unique",
    ]);
  });
  it("a composite primary key that spans tenants", () => {
    const source = table("documents", { a: text("a"), b: text("b"), organizationId: text("o").notNull() }, (t) => [
      primaryKey({ columns: [t.a, t.b] }),
    ]);
    expect(codes(guard(source, scope, { read: everyone }))).toEqual(["unique_key_without_scope unique"]);
  });
});

describe("a scope in a list", () => {
  it("is the entry for the column of its preset, beside others and alone", () => {
    const own = () => table("documents", { ...columns(), organizationId: organization() });
    const open = { field: "level", isNull: true };
    const spelled = { field: "organizationId", equals: "ctx.activeOrgId" };
    const security = (firewall: unknown) =>
      compile({ source: guard(own(), firewall, { read: everyone }) }, identity).security;
    expect(security(["organization", open])).toEqual(security([spelled, open]));
    expect(security(["organization"])).toEqual(security("organization"));
  });
});

describe("firewalls", () => {
  it.each([
    ["a number", 5, ["invalid_rule firewall"]],
    ["null", null, ["invalid_rule firewall"]],
    ["an empty list", [], ["empty_list firewall"]],
    ["a list with nothing in it", [null], ["invalid_rule firewall[0]"]],
    ["an entry without a field", { equals: "ctx.activeOrgId" }, ["unknown_column firewall.field"]],
    ["an unknown column", { field: "orgId", equals: "ctx.activeOrgId" }, ["unknown_column firewall.field"]],
    ["a column of Object.prototype", { field: "constructor", isNull: true }, ["unknown_column firewall.field"]],
    ["a field alone", { field: "organizationId" }, ["empty_rule firewall"]],
    ["an operator of records", { field: "level", lessThan: 5 }, ["unknown_operator firewall.lessThan"]],
    ["an unknown value", { field: "userId", equals: "ctx.orgId" }, ["unknown_context_value firewall.equals"]],
    [
      "a claim that nobody declared",
      { field: "userId", equals: "ctx.claims.x" },
      ["unknown_context_value firewall.equals"],
    ],
    [
      "a claim of Object.prototype",
      { field: "userId", equals: "ctx.claims.toString" },
      ["unknown_context_value firewall.equals"],
    ],
    ["a value of another type", { field: "level", equals: "ctx.userId" }, ["type_mismatch firewall.equals"]],
    ["null as a value", { field: "userId", equals: null }, ["invalid_literal firewall.equals"]],
    ["an empty list of values", { field: "userId", in: [] }, ["empty_list firewall.in"]],
    ["no list of values", { field: "userId", in: "ann" }, ["invalid_literal firewall.in"]],
    [
      "a wrong value among others",
      { field: "level", in: [1, "2", 3.5] },
      ["invalid_literal firewall.in[1]", "invalid_literal firewall.in[2]"],
    ],
    ["isNull with a text", { field: "userId", isNull: "yes" }, ["invalid_literal firewall.isNull"]],
    ["via without a table", { field: "userId", via: () => undefined }, ["not_a_table firewall.via"]],
    ["via that is no function", { field: "userId", via: "projects" }, ["not_a_table firewall.via"]],
    ["an exception without a reason", { exception: " " }, ["invalid_rule firewall.exception"]],
    ["an exception beside an entry", { exception: "because", ...scope }, ["contradiction firewall"]],
    ["an exception in a list", [scope, { exception: "because" }], ["contradiction firewall[1]"]],
    ["a scope that no preset made", "organization", ["missing_preset firewall"]],
    ["a scope in a list that no preset made", [scope, "team"], ["missing_preset firewall[1]"]],
    ["a word that is no scope", "tenant", ["invalid_rule firewall"]],
    ["a word in a list that is no scope", [scope, "tenant"], ["invalid_rule firewall[1]"]],
    [
      "entries that exclude each other",
      [
        { field: "level", equals: 1 },
        { field: "level", equals: 2 },
      ],
      ["contradiction firewall"],
    ],
    ["a column that is never empty", { field: "organizationId", isNull: true }, ["contradiction firewall"]],
  ])("%s", (_, rules, expected) => {
    expect(firewall(rules)).toEqual(expected);
  });

  it("via to a table without a firewall", () => {
    const source = guard(draft(), { field: "userId", via: () => draft("parents") }, { read: everyone });
    expect(codes(source)).toEqual(["not_a_table firewall.via"]);
  });
  it("via to a table without a single key", () => {
    const parents = guard(
      table("parents", { a: text("a"), b: text("b") }, (t) => [primaryKey({ columns: [t.a, t.b] })]),
      { exception: "a test" },
      { read: everyone },
    );
    expect(codes(guard(draft(), { field: "userId", via: () => parents }, { read: everyone }))).toEqual([
      "missing_primary_key firewall.via",
    ]);
  });
  it("via from a column of another type", () => {
    const parents = guard(draft("parents"), scope, { read: everyone });
    expect(codes(guard(draft(), { field: "level", via: () => parents }, { read: everyone }))).toEqual([
      "type_mismatch firewall.via",
    ]);
  });
  it("via to a table that nobody may read", () => {
    const parents = withFirewall(draft("parents"), scope);
    const source = guard(draft(), { field: "userId", via: () => parents }, { read: everyone });
    expect(codes(source)).toEqual(["parent_unreadable firewall.via"]);
  });
  it("via to a table whose read rule is undefined", () => {
    const parents = guard(draft("parents"), scope, { read: undefined });
    const source = guard(draft(), { field: "userId", via: () => parents }, { read: everyone });
    expect(codes(source)).toEqual(["parent_unreadable firewall.via"]);
  });
});

describe("via from a column that does not lead to the parent's key", () => {
  const parents = guard(table("participants", columns()), scope, { read: everyone });
  const viaFrom = (field: string, source: PgTable): ReadonlyArray<string> =>
    problemsOf({ parents, source: guard(source, { field, via: () => parents }, { read: everyone }) }).map((problem) => {
      produced.add(problem.code);
      return `${problem.code} ${problem.path}: ${problem.hint}`;
    });
  const id = () => text("id").primaryKey().default("made");
  const pointing = () => text("participant_id").references(() => keyOf(parents));

  it("is refused with the column that does", () => {
    expect(viaFrom("id", table("answers", { id: id(), participantId: pointing() }))).toEqual([
      'via_without_reference firewall.via: "participantId" does: write { field: "participantId", via }.',
    ]);
  });
  it("is refused with what to add where there is none", () => {
    expect(viaFrom("code", table("answers", { id: id(), code: text("code") }))).toEqual([
      'via_without_reference firewall.via: Add a foreign key from "code" to the column id of "participants": .references(() => …).',
    ]);
  });
  it("is named by its place in a list", () => {
    const source = table("answers", {
      id: id(),
      organizationId: text("organization_id").notNull(),
      code: text("code"),
    });
    expect(codes(guard(source, [scope, { field: "code", via: () => parents }], { read: everyone }))).toEqual([
      "via_without_reference firewall[1].via",
    ]);
  });
  it("is refused where the foreign key leads to another column, or to a table of the same name in another schema", () => {
    const plain = pgSchema("other").table("participants", { id: text("id").primaryKey() });
    const code = text("code").references(() => plain.id);
    expect(viaFrom("code", table("answers", { id: id(), code }))).toHaveLength(1);
    const others = guard(
      table("others", { ...columns(), userId: text("user_id").unique() }),
      { exception: "a test" },
      { read: everyone },
    );
    const { userId } = getTableColumns(others);
    const source = table("answers", { id: id(), code: text("code") }, (t) => [
      foreignKey({ columns: [t.code], foreignColumns: [userId ?? keyOf(others)] }),
    ]);
    expect(
      problemsOf({ source: guard(source, { field: "code", via: () => others }, { read: everyone }) }).map(
        (each) => each.code,
      ),
    ).toEqual(["via_without_reference"]);
  });
  it("is none where a key of several columns holds it, or both point to one column", () => {
    const composite = table(
      "answers",
      { id: id(), organizationId: text("organization_id").notNull(), participantId: text("participant_id") },
      (t) => [
        foreignKey({
          columns: [t.organizationId, t.participantId],
          foreignColumns: [getTableColumns(parents).organizationId ?? keyOf(parents), keyOf(parents)],
        }),
      ],
    );
    expect(viaFrom("participantId", composite)).toEqual([]);
    const people = pgTable("people", { id: text("id").primaryKey() });
    const profileKey = text("person_id")
      .primaryKey()
      .references(() => people.id);
    const profiles = guard(
      table("profiles", { personId: profileKey, userId: text("user_id") }),
      {
        field: "userId",
        equals: "ctx.userId",
      },
      { read: everyone },
    );
    const source = table("answers", { id: id(), personId: text("person_id").references(() => people.id) });
    expect(codes(guard(source, { field: "personId", via: () => profiles }, { read: everyone }))).toEqual([]);
  });
  it("is none where both are the caller's own", () => {
    const profiles = guard(table("profiles", { userId: owner().primaryKey() }), "owner", { read: everyone });
    const source = table("answers", { id: id(), userId: owner() });
    expect(codes(guard(source, ["owner", { field: "userId", via: () => profiles }], { read: everyone }))).toEqual([]);
  });
});

describe("circles of via", () => {
  const circle = (names: ReadonlyArray<string>): Record<string, unknown> => {
    const tables: Record<string, unknown> = {};
    names.forEach((name, index) => {
      const next = names[(index + 1) % names.length] ?? name;
      tables[name] = guard(draft(name), { field: "userId", via: () => tables[next] }, { read: everyone });
    });
    return tables;
  };
  it.each([
    { names: ["a"], message: "a → a" },
    { names: ["a", "b"], message: "a → b → a" },
    { names: ["a", "b", "c"], message: "a → b → c → a" },
  ])("of $names are found once and named", ({ names, message }) => {
    const problems = problemsOf(circle(names));
    expect(problems.map(({ code }) => code)).toEqual(["via_cycle"]);
    expect(problems[0]?.message).toContain(`: ${message}.`);
    produced.add("via_cycle");
  });
  it("are found behind a table that leads into them", () => {
    const tables = circle(["b", "c"]);
    tables.a = guard(draft("a"), { field: "userId", via: () => tables.b }, { read: everyone });
    expect(problemsOf(tables).map(({ code, table: name }) => `${code} ${name}`)).toEqual(["via_cycle b"]);
  });
  it("are none where two ways lead to one table", () => {
    const root = guard(draft("root"), scope, { read: everyone });
    const via = (name: string, ...parents: ReadonlyArray<PgTable>) =>
      guard(
        table(name, { ...columns(), level: text("level"), mark: text("mark") }, (t) =>
          parents.map((parent, index) =>
            foreignKey({ columns: [index === 0 ? t.level : t.mark], foreignColumns: [keyOf(parent)] }),
          ),
        ),
        parents.map((parent, index) => ({ field: index === 0 ? "level" : "mark", via: () => parent })),
        { read: everyone },
      );
    const left = via("left", root);
    const right = via("right", root);
    expect(problemsOf({ root, left, right, both: via("both", left, right) })).toEqual([]);
  });
});

describe("access", () => {
  it.each([
    ["no object", 5, ["invalid_rule access"]],
    ["a list", [everyone], ["invalid_rule access"]],
    ["an unknown operation", { reed: everyone }, ["unknown_operation access.reed"]],
    ["update without read", { update: everyone }, ["command_without_read access.update"]],
    ["delete without read", { delete: everyone }, ["command_without_read access.delete"]],
    [
      "a pair with something beside",
      { read: everyone, update: { before: everyone, roles: ["admin"] } },
      ["invalid_rule access.update.roles"],
    ],
    ["after without before", { read: everyone, update: { after: everyone } }, ["invalid_rule access.update"]],
    [
      "a wrong rule in after",
      { read: everyone, update: { before: everyone, after: {} } },
      ["empty_rule access.update.after"],
    ],
    [
      "a rule that no row fulfils",
      { read: { record: { level: { equals: 1, in: [2, 3] } } } },
      ["contradiction access.read"],
    ],
    [
      "an update whose result cannot be read",
      {
        read: { record: { level: { equals: 1 } } },
        update: { before: everyone, after: { record: { level: { equals: 2 } } } },
      },
      ["contradiction access.update.after"],
    ],
  ])("%s", (_, rules, expected) => {
    expect(access(rules)).toEqual(expected);
  });

  it.each([
    ["null", null, ["empty_rule access.read"]],
    ["nothing", {}, ["empty_rule access.read"]],
    ["an unknown key", { role: ["admin"] }, ["invalid_rule access.read.role"]],
    ["roles that are no list", { roles: "admin" }, ["invalid_rule access.read.roles"]],
    ["no roles", { roles: [] }, ["empty_list access.read.roles"]],
    ["an unknown role", { roles: ["member", "boss"] }, ["unknown_role access.read.roles[1]"]],
    ["a role that is no text", { roles: [7] }, ["unknown_role access.read.roles[0]"]],
    ["a pseudo-role and above", { roles: ["PUBLIC+"] }, ["unknown_role access.read.roles[0]"]],
    ["an unknown platform role", { userRoles: ["owner"] }, ["unknown_role access.read.userRoles[0]"]],
    ["an empty or", { or: [] }, ["empty_list access.read.or"]],
    ["an empty and", { and: [] }, ["empty_list access.read.and"]],
    [
      "a wrong rule deep inside",
      { or: [{ and: [{ not: { roles: ["boss"] } }] }] },
      ["unknown_role access.read.or[0].and[0].not.roles[0]"],
    ],
    ["a record that names nothing", { record: {} }, ["empty_rule access.read.record"]],
    ["a record that is no object", { record: [] }, ["empty_rule access.read.record"]],
  ])("%s", (_, read, expected) => {
    expect(rule(read)).toEqual(expected);
  });

  it.each([
    ["an unknown column", { owner: { equals: "ctx.userId" } }, ["unknown_column access.read.record.owner"]],
    ["a column without an operator", { userId: {} }, ["empty_rule access.read.record.userId"]],
    ["a value in place of operators", { userId: "ctx.userId" }, ["empty_rule access.read.record.userId"]],
    ["an unknown operator", { userId: { eq: "a" } }, ["unknown_operator access.read.record.userId.eq"]],
    ["via in a record", { userId: { via: () => draft() } }, ["unknown_operator access.read.record.userId.via"]],
    [
      "order where there is none",
      { ref: { lessThan: "00000000-0000-0000-0000-000000000000" } },
      ["type_mismatch access.read.record.ref.lessThan"],
    ],
    ["a column that rules cannot compare", { data: { equals: "a" } }, ["type_mismatch access.read.record.data.equals"]],
    ["a number for a text", { userId: { equals: 5 } }, ["invalid_literal access.read.record.userId.equals"]],
    ["half a character", { userId: { equals: "\ud83d" } }, ["invalid_literal access.read.record.userId.equals"]],
    ["a NUL", { userId: { equals: "a\0" } }, ["invalid_literal access.read.record.userId.equals"]],
    [
      "an integer that is too large",
      { level: { equals: 2147483648 } },
      ["invalid_literal access.read.record.level.equals"],
    ],
    ["no uuid", { ref: { equals: "42" } }, ["invalid_literal access.read.record.ref.equals"]],
    ["a function", { userId: { equals: () => "ann" } }, ["invalid_literal access.read.record.userId.equals"]],
  ])("%s in a record", (_, operators, expected) => {
    expect(record(operators)).toEqual(expected);
  });
});

describe("a schema", () => {
  it("with two tables of one SQL name", () => {
    const [one, two] = [0, 1].map(() => guard(draft(), scope, { read: everyone }));
    expect(problemsOf({ one, two }).map(({ code }) => code)).toEqual(["duplicate_table"]);
    produced.add("duplicate_table");
  });

  it("with two relations of one name, which Postgres would refuse", () => {
    const indexed = (name: string, column: string) =>
      guard(
        table(name, { ...columns(), named: text(column) }, (t) => [
          uniqueIndex(`${name}_${column}`).on(t.organizationId, t.named),
        ]),
        scope,
        { read: everyone },
      );
    expect(found({ one: indexed("squad", "project_slug"), two: indexed("squad_project", "slug") })).toEqual([
      'duplicate_name (names) The index of "squad_project" and the index of "squad" would both be called "squad_project_slug".',
    ]);
    const unnamed = (name: string, column: string) =>
      guard(
        table(name, { ...columns(), named: text(column) }, (t) => [index().on(t.named)]),
        scope,
        { read: everyone },
      );
    expect(found({ one: unnamed("squad", "project_slug"), two: unnamed("squad_project", "slug") })).toEqual([
      'duplicate_name (names) The index of "squad_project" and the index of "squad" would both be called "squad_project_slug_index".',
    ]);
    const long = "x".repeat(60);
    expect(found({ one: indexed("a", `${long}1`), two: indexed("a_x", `${long}2`) })).toEqual([]);
    const cut = (name: string, ending: string) =>
      guard(
        table(name, columns(), (t) => [unique(`${long}xxx${ending}`).on(t.organizationId, t.userId)]),
        scope,
        { read: everyone },
      );
    expect(found({ one: cut("a", "1"), two: cut("b", "2") })).toEqual([
      `duplicate_name (names) The unique key of "b" and the unique key of "a" would both be called "${long}xxx".`,
    ]);
  });

  it("whose reference names a table before it had its firewall, or with another one", () => {
    const before = table("parents", columns());
    const parent = guard(before, scope, { read: everyone });
    const other = guard(before, { field: "userId", equals: "ctx.userId" }, { read: everyone });
    const child = (to: typeof before) =>
      guard(table("children", { ...columns(), parentId: text("parent_id").references(() => to.id) }), scope, {
        read: everyone,
      });
    expect(found({ parent, child: child(parent as typeof before) })).toEqual([]);
    for (const wrong of [before, other as typeof before]) {
      expect(found({ parent, child: child(wrong) })).toEqual([
        'reference_to_draft columns.parent_id It refers to "parents" by an object that has not its firewall, so the reference would not be checked as declared.',
      ]);
    }
  });

  it("whose column type says more than a type, or cannot be compared by the check of a reference", () => {
    const custom = (type: string) => customType<{ data: string }>({ dataType: () => type });
    const parentOf = (type: string) =>
      guard(table("parents", { ...columns(), id: custom(type)("id").primaryKey().default("made") }), scope, {
        read: everyone,
      });
    const child = (type: string, to?: ReturnType<typeof draft>) =>
      guard(
        table("children", {
          ...columns(),
          other: to === undefined ? custom(type)("other") : custom(type)("other").references(() => to.id),
        }),
        scope,
        { read: everyone },
      );
    for (const type of [
      "text references files(id)",
      "text UNIQUE",
      "integer check (true)",
      "text\nnot null",
      "int default 1",
    ]) {
      expect(codes(child(type)), type).toEqual(["unsupported_type columns.other"]);
    }
    for (const type of ["citext", "numeric(10, 2)", "timestamp(3) with time zone", '"Unique"', "vector(3)", "text[]"]) {
      expect(codes(child(type)), type).toEqual([]);
    }
    for (const [type, expected] of [
      ["citext", ["unsupported_reference columns.other"]],
      ["public.my_domain", ["unsupported_reference columns.other"]],
      ["uuid", []],
      ["varchar(20)", []],
      ["timestamp (3) with time zone", []],
    ] as const) {
      const parent = parentOf(type);
      const problems = problemsOf({ parent, child: child(type, parent as never) });
      for (const { code } of problems) produced.add(code);
      expect(
        problems.map(({ code, path }) => `${code} ${path}`),
        type,
      ).toEqual(expected);
    }
  });

  it("may export one table under two names", () => {
    const one = guard(draft(), scope, { read: everyone });
    expect(problemsOf({ one, two: one })).toEqual([]);
  });

  it("with tables of two vocabularies", () => {
    const other = defineHedgerow({ roles: ["viewer"] }).table("viewers", columns());
    const problems = problemsOf({
      one: guard(draft(), scope, { read: everyone }),
      two: guard(other, scope, { read: everyone }),
    });
    expect(problems.map(({ code, table: name }) => `${code} ${name}`)).toEqual(["declaration_mismatch viewers"]);
    produced.add("declaration_mismatch");
  });

  it("shows all problems of all tables at once, each with its place and what would be right", () => {
    const problems = problemsOf({
      unfinished: draft("unfinished"),
      documents: guard(
        table("documents", { ...columns(), id: integer("id").primaryKey() }),
        { field: "organisationId", equals: "ctx.activeOrgId" },
        { read: { roles: ["boss"] }, create: { record: { level: { equals: "ctx.userId" } } }, drop: everyone },
      ),
      tasks: guard(draft("tasks"), "organization", { delete: everyone }),
      notATable: { id: 1 },
    });
    expect(problems.map(({ table: name, code, path }) => `${name} ${code} ${path}`)).toEqual([
      "documents unknown_column firewall.field",
      "documents unknown_operation access.drop",
      "documents unknown_role access.read.roles[0]",
      "documents type_mismatch access.create.record.level.equals",
      "tasks missing_preset firewall",
      "tasks command_without_read access.delete",
      "unfinished missing_firewall (table)",
    ]);
    for (const { message, hint } of problems) {
      expect(message).toMatch(/\.$/);
      expect(hint).toMatch(/\S/);
    }
    expect(new DefinitionError({ problems }).message).toContain(
      'documents firewall.field [unknown_column] There is no column "organisationId".\n    Did you mean "organizationId"?',
    );
  });

  it("names the nearest valid thing", () => {
    const hint = (module: unknown) => problemsOf({ module })[0]?.hint;
    expect(hint(guard(draft(), scope, { raed: everyone }))).toContain('Did you mean "read"?');
    expect(hint(guard(draft(), scope, { read: { roles: ["admins"] } }))).toContain('Did you mean "admin"?');
    expect(hint(guard(draft(), scope, { read: { record: { userid: {} } } }))).toContain('Did you mean "userId"?');
    expect(hint(guard(draft(), { field: "userId", equals: "ctx.userID" }, {}))).toContain('Did you mean "ctx.userId"?');
  });
});

describe("defineHedgerow refuses", () => {
  it.each([
    ["no roles", { roles: [] }],
    ["a role that stands twice", { roles: ["a", "a"] }],
    ["a pseudo-role", { roles: ["PUBLIC"] }],
    ["a role with a comma, which Better Auth would read as two", { roles: ["a,b"] }],
    ["a role with a plus, which means and above", { roles: ["a+"] }],
    ["an odd platform role", { userRoles: ["a b"] }],
    ["an odd claim", { claims: { "a-b": "string" } as const }],
  ])("%s", (_, names) => {
    expect(() => defineHedgerow(names)).toThrow(RangeError);
  });
});

describe("one word for a scope", () => {
  it("stands for the entry of the column that the preset made", () => {
    const made = table("documents", { id: text("id").primaryKey().default("made"), orgId: organization() });
    const short = guard(made, "organization", { read: everyone });
    const long = guard(made, { field: "orgId", equals: "$ctx.activeOrgId" }, { read: everyone });
    expect(compile({ short }, identity).security).toEqual(compile({ long }, identity).security);
  });
});

describe("a table that belongs to a parent", () => {
  const parent = guard(draft("parents"), scope, { read: everyone });
  const firewall = { field: "parentId", via: () => parent };
  const childOf = (more: object, key: PgColumnBuilderBase = text("id").primaryKey().default("made")) =>
    guard(
      table("children", {
        id: key,
        parentId: text("parent_id")
          .notNull()
          .references(() => keyOf(parent)),
        ...more,
      }),
      firewall,
      { read: everyone },
    );
  const found = (child: unknown) => problemsOf({ parent, child }).map(({ code, table: name }) => `${code} ${name}`);

  it("may have no unique key that spans parents, and no key that callers choose", () => {
    expect(found(childOf({ slug: text("slug") }))).toEqual([]);
    expect(found(childOf({ slug: text("slug").unique() }))).toEqual(["unique_key_without_scope children"]);
    expect(found(childOf({}, text("id").primaryKey()))).toEqual(["client_made_id children"]);
  });

  it("may have the parent itself as its key", () => {
    const parentId = text("parent_id").primaryKey();
    const child = table("children", { parentId: parentId.references(() => keyOf(parent)) });
    expect(found(guard(child, firewall, { read: everyone }))).toEqual([]);
  });
});

it("a table in a schema that nobody exports is found when it is pushed", () => {
  const billing = pgSchema("billing");
  const invoices = billing.table("invoices", { id: text("id").primaryKey() });
  const problems = (schema: Readonly<Record<string, unknown>>): ReadonlyArray<string> => {
    try {
      planPush({ schema, identity }, ["public"]);
    } catch (error) {
      if (error instanceof DefinitionError) return error.problems.map(({ code, message }) => `${code} ${message}`);
      throw error;
    }
    return [];
  };
  expect(problems({ invoices })).toEqual([
    'schema_not_exported "invoices" is in the schema "billing", which is not exported, so a push would not make the schema.',
  ]);
  expect(problems({ billing, invoices })).toEqual([]);
  produced.add("schema_not_exported");
});

it("two tables under one path are found when the router is built", () => {
  const schema = {
    jobPostings: guard(draft("a"), scope, { read: everyone }),
    job_postings: guard(draft("b"), scope, { read: everyone }),
  };
  const auth = { identify: () => Promise.resolve(anonymousCredential) };
  const database: DatabaseShape = {
    driver: "none",
    rolesAreBoundary: true,
    transact: () => Effect.succeed([]),
    interactive: { supported: false, reason: "it is no database" },
  };
  try {
    createRouter<object>({ schema, auth, database });
    expect.unreachable();
  } catch (error) {
    if (!(error instanceof DefinitionError)) throw error;
    expect(error.problems.map(({ code, table: name }) => `${code} ${name}`)).toEqual(["duplicate_path b"]);
    for (const { code } of error.problems) produced.add(code);
  }
});

it("every code that is declared was produced above", () => {
  const source = readFileSync(new URL("../../src/condition/problem.ts", import.meta.url), "utf8");
  const declared = [...source.matchAll(/^ {2}\| "(\w+)"/gm)].map(([, code]) => code ?? "");
  expect(declared.length).toBeGreaterThan(20);
  expect([...produced].sort()).toEqual(declared.sort());
});
