/**
 * One case: one set of rules, all rows, one caller; what does each interpreter say?
 *
 * Invariant: `evaluate` is the specification. It predicts the answer of the where interpreter for every row and every
 * rule, in all three truth values, and the outcome of every statement that is sent under row-level security.
 */
import { type SQL, sql } from "drizzle-orm";
import { PgDialect } from "drizzle-orm/pg-core";
import { type CompiledSchema, compile } from "hedgerow/postgres";
import { expect } from "vitest";
import type { Caller } from "../../src/condition/caller.js";
import type { Condition } from "../../src/condition/condition.js";
import { describe } from "../../src/condition/describe.js";
import { evaluate, type Truth } from "../../src/condition/evaluate.js";
import { whereSql } from "../../src/condition/where.js";
import type { Bound, Result, Statement } from "../../src/database/database.js";
import type { TestCaller } from "./callers.js";
import { parentRows, type Row } from "./rows.js";
import type { RuleSet } from "./rules.js";
import { items, parents } from "./tables.js";
import { identity, type World } from "./world.js";

const onlyTable = (compiled: CompiledSchema): CompiledSchema["schema"]["tables"][number] => {
  const [table] = compiled.schema.tables;
  if (!table) throw new Error("The schema has no table.");
  return table;
};

const parentDefinition = onlyTable(compile({ parents }, identity)).definition;

/** The parents that a caller can read, by the specification. */
const readableParents = (caller: Caller): ReadonlySet<unknown> =>
  new Set(
    parentRows
      .filter(({ id, organization_id, owner_id }) => {
        const row = { id, organizationId: organization_id, ownerId: owner_id };
        const { columns, commands } = parentDefinition;
        return commands.select !== undefined && evaluate(commands.select, { columns, row, caller }) === true;
      })
      .map(({ id }) => id),
  );

export type ConditionName = "select" | "insert" | "using" | "check" | "delete";

/** The conditions of a definition; an absent command is one that never holds. */
export interface Understood {
  readonly compiled: CompiledSchema;
  readonly conditions: Readonly<Record<ConditionName, Condition>>;
  readonly mentionsParent: boolean;
}

const absent: Condition = { _tag: "Constant", value: false };

/** @throws DefinitionError for rules that contradict themselves. */
export const understandRules = ({ firewall, access }: RuleSet): Understood => {
  const compiled = compile({ items: items(firewall, access) }, identity);
  const { commands } = onlyTable(compiled).definition;
  const conditions = {
    select: commands.select ?? absent,
    insert: commands.insert ?? absent,
    using: commands.update?.using ?? absent,
    check: commands.update?.check ?? absent,
    delete: commands.delete ?? absent,
  };
  return { compiled, conditions, mentionsParent: JSON.stringify(conditions, plainJson).includes('"Via"') };
};

export const plainJson = (_: string, value: unknown): unknown =>
  typeof value === "bigint" ? `${value}n` : typeof value === "function" ? "() => parents" : value;

export const conditionNames: ReadonlyArray<ConditionName> = ["select", "insert", "using", "check", "delete"];
type Truths = Readonly<Record<ConditionName, ReadonlyArray<Truth>>>;

const dialect = new PgDialect();

const isBound = (value: unknown): value is Bound =>
  value === null || typeof value === "string" || typeof value === "number" || typeof value === "boolean";

/** What the where interpreter says of every row of `pool`, which no policy guards, in one query. */
const whereStatement = ({ compiled, conditions }: Understood, caller: Caller): Statement => {
  const { source } = onlyTable(compiled);
  const parts = conditionNames.map(
    (name): SQL => sql`(${whereSql(conditions[name], source, caller)}) as ${sql.identifier(name)}`,
  );
  const query = dialect.sqlToQuery(sql`select id, ${sql.join(parts, sql`, `)} from public.pool as "items" order by id`);
  return { text: query.sql, values: query.params.filter(isBound) };
};

const columnNames = (row: Row): string =>
  Object.keys(row.sql)
    .filter((name) => name !== "id")
    .map((name) => `"${name}"`)
    .join(", ");

export interface Attempt {
  readonly about: "delete" | "update" | "insert";
  readonly statement: string;
  readonly expected: string;
}

const idList = (ids: ReadonlyArray<number>): string => ids.join(",");

const listing = (statement: string): string =>
  `with touched as (${statement} returning id) select coalesce(string_agg(id::text, ',' order by id), '') from touched`;

/** Up to `count` of the items, beginning somewhere, so that another case takes others. */
const some = <A>(all: ReadonlyArray<A>, count: number, start: number): ReadonlyArray<A> =>
  all.length <= count
    ? all
    : Array.from({ length: count }, (_, i) => all[(start + i) % all.length]).flatMap((a) => a ?? []);

/** Statements, each with the outcome that the specification predicts. */
const attempts = (rows: ReadonlyArray<Row>, inItems: number, truths: Truths, pick: number): ReadonlyArray<Attempt> => {
  const holds = (name: ConditionName, row: Row): boolean => truths[name][row.id - 1] === true;
  const standing = rows.filter(({ id }) => id <= inItems);
  const candidates = rows.filter(({ id }) => id > inItems);
  const ids = (name: ConditionName): ReadonlyArray<number> =>
    standing.filter((row) => holds(name, row)).map(({ id }) => id);
  const deletable = ids("delete");
  const changeable = ids("using");
  const columns = rows[0] ? columnNames(rows[0]) : "";

  const updates = (["true", "not true"] as const).flatMap((wanted) =>
    some(
      candidates.filter((row) => holds("check", row) === (wanted === "true")),
      2,
      pick,
    ).flatMap((row): ReadonlyArray<Attempt> => {
      const update = `update items set (${columns}) = (select ${columns} from pool where id = ${row.id})`;
      const outcome = (ids: ReadonlyArray<number>, accepted: string): string =>
        wanted === "true" || ids.length === 0 ? accepted : "refused";
      const one = standing[pick % standing.length]?.id ?? 1;
      const here = changeable.includes(one) ? [one] : [];
      return [
        { about: "update", statement: listing(update), expected: outcome(changeable, idList(changeable)) },
        { about: "update", statement: update, expected: outcome(changeable, String(changeable.length)) },
        { about: "update", statement: `${update} where id = ${one}`, expected: outcome(here, String(here.length)) },
      ];
    }),
  );

  const insert = (ids: ReadonlyArray<number>): string =>
    `insert into items (id, ${columns}) select id, ${columns} from pool where id = any ('{${idList(ids)}}')`;
  const accepted = candidates.filter((row) => holds("insert", row)).map(({ id }) => id);
  const refused = some(
    candidates.filter((row) => !holds("insert", row)),
    2,
    pick,
  ).map(({ id }) => id);
  const returnable = some(
    candidates.filter((row) => holds("insert", row) && holds("select", row)),
    1,
    pick,
  );
  const unreadable = some(
    candidates.filter((row) => holds("insert", row) && !holds("select", row)),
    1,
    pick,
  );
  const inserts: ReadonlyArray<Attempt> = [
    { about: "insert", statement: insert(accepted), expected: String(accepted.length) },
    ...refused.map((id): Attempt => ({ about: "insert", statement: insert([id]), expected: "refused" })),
    ...returnable.map(
      ({ id }): Attempt => ({ about: "insert", statement: listing(insert([id])), expected: String(id) }),
    ),
    // RETURNING reads the new row, so the rule of select decides as well.
    ...unreadable.map(
      ({ id }): Attempt => ({ about: "insert", statement: listing(insert([id])), expected: "refused" }),
    ),
  ];

  return [
    { about: "delete", statement: listing("delete from items"), expected: idList(deletable) },
    { about: "delete", statement: "delete from items", expected: String(deletable.length) },
    ...updates,
    ...inserts,
  ];
};

export interface Outcome {
  readonly truths: Truths;
  readonly visible: ReadonlyArray<number>;
  readonly attempts: ReadonlyArray<Attempt>;
}

/** @param pick any number; decides which rows stand for their kind. */
export const agree = async (
  world: World,
  understood: Understood,
  rows: ReadonlyArray<Row>,
  inItems: number,
  testCaller: TestCaller,
  pick: number,
): Promise<Outcome> => {
  const { columns } = onlyTable(understood.compiled).definition;
  const caller = testCaller.expected;
  const readable = readableParents(caller);
  const truth = (name: ConditionName, row: Row): Truth =>
    evaluate(understood.conditions[name], {
      columns,
      row: row.memory,
      caller,
      canRead: (_parent, _column, value) => readable.has(value),
    });
  const of = (name: ConditionName): ReadonlyArray<Truth> => rows.map((row) => truth(name, row));
  const truths = {
    select: of("select"),
    insert: of("insert"),
    using: of("using"),
    check: of("check"),
    delete: of("delete"),
  };
  const visible = rows.filter(({ id }) => id <= inItems && truths.select[id - 1] === true).map(({ id }) => id);
  const tried = attempts(rows, inItems, truths, pick);

  const where = whereStatement(understood, caller);
  // `via` asks for the parents that the current role can read; every other where is the same for the superuser.
  const [entered, selected, answered, whereAsCaller] = await world.asCaller(testCaller, [
    { text: "select id from items order by id" },
    {
      text: "select attempt($1::text::text[]) as answers",
      values: [arrayText(tried.map(({ statement }) => statement))],
    },
    ...(understood.mentionsParent ? [where] : []),
  ]);
  const [whereAsSuperuser] = understood.mentionsParent ? [] : await world.asSuperuser([where]);

  expect(callerOf(entered), "hedgerow.enter()").toEqual(caller);
  const said = (whereAsCaller ?? whereAsSuperuser)?.rows ?? [];
  for (const name of conditionNames) {
    const differing = rows.flatMap(({ memory, sql: text }, index) =>
      said[index]?.[name] === truths[name][index]
        ? []
        : [{ evaluate: truths[name][index], where: said[index]?.[name], memory, sql: text }],
    );
    expect(differing.slice(0, 1), `where of ${name}: ${describe(understood.conditions[name])}`).toEqual([]);
  }
  expect(
    selected?.rows.map(({ id }) => id),
    `row-level security, select: ${describe(understood.conditions.select)}`,
  ).toEqual(visible);
  const answers: unknown = answered?.rows[0]?.answers;
  tried.forEach(({ about, statement, expected }, index) => {
    expect(Array.isArray(answers) ? answers[index] : answers, `row-level security, ${about}: ${statement}`).toBe(
      expected,
    );
  });
  return { truths, visible, attempts: tried };
};

const arrayText = (texts: ReadonlyArray<string>): string =>
  `{${texts.map((text) => `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`).join(",")}}`;

/** The row of `hedgerow.enter()` as a caller; nobody's claims are all missing. */
const callerOf = (result: Result | undefined): unknown => {
  const row = result?.rows[0];
  return {
    sessionId: row?.session_id,
    userId: row?.user_id,
    activeOrgId: row?.org_id,
    activeTeamId: row?.team_id,
    roles: row?.org_roles,
    userRoles: row?.user_roles,
    claims: row?.claims,
  };
};
