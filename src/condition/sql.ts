/**
 * The shape that a condition has in SQL, whatever its operands are rendered as.
 *
 * Invariant: a column is always compared as `column operator value` with the value free of columns, so that an index
 * on the column stays usable and a helper inside the value runs once per statement, never once per row.
 */
import { type ComparisonOperator, type Condition, type ConditionAlgebra, fold, type Operand } from "./condition.js";
import type { ColumnInfo } from "./kind.js";

/** The pieces that differ between a policy and a query; `A` is the fragment type. */
export interface SqlTarget<A> {
  readonly raw: (text: string) => A;
  readonly join: (parts: ReadonlyArray<A>, separator: string) => A;
  readonly column: (key: string) => A;
  readonly info: (key: string) => ColumnInfo;
  readonly operand: (column: ColumnInfo, operand: Operand) => A;
  readonly hasContext: ConditionAlgebra<A>["HasContext"];
  readonly hasRole: ConditionAlgebra<A>["HasRole"];
  readonly via: ConditionAlgebra<A>["Via"];
}

const symbols: Readonly<Record<ComparisonOperator, string>> = {
  equals: "=",
  notEquals: "<>",
  lessThan: "<",
  lessThanOrEqual: "<=",
  greaterThan: ">",
  greaterThanOrEqual: ">=",
};

const ordering = (operator: ComparisonOperator): boolean => operator !== "equals" && operator !== "notEquals";

/** An interpreter into `A`. Connectives are parenthesised, so the result can stand anywhere. */
export const toSql = <A>(target: SqlTarget<A>): ((condition: Condition) => A) => {
  const { raw, join } = target;
  const sequence = (...parts: ReadonlyArray<A>): A => join(parts, "");
  const group = (parts: ReadonlyArray<A>, connective: string, empty: string): A =>
    parts.length === 0 ? raw(empty) : sequence(raw("("), join(parts, ` ${connective} `), raw(")"));
  return fold<A>({
    Constant: (node) => raw(node.value ? "true" : "false"),
    Compare: (node) => {
      const info = target.info(node.column);
      // Without a collation of its own, the order of texts would depend on the database's locale.
      const collation = info.kind === "text" && ordering(node.operator) ? ' collate "C"' : "";
      return sequence(
        target.column(node.column),
        raw(`${collation} ${symbols[node.operator]} `),
        target.operand(info, node.operand),
      );
    },
    Member: (node) => {
      const info = target.info(node.column);
      const operands = node.operands.map((operand) => target.operand(info, operand));
      return sequence(
        target.column(node.column),
        raw(node.negated ? " not in (" : " in ("),
        join(operands, ", "),
        raw(")"),
      );
    },
    IsNull: (node) => sequence(target.column(node.column), raw(node.negated ? " is not null" : " is null")),
    HasContext: target.hasContext,
    HasRole: target.hasRole,
    Via: target.via,
    And: (all) => group(all, "and", "true"),
    Or: (any) => group(any, "or", "false"),
    Not: (inner) => sequence(raw("(not "), inner, raw(")")),
  });
};
