import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Condition, fold } from "../../src/condition/condition.js";
import { simplify } from "../../src/condition/simplify.js";
import { caller, condition, rows, truthOf } from "./random.js";

const sizeOf = fold<number>({
  Constant: () => 1,
  Compare: () => 1,
  Member: () => 1,
  IsNull: () => 1,
  HasContext: () => 1,
  HasRole: () => 1,
  Via: () => 1,
  And: (all) => all.reduce((sum, size) => sum + size, 1),
  Or: (any) => any.reduce((sum, size) => sum + size, 1),
  Not: (size) => size + 1,
});

const admits = (of: Condition, by: Parameters<typeof truthOf>[2]) =>
  rows.map(({ memory }) => truthOf(of, memory, by) === true);

describe("simplify", () => {
  it("keeps the rows that a condition admits, for every consistent caller", () => {
    let changed = 0;
    fc.assert(
      fc.property(condition, fc.array(caller, { minLength: 3, maxLength: 3 }), (original, callers) => {
        const simple = simplify(original);
        if (sizeOf(simple) < sizeOf(original)) changed += 1;
        for (const by of callers) expect(admits(simple, by)).toEqual(admits(original, by));
      }),
      { numRuns: 3000 },
    );
    expect(changed).toBeGreaterThan(1000);
  });

  it("keeps the rows that the negation of a condition admits", () => {
    fc.assert(
      fc.property(condition, caller, (original, by) => {
        const negation: Condition = { _tag: "Not", condition: original };
        expect(admits(simplify(negation), by)).toEqual(admits(negation, by));
      }),
      { numRuns: 2000 },
    );
  });

  it("never makes a condition larger, and has nothing left to do the second time", () => {
    fc.assert(
      fc.property(condition, (original) => {
        const simple = simplify(original);
        expect(sizeOf(simple)).toBeLessThanOrEqual(sizeOf(original));
        expect(simplify(simple)).toEqual(simple);
      }),
      { numRuns: 3000 },
    );
  });

  const signedIn: Condition = { _tag: "HasContext", path: "userId" };
  const own: Condition = {
    _tag: "Compare",
    column: "ownerId",
    operator: "equals",
    operand: { _tag: "Context", path: "userId" },
  };

  it("drops being signed in beside a comparison that only a user can pass", () => {
    expect(simplify({ _tag: "And", all: [signedIn, own] })).toEqual(own);
  });

  const roles = (...names: ReadonlyArray<string>): Condition => ({
    _tag: "HasRole",
    tier: "organization",
    roles: names,
  });
  it("asks once for a role where another part asks for that role or more", () => {
    const [few, more] = [roles("recruiter"), roles("recruiter", "interviewer")];
    expect(simplify({ _tag: "And", all: [more, own, few] })).toEqual({ _tag: "And", all: [own, few] });
    expect(simplify({ _tag: "And", all: [few, { _tag: "Or", any: [more, own] }] })).toEqual(few);
    expect(simplify({ _tag: "Or", any: [{ _tag: "And", all: [few, own] }, more] })).toEqual(more);
  });

  it("keeps roles of which neither has all of the other, and those of another tier", () => {
    const both: Condition = { _tag: "And", all: [roles("a", "b"), roles("b", "c")] };
    expect(simplify(both)).toEqual(both);
    const tiers: Condition = {
      _tag: "And",
      all: [roles("admin"), { _tag: "HasRole", tier: "platform", roles: ["admin"] }],
    };
    expect(simplify(tiers)).toEqual(tiers);
  });

  it("keeps being signed in below a not, where dropping it would admit nobody's rows to nobody", () => {
    const negation: Condition = { _tag: "Not", condition: { _tag: "And", all: [signedIn, own] } };
    expect(simplify(negation)).toEqual(negation);
  });

  it("keeps being signed in beside a claim, which may come without a user", () => {
    const claimed: Condition = { ...own, operand: { _tag: "Context", path: "claims.region" } };
    const both: Condition = { _tag: "And", all: [signedIn, claimed] };
    expect(simplify(both)).toEqual(both);
  });
});
