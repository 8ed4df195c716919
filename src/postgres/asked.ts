/**
 * What the rules of a table ask of a caller.
 *
 * Invariant: complete. What is not in here, no rule of the table looks at.
 */
import { type Condition, fold } from "../condition/condition.js";
import type { TableDefinition } from "../table/definition.js";

const none = (): ReadonlyArray<string> => [];

/** Paths of the caller's values that a condition compares with or asks for, and the kinds of roles. */
const askedIn = fold<ReadonlyArray<string>>({
  Constant: none,
  Compare: ({ operand }) => (operand._tag === "Context" ? [operand.path] : []),
  Member: ({ operands }) => operands.flatMap((operand) => (operand._tag === "Context" ? [operand.path] : [])),
  IsNull: none,
  HasContext: ({ path }) => [path],
  HasRole: ({ tier }) => [`roles of ${tier}`],
  Via: none,
  And: (all) => all.flat(),
  Or: (any) => any.flat(),
  Not: (inner) => inner,
});

/** @returns each once: `userId`, `claims.region`, `roles of organization`. */
export const askedBy = ({ commands }: TableDefinition): ReadonlyArray<string> => {
  const { select, insert, update, delete: remove } = commands;
  const conditions: ReadonlyArray<Condition | undefined> = [select, insert, update?.using, update?.check, remove];
  return [...new Set(conditions.flatMap((condition) => (condition === undefined ? [] : askedIn(condition))))];
};
