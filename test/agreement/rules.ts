/**
 * Random firewalls and access rules, in the syntax that users write.
 *
 * Invariant: every rule is one that the types would accept, so what `compile` refuses can only be a contradiction.
 */
import fc from "fast-check";
import { columnInfos } from "../../src/table/definition.js";
import { type ItemKey, parents, plainItems, vocabulary } from "./tables.js";
import { type ComparableKind, literalFor } from "./values.js";

type Rule = Readonly<Record<string, unknown>>;

export interface RuleSet {
  readonly firewall: unknown;
  readonly access: Readonly<Record<string, unknown>>;
}

const isComparable = (kind: string): kind is ComparableKind => kind !== "other";

/** The columns that rules are about, with their kinds. */
export const comparable: ReadonlyArray<{ readonly key: string; readonly kind: ComparableKind }> = Object.values(
  columnInfos(plainItems),
).flatMap(({ key, kind }) => (key !== "id" && isComparable(kind) ? [{ key, kind }] : []));

const spelled = (name: string): fc.Arbitrary<string> => fc.constantFrom(`ctx.${name}`, `$ctx.${name}`);
const identities = ["userId", "activeOrgId", "activeTeamId", "sessionId", "claims.region"];

/** What of the caller a column of this kind can be compared with. */
const contextOf = (kind: ComparableKind): fc.Arbitrary<string> | undefined => {
  switch (kind) {
    case "text":
    case "uuid":
      return fc.constantFrom(...identities).chain(spelled);
    case "integer":
    case "bigint":
    case "double":
      return spelled("claims.level");
    case "boolean":
      return spelled("claims.beta");
    default:
      return undefined;
  }
};

const operandOf = (kind: ComparableKind): fc.Arbitrary<unknown> => {
  const context = contextOf(kind);
  return context ? fc.oneof(context, literalFor(kind)) : literalFor(kind);
};

const ordered: ReadonlyArray<ComparableKind> = [
  "text",
  "integer",
  "bigint",
  "numeric",
  "double",
  "timestamp",
  "timestamptz",
  "date",
];
const orderOperators = ["lessThan", "lessThanOrEqual", "greaterThan", "greaterThanOrEqual"];

/** One operator with its right side, as `[name, value]`. */
const operatorOf = (kind: ComparableKind): fc.Arbitrary<readonly [string, unknown]> => {
  const one = operandOf(kind);
  const comparisons = ["equals", "notEquals", ...(ordered.includes(kind) ? orderOperators : [])];
  return fc.oneof(
    { weight: 4, arbitrary: fc.tuple(fc.constantFrom(...comparisons), one) },
    { weight: 2, arbitrary: fc.tuple(fc.constantFrom("in", "notIn"), fc.array(one, { minLength: 1, maxLength: 4 })) },
    { weight: 1, arbitrary: fc.tuple(fc.constant("isNull"), fc.boolean()) },
  );
};

const column = fc.constantFrom(...comparable);

const recordOf: fc.Arbitrary<Rule> = fc
  .uniqueArray(
    column.chain(({ key, kind }) =>
      fc
        .uniqueArray(operatorOf(kind), { minLength: 1, maxLength: 2, selector: ([name]) => name })
        .map((operators): readonly [string, Rule] => [key, Object.fromEntries(operators)]),
    ),
    { minLength: 1, maxLength: 2, selector: ([key]) => key },
  )
  .map((entries) => Object.fromEntries(entries));

const someOf = (names: ReadonlyArray<string>, maxLength: number): fc.Arbitrary<ReadonlyArray<string>> =>
  fc.uniqueArray(fc.constantFrom(...names), { minLength: 1, maxLength });

const roles = someOf(
  [...vocabulary.roles, ...vocabulary.roles.map((role) => `${role}+`), "PUBLIC", "AUTHENTICATED"],
  3,
);
const userRoles = someOf(vocabulary.userRoles, 2);

const leaf: fc.Arbitrary<Rule> = fc.oneof(
  { weight: 3, arbitrary: roles.map((names) => ({ roles: names })) },
  { weight: 1, arbitrary: userRoles.map((names) => ({ userRoles: names })) },
  { weight: 5, arbitrary: recordOf.map((record) => ({ record })) },
  { weight: 1, arbitrary: fc.tuple(roles, recordOf).map(([names, record]) => ({ roles: names, record })) },
);

/** `or` stands more often than `and`, or most rules would admit nobody. */
export const ruleOf = (depth: number): fc.Arbitrary<Rule> => {
  if (depth === 0) return leaf;
  const inner = fc.array(ruleOf(depth - 1), { minLength: 1, maxLength: 3 });
  return fc.oneof(
    { weight: 4, arbitrary: leaf },
    { weight: 4, arbitrary: inner.map((or) => ({ or })) },
    { weight: 2, arbitrary: inner.map((and) => ({ and })) },
    { weight: 2, arbitrary: ruleOf(depth - 1).map((not) => ({ not })) },
    { weight: 1, arbitrary: fc.tuple(leaf, inner).map(([rule, or]) => ({ ...rule, or })) },
  );
};

const keysOf = (kind: ComparableKind): ReadonlyArray<string> =>
  comparable.filter((column) => column.kind === kind).map(({ key }) => key);

const organizationKey: ItemKey = "organizationId";
const parentKey: ItemKey = "parentId";

const firewallEntry: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: spelled("activeOrgId").map((equals) => ({ field: organizationKey, equals })) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom(...keysOf("text"), ...keysOf("uuid")), fc.constantFrom(...identities).chain(spelled))
      .map(([field, equals]) => ({ field, equals })),
  },
  { weight: 4, arbitrary: fc.constant({ field: parentKey, via: () => parents }) },
  {
    weight: 3,
    arbitrary: column.chain(({ key, kind }) => operandOf(kind).map((equals) => ({ field: key, equals }))),
  },
  {
    weight: 2,
    arbitrary: column.chain(({ key, kind }) =>
      fc.array(operandOf(kind), { minLength: 1, maxLength: 6 }).map((values) => ({ field: key, in: values })),
    ),
  },
  { weight: 3, arbitrary: fc.tuple(column, fc.boolean()).map(([{ key }, isNull]) => ({ field: key, isNull })) },
);

const firewall: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 3, arbitrary: fc.constant({ exception: "the test says so" }) },
  { weight: 2, arbitrary: fc.constant("organization") },
  { weight: 5, arbitrary: firewallEntry },
  { weight: 3, arbitrary: fc.array(firewallEntry, { minLength: 1, maxLength: 2 }) },
);

/** A command needs what its own rule, read and the firewall say; were none of them wide, hardly a row would be left. */
const wide = fc.constantFrom({ roles: ["PUBLIC"] }, { roles: ["AUTHENTICATED"] }, { roles: ["member+"] });
const rule = fc.oneof({ weight: 1, arbitrary: wide }, { weight: 2, arbitrary: ruleOf(3) });
const update = fc.oneof(
  { weight: 2, arbitrary: rule },
  { weight: 3, arbitrary: fc.record({ before: rule, after: rule }, { requiredKeys: ["before"] }) },
);
/** Without read there can be neither update nor delete. */
const access: fc.Arbitrary<RuleSet["access"]> = fc.oneof(
  { weight: 12, arbitrary: fc.record({ read: rule, create: rule, update, delete: rule }, { requiredKeys: ["read"] }) },
  { weight: 1, arbitrary: fc.record({ create: rule }, { requiredKeys: [] }) },
);

export const ruleSet: fc.Arbitrary<RuleSet> = fc.record({ firewall, access });
