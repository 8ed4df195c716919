/**
 * Policy SQL: a condition as the expression of a row-level security policy.
 *
 * Invariant: the text is complete by itself: no bound parameter, no setting of the session that created it, and every
 * value of the caller is `(select helper())`, which Postgres evaluates once per statement (an InitPlan) and which
 * leaves an index on the column usable.
 */
import { type Condition, type ContextPath, fold, type TableName } from "./condition.js";
import type { ColumnInfo, ColumnKind } from "./kind.js";
import { toSql } from "./sql.js";
import { identifier, literal, qualified, textArray } from "./sql-text.js";

/** How a target spells the caller's values. Every function returns an expression without the surrounding `select`. */
export interface CallerSql {
  /** The value as text (identifiers) or as the type that compares with the column's kind (claims). */
  readonly context: (path: ContextPath, kind: ColumnKind) => string;
  readonly hasContext: (path: ContextPath) => string;
  readonly hasRole: (tier: "organization" | "platform", roles: string) => string;
}

export interface PolicyScope {
  readonly table: TableName;
  readonly columns: Readonly<Record<string, ColumnInfo>>;
  readonly caller: CallerSql;
}

const mentionsParent = (condition: Condition): boolean =>
  fold<boolean>({
    Constant: () => false,
    Compare: () => false,
    Member: () => false,
    IsNull: () => false,
    HasContext: () => false,
    HasRole: () => false,
    Via: () => true,
    And: (all) => all.includes(true),
    Or: (any) => any.includes(true),
    Not: (inner) => inner,
  })(condition);

/**
 * @returns the expression, for example
 * `organization_id = (select hedgerow.get_active_org_id()) and (select hedgerow.has_any_role(array['admin']))`
 */
export const policySql = (condition: Condition, scope: PolicyScope): string => {
  const info = (key: string): ColumnInfo => {
    const column = scope.columns[key];
    if (!column) throw new Error(`Column "${key}" is not part of table "${scope.table.name}".`);
    return column;
  };
  // Beside a sub-query an unqualified name could be captured by the parent's column of the same name.
  const prefix = mentionsParent(condition) ? `${identifier(scope.table.name)}.` : "";
  const column = (key: string): string => `${prefix}${identifier(info(key).name)}`;
  const expression = toSql<string>({
    raw: (text) => text,
    join: (parts, separator) => parts.join(separator),
    column,
    info,
    operand: (target, operand) =>
      operand._tag === "Literal"
        ? literal(target, operand.value)
        : `(select ${scope.caller.context(operand.path, target.kind)})`,
    hasContext: (node) => `(select ${scope.caller.hasContext(node.path)})`,
    hasRole: (node) => `(select ${scope.caller.hasRole(node.tier, textArray(node.roles))})`,
    via: (node) => {
      const parent = node.parent.name === scope.table.name || scope.table.name === "parent" ? "parent_row" : "parent";
      return `exists (select 1 from ${qualified(node.parent)} as ${parent} where ${parent}.${identifier(node.parentColumn)} = ${identifier(scope.table.name)}.${identifier(info(node.column).name)})`;
    },
  })(condition);
  // `using (...)` brings the outermost parentheses.
  return condition._tag === "And" || condition._tag === "Or" ? expression.slice(1, -1) : expression;
};
