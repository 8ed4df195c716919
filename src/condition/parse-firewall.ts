/**
 * Firewalls: surface syntax to algebra.
 *
 * Invariant: scope columns are derived from the entries alone, never from a column's name, and the same whether or not
 * the rest of the schema is known yet.
 */
import { always, and, type Condition, type ContextPath, never } from "./condition.js";
import { type ColumnInfo, kindName } from "./kind.js";
import { suggestion } from "./nearest.js";
import { contextNames, findColumn, isContext, isObject, operation, type ParseScope, show } from "./parse-column.js";
import type { Report } from "./problem.js";
import type { ScopeName } from "./rule.js";

/** The value of the caller that each scope stands for. */
export const scopePaths: Readonly<Record<ScopeName, ContextPath>> = {
  organization: "activeOrgId",
  owner: "userId",
  team: "activeTeamId",
};

export interface ParsedFirewall {
  readonly condition: Condition;
  /** Why the table has no firewall, in the words of its author. */
  readonly exception: string | undefined;
  /** Columns equated with a value of the caller. */
  readonly scope: ReadonlyArray<{ readonly column: string; readonly path: ContextPath }>;
}

const isScopeName = (value: unknown): value is ScopeName =>
  typeof value === "string" && Object.hasOwn(scopePaths, value);

/** The entries of a firewall. The name of a scope is spelled out where a preset made its column. */
const entriesOf = (raw: unknown, presets: ParseScope["presets"]): ReadonlyArray<unknown> =>
  (Array.isArray(raw) ? raw : [raw]).map((item: unknown) =>
    isScopeName(item) && presets[item] !== undefined
      ? { field: presets[item], equals: `ctx.${scopePaths[item]}` }
      : item,
  );

const entry = (raw: unknown, scope: ParseScope, at: Report): Condition => {
  if (isScopeName(raw)) {
    at.problem(
      "missing_preset",
      `No column of this table is made by ${raw}().`,
      `Add a column such as ${raw}Id: ${raw}().`,
    );
    return never;
  }
  if (!isObject(raw)) {
    at.problem(
      "invalid_rule",
      `${show(raw)} is not a firewall entry.`,
      'Write { field, equals | in | isNull | via }, { exception: "reason" } or the name of a scope, as "organization".',
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
    at.problem("not_a_table", "There is no guarded table behind via.", "Write via: () => parent.");
    return never;
  }
  if (!parent.key) {
    at.problem(
      "missing_primary_key",
      `Table "${parent.table.name}" has no primary key of one column.`,
      "Point to a table with one.",
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

/** The scope columns alone, without a report: what the column defaults depend on before all tables are known. */
export const scopeColumns = (raw: unknown, presets: ParseScope["presets"]): ParsedFirewall["scope"] => {
  return entriesOf(raw, presets).flatMap((item) => {
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
        'Say why the table has no tenant: { exception: "the same for everyone" }.',
      );
    }
    if (Object.keys(raw).length > 1) {
      at.problem("contradiction", "An exception cannot stand beside other entries.", "Keep one of the two.");
    }
    return { condition: always, exception: String(reason), scope: [] };
  }
  if (Array.isArray(raw) && raw.length === 0) {
    at.problem("empty_list", "An empty firewall protects nothing.", 'Write an entry, or { exception: "reason" }.');
  }
  const parts = entriesOf(raw, scope.presets).map((item, index) => {
    const place = Array.isArray(raw) ? at.at(index) : at;
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
