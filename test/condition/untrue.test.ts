/** Where a condition does not hold, held to the specification. */
import fc from "fast-check";
import type { Caller } from "hedgerow";
import { describe, expect, it } from "vitest";
import { type Condition, columnsOf } from "../../src/condition/condition.js";
import { contextValue, contextValueFor } from "../../src/condition/evaluate.js";
import { known, renamed, untrue } from "../../src/condition/untrue.js";
import { caller, columns, condition, rows, truthOf } from "./random.js";

const some = { numRuns: 1500 };

/** Whether a value that the caller has is none of the kind of the column that it is compared with. */
const isMisfit = (condition: Condition, by: Caller): boolean => {
  switch (condition._tag) {
    case "Compare":
    case "Member": {
      const kind = columns[condition.column]?.kind ?? "other";
      return (condition._tag === "Compare" ? [condition.operand] : condition.operands).some(
        (operand) =>
          operand._tag === "Context" &&
          contextValue(by, operand.path) !== null &&
          contextValueFor(kind, by, operand.path) === null,
      );
    }
    case "And":
      return condition.all.some((part) => isMisfit(part, by));
    case "Or":
      return condition.any.some((part) => isMisfit(part, by));
    case "Not":
      return isMisfit(condition.condition, by);
    default:
      return false;
  }
};

describe("untrue", () => {
  it("holds exactly for the rows and callers that the condition does not admit", () => {
    let unknown = 0;
    fc.assert(
      fc.property(condition, caller, (original, by) => {
        fc.pre(!isMisfit(original, by));
        for (const { memory } of rows) {
          const truth = truthOf(original, memory, by);
          if (truth === null) unknown += 1;
          expect(truthOf(untrue(original), memory, by) === true).toBe(truth !== true);
        }
      }),
      some,
    );
    expect(unknown).toBeGreaterThan(1000);
  });
});

describe("known", () => {
  it("holds wherever the condition does, and reads no other column", () => {
    fc.assert(
      fc.property(condition, caller, fc.subarray(Object.keys(columns)), (original, by, keys) => {
        const less = known(original, keys);
        expect(columnsOf(less).filter((column) => !keys.includes(column))).toEqual([]);
        for (const { memory } of rows) {
          if (truthOf(original, memory, by) === true) expect(truthOf(less, memory, by)).toBe(true);
        }
      }),
      some,
    );
  });
});

describe("renamed", () => {
  it("changes the names of columns and nothing else", () => {
    fc.assert(
      fc.property(condition, (original) => {
        const there = renamed(original, (column) => `x.${column}`);
        expect(columnsOf(there)).toEqual(columnsOf(original).map((column) => `x.${column}`));
        expect(renamed(there, (column) => column.slice(2))).toEqual(original);
      }),
      some,
    );
  });
});
