/**
 * What the caller must be, whatever the row.
 *
 * Invariant: the requirement of a condition reads no row, and every caller for whom the condition is TRUE on some row
 * fulfils it. So a caller who does not fulfil it can be refused without looking at a row.
 */
import { always, and, type Condition, never, not, or } from "./condition.js";
import { simplify } from "./simplify.js";

/** `upper`: a condition that holds at least whenever this one can; otherwise one that holds at most when it must. */
const bound = (condition: Condition, upper: boolean): Condition => {
  switch (condition._tag) {
    case "Constant":
    case "HasContext":
    case "HasRole":
      return condition;
    case "Compare":
      if (!upper) return never;
      return condition.operand._tag === "Context" ? { _tag: "HasContext", path: condition.operand.path } : always;
    case "Member":
    case "IsNull":
    case "Via":
      return upper ? always : never;
    case "And":
      return and(...condition.all.map((part) => bound(part, upper)));
    case "Or":
      return or(...condition.any.map((part) => bound(part, upper)));
    case "Not":
      return not(bound(condition.condition, !upper));
  }
};

/**
 * @returns a condition over the caller alone.
 *
 * @example
 * ```ts
 * requirementOf(and(compare("userId", "equals", context("userId")), hasRole("admin")));
 * // the caller is signed in and has the role
 * ```
 */
export const requirementOf = (condition: Condition): Condition => simplify(bound(condition, true));
