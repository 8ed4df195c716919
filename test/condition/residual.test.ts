import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { contextValue } from "../../src/condition/evaluate.js";
import { type CallerKind, residual } from "../../src/condition/residual.js";
import { culprits, trace } from "../../src/condition/trace.js";
import { caller, columns, condition, rows, truthOf } from "./random.js";

describe("the residual of a condition for a caller's kind", () => {
  it("admits the same rows to that caller", () => {
    let decided = 0;
    fc.assert(
      fc.property(condition, caller, fc.boolean(), (original, by, readable) => {
        const kind: CallerKind = {
          roles: by.roles,
          userRoles: by.userRoles,
          has: (path) => contextValue(by, path) !== null,
          canRead: () => readable,
        };
        const left = residual(original, kind);
        if (left._tag === "Constant") decided += 1;
        if (!readable && JSON.stringify(original).includes('"Via"')) return;
        for (const { memory } of rows) {
          expect(truthOf(left, memory, by) === true).toBe(truthOf(original, memory, by) === true);
        }
      }),
      { numRuns: 2000 },
    );
    expect(decided).toBeGreaterThan(100);
  });
});

describe("a trace", () => {
  it("ends in what the condition says, and names a culprit exactly when that is not true", () => {
    fc.assert(
      fc.property(condition, caller, fc.integer({ min: 0, max: rows.length - 1 }), (original, by, index) => {
        const memory = rows[index]?.memory ?? {};
        const scope = { columns, row: memory, caller: by, canRead: () => true };
        const root = trace(original, scope);
        expect(culprits(root).length > 0).toBe(root.truth !== true);
        for (const culprit of culprits(root)) expect(culprit.truth).not.toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it("says which value of the caller or of the row was missing", () => {
    const own = {
      _tag: "Compare",
      column: "owner",
      operator: "equals",
      operand: { _tag: "Context", path: "activeOrgId" },
    } as const;
    const nobody = {
      userId: "u",
      sessionId: "s",
      activeOrgId: null,
      activeTeamId: null,
      roles: [],
      userRoles: [],
      claims: {},
    };
    const root = trace(own, { columns, row: {}, caller: nobody });
    expect(root).toEqual({
      clause: "owner is the caller's active organization",
      truth: null,
      missing: ["the caller has no activeOrgId", "the row's owner is empty"],
      parts: [],
    });
  });
});
