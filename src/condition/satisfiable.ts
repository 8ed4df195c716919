/**
 * Finds rules that no row and no caller can ever fulfil.
 *
 * Invariant: says "contradiction" only when there is one; it may stay silent about one that it does not see (a
 * condition with very many alternatives, comparisons between two values of the caller).
 */
import { type ComparisonOperator, type Condition, type ContextPath, type Literal, not } from "./condition.js";
import { type ColumnInfo, compareValues } from "./kind.js";
import { keyOf } from "./simplify.js";

type Columns = Readonly<Record<string, ColumnInfo>>;
type Conjunction = ReadonlyArray<Condition>;

const maxAlternatives = 256;
/** From here on it costs less to look for contradictions early than to go on with them. */
const manyAlternatives = 8;

const opposite: Readonly<Record<ComparisonOperator, ComparisonOperator>> = {
  equals: "notEquals",
  notEquals: "equals",
  lessThan: "greaterThanOrEqual",
  lessThanOrEqual: "greaterThan",
  greaterThan: "lessThanOrEqual",
  greaterThanOrEqual: "lessThan",
};

/** `not` pushed down to the leaves; the result is TRUE exactly when the negation is. */
export const negated = (condition: Condition): Condition => {
  switch (condition._tag) {
    case "Constant":
      return { _tag: "Constant", value: !condition.value };
    case "Compare":
      return { ...condition, operator: opposite[condition.operator] };
    case "Member":
    case "IsNull":
      return { ...condition, negated: !condition.negated };
    case "And":
      return { _tag: "Or", any: condition.all.map(negated) };
    case "Or":
      return { _tag: "And", all: condition.any.map(negated) };
    case "Not":
      return condition.condition;
    default:
      return not(condition);
  }
};

/** Alternatives, each a list of leaves, some contradictory ones left out; undefined where there are too many to look at. */
const alternatives = (condition: Condition, columns: Columns): ReadonlyArray<Conjunction> | undefined => {
  switch (condition._tag) {
    case "Or": {
      const parts = condition.any.map((part) => alternatives(part, columns));
      const all = parts.every((part) => part !== undefined) ? parts.flat() : undefined;
      return all && all.length <= maxAlternatives ? all : undefined;
    }
    case "And":
      return condition.all.reduce<ReadonlyArray<Conjunction> | undefined>(
        (left, part) => {
          const right = alternatives(part, columns);
          if (!left || !right || left.length * right.length > maxAlternatives) return undefined;
          const both = left.flatMap((a) => right.map((b) => [...a, ...b]));
          return both.length < manyAlternatives ? both : both.filter((leaves) => !isContradictory(leaves, columns));
        },
        [[]],
      );
    case "Not":
      return condition.condition._tag === "HasContext" ||
        condition.condition._tag === "HasRole" ||
        condition.condition._tag === "Via"
        ? [[condition]]
        : alternatives(negated(condition.condition), columns);
    default:
      return [[condition]];
  }
};

/** Where a row's value may stand beside another value: below, at, above. */
const places: Readonly<Record<ComparisonOperator, ReadonlyArray<-1 | 0 | 1>>> = {
  equals: [0],
  notEquals: [-1, 1],
  lessThan: [-1],
  lessThanOrEqual: [-1, 0],
  greaterThan: [1],
  greaterThanOrEqual: [0, 1],
};

/** Whether the leaves about one column leave no place for it beside some value of the caller, whatever that is. */
const contextIsContradictory = (leaves: Conjunction): boolean => {
  const about = leaves.flatMap((leaf) => {
    if (leaf._tag === "Compare") return [{ operator: leaf.operator, operand: leaf.operand }];
    return leaf._tag === "Member" && leaf.negated
      ? leaf.operands.map((operand) => ({ operator: "notEquals" as const, operand }))
      : [];
  });
  const left = (path: ContextPath): ReadonlyArray<number> => {
    const operators = about.flatMap(({ operator, operand }) =>
      operand._tag === "Context" && operand.path === path ? [operator] : [],
    );
    return ([-1, 0, 1] as const).filter((place) => operators.every((operator) => places[operator].includes(place)));
  };
  return (
    about.some(({ operand }) => operand._tag === "Context" && left(operand.path).length === 0) ||
    leaves.some(
      (leaf) =>
        leaf._tag === "Member" &&
        !leaf.negated &&
        leaf.operands.every((operand) => operand._tag === "Context" && !left(operand.path).includes(0)),
    )
  );
};

/** The values that the caller has where this leaf is TRUE. */
const neededOf = (leaf: Condition): ReadonlyArray<ContextPath> => {
  if (leaf._tag === "Compare") return leaf.operand._tag === "Context" ? [leaf.operand.path] : [];
  if (leaf._tag !== "Member" || !(leaf.negated || leaf.operands.length === 1)) return [];
  return leaf.operands.flatMap((operand) => (operand._tag === "Context" ? [operand.path] : []));
};

/** What the leaves about one column leave possible. */
const columnIsContradictory = (column: ColumnInfo, leaves: Conjunction): boolean => {
  const mustBeNull = leaves.some((leaf) => leaf._tag === "IsNull" && !leaf.negated);
  const mustHaveValue = leaves.some((leaf) => leaf._tag !== "IsNull" || leaf.negated);
  if (mustBeNull && (mustHaveValue || column.notNull)) return true;
  if (contextIsContradictory(leaves)) return true;

  const bounds = leaves.flatMap((leaf) =>
    leaf._tag === "Compare" && leaf.operand._tag === "Literal"
      ? [{ operator: leaf.operator, value: leaf.operand.value }]
      : leaf._tag === "Member" && leaf.negated
        ? leaf.operands.flatMap((operand) =>
            operand._tag === "Literal" ? [{ operator: "notEquals" as const, value: operand.value }] : [],
          )
        : [],
  );
  const lists = leaves.flatMap((leaf) =>
    leaf._tag === "Member" && !leaf.negated && leaf.operands.every((operand) => operand._tag === "Literal")
      ? [leaf.operands.flatMap((operand) => (operand._tag === "Literal" ? [operand.value] : []))]
      : [],
  );
  const order = (a: Literal, b: Literal): number => compareValues(column.kind, a, b);
  const admits = (operator: ComparisonOperator, bound: Literal, value: Literal): boolean => {
    const by = order(value, bound);
    switch (operator) {
      case "equals":
        return by === 0;
      case "notEquals":
        return by !== 0;
      case "lessThan":
        return by < 0;
      case "lessThanOrEqual":
        return by <= 0;
      case "greaterThan":
        return by > 0;
      case "greaterThanOrEqual":
        return by >= 0;
    }
  };
  const fits = (value: Literal): boolean =>
    bounds.every(({ operator, value: bound }) => admits(operator, bound, value)) &&
    lists.every((list) => list.some((item) => order(item, value) === 0));

  const candidates = [...bounds.filter(({ operator }) => operator === "equals").map(({ value }) => [value]), ...lists];
  const [first] = candidates;
  if (first) return !first.some(fits);
  // No value is named: only two bounds that cross leave nothing.
  const lower = bounds.filter(({ operator }) => operator.startsWith("greater"));
  const upper = bounds.filter(({ operator }) => operator.startsWith("less"));
  return lower.some((low) =>
    upper.some((high) => {
      const by = order(low.value, high.value);
      return by > 0 || (by === 0 && !(low.operator.endsWith("OrEqual") && high.operator.endsWith("OrEqual")));
    }),
  );
};

const isContradictory = (leaves: Conjunction, columns: Columns): boolean => {
  if (leaves.some((leaf) => leaf._tag === "Constant" && !leaf.value)) return true;
  const keys = new Set(leaves.map(keyOf));
  if (leaves.some((leaf) => leaf._tag === "Not" && keys.has(keyOf(leaf.condition)))) return true;
  const missing = leaves.flatMap((leaf) =>
    leaf._tag === "Not" && leaf.condition._tag === "HasContext" ? [leaf.condition.path] : [],
  );
  if (missing.length > 0 && leaves.flatMap(neededOf).some((path) => missing.includes(path))) return true;
  const named = new Map<string, Array<Condition>>();
  for (const leaf of leaves) {
    if (leaf._tag !== "Compare" && leaf._tag !== "Member" && leaf._tag !== "IsNull") continue;
    named.set(leaf.column, [...(named.get(leaf.column) ?? []), leaf]);
  }
  return [...named].some(([key, own]) => {
    const column = columns[key];
    return column !== undefined && columnIsContradictory(column, own);
  });
};

/** @returns true when the condition can be TRUE for no row and no caller. */
export const canNeverHold = (condition: Condition, columns: Columns): boolean =>
  alternatives(condition, columns)?.every((leaves) => isContradictory(leaves, columns)) ?? false;
