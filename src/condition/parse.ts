/**
 * Surface syntax to algebra: firewalls and access rules as users write them become conditions.
 *
 * Invariant: total. Whatever is given, the answer is a condition; what is wrong is reported (and stands in the
 * condition as `never`), so a definition with a mistake never compiles and all mistakes are seen at once.
 */
import {
  always,
  and,
  type ComparisonOperator,
  type Condition,
  type ContextPath,
  type Literal,
  never,
  not,
  type Operand,
  or,
  signedIn,
  type TableName,
} from "./condition.js";
import { dayText, instantText } from "./instant.js";
import { type ColumnInfo, type ColumnKind, isOrdered, kindName } from "./kind.js";
import { suggestion } from "./nearest.js";
import type { Report } from "./problem.js";
import type { ScopeName } from "./rule.js";
import { isUuid } from "./uuid.js";
import { expandRole, type Names } from "./vocabulary.js";

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

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);

const contextNames: ReadonlyArray<ContextPath> = ["userId", "sessionId", "activeOrgId", "activeTeamId"];

/** The value of the caller that each scope stands for. */
export const scopePaths: Readonly<Record<ScopeName, ContextPath>> = {
  organization: "activeOrgId",
  owner: "userId",
  team: "activeTeamId",
};

const comparisons: Readonly<Record<ComparisonOperator, true>> = {
  equals: true,
  notEquals: true,
  lessThan: true,
  lessThanOrEqual: true,
  greaterThan: true,
  greaterThanOrEqual: true,
};
const isComparison = (name: string): name is ComparisonOperator => Object.hasOwn(comparisons, name);
const operatorNames = [...Object.keys(comparisons), "in", "notIn", "isNull"];

// ── operands ────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Which claims can be compared with which kinds of column. */
const claimFits = (type: "string" | "number" | "boolean", kind: ColumnKind): boolean =>
  type === "string"
    ? kind === "text" || kind === "uuid"
    : type === "number"
      ? kind === "integer" || kind === "bigint" || kind === "double"
      : kind === "boolean";

const isContext = (value: unknown): value is string => typeof value === "string" && /^\$?ctx\./.test(value);

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
      "Compare it with a value of the same type, or change the column's type.",
    );
    return undefined;
  }
  return { _tag: "Context", path: known ?? `claims.${claim ?? ""}` };
};

/** Half of a surrogate pair would become another character on its way to Postgres, and equal what it does not equal. */
const textFault = (value: string): string | undefined =>
  value.includes("\0") ? "holds a NUL character" : /\p{Surrogate}/u.test(value) ? "holds half a character" : undefined;

/** Why a literal cannot be compared with a column; undefined where it can. */
const literalFault = (column: ColumnInfo, value: unknown): string | undefined => {
  const is = (type: string): string | undefined => (typeof value === type ? undefined : `is not a ${type}`);
  switch (column.kind) {
    case "text":
      return is("string") ?? textFault(String(value));
    case "enum":
      return column.enumValues?.some((name) => name === value)
        ? undefined
        : `is none of ${column.enumValues?.join(", ") ?? "the values"}`;
    case "uuid":
      return typeof value === "string" && isUuid(value) ? undefined : "is not a uuid";
    case "integer":
      return Number.isInteger(value) && (Number(value) | 0) === Number(value) ? undefined : "is not a 32-bit integer";
    case "bigint":
      return (typeof value === "bigint" && BigInt.asIntN(64, value) === value) || Number.isSafeInteger(value)
        ? undefined
        : "is not a 64-bit integer";
    case "double":
      return typeof value === "number" && Number.isFinite(value) ? undefined : "is not a finite number";
    case "numeric":
      return (typeof value === "string" && /^-?\d+(\.\d+)?$/.test(value)) ||
        (typeof value === "number" && Number.isFinite(value)) ||
        typeof value === "bigint"
        ? undefined
        : "is not a decimal number";
    case "boolean":
      return is("boolean");
    case "date":
      return (value instanceof Date || (typeof value === "string" && value.length === 10)) &&
        dayText(value) !== undefined
        ? undefined
        : "is not a date";
    case "timestamp":
    case "timestamptz":
      return (value instanceof Date || typeof value === "string") && instantText(value) !== undefined
        ? undefined
        : "is not a date";
    case "other":
      return "cannot be compared with a column of this type";
  }
};

const isLiteral = (value: unknown): value is Literal =>
  ["string", "number", "bigint", "boolean"].includes(typeof value) || value instanceof Date;

const show = (value: unknown): string =>
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
  const fault = literalFault(column, value);
  if (fault !== undefined || !isLiteral(value)) {
    at.problem(
      column.kind === "other" ? "type_mismatch" : "invalid_literal",
      `${show(value)} ${fault ?? "is not a value"}.`,
      `Column "${column.key}" is ${kindName(column.kind)}${column.enumValues?.length ? ` (${column.enumValues.join(", ")})` : ""}.`,
    );
    return undefined;
  }
  return { _tag: "Literal", value };
};

// ── one column ──────────────────────────────────────────────────────────────────────────────────────────────────────

const operation = (name: string, value: unknown, column: ColumnInfo, scope: ParseScope, at: Report): Condition => {
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

const findColumn = (name: unknown, scope: ParseScope, at: Report): ColumnInfo | undefined => {
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

// ── firewall ────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface ParsedFirewall {
  readonly condition: Condition;
  /** Why the table has no firewall, in the words of its author. */
  readonly exception: string | undefined;
  /** Columns equated with a value of the caller. */
  readonly scope: ReadonlyArray<{ readonly column: string; readonly path: ContextPath }>;
}

const entry = (raw: unknown, scope: ParseScope, at: Report): Condition => {
  if (!isObject(raw)) {
    at.problem(
      "invalid_rule",
      `${show(raw)} is not a firewall entry.`,
      'Write { field, equals }, { field, in }, { field, isNull }, { field, via } or { exception: "reason" }.',
    );
    return never;
  }
  const { field, ...operators } = raw;
  const column = findColumn(field, scope, at.at("field"));
  if (!column) return never;
  const names = Object.keys(operators);
  if (names.length === 0) {
    at.problem("empty_rule", `The entry says nothing about "${column.key}".`, "Add equals, in, isNull or via.");
    return never;
  }
  const parts = names.map((name): Condition => {
    if (name === "via") return via(operators[name], column, scope, at.at("via"));
    if (name === "equals" || name === "in" || name === "isNull") {
      return operation(name, operators[name], column, scope, at.at(name));
    }
    at.at(name).problem(
      "unknown_operator",
      `A firewall entry has no "${name}".`,
      suggestion(name, ["equals", "in", "isNull", "via"]),
    );
    return never;
  });
  return parts.length === 1 ? (parts[0] ?? never) : and(...parts);
};

const via = (raw: unknown, column: ColumnInfo, scope: ParseScope, at: Report): Condition => {
  const parent = scope.parent(raw);
  if (!parent) {
    at.problem(
      "not_a_table",
      "There is no guarded table behind via.",
      "Write via: () => parent, a table with a firewall.",
    );
    return never;
  }
  if (!parent.key) {
    at.problem(
      "missing_primary_key",
      `Table "${parent.table.name}" has no primary key of a single column.`,
      "Point to a table with a primary key of one column.",
    );
    return never;
  }
  if (parent.key.kind !== column.kind) {
    at.problem(
      "type_mismatch",
      `Column "${column.key}" is ${kindName(column.kind)}, but the key of "${parent.table.name}" is ${kindName(parent.key.kind)}.`,
      "Give both columns the same type.",
    );
    return never;
  }
  return { _tag: "Via", column: column.key, parent: parent.table, parentColumn: parent.key.name };
};

const isScopeName = (value: unknown): value is ScopeName =>
  typeof value === "string" && Object.hasOwn(scopePaths, value);

/** The entries of a firewall, one-word scopes spelled out. */
const entriesOf = (raw: unknown, scope: ParseScope, at: Report): ReadonlyArray<unknown> => {
  if (!isScopeName(raw)) return Array.isArray(raw) ? raw : [raw];
  const column = scope.presets[raw];
  if (column === undefined) {
    at.problem(
      "missing_preset",
      `No column of this table is made by ${raw}().`,
      `Add a column such as ${raw}Id: ${raw}().`,
    );
    return [];
  }
  return [{ field: column, equals: `ctx.${scopePaths[raw]}` }];
};

/** The scope columns alone, without a report: what the column defaults depend on before all tables are known. */
export const scopeColumns = (raw: unknown, presets: ParseScope["presets"]): ParsedFirewall["scope"] => {
  const column = isScopeName(raw) ? presets[raw] : undefined;
  if (isScopeName(raw)) return column === undefined ? [] : [{ column, path: scopePaths[raw] }];
  return (Array.isArray(raw) ? raw : [raw]).flatMap((item: unknown) => {
    if (!isObject(item) || typeof item.field !== "string" || !isContext(item.equals)) return [];
    const path = item.equals.replace(/^\$?ctx\./, "");
    const known = contextNames.find((name) => name === path);
    return known || path.startsWith("claims.")
      ? [{ column: item.field, path: known ?? (`claims.${path.slice("claims.".length)}` as const) }]
      : [];
  });
};

/** @param raw what was given to `.firewall()`. */
export const parseFirewall = (raw: unknown, scope: ParseScope, at: Report): ParsedFirewall => {
  if (isObject(raw) && Object.hasOwn(raw, "exception")) {
    const reason = raw.exception;
    if (typeof reason !== "string" || reason.trim() === "") {
      at.at("exception").problem(
        "invalid_rule",
        "An exception needs a reason.",
        'Say why the table has no tenant, for example { exception: "reference data, the same for everyone" }.',
      );
    }
    if (Object.keys(raw).length > 1) {
      at.problem("contradiction", "An exception cannot stand beside other entries.", "Keep one of the two.");
    }
    return { condition: always, exception: String(reason), scope: [] };
  }
  const entries = entriesOf(raw, scope, at);
  if (Array.isArray(raw) && raw.length === 0) {
    at.problem("empty_list", "An empty firewall protects nothing.", 'Write an entry, or { exception: "reason" }.');
  }
  const isList = Array.isArray(raw);
  const parts = entries.map((item, index) => {
    const place = isList ? at.at(index) : at;
    if (isObject(item) && Object.hasOwn(item, "exception")) {
      place.problem("contradiction", "An exception cannot stand beside other entries.", "Keep one of the two.");
      return never;
    }
    return entry(item, scope, place);
  });
  return {
    condition: parts.length === 0 ? never : and(...parts),
    exception: undefined,
    scope: scopeColumns(raw, scope.presets).filter(({ column }) => Object.hasOwn(scope.columns, column)),
  };
};

// ── access ──────────────────────────────────────────────────────────────────────────────────────────────────────────

const ruleKeys = ["roles", "userRoles", "record", "or", "and", "not"];

/** Whether a rule says who the caller is. Where it does not, the caller must at least be signed in. */
const saysWho = (raw: unknown): boolean => {
  if (!isObject(raw)) return false;
  const all = raw.and;
  const any = raw.or;
  return (
    raw.roles !== undefined ||
    raw.userRoles !== undefined ||
    (Array.isArray(all) && all.some(saysWho)) ||
    (Array.isArray(any) && any.length > 0 && any.every(saysWho))
  );
};

const nonEmpty = (value: unknown, at: Report): ReadonlyArray<unknown> => {
  if (Array.isArray(value) && value.length > 0) return value;
  at.problem(
    Array.isArray(value) ? "empty_list" : "invalid_rule",
    Array.isArray(value) ? "The list is empty." : `${show(value)} is not a list.`,
    "Name at least one; leave the key out to say nothing.",
  );
  return [];
};

const roleCondition = (raw: unknown, scope: ParseScope, at: Report): Condition => {
  const parts = nonEmpty(raw, at).map((role, index): Condition => {
    if (role === "PUBLIC") return always;
    if (role === "AUTHENTICATED") return signedIn;
    const roles = typeof role === "string" ? expandRole(role, scope.names.roles) : undefined;
    if (roles) return { _tag: "HasRole", tier: "organization", roles };
    const valid = [...scope.names.roles, ...scope.names.roles.map((name) => `${name}+`), "PUBLIC", "AUTHENTICATED"];
    at.at(index).problem("unknown_role", `Role ${show(role)} is not declared.`, suggestion(String(role), valid));
    return never;
  });
  const named = parts.flatMap((part) => (part._tag === "HasRole" ? part.roles : []));
  const others = parts.filter((part) => part._tag !== "HasRole");
  const ordered = scope.names.roles.filter((role) => named.includes(role));
  return or(
    ...others,
    ...(ordered.length > 0 ? [{ _tag: "HasRole", tier: "organization", roles: ordered } as const] : []),
  );
};

const userRoleCondition = (raw: unknown, scope: ParseScope, at: Report): Condition => {
  const roles = nonEmpty(raw, at).filter((role, index): role is string => {
    const known = scope.names.userRoles.some((name) => name === role);
    if (!known) {
      at.at(index).problem(
        "unknown_role",
        `Platform role ${show(role)} is not declared.`,
        suggestion(String(role), scope.names.userRoles),
      );
    }
    return known;
  });
  return roles.length === 0 ? never : { _tag: "HasRole", tier: "platform", roles: [...new Set(roles)] };
};

const recordCondition = (raw: unknown, scope: ParseScope, at: Report): Condition => {
  if (!isObject(raw) || Object.keys(raw).length === 0) {
    at.problem(
      "empty_rule",
      "The record rule names no column.",
      'Write for example { userId: { equals: "ctx.userId" } }.',
    );
    return never;
  }
  return and(
    ...Object.entries(raw).flatMap(([key, operators]) => {
      const column = findColumn(key, scope, at.at(key));
      if (!column) return [never];
      if (!isObject(operators) || Object.keys(operators).length === 0) {
        at.at(key).problem(
          "empty_rule",
          `The rule says nothing about "${key}".`,
          `Write an operator: ${operatorNames.join(", ")}.`,
        );
        return [never];
      }
      return Object.entries(operators).map(([name, value]) =>
        operation(name, value, column, scope, at.at(key).at(name)),
      );
    }),
  );
};

/** @param raw one access rule; keys beside each other are all required. */
export const parseRule = (raw: unknown, scope: ParseScope, at: Report, whoIsKnown = false): Condition => {
  if (!isObject(raw) || Object.keys(raw).length === 0) {
    at.problem(
      "empty_rule",
      isObject(raw) ? "The rule is empty." : `${show(raw)} is not a rule.`,
      `Write at least one of ${ruleKeys.join(", ")}; leave the operation out to deny it.`,
    );
    return never;
  }
  const known = whoIsKnown || saysWho(raw);
  const parts = Object.entries(raw).flatMap(([key, value]): ReadonlyArray<Condition> => {
    const place = at.at(key);
    switch (key) {
      case "roles":
        return [roleCondition(value, scope, place)];
      case "userRoles":
        return [userRoleCondition(value, scope, place)];
      case "record":
        return [recordCondition(value, scope, place), ...(known ? [] : [signedIn])];
      case "not":
        return [not(parseRule(value, scope, place, true)), ...(known ? [] : [signedIn])];
      case "or":
        return [or(...nonEmpty(value, place).map((rule, index) => parseRule(rule, scope, place.at(index), known)))];
      case "and":
        return nonEmpty(value, place).map((rule, index) => parseRule(rule, scope, place.at(index), known));
      default:
        place.problem("invalid_rule", `A rule has no "${key}".`, suggestion(key, ruleKeys));
        return [never];
    }
  });
  return and(...parts);
};
