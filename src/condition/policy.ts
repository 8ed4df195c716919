/**
 * Policy SQL: a condition as the expression of a row-level security policy.
 *
 * Invariant: the text is complete by itself: no bound parameter, no setting of the session that created it, and every
 * value of the caller is `(select helper())`, which Postgres evaluates once per statement (an InitPlan) and which
 * leaves an index on the column usable.
 */
import { type Condition, type ContextPath, fold, type Operand, type TableName } from "./condition.js";
import type { ColumnInfo, ColumnKind } from "./kind.js";
import { toSql } from "./sql.js";
import { identifier, literal, qualified, textArray } from "./sql-text.js";

/** How a target spells the caller's values. Every function returns an expression without the surrounding `select`. */
export interface CallerSql {
  /** The value as text (identifiers) or as the type that compares with the column's kind (claims). */
  readonly context: (path: ContextPath, kind: ColumnKind) => string;
  readonly hasContext: (path: ContextPath) => string;
  readonly hasRole: (tier: "organization" | "platform", roles: string) => string;
  /** The active organization, where the caller has one of the roles in it. */
  readonly organizationAs: (roles: string, kind: ColumnKind) => string;
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

type Case<Tag extends Condition["_tag"]> = Extract<Condition, { readonly _tag: Tag }>;

const isOrganization = (condition: Condition): condition is Case<"Compare"> =>
  condition._tag === "Compare" &&
  condition.operator === "equals" &&
  condition.operand._tag === "Context" &&
  condition.operand.path === "activeOrgId";

const isOrganizationRole = (condition: Condition): condition is Case<"HasRole"> =>
  condition._tag === "HasRole" && condition.tier === "organization";

/**
 * Makes one question of "in the organization" and "has a role in it". Postgres asks a sub-select less, and expects as many rows as
 * there are: of a condition without a column it thinks that every other time it is false. Below a `not` the two are not the
 * same, because a value that is missing is no answer.
 *
 * @param roles filled with the roles of each operand that asks for them.
 */
const askTogether = (condition: Condition, roles: Map<Operand, ReadonlyArray<string>>): Condition => {
  if (condition._tag === "Or") return { ...condition, any: condition.any.map((part) => askTogether(part, roles)) };
  if (condition._tag !== "And") return condition;
  const role = condition.all.find(isOrganizationRole);
  const organization = condition.all.find(isOrganization);
  if (role === undefined || organization === undefined) {
    return { ...condition, all: condition.all.map((part) => askTogether(part, roles)) };
  }
  const operand: Operand = { ...organization.operand };
  roles.set(operand, role.roles);
  const all = condition.all
    .filter((part) => part !== role)
    .map((part) => (part === organization ? { ...organization, operand } : askTogether(part, roles)));
  return { ...condition, all };
};

/**
 * @returns the expression, for example
 * `organization_id = (select hedgerow.get_active_org_id_as(array['admin'])) and status = 'open'`
 */
export const policySql = (condition: Condition, scope: PolicyScope): string => {
  const roles = new Map<Operand, ReadonlyArray<string>>();
  const asked = askTogether(condition, roles);
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
    operand: (target, operand) => {
      if (operand._tag === "Literal") return literal(target, operand.value);
      const as = roles.get(operand);
      return `(select ${as ? scope.caller.organizationAs(textArray(as), target.kind) : scope.caller.context(operand.path, target.kind)})`;
    },
    hasContext: (node) => `(select ${scope.caller.hasContext(node.path)})`,
    hasRole: (node) => `(select ${scope.caller.hasRole(node.tier, textArray(node.roles))})`,
    via: (node) => {
      const parent = node.parent.name === scope.table.name || scope.table.name === "parent" ? "parent_row" : "parent";
      return `exists (select 1 from ${qualified(node.parent)} as ${parent} where ${parent}.${identifier(node.parentColumn)} = ${identifier(scope.table.name)}.${identifier(info(node.column).name)})`;
    },
  })(asked);
  // `using (...)` brings the outermost parentheses.
  return asked._tag === "And" || asked._tag === "Or" ? expression.slice(1, -1) : expression;
};
