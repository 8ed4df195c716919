/**
 * The specification: what a condition says of one row and one caller, in memory.
 *
 * Invariant: three-valued exactly as SQL (Kleene's logic; a comparison with null is unknown), so the other
 * interpreters are tested against this one.
 */
import { callerCases, contextValue, disjunction, negate, type Truth } from "./admits.js";
import type { Caller } from "./caller.js";
import {
  type ComparisonOperator,
  type Condition,
  type ContextPath,
  fold,
  type Literal,
  type Operand,
  type TableName,
} from "./condition.js";
import { type ColumnInfo, type ColumnKind, compareValues } from "./kind.js";
import { isUuid } from "./uuid.js";

export { contextValue, type Truth } from "./admits.js";

export interface EvaluationScope {
  readonly columns: Readonly<Record<string, ColumnInfo>>;
  /** Values by column key; a missing key is null. */
  readonly row: Readonly<Record<string, unknown>>;
  readonly caller: Caller;
  /** Whether the caller may read the row of `parent` whose `parentColumn` has this value. */
  readonly canRead?: (parent: TableName, parentColumn: string, value: unknown) => boolean;
}

const holds: Readonly<Record<ComparisonOperator, (order: number) => boolean>> = {
  equals: (order) => order === 0,
  notEquals: (order) => order !== 0,
  lessThan: (order) => order < 0,
  lessThanOrEqual: (order) => order <= 0,
  greaterThan: (order) => order > 0,
  greaterThanOrEqual: (order) => order >= 0,
};

/** A caller's value as a column of this kind can be compared with it: null where Postgres's safe cast gives null. */
export const contextValueFor = (kind: ColumnKind, caller: Caller, path: ContextPath): Literal | null => {
  const value = contextValue(caller, path);
  if (value === null) return null;
  switch (kind) {
    case "uuid":
      return isUuid(String(value)) ? value : null;
    case "integer":
    case "bigint":
      return Number.isSafeInteger(value) ? value : null;
    case "double":
      return typeof value === "number" && Number.isFinite(value) ? value : null;
    case "boolean":
      return typeof value === "boolean" ? value : null;
    default:
      return typeof value === "string" ? value : null;
  }
};

const compare = (
  { columns, row, caller }: EvaluationScope,
  column: string,
  operator: ComparisonOperator,
  operand: Operand,
): Truth => {
  const kind = columns[column]?.kind ?? "other";
  const left = row[column] ?? null;
  const right = operand._tag === "Literal" ? operand.value : contextValueFor(kind, caller, operand.path);
  if (left === null || right === null) return null;
  const order = compareValues(kind, left, right);
  // A value that is none of the column's kind fulfils nothing, and neither does its opposite.
  return Number.isNaN(order) ? null : holds[operator](order);
};

const taken = /*#__PURE__*/ fold<(scope: EvaluationScope) => Truth>({
  .../*#__PURE__*/ callerCases<EvaluationScope>(),
  Compare: (node) => (scope) => compare(scope, node.column, node.operator, node.operand),
  Member: (node) => (scope) => {
    const member = disjunction(node.operands.map((operand) => compare(scope, node.column, "equals", operand)));
    return node.negated ? negate(member) : member;
  },
  IsNull: (node) => (scope) => ((scope.row[node.column] ?? null) === null) !== node.negated,
  Via: (node) => (scope) => {
    const value = scope.row[node.column] ?? null;
    return value !== null && (scope.canRead?.(node.parent, node.parentColumn, value) ?? false);
  },
});

/**
 * @returns true, false or null (unknown). A row is admitted only when the answer is true.
 *
 * @example
 * ```ts
 * evaluate(condition, { columns, row: { organizationId: "org_1" }, caller });
 * ```
 */
export const evaluate = (condition: Condition, scope: EvaluationScope): Truth => taken(condition)(scope);
