import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Condition, Literal } from "../../src/condition/condition.js";
import { canNeverHold } from "../../src/condition/satisfiable.js";
import { caller, columns, condition, rows, truthOf } from "./random.js";

const literal = (value: Literal) => ({ _tag: "Literal", value }) as const;
const compare = (column: string, operator: "equals" | "lessThan" | "greaterThan" | "notEquals", value: Literal) =>
  ({ _tag: "Compare", column, operator, operand: literal(value) }) as const;
const own = (column: string, operator: "equals" | "notEquals" | "lessThan" | "greaterThanOrEqual"): Condition => ({
  _tag: "Compare",
  column,
  operator,
  operand: { _tag: "Context", path: "userId" },
});
const and = (...all: ReadonlyArray<Condition>): Condition => ({ _tag: "And", all });

describe("canNeverHold", () => {
  it("is silent about every condition that some row and some caller fulfil", () => {
    let fulfilled = 0;
    let contradictory = 0;
    fc.assert(
      fc.property(condition, fc.array(caller, { minLength: 4, maxLength: 4 }), (original, callers) => {
        const holds = callers.some((by) => rows.some(({ memory }) => truthOf(original, memory, by) === true));
        const verdict = canNeverHold(original, columns);
        if (holds) {
          fulfilled += 1;
          expect(verdict).toBe(false);
        } else if (verdict) contradictory += 1;
      }),
      { numRuns: 5000 },
    );
    expect(fulfilled).toBeGreaterThan(1500);
    expect(contradictory).toBeGreaterThan(300);
  });

  it.each<{ readonly title: string; readonly condition: Condition }>([
    { title: "two different values", condition: and(compare("level", "equals", 1), compare("level", "equals", 2)) },
    { title: "bounds that cross", condition: and(compare("level", "greaterThan", 5), compare("level", "lessThan", 5)) },
    {
      title: "instants that cross by a microsecond",
      condition: and(
        compare("at", "greaterThan", "2024-02-29 12:00:00.000002"),
        compare("at", "lessThan", "2024-02-29 12:00:00.000001"),
      ),
    },
    {
      title: "empty and equal to something",
      condition: and({ _tag: "IsNull", column: "ownerId", negated: false }, compare("ownerId", "equals", "ann")),
    },
    {
      title: "empty where the column cannot be",
      condition: { _tag: "IsNull", column: "organizationId", negated: false },
    },
    {
      title: "a list without a value that the others allow",
      condition: and(
        { _tag: "Member", column: "level", negated: false, operands: [literal(1), literal(2)] },
        compare("level", "greaterThan", 2),
      ),
    },
    {
      title: "a role and not that role",
      condition: and(
        { _tag: "HasRole", tier: "organization", roles: ["admin"] },
        { _tag: "Not", condition: { _tag: "HasRole", tier: "organization", roles: ["admin"] } },
      ),
    },
    {
      title: "the caller's own value and not that value",
      condition: and(own("ownerId", "equals"), own("ownerId", "notEquals")),
    },
    {
      title: "below and above one value of the caller",
      condition: and(own("ownerId", "lessThan"), own("ownerId", "greaterThanOrEqual")),
    },
    {
      title: "the caller's own value and none of a list that has it",
      condition: and(own("ownerId", "equals"), {
        _tag: "Member",
        column: "ownerId",
        negated: true,
        operands: [literal("ann"), { _tag: "Context", path: "userId" }],
      }),
    },
    {
      title: "a value of the caller that the caller does not have",
      condition: and(own("ownerId", "equals"), {
        _tag: "Not",
        condition: { _tag: "HasContext", path: "userId" },
      }),
    },
    {
      title: "the same behind a double negation",
      condition: {
        _tag: "Not",
        condition: { _tag: "Or", any: [compare("level", "notEquals", 1), compare("level", "notEquals", 2)] },
      },
    },
  ])("sees $title", ({ condition: contradiction }) => {
    expect(canNeverHold(contradiction, columns)).toBe(true);
  });

  it("takes two spellings of one instant for one instant", () => {
    expect(
      canNeverHold(
        and(compare("seen", "equals", "2024-02-29 14:00:00+02"), compare("seen", "equals", "2024-02-29T12:00:00Z")),
        columns,
      ),
    ).toBe(false);
  });
});
