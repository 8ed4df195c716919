/**
 * Describe: a condition as an English sentence.
 *
 * Invariant: says what the condition says, no less: two conditions that differ have sentences that differ.
 */
import {
  type ComparisonOperator,
  type Condition,
  type ContextPath,
  fold,
  type Literal,
  type Operand,
} from "./condition.js";

const verbs: Readonly<Record<ComparisonOperator, string>> = {
  equals: "is",
  notEquals: "is not",
  lessThan: "is less than",
  lessThanOrEqual: "is at most",
  greaterThan: "is greater than",
  greaterThanOrEqual: "is at least",
};

const contexts: Readonly<Record<string, string>> = {
  userId: "the caller",
  sessionId: "the caller's session",
  activeOrgId: "the caller's active organization",
  activeTeamId: "the caller's active team",
};

const contextName = (path: ContextPath): string =>
  contexts[path] ?? `the caller's claim "${path.slice("claims.".length)}"`;

const literalName = (value: Literal): string =>
  value instanceof Date ? value.toISOString() : typeof value === "string" ? JSON.stringify(value) : String(value);

const operandName = (operand: Operand): string =>
  operand._tag === "Literal" ? literalName(operand.value) : contextName(operand.path);

const list = (parts: ReadonlyArray<string>, last: string): string =>
  parts.length < 2 ? parts.join("") : `${parts.slice(0, -1).join(", ")} ${last} ${parts.at(-1)}`;

/**
 * @example
 * ```ts
 * describe(condition); // "organizationId is the caller's active organization and the caller has the role admin"
 * ```
 */
export const describe = (condition: Condition): string => {
  const sentence = fold<{ readonly text: string; readonly compound: boolean }>({
    Constant: (node) => ({ text: node.value ? "always" : "never", compound: false }),
    Compare: (node) => ({
      text: `${node.column} ${verbs[node.operator]} ${operandName(node.operand)}`,
      compound: false,
    }),
    Member: (node) => ({
      text: `${node.column} is ${node.negated ? "none" : "one"} of ${list(node.operands.map(operandName), "or")}`,
      compound: false,
    }),
    IsNull: (node) => ({ text: `${node.column} is ${node.negated ? "not empty" : "empty"}`, compound: false }),
    HasContext: (node) => ({
      text: node.path === "userId" ? "the caller is signed in" : `${contextName(node.path)} is known`,
      compound: false,
    }),
    HasRole: (node) => ({
      text: `the caller has the ${node.tier === "platform" ? "platform role" : "role"} ${list(node.roles, "or")}`,
      compound: false,
    }),
    Via: (node) => ({
      text: `the caller can read the row of ${node.parent.name} that ${node.column} points to`,
      compound: false,
    }),
    And: (all) => ({ text: list(all.map(bracket), "and"), compound: all.length > 1 }),
    Or: (any) => ({ text: list(any.map(bracket), "or"), compound: any.length > 1 }),
    Not: (inner) => ({ text: `not ${bracket(inner)}`, compound: false }),
  });
  return sentence(condition).text;
};

const bracket = (part: { readonly text: string; readonly compound: boolean }): string =>
  part.compound ? `(${part.text})` : part.text;
