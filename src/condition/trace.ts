/**
 * Why: the same evaluation as `evaluate`, with the answer of every clause kept.
 *
 * Invariant: the root's truth is what `evaluate` says, and each clause says which value of the caller or of the row was
 * missing when its answer is unknown.
 */
import type { Condition } from "./condition.js";
import { describe } from "./describe.js";
import { contextValue, type EvaluationScope, evaluate, type Truth } from "./evaluate.js";

export interface Trace {
  /** The clause in English. */
  readonly clause: string;
  readonly truth: Truth;
  /** What made it unknown: `the caller has no activeOrgId`, `the row's ownerId is empty`. */
  readonly missing: ReadonlyArray<string>;
  readonly parts: ReadonlyArray<Trace>;
}

const missingOf = (condition: Condition, scope: EvaluationScope): ReadonlyArray<string> => {
  if (condition._tag !== "Compare" && condition._tag !== "Member") return [];
  const operands = condition._tag === "Compare" ? [condition.operand] : condition.operands;
  const callers = operands.flatMap((operand) =>
    operand._tag === "Context" && contextValue(scope.caller, operand.path) === null
      ? [`the caller has no ${operand.path}`]
      : [],
  );
  return (scope.row[condition.column] ?? null) === null
    ? [...callers, `the row's ${condition.column} is empty`]
    : callers;
};

const partsOf = (condition: Condition): ReadonlyArray<Condition> => {
  switch (condition._tag) {
    case "And":
      return condition.all;
    case "Or":
      return condition.any;
    case "Not":
      return [condition.condition];
    default:
      return [];
  }
};

/** @returns the condition as a tree of clauses with their answers for one row and one caller. */
export const trace = (condition: Condition, scope: EvaluationScope): Trace => {
  const truth = evaluate(condition, scope);
  return {
    clause: describe(condition),
    truth,
    missing: truth === null ? missingOf(condition, scope) : [],
    parts: partsOf(condition).map((part) => trace(part, scope)),
  };
};

/**
 * @returns the smallest clauses that alone explain why the condition is not true; empty where it is.
 *
 * @example
 * ```ts
 * culprits(trace(condition, scope)).map(({ clause }) => clause); // ["organizationId is the caller's active organization"]
 * ```
 */
export const culprits = (root: Trace): ReadonlyArray<Trace> => {
  if (root.truth === true) return [];
  const failing = root.parts.filter((part) => part.truth !== true);
  return failing.length === 0 ? [root] : failing.flatMap(culprits);
};
