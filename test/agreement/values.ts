/**
 * Values of every kind that a rule can compare: as a row holds them and as a rule writes them.
 *
 * Invariant: each pool is small, so that rules and rows meet often, and holds the boundaries of its type.
 */
import fc from "fast-check";
import type { ColumnKind } from "../../src/condition/kind.js";
import { callers } from "./callers.js";
import { moods } from "./tables.js";

/** A value in a row: how Postgres is told, and the forms in which a driver may hand it to `evaluate`. */
export interface Value {
  readonly sql: string;
  readonly memory: ReadonlyArray<unknown>;
}

type Literal = string | number | bigint | boolean | Date;
export type ComparableKind = Exclude<ColumnKind, "other">;

const same = (sql: string): Value => ({ sql, memory: [sql] });
const also = (sql: string, ...memory: ReadonlyArray<unknown>): Value => ({ sql, memory: [sql, ...memory] });

/** Texts that callers have: a row belongs to somebody only if its column holds one of them. */
const known = (pick: (caller: (typeof callers)[number]["expected"]) => unknown): ReadonlyArray<string> => [
  ...new Set(callers.map(({ expected }) => pick(expected)).filter((value) => typeof value === "string")),
];
export const organizations = known((caller) => caller.activeOrgId);
const ids = [
  ...organizations,
  ...known((caller) => caller.userId),
  ...known((caller) => caller.activeTeamId),
  ...known((caller) => caller.sessionId).slice(0, 3),
];

/** Order by code point differs from order by UTF-16 unit in the last two, and from any dictionary in the others. */
const oddTexts = [
  "",
  " ",
  "a",
  "A",
  "Z",
  "b",
  "é",
  "e\u0301",
  "ctx",
  "'",
  "''; select 1 --",
  "\\",
  "\\'",
  "$$",
  "a\nb",
  "%",
  "\uffff",
  "\u{1f600}",
];
const texts = [...ids, ...known((caller) => caller.claims.region), ...oddTexts];
const uuids = ids.filter((id) => /^[0-9a-f-]{36}$/i.test(id));
const otherUuids = ["00000000-0000-0000-0000-000000000000", "ffffffff-ffff-4fff-bfff-ffffffffffff"];

const day = "2024-02-29";
const noon = new Date(`${day}T12:00:00Z`);
const epoch = new Date(0);

/** Without a zone; `zoned` below adds what a `timestamptz` has. */
const instants: ReadonlyArray<Value> = [
  also(`${day} 12:00:00`, noon, `${day}T12:00:00`),
  also(`${day} 12:00:00.001`, new Date(noon.getTime() + 1)),
  same(`${day} 12:00:00.000001`),
  same(`${day} 11:59:59.999999`),
  also("1970-01-01 00:00:00", epoch),
  same("1969-12-31 23:59:59.999999"),
  also("0001-01-01 00:00:00", new Date("0001-01-01T00:00:00Z")),
  same("9999-12-31 23:59:59.999999"),
  same("12024-01-01 00:00:00"),
  same("0044-03-15 00:00:00 BC"),
  same("infinity"),
  same("-infinity"),
];
const zoned = (value: Value): Value =>
  /infinity/.test(value.sql)
    ? value
    : {
        sql: value.sql.replace(/( BC)?$/, "+00$1"),
        memory: value.memory.map((form) => (typeof form === "string" ? form.replace(/( BC)?$/, "+00$1") : form)),
      };

const rowValues: Readonly<Record<ComparableKind, ReadonlyArray<Value>>> = {
  text: texts.map(same),
  uuid: [...uuids, ...otherUuids].map((id) => also(id.toLowerCase(), id.toUpperCase())),
  integer: [0, 1, -1, 3, 7, 2147483647, -2147483648].map((n) => also(String(n), n)),
  bigint: [0n, 1n, -1n, 3n, 7n, 9007199254740993n, 9223372036854775807n, -9223372036854775808n].map((n) =>
    also(String(n), n),
  ),
  numeric: [
    "0",
    "0.1",
    "0.10",
    "-1.5",
    "3",
    "1e-7",
    "1e400",
    "123456789012345678901234567890.5",
    "123456789012345678901234567890.6",
    "NaN",
    "Infinity",
    "-Infinity",
  ].map(same),
  double: [0, -0, 0.1, -1.5, 3, 7, 5e-324, Number.MAX_VALUE, Number.NaN, Number.POSITIVE_INFINITY, -Infinity].map((n) =>
    also(Object.is(n, -0) ? "-0" : String(n), n),
  ),
  boolean: [true, false].map((b) => ({ sql: String(b), memory: [b] })),
  timestamp: instants,
  timestamptz: [
    ...instants.map(zoned),
    { sql: `${day} 12:00:00+00`, memory: [`${day} 14:00:00+02`, `${day}T12:00:00Z`] },
  ],
  date: [
    also(day, new Date(`${day}T00:00:00Z`)),
    same("2024-03-01"),
    also("1970-01-01", epoch),
    same("0001-01-01"),
    same("9999-12-31"),
    same("12024-01-01"),
    same("0044-03-15 BC"),
    same("infinity"),
    same("-infinity"),
  ],
  enum: moods.map(same),
};

const literalInstants: ReadonlyArray<Literal> = [
  noon,
  epoch,
  new Date("0001-01-01T00:00:00Z"),
  new Date("9999-12-31T23:59:59.999Z"),
  day,
  `${day} 12:00`,
  `${day} 12:00:00.000001`,
  `${day}T12:00:00.000Z`,
  `${day}T14:00:00+02:00`,
  `${day} 07:00:00-05`,
];

const literals: Readonly<Record<ComparableKind, ReadonlyArray<Literal>>> = {
  text: texts.filter((value) => !value.startsWith("ctx.")),
  uuid: [...uuids, ...otherUuids].flatMap((id) => [id.toLowerCase(), id.toUpperCase()]),
  integer: [0, -0, 1, -1, 3, 7, 2147483647, -2147483648],
  bigint: [0n, 1, -1n, 3, 7n, 9007199254740993n, 9223372036854775807n, -9223372036854775808n],
  numeric: [0, -0, 0.1, "0.10", "-1.5", -1.5, 3n, 1e-7, 1e21, "123456789012345678901234567890.5"],
  double: [0, -0, 0.1, -1.5, 3, 5e-324, Number.MAX_VALUE],
  boolean: [true, false],
  timestamp: literalInstants,
  timestamptz: literalInstants,
  date: [day, "2024-03-01", "1970-01-01", new Date(`${day}T00:00:00Z`), new Date(`${day}T23:59:59.999Z`), "9999-12-31"],
  enum: moods,
};

/** Any text that Postgres can hold. */
const anyText = fc.string({ unit: "binary", maxLength: 6 }).filter((value) => !value.includes("\0"));
const anyInstant = fc.date({ min: new Date("0001-01-01"), max: new Date("9999-12-31"), noInvalidDate: true });
const isoText = (date: Date): string => date.toISOString().slice(0, -1).replace("T", " ");

const anyLiteral: Readonly<Partial<Record<ComparableKind, fc.Arbitrary<Literal>>>> = {
  text: anyText.filter((value) => !/^\$?ctx\./.test(value)),
  uuid: fc.uuid(),
  integer: fc.integer(),
  bigint: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  numeric: fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e30, max: 1e30 }),
  double: fc.double({ noNaN: true, noDefaultInfinity: true }),
  timestamp: anyInstant,
  timestamptz: anyInstant,
  date: anyInstant,
};

const asValue: Readonly<Partial<Record<ComparableKind, (value: Literal) => Value>>> = {
  timestamp: (value) => (value instanceof Date ? also(isoText(value), value) : same(String(value))),
  timestamptz: (value) => (value instanceof Date ? also(`${isoText(value)}+00`, value) : same(String(value))),
  date: (value) => same(value instanceof Date ? value.toISOString().slice(0, 10) : String(value)),
};

/** A literal for a rule about a column of this kind. */
export const literalFor = (kind: ComparableKind): fc.Arbitrary<Literal> => {
  const constants = fc.constantFrom(...literals[kind]);
  const random = anyLiteral[kind];
  return random ? fc.oneof({ weight: 6, arbitrary: constants }, { weight: 1, arbitrary: random }) : constants;
};

/** A value for a row; never null. */
export const valueFor = (kind: ComparableKind): fc.Arbitrary<Value> => {
  const constants = fc.constantFrom(...rowValues[kind]);
  const random = anyLiteral[kind];
  const turned = random?.map((value) => asValue[kind]?.(value) ?? same(String(value)));
  return turned ? fc.oneof({ weight: 6, arbitrary: constants }, { weight: 1, arbitrary: turned }) : constants;
};
