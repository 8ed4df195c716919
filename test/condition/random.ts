/**
 * Random conditions, rows and callers for the properties of the algebra.
 *
 * Invariant: callers are consistent: an organization, a team, a session or a role only with a user.
 */
import fc from "fast-check";
import type { Caller } from "hedgerow";
import { anonymousCaller } from "hedgerow";
import type { Condition, ContextPath, Operand } from "../../src/condition/condition.js";
import { evaluate, type Truth } from "../../src/condition/evaluate.js";
import { isOrdered } from "../../src/condition/kind.js";
import { columnInfos } from "../../src/table/definition.js";
import { type Row, sampleRows } from "../agreement/rows.js";
import { comparable } from "../agreement/rules.js";
import { plainItems, vocabulary } from "../agreement/tables.js";
import { type ComparableKind, literalFor } from "../agreement/values.js";

export const columns = columnInfos(plainItems);

const identities: ReadonlyArray<ContextPath> = ["userId", "sessionId", "activeOrgId", "activeTeamId", "claims.region"];
const contexts = (kind: ComparableKind): ReadonlyArray<ContextPath> =>
  kind === "text" || kind === "uuid"
    ? identities
    : kind === "integer" || kind === "bigint" || kind === "double"
      ? ["claims.level"]
      : kind === "boolean"
        ? ["claims.beta"]
        : [];

const operand = (kind: ComparableKind): fc.Arbitrary<Operand> => {
  const literal = literalFor(kind).map((value): Operand => ({ _tag: "Literal", value }));
  const paths = contexts(kind);
  return paths.length === 0
    ? literal
    : fc.oneof(
        literal,
        fc.constantFrom(...paths).map((path): Operand => ({ _tag: "Context", path })),
      );
};

const equality = ["equals", "notEquals"] as const;
const order = ["lessThan", "lessThanOrEqual", "greaterThan", "greaterThanOrEqual"] as const;

/** Few columns, so that two conditions are often about the same one. */
const about = comparable.filter(({ key }) => ["ownerId", "ref", "level", "flag", "at", "mood", "ratio"].includes(key));

const ofRow: fc.Arbitrary<Condition> = fc.constantFrom(...about).chain(({ key, kind }) =>
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc
        .record({ operator: fc.constantFrom(...equality, ...(isOrdered(kind) ? order : [])), operand: operand(kind) })
        .map((rest): Condition => ({ _tag: "Compare", column: key, ...rest })),
    },
    {
      weight: 2,
      arbitrary: fc
        .record({ negated: fc.boolean(), operands: fc.array(operand(kind), { minLength: 1, maxLength: 3 }) })
        .map((rest): Condition => ({ _tag: "Member", column: key, ...rest })),
    },
    { weight: 1, arbitrary: fc.boolean().map((negated): Condition => ({ _tag: "IsNull", column: key, negated })) },
  ),
);

const roleNames = { organization: vocabulary.roles, platform: vocabulary.userRoles } as const;

const ofCaller: fc.Arbitrary<Condition> = fc.oneof(
  fc.boolean().map((value): Condition => ({ _tag: "Constant", value })),
  fc
    .constantFrom<ContextPath>(...identities, "userId", "userId", "claims.level")
    .map((path): Condition => ({ _tag: "HasContext", path })),
  fc
    .constantFrom("organization" as const, "platform" as const)
    .chain((tier) =>
      fc
        .uniqueArray(fc.constantFrom<string>(...roleNames[tier]), { minLength: 1, maxLength: 2 })
        .map((roles): Condition => ({ _tag: "HasRole", tier, roles })),
    ),
);

const via: fc.Arbitrary<Condition> = fc.constant({
  _tag: "Via",
  column: "parentId",
  parent: { schema: "public", name: "parents" },
  parentColumn: "id",
});

/** A small pool of leaves for each condition, so that repetition and absorption happen. */
export const condition: fc.Arbitrary<Condition> = fc
  .array(fc.oneof({ weight: 4, arbitrary: ofRow }, { weight: 4, arbitrary: ofCaller }, { weight: 1, arbitrary: via }), {
    minLength: 1,
    maxLength: 5,
  })
  .chain((leaves) => {
    const build = (depth: number): fc.Arbitrary<Condition> => {
      const leaf = fc.constantFrom(...leaves);
      if (depth === 0) return leaf;
      const inner = build(depth - 1);
      const some = fc.array(inner, { maxLength: 3 });
      return fc.oneof(
        { weight: 2, arbitrary: leaf },
        { weight: 3, arbitrary: some.map((all): Condition => ({ _tag: "And", all })) },
        { weight: 3, arbitrary: some.map((any): Condition => ({ _tag: "Or", any })) },
        { weight: 2, arbitrary: inner.map((negated): Condition => ({ _tag: "Not", condition: negated })) },
      );
    };
    return build(4);
  });

const orNull = <A>(arbitrary: fc.Arbitrary<A>): fc.Arbitrary<A | null> => fc.option(arbitrary, { nil: null });

const someRoles = (names: ReadonlyArray<string>): fc.Arbitrary<ReadonlyArray<string>> =>
  fc.subarray([...names, "guest"]);

const claims = fc.record({
  region: orNull(fc.constantFrom("north", "ann", "00000000-0000-0000-0000-000000000000")),
  level: orNull(fc.constantFrom(-1, 0, 3, 7)),
  beta: orNull(fc.boolean()),
});

const user = fc
  .record({
    sessionId: fc.constantFrom("session ann the owner", "session other"),
    userId: fc.constantFrom("ann", "bob", "11111111-1111-4111-8111-111111111111"),
    activeOrgId: orNull(fc.constantFrom("org_acme", "0b0b0b0b-0b0b-4b0b-8b0b-0b0b0b0b0b0b")),
    activeTeamId: orNull(fc.constantFrom("team_a", "team_b")),
    roles: someRoles(vocabulary.roles),
    userRoles: someRoles(vocabulary.userRoles),
    claims,
  })
  .map((caller): Caller => (caller.activeOrgId === null ? { ...caller, activeTeamId: null, roles: [] } : caller));

/** Claims may come from a token of nobody that this database knows. */
const nobody = claims.map((known): Caller => ({ ...anonymousCaller, claims: known }));

/** An API key of an organization's own. */
const organizationKey = fc
  .record({ activeOrgId: fc.constantFrom("org_acme", "org_beech"), roles: someRoles(vocabulary.roles), claims })
  .map((key): Caller => ({ ...anonymousCaller, ...key }));

export const caller: fc.Arbitrary<Caller> = fc.oneof(
  { weight: 3, arbitrary: user },
  { weight: 1, arbitrary: organizationKey },
  { weight: 1, arbitrary: nobody },
);

/** Rows on which any condition is likely to be true somewhere. */
export const rows: ReadonlyArray<Row> = sampleRows(20_241_121, 60);

export const truthOf = (
  of: Condition,
  row: Readonly<Record<string, unknown>>,
  by: Caller,
  readable: ReadonlySet<unknown> = new Set(["p1", "p3"]),
): Truth => evaluate(of, { columns, row, caller: by, canRead: (_parent, _column, value) => readable.has(value) });
