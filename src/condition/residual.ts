/**
 * What is left of a condition for one kind of caller.
 *
 * Invariant: for every row and every caller of that kind, TRUE exactly when the whole condition is; what the kind
 * decides (roles, which values the caller has at all) is decided, what only a concrete caller or row decides stays.
 */
import { always, type Condition, type ContextPath, never, type TableName } from "./condition.js";
import { simplify } from "./simplify.js";

/** A kind of caller: which roles, and which values, but not what the values are. */
export interface CallerKind {
  readonly roles: ReadonlyArray<string>;
  readonly userRoles: ReadonlyArray<string>;
  readonly has: (path: ContextPath) => boolean;
  /** Whether such a caller can read any row of a table. */
  readonly canRead: (table: TableName) => boolean;
}

const decide = (condition: Condition, kind: CallerKind, positive: boolean): Condition => {
  switch (condition._tag) {
    case "HasContext":
      return kind.has(condition.path) ? always : never;
    case "HasRole": {
      const held = condition.tier === "organization" ? kind.roles : kind.userRoles;
      return condition.roles.some((role) => held.includes(role)) ? always : never;
    }
    case "Compare":
      // Unknown, which admits nobody; below a `not` unknown stays unknown, so the comparison has to stay.
      return positive && condition.operand._tag === "Context" && !kind.has(condition.operand.path) ? never : condition;
    case "And":
      return { _tag: "And", all: condition.all.map((part) => decide(part, kind, positive)) };
    case "Or":
      return { _tag: "Or", any: condition.any.map((part) => decide(part, kind, positive)) };
    case "Not":
      return { _tag: "Not", condition: decide(condition.condition, kind, false) };
    case "Via":
      return kind.canRead(condition.parent) ? condition : never;
    case "Constant":
    case "Member":
    case "IsNull":
      return condition;
  }
};

/**
 * @example
 * ```ts
 * residual(or(hasRole("admin"), ownRow), kindOf("admin")); // always
 * residual(or(hasRole("admin"), ownRow), kindOf("member")); // ownRow
 * ```
 */
export const residual = (condition: Condition, kind: CallerKind): Condition => simplify(decide(condition, kind, true));
