import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { admits } from "../../src/condition/admits.js";
import { anonymousCaller } from "../../src/condition/caller.js";
import { type Condition, columnsOf } from "../../src/condition/condition.js";
import { requirementOf } from "../../src/condition/requirement.js";
import { caller, condition, rows, truthOf } from "./random.js";

describe("requirementOf", () => {
  it("is fulfilled by every caller for whom the condition admits some row", () => {
    let admitted = 0;
    let refused = 0;
    fc.assert(
      fc.property(condition, caller, (original, by) => {
        const required = truthOf(requirementOf(original), {}, by);
        const someRow = rows.some(({ memory }) => truthOf(original, memory, by) === true);
        if (someRow) {
          admitted += 1;
          expect(required).toBe(true);
        } else if (required !== true) refused += 1;
      }),
      { numRuns: 5000 },
    );
    // Neither a requirement that everyone fulfils nor conditions that nobody does would show anything.
    expect(admitted).toBeGreaterThan(1000);
    expect(refused).toBeGreaterThan(500);
  });

  it("reads no row", () => {
    fc.assert(
      fc.property(condition, caller, (original, by) => {
        const requirement = requirementOf(original);
        expect(columnsOf(requirement)).toEqual([]);
        // Known for every caller: what reads no row is never unknown.
        expect(truthOf(requirement, {}, by)).not.toBeNull();
        expect(admits(requirement, by)).toBe(truthOf(requirement, {}, by));
      }),
      { numRuns: 3000 },
    );
  });

  it("cannot be asked with what reads a row", () => {
    const reads: Condition = { _tag: "IsNull", column: "label", negated: false };
    expect(() => admits(reads, anonymousCaller)).toThrow("cannot depend on a row");
  });

  const admin: Condition = { _tag: "HasRole", tier: "organization", roles: ["admin"] };
  const own: Condition = {
    _tag: "Compare",
    column: "ownerId",
    operator: "equals",
    operand: { _tag: "Context", path: "userId" },
  };

  it("asks for a role that every admitted caller has", () => {
    expect(requirementOf({ _tag: "And", all: [admin, { _tag: "IsNull", column: "label", negated: false }] })).toEqual(
      admin,
    );
  });

  it("asks only to be signed in where a row of one's own would do instead of the role", () => {
    expect(requirementOf({ _tag: "Or", any: [admin, own] })).toEqual({
      _tag: "Or",
      any: [admin, { _tag: "HasContext", path: "userId" }],
    });
  });

  it("asks for the opposite role below a not", () => {
    expect(requirementOf({ _tag: "Not", condition: { _tag: "Or", any: [admin, own] } })).toEqual({
      _tag: "Not",
      condition: admin,
    });
  });
});
