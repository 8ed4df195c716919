/**
 * Where a condition does not hold, and what is left of it when only some columns are known.
 *
 * Invariant: `untrue` is TRUE exactly where the condition is FALSE or unknown, so one of both is TRUE for every row and
 * every caller whose values, where they have them, are of their columns' kinds; `known` is TRUE wherever the condition is.
 */
import { always, and, type Condition, columnsOf, not, type Operand, or } from "./condition.js";
import { negated } from "./satisfiable.js";

/** What makes a comparison with this operand unknown, beside an empty column. */
const unknownOperand = (operand: Operand): ReadonlyArray<Condition> =>
  operand._tag === "Context" ? [not({ _tag: "HasContext", path: operand.path })] : [];

/** The negation of something that is never unknown and has no opposite of its own. */
const isLeaf = (condition: Condition): condition is Extract<Condition, { readonly _tag: "Not" }> =>
  condition._tag === "Not" && ["HasContext", "HasRole", "Via"].includes(condition.condition._tag);

/**
 * @returns a condition for the rows that this one does not admit. (`not` is no such thing: it is unknown where the
 * condition is.)
 *
 * @example
 * ```ts
 * untrue({ _tag: "Compare", column: "note", operator: "equals", operand }); // note <> operand or note is null
 * ```
 */
export const untrue = (condition: Condition): Condition => {
  switch (condition._tag) {
    case "Compare":
      return or(
        negated(condition),
        { _tag: "IsNull", column: condition.column, negated: false },
        ...unknownOperand(condition.operand),
      );
    case "Member": {
      const { column, operands } = condition;
      const unequal = (operand: Operand): Condition =>
        or({ _tag: "Compare", column, operator: "notEquals", operand }, ...unknownOperand(operand));
      return or(
        { _tag: "IsNull", column, negated: false },
        ...(condition.negated
          ? [negated(condition), ...operands.flatMap(unknownOperand)]
          : [and(...operands.map(unequal))]),
      );
    }
    case "And":
      return or(...condition.all.map(untrue));
    case "Or":
      return and(...condition.any.map(untrue));
    case "Not": {
      const inner = negated(condition.condition);
      return isLeaf(inner) ? inner.condition : untrue(inner);
    }
    default:
      return negated(condition);
  }
};

/**
 * What a condition says of a row of which only some columns are known.
 *
 * @param columns keys of the known columns.
 */
export const known = (condition: Condition, columns: ReadonlyArray<string>): Condition => {
  switch (condition._tag) {
    case "And":
      return and(...condition.all.map((part) => known(part, columns)));
    case "Or":
      return or(...condition.any.map((part) => known(part, columns)));
    case "Not": {
      const inner = negated(condition.condition);
      if (!isLeaf(inner)) return known(inner, columns);
      return columnsOf(inner).every((column) => columns.includes(column)) ? inner : always;
    }
    default:
      return columnsOf(condition).every((column) => columns.includes(column)) ? condition : always;
  }
};

/** The same condition over columns of other names. */
export const renamed = (condition: Condition, rename: (column: string) => string): Condition => {
  switch (condition._tag) {
    case "Compare":
    case "Member":
    case "IsNull":
    case "Via":
      return { ...condition, column: rename(condition.column) };
    case "And":
      return and(...condition.all.map((part) => renamed(part, rename)));
    case "Or":
      return or(...condition.any.map((part) => renamed(part, rename)));
    case "Not":
      return not(renamed(condition.condition, rename));
    default:
      return condition;
  }
};
