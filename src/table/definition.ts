/**
 * A declaration, understood: every rule is a condition and every command has one complete condition.
 *
 * Invariant: a `TableDefinition` exists only for a declaration without a problem. Its `commands` are complete by
 * themselves (firewall AND access, and what must be readable before and after a change), so no interpreter ever
 * combines rules on its own.
 */
import { getTableColumns, is } from "drizzle-orm";
import { PgTable } from "drizzle-orm/pg-core";
import { and, type Condition, type TableName } from "../condition/condition.js";
import { type ColumnInfo, columnInfo } from "../condition/kind.js";
import { suggestion } from "../condition/nearest.js";
import { bytesOf, maxIdentifierBytes } from "../condition/object-name.js";
import { parseRule } from "../condition/parse-access.js";
import type { Parent, ParseScope } from "../condition/parse-column.js";
import { type ParsedFirewall, parseFirewall } from "../condition/parse-firewall.js";
import { type Problem, type Report, report } from "../condition/problem.js";
import type { Operation } from "../condition/rule.js";
import { simplify } from "../condition/simplify.js";
import { plainConfig, tableName } from "./config.js";
import { type Declaration, declarationOf } from "./declaration.js";

/** What each SQL command asks of a row; an absent command is denied. */
export interface Commands {
  readonly select?: Condition;
  readonly insert?: Condition;
  /** `using` of the row as it was, `check` of the row as it becomes. */
  readonly update?: { readonly using: Condition; readonly check: Condition };
  readonly delete?: Condition;
}

export interface TableDefinition {
  readonly table: TableName;
  readonly columns: Readonly<Record<string, ColumnInfo>>;
  /** Keys of the primary key's columns, in its order. */
  readonly primaryKey: ReadonlyArray<string>;
  /** Columns that only the database fills: scope columns, generated columns, keys with a default. */
  readonly managed: ReadonlyArray<string>;
  readonly firewall: ParsedFirewall;
  readonly operations: ReadonlyArray<Operation>;
  readonly commands: Commands;
}

const longestSuffix = "_firewall_select";

const operations = ["read", "create", "update", "delete"] as const satisfies ReadonlyArray<Operation>;
const reservedColumns = ["firewall", "access", "accept", "enableRLS", "getSQL", "shouldOmitSQLParens", "_"];

export const columnInfos = (table: PgTable): Readonly<Record<string, ColumnInfo>> =>
  Object.fromEntries(Object.entries(getTableColumns(table)).map(([key, column]) => [key, columnInfo(key, column)]));

const keyByName = (columns: Readonly<Record<string, ColumnInfo>>, name: string): ReadonlyArray<string> =>
  Object.values(columns)
    .filter((column) => column.name === name)
    .map((column) => column.key);

const primaryKeyOf = (table: PgTable, columns: Readonly<Record<string, ColumnInfo>>): ReadonlyArray<string> => {
  const single = Object.entries(getTableColumns(table)).filter(([, column]) => column.primary);
  const composite = plainConfig(table).primaryKeys[0];
  return composite
    ? composite.columns.flatMap((column) => keyByName(columns, column.name))
    : single.map(([key]) => key);
};

/** @returns what `via` needs to know of the table behind it; undefined where that is not a guarded table. */
export const parentOf = (via: unknown): (Parent & { readonly source: PgTable }) | undefined => {
  const target: unknown = typeof via === "function" ? via() : undefined;
  if (!is(target, PgTable) || declarationOf(target)?.firewall === undefined) return undefined;
  const columns = columnInfos(target);
  const key = primaryKeyOf(target, columns);
  const [first] = key;
  const info = first === undefined || key.length > 1 ? undefined : columns[first];
  return { table: tableName(target), key: info && { name: info.name, kind: info.kind }, source: target };
};

/** The tables behind the `via` entries of a firewall. */
export const parentsOf = (declaration: Declaration): ReadonlyArray<PgTable> =>
  (Array.isArray(declaration.firewall) ? declaration.firewall : [declaration.firewall]).flatMap((entry: unknown) => {
    if (typeof entry !== "object" || entry === null || !("via" in entry)) return [];
    const parent = parentOf(entry.via);
    return parent ? [parent.source] : [];
  });

// ── checks that need no rule ────────────────────────────────────────────────────────────────────────────────────────

const checkNames = (declaration: Declaration, columns: ReadonlyArray<ColumnInfo>, at: Report): void => {
  if (bytesOf(declaration.name + longestSuffix) > maxIdentifierBytes) {
    at.problem(
      "identifier_too_long",
      `The name has ${bytesOf(declaration.name)} bytes.`,
      `Use at most ${maxIdentifierBytes - longestSuffix.length}; policies are called after it.`,
    );
  }
  for (const column of columns) {
    if (reservedColumns.includes(column.key)) {
      at.at("columns")
        .at(column.key)
        .problem(
          "column_name_reserved",
          `A column cannot be called "${column.key}": that is a method of the table.`,
          `Call it something else: ${column.key}Value: text("${column.name}").`,
        );
    }
    if (columns.some((other) => other !== column && other.name === column.name && other.key < column.key)) {
      at.at("columns")
        .at(column.key)
        .problem("duplicate_column", `Two columns have the SQL name "${column.name}".`, "Give each a name of its own.");
    }
  }
};

const managedColumns = (
  table: PgTable,
  primaryKey: ReadonlyArray<string>,
  scope: ReadonlyArray<string>,
): ReadonlyArray<string> =>
  Object.entries(getTableColumns(table)).flatMap(([key, column]) =>
    scope.includes(key) ||
    column.generated !== undefined ||
    column.generatedIdentity !== undefined ||
    (primaryKey.length === 1 && primaryKey[0] === key && column.hasDefault)
      ? [key]
      : [],
  );

// ── access ──────────────────────────────────────────────────────────────────────────────────────────────────────────

type Access = Readonly<Partial<Record<Operation, unknown>>>;

const readAccess = (raw: unknown, at: Report): Access => {
  if (raw === undefined) return {};
  if (typeof raw !== "object" || raw === null || Array.isArray(raw)) {
    at.problem("invalid_rule", "The rules are not an object.", `Write { ${operations.join(", ")} }, each with a rule.`);
    return {};
  }
  const known = new Set<string>(operations);
  for (const name of Object.keys(raw).filter((key) => !known.has(key))) {
    at.at(name).problem("unknown_operation", `There is no operation "${name}".`, suggestion(name, operations));
  }
  return Object.fromEntries(Object.entries(raw).filter(([key, value]) => known.has(key) && value !== undefined));
};

const isPair = (raw: unknown): raw is { readonly before?: unknown; readonly after?: unknown } =>
  typeof raw === "object" && raw !== null && ("before" in raw || "after" in raw);

const parseUpdate = (raw: unknown, scope: ParseScope, at: Report): { before: Condition; after: Condition } => {
  if (!isPair(raw)) {
    const rule = parseRule(raw, scope, at);
    return { before: rule, after: rule };
  }
  const other = Object.keys(raw).find((key) => key !== "before" && key !== "after");
  if (other !== undefined) {
    at.at(other).problem(
      "invalid_rule",
      `Beside before and after there can be no "${other}".`,
      "Write the rule inside of them.",
    );
  }
  if (raw.before === undefined) {
    at.problem("invalid_rule", "An update with after needs before.", "Write { before, after }.");
  }
  const before = parseRule(raw.before ?? { roles: ["AUTHENTICATED"] }, scope, at.at("before"));
  return { before, after: raw.after === undefined ? before : parseRule(raw.after, scope, at.at("after")) };
};

const parseCommands = (firewall: Condition, access: Access, scope: ParseScope, at: Report): Commands => {
  for (const name of ["update", "delete"] as const) {
    if (access[name] !== undefined && access.read === undefined) {
      at.at(name).problem(
        "command_without_read",
        `"${name}" needs "read": rows are found by reading them.`,
        "Add a read rule for the same callers.",
      );
    }
  }
  const rule = (name: Operation): Condition | undefined =>
    access[name] === undefined ? undefined : parseRule(access[name], scope, at.at(name));
  const read = rule("read");
  const create = rule("create");
  const remove = rule("delete");
  const update = access.update === undefined ? undefined : parseUpdate(access.update, scope, at.at("update"));
  const complete = (...parts: ReadonlyArray<Condition | undefined>): Condition =>
    simplify(and(firewall, ...parts.filter((part) => part !== undefined)));
  return {
    ...(read && { select: complete(read) }),
    ...(create && { insert: complete(create) }),
    ...(update && { update: { using: complete(update.before, read), check: complete(update.after, read) } }),
    ...(remove && { delete: complete(remove, read) }),
  };
};

const checkOrder = (declaration: Declaration, at: Report): void => {
  for (const code of new Set(declaration.mistakes)) {
    const early = code === "access_before_firewall";
    at.problem(
      code,
      early
        ? ".access() was called before .firewall()."
        : `.${code.startsWith("access") ? "access" : "firewall"}() was called twice.`,
      "Write table(...).firewall(...).access(...), each once.",
    );
  }
};

/** What a declaration means, whether it is that of the table or one that it might have. */
export const definitionOf = (table: PgTable, declaration: Declaration, sink: Array<Problem>): TableDefinition => {
  const at = report(declaration.name, sink);
  const columns = columnInfos(table);
  const scope: ParseScope = { names: declaration.names, columns, presets: declaration.presets, parent: parentOf };
  checkOrder(declaration, at);
  checkNames(declaration, Object.values(columns), at);
  if (declaration.firewall === undefined) {
    at.problem(
      "missing_firewall",
      "The table has no firewall.",
      'Call .firewall({ field, equals }) or .firewall({ exception: "reason" }).',
    );
  }
  const firewall: ParsedFirewall =
    declaration.firewall === undefined
      ? { condition: { _tag: "Constant", value: false }, exception: undefined, scope: [] }
      : parseFirewall(declaration.firewall, scope, at.at("firewall"));
  const access = readAccess(declaration.access, at.at("access"));
  const commands = parseCommands(firewall.condition, access, scope, at.at("access"));
  const primaryKey = primaryKeyOf(table, columns);
  const scopeKeys = firewall.scope.map(({ column }) => column);
  if (primaryKey.length === 0) {
    at.problem(
      "missing_primary_key",
      "The table has no primary key.",
      'Add id: id("prefix"), or text("id").primaryKey().',
    );
  }
  return {
    table: tableName(table),
    columns,
    primaryKey,
    managed: managedColumns(table, primaryKey, scopeKeys),
    firewall: { ...firewall, condition: simplify(firewall.condition) },
    operations: operations.filter((operation) => access[operation] !== undefined),
    commands,
  };
};

const definitions = new WeakMap<PgTable, TableDefinition>();

/**
 * Understands one table. Drizzle's tools ask for it each time they look at the table's policies, so one without a problem is kept.
 *
 * @param sink takes every problem; the definition may be used only when none was added.
 */
export const define = (table: PgTable, declaration: Declaration, sink: Array<Problem>): TableDefinition => {
  const known = definitions.get(table);
  if (known) return known;
  const problems: Array<Problem> = [];
  const definition = definitionOf(table, declaration, problems);
  if (problems.length === 0) definitions.set(table, definition);
  sink.push(...problems);
  return definition;
};
