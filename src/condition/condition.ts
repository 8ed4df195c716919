/**
 * The algebra: every rule, whatever syntax it was written in, becomes one of these.
 *
 * Invariant: a condition is plain, frozen data over one row and one caller, with SQL's three truth values; nothing
 * outside this folder gives it a meaning. `fold` is the only way in, so an interpreter that forgets a case does not
 * compile.
 */

/** A value of the caller that a row can be compared with. */
export type ContextPath = "userId" | "sessionId" | "activeOrgId" | "activeTeamId" | `claims.${string}`;

export type Literal = string | number | bigint | boolean | Date;

export type Operand =
  | { readonly _tag: "Literal"; readonly value: Literal }
  | { readonly _tag: "Context"; readonly path: ContextPath };

export type ComparisonOperator =
  | "equals"
  | "notEquals"
  | "lessThan"
  | "lessThanOrEqual"
  | "greaterThan"
  | "greaterThanOrEqual";

export interface TableName {
  readonly schema: string;
  readonly name: string;
}

/** Column names are the keys of the declaration, except in `Via.parentColumn`, which is the parent's SQL name. */
export type Condition =
  | { readonly _tag: "Constant"; readonly value: boolean }
  | {
      readonly _tag: "Compare";
      readonly column: string;
      readonly operator: ComparisonOperator;
      readonly operand: Operand;
    }
  | {
      readonly _tag: "Member";
      readonly column: string;
      readonly negated: boolean;
      readonly operands: ReadonlyArray<Operand>;
    }
  | { readonly _tag: "IsNull"; readonly column: string; readonly negated: boolean }
  /** The caller has this value at all; `userId` says "is signed in". */
  | { readonly _tag: "HasContext"; readonly path: ContextPath }
  /** The caller has one of the roles, in the active organization or on the platform. */
  | { readonly _tag: "HasRole"; readonly tier: "organization" | "platform"; readonly roles: ReadonlyArray<string> }
  /** The row that `column` points to is readable by the caller. */
  | { readonly _tag: "Via"; readonly column: string; readonly parent: TableName; readonly parentColumn: string }
  | { readonly _tag: "And"; readonly all: ReadonlyArray<Condition> }
  | { readonly _tag: "Or"; readonly any: ReadonlyArray<Condition> }
  | { readonly _tag: "Not"; readonly condition: Condition };

type Case<Tag extends Condition["_tag"]> = Extract<Condition, { readonly _tag: Tag }>;

/** What an interpreter must say about each case; the results of sub-conditions are already computed. */
export interface ConditionAlgebra<A> {
  readonly Constant: (node: Case<"Constant">) => A;
  readonly Compare: (node: Case<"Compare">) => A;
  readonly Member: (node: Case<"Member">) => A;
  readonly IsNull: (node: Case<"IsNull">) => A;
  readonly HasContext: (node: Case<"HasContext">) => A;
  readonly HasRole: (node: Case<"HasRole">) => A;
  readonly Via: (node: Case<"Via">) => A;
  readonly And: (all: ReadonlyArray<A>) => A;
  readonly Or: (any: ReadonlyArray<A>) => A;
  readonly Not: (condition: A) => A;
}

/**
 * Turns an algebra into an interpreter.
 *
 * @example
 * ```ts
 * const size = fold<number>({
 *   Constant: () => 1, Compare: () => 1, Member: () => 1, IsNull: () => 1, HasContext: () => 1, HasRole: () => 1,
 *   Via: () => 1, And: sum, Or: sum, Not: (n) => n + 1,
 * });
 * ```
 */
export const fold = <A>(algebra: ConditionAlgebra<A>): ((condition: Condition) => A) => {
  const go = (node: Condition): A => {
    switch (node._tag) {
      case "Constant":
        return algebra.Constant(node);
      case "Compare":
        return algebra.Compare(node);
      case "Member":
        return algebra.Member(node);
      case "IsNull":
        return algebra.IsNull(node);
      case "HasContext":
        return algebra.HasContext(node);
      case "HasRole":
        return algebra.HasRole(node);
      case "Via":
        return algebra.Via(node);
      case "And":
        return algebra.And(node.all.map(go));
      case "Or":
        return algebra.Or(node.any.map(go));
      case "Not":
        return algebra.Not(go(node.condition));
    }
  };
  return go;
};

export const always: Condition = Object.freeze({ _tag: "Constant", value: true });
export const never: Condition = Object.freeze({ _tag: "Constant", value: false });
export const signedIn: Condition = Object.freeze({ _tag: "HasContext", path: "userId" });
export const and = (...all: ReadonlyArray<Condition>): Condition => ({ _tag: "And", all });
export const or = (...any: ReadonlyArray<Condition>): Condition => ({ _tag: "Or", any });
export const not = (condition: Condition): Condition => ({ _tag: "Not", condition });

/** The columns that a condition reads, by key, without repetition. */
export const columnsOf = (condition: Condition): ReadonlyArray<string> => {
  const none = (): ReadonlyArray<string> => [];
  const one = (node: { readonly column: string }): ReadonlyArray<string> => [node.column];
  const all = (parts: ReadonlyArray<ReadonlyArray<string>>): ReadonlyArray<string> => [...new Set(parts.flat())];
  return fold<ReadonlyArray<string>>({
    Constant: none,
    HasContext: none,
    HasRole: none,
    Compare: one,
    Member: one,
    IsNull: one,
    Via: one,
    And: all,
    Or: all,
    Not: (columns) => columns,
  })(condition);
};
