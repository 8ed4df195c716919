/**
 * One comparison of a column: surface syntax to algebra.
 *
 * Invariant: total. Whatever is given, the answer is a condition; what is wrong is reported (and stands in the
 * condition as `never`), so a definition with a mistake never compiles and all mistakes are seen at once.
 */
import {
  type ComparisonOperator,
  type Condition,
  type ContextPath,
  type Literal,
  never,
  type Operand,
  type TableName,
} from "./condition.js";
import { dayText, instantText } from "./instant.js";
import { type ColumnInfo, type ColumnKind, isOrdered, kindName } from "./kind.js";
import { suggestion } from "./nearest.js";
import type { Report } from "./problem.js";
import type { ScopeName } from "./rule.js";
import { isUuid } from "./uuid.js";
import type { Names } from "./vocabulary.js";

export interface Parent {
  readonly table: TableName;
  /** SQL name of the single primary key column, and its kind. */
  readonly key: { readonly name: string; readonly kind: ColumnKind } | undefined;
}

export interface ParseScope {
  readonly names: Names;
  readonly columns: Readonly<Record<string, ColumnInfo>>;
  /** Which column a scope preset made. */
  readonly presets: Readonly<Partial<Record<ScopeName, string>>>;
  /** What stands behind `via: () => parent`; undefined where that is not a guarded table. */
  readonly parent: (via: unknown) => Parent | undefined;
}

type Json = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);

export const contextNames: ReadonlyArray<ContextPath> = ["userId", "sessionId", "activeOrgId", "activeTeamId"];

const comparisons: Readonly<Record<ComparisonOperator, true>> = {
  equals: true,
  notEquals: true,
  lessThan: true,
  lessThanOrEqual: true,
  greaterThan: true,
  greaterThanOrEqual: true,
};
const isComparison = (name: string): name is ComparisonOperator => Object.hasOwn(comparisons, name);
export const operatorNames = [...Object.keys(comparisons), "in", "notIn", "isNull"];

// ── operands ────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Which claims can be compared with which kinds of column. */
const claimFits = (type: "string" | "number" | "boolean", kind: ColumnKind): boolean =>
  type === "string"
    ? kind === "text" || kind === "uuid"
    : type === "number"
      ? kind === "integer" || kind === "bigint" || kind === "double"
      : kind === "boolean";

export const isContext = (value: unknown): value is string => typeof value === "string" && /^\$?ctx\./.test(value);

const context = (value: string, column: ColumnInfo, scope: ParseScope, at: Report): Operand | undefined => {
  const path = value.replace(/^\$?ctx\./, "");
  const known = contextNames.find((name) => name === path);
  const claim = path.startsWith("claims.") ? path.slice("claims.".length) : undefined;
  const claimType =
    claim !== undefined && Object.hasOwn(scope.names.claims, claim) ? scope.names.claims[claim] : undefined;
  if (known === undefined && claimType === undefined) {
    const valid = [...contextNames, ...Object.keys(scope.names.claims).map((name) => `claims.${name}`)];
    at.problem(
      "unknown_context_value",
      `"${value}" is not a value of the caller.`,
      suggestion(
        value.replace("$", ""),
        valid.map((name) => `ctx.${name}`),
      ),
    );
    return undefined;
  }
  if (!claimFits(claimType ?? "string", column.kind)) {
    at.problem(
      "type_mismatch",
      `Column "${column.key}" is ${kindName(column.kind)}, but "${value}" is ${claimType ?? "text"}.`,
      "Compare it with a value of the same type.",
    );
    return undefined;
  }
  return { _tag: "Context", path: known ?? `claims.${claim ?? ""}` };
};

/** Half of a surrogate pair would become another character on its way to Postgres, and equal what it does not equal. */
const textFault = (value: string): string | undefined =>
  value.includes("\0") ? "holds a NUL character" : /\p{Surrogate}/u.test(value) ? "holds half a character" : undefined;

const isText = (value: unknown): value is string => typeof value === "string";

/** Whether a literal can be compared with a column. */
const fits = ({ kind, enumValues }: ColumnInfo, value: unknown): boolean => {
  switch (kind) {
    case "text":
      return isText(value);
    case "enum":
      return enumValues?.some((name) => name === value) ?? false;
    case "uuid":
      return isText(value) && isUuid(value);
    case "integer":
      return Number.isInteger(value) && (Number(value) | 0) === Number(value);
    case "bigint":
      return (typeof value === "bigint" && BigInt.asIntN(64, value) === value) || Number.isSafeInteger(value);
    case "double":
      return Number.isFinite(value);
    case "numeric":
      return typeof value === "bigint" || Number.isFinite(value) || (isText(value) && /^-?\d+(\.\d+)?$/.test(value));
    case "boolean":
      return typeof value === "boolean";
    case "date":
      return (value instanceof Date || (isText(value) && value.length === 10)) && dayText(value) !== undefined;
    case "timestamp":
    case "timestamptz":
      return (value instanceof Date || isText(value)) && instantText(value) !== undefined;
    case "other":
      return false;
  }
};

const isLiteral = (value: unknown): value is Literal =>
  ["string", "number", "bigint", "boolean"].includes(typeof value) || value instanceof Date;

export const show = (value: unknown): string =>
  typeof value === "bigint"
    ? `${value}n`
    : typeof value === "function"
      ? "a function"
      : (JSON.stringify(value) ?? "undefined");

const operand = (value: unknown, column: ColumnInfo, scope: ParseScope, at: Report): Operand | undefined => {
  if (isContext(value)) return context(value, column, scope, at);
  if (value === null || value === undefined) {
    at.problem(
      "invalid_literal",
      "A comparison with null is never true.",
      "Write { isNull: true } or { isNull: false }.",
    );
    return undefined;
  }
  const fault = isText(value) && column.kind === "text" ? textFault(value) : undefined;
  if (fault !== undefined || !fits(column, value) || !isLiteral(value)) {
    at.problem(
      column.kind === "other" ? "type_mismatch" : "invalid_literal",
      `${show(value)} ${fault ?? "does not fit the column"}.`,
      `Column "${column.key}" is ${kindName(column.kind)}${column.enumValues?.length ? ` (${column.enumValues.join(", ")})` : ""}.`,
    );
    return undefined;
  }
  return { _tag: "Literal", value };
};

// ── one column ──────────────────────────────────────────────────────────────────────────────────────────────────────

export const operation = (
  name: string,
  value: unknown,
  column: ColumnInfo,
  scope: ParseScope,
  at: Report,
): Condition => {
  if (isComparison(name)) {
    if (name !== "equals" && name !== "notEquals" && !isOrdered(column.kind)) {
      at.problem(
        "type_mismatch",
        `Column "${column.key}" is ${kindName(column.kind)} and has no order.`,
        "Use equals, notEquals, in or notIn.",
      );
      return never;
    }
    const right = operand(value, column, scope, at);
    return right ? { _tag: "Compare", column: column.key, operator: name, operand: right } : never;
  }
  if (name === "in" || name === "notIn") {
    if (!Array.isArray(value) || value.length === 0) {
      at.problem(
        Array.isArray(value) ? "empty_list" : "invalid_literal",
        Array.isArray(value) ? "An empty list matches nothing." : `${show(value)} is not a list.`,
        "Name at least one value.",
      );
      return never;
    }
    const operands = value.map((item: unknown, index) => operand(item, column, scope, at.at(index)));
    return operands.every((item) => item !== undefined)
      ? { _tag: "Member", column: column.key, negated: name === "notIn", operands }
      : never;
  }
  if (name === "isNull") {
    if (typeof value === "boolean") return { _tag: "IsNull", column: column.key, negated: !value };
    at.problem("invalid_literal", `${show(value)} is neither true nor false.`, "Write isNull: true or isNull: false.");
    return never;
  }
  at.problem("unknown_operator", `There is no operator "${name}".`, suggestion(name, operatorNames));
  return never;
};

export const findColumn = (name: unknown, scope: ParseScope, at: Report): ColumnInfo | undefined => {
  const column = typeof name === "string" && Object.hasOwn(scope.columns, name) ? scope.columns[name] : undefined;
  if (!column) {
    at.problem(
      "unknown_column",
      `There is no column "${String(name)}".`,
      suggestion(String(name), Object.keys(scope.columns)),
    );
  }
  return column;
};
