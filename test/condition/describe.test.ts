import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Condition } from "../../src/condition/condition.js";
import { describe as sentence } from "../../src/condition/describe.js";
import { keyOf, simplify } from "../../src/condition/simplify.js";
import { condition } from "./random.js";

/** Two literals of one value may be written alike, for example `3` and `3n`, or a date and its text. */
const normalised = (of: Condition): string => keyOf(simplify(of)).replace(/"(-?\d+)n"/g, "$1");

describe("describe", () => {
  it("gives different sentences to different conditions", () => {
    const seen = new Map<string, string>();
    fc.assert(
      fc.property(condition, (original) => {
        const text = sentence(simplify(original));
        const key = normalised(original);
        expect(seen.get(text) ?? key, text).toBe(key);
        seen.set(text, key);
      }),
      { numRuns: 10_000 },
    );
    expect(seen.size).toBeGreaterThan(1500);
  });

  const own: Condition = {
    _tag: "Compare",
    column: "userId",
    operator: "equals",
    operand: { _tag: "Context", path: "userId" },
  };
  const admin: Condition = { _tag: "HasRole", tier: "organization", roles: ["admin", "owner"] };

  it("reads as a sentence", () => {
    expect(
      sentence({
        _tag: "And",
        all: [
          { ...own, column: "organizationId", operand: { _tag: "Context", path: "activeOrgId" } },
          { _tag: "Or", any: [admin, own] },
        ],
      }),
    ).toBe(
      "organizationId is the caller's active organization and (the caller has the role admin or owner or userId is the caller)",
    );
  });

  it("says which side of a not a list belongs to", () => {
    const inside = sentence({ _tag: "Not", condition: { _tag: "Or", any: [admin, own] } });
    const outside = sentence({ _tag: "Or", any: [{ _tag: "Not", condition: admin }, own] });
    expect(inside).not.toBe(outside);
  });
});
