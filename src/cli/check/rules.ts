/**
 * The rules of `hedgerow check`, each a function from a schema to findings.
 *
 * Invariant: a rule reads definitions only, never a database; it speaks where it is sure, and says what would be right.
 */
import { getTableColumns } from "drizzle-orm";
import { getTableConfig, type PgColumn, type PgTable } from "drizzle-orm/pg-core";
import { and, type Condition, not } from "../../condition/condition.js";
import type { ColumnInfo } from "../../condition/kind.js";
import { residual } from "../../condition/residual.js";
import { canNeverHold } from "../../condition/satisfiable.js";
import { keyOf, simplify } from "../../condition/simplify.js";
import { declarationOf } from "../../table/declaration.js";
import type { Commands } from "../../table/definition.js";
import type { Finding } from "../../table/finding.js";
import { admits, type NamedKind } from "../../table/kinds.js";
import { referencesOf } from "../../table/reference.js";
import type { Schema, SchemaTable } from "../../table/schema.js";

type Found = Omit<Finding, "accepted">;
/** A table, with the schema around it and the kinds of caller that it has. */
interface Scene {
  readonly table: SchemaTable;
  readonly schema: Schema;
  readonly kinds: ReadonlyArray<NamedKind>;
}
type TableRule = (scene: Scene) => ReadonlyArray<Found>;

const list = (names: ReadonlyArray<string>): string => names.map((name) => `"${name}"`).join(", ");

/** The conditions of a table with the place each was written at. */
const places = (commands: Commands): ReadonlyArray<readonly [string, Condition]> =>
  (
    [
      ["access.read", commands.select],
      ["access.create", commands.insert],
      ["access.update", commands.update?.using],
      ["access.update.after", commands.update?.check],
      ["access.delete", commands.delete],
    ] as const
  ).flatMap(([path, condition]) => (condition ? [[path, condition] as const] : []));

/** What access adds to the firewall. */
const withoutFirewall = (condition: Condition, firewall: Condition): Condition => {
  const wall = new Set((firewall._tag === "And" ? firewall.all : [firewall]).map(keyOf));
  return simplify(
    and(...(condition._tag === "And" ? condition.all : [condition]).filter((part) => !wall.has(keyOf(part)))),
  );
};

const alwaysHolds: TableRule = ({ table: { definition }, kinds }) =>
  places(definition.commands).flatMap(([path, condition]): ReadonlyArray<Found> => {
    const own = withoutFirewall(condition, definition.firewall.condition);
    const isIdle = (kind: NamedKind): boolean => {
      const left = residual(own, kind);
      return left._tag !== "Constant" && canNeverHold(not(left), definition.columns);
    };
    return kinds.some(isIdle)
      ? [
          {
            code: "always_holds",
            table: definition.table.name,
            path,
            message: "The record conditions exclude no row that has values in its columns.",
            fix: "Leave them out, or correct the one that was meant to exclude something.",
          },
        ]
      : [];
  });

/** Columns below a negation, or compared with one. */
const negatedColumns = (condition: Condition, below = false): ReadonlyArray<string> => {
  switch (condition._tag) {
    case "Compare":
      return below !== (condition.operator === "notEquals") ? [condition.column] : [];
    case "Member":
      return below !== condition.negated ? [condition.column] : [];
    case "And":
      return condition.all.flatMap((part) => negatedColumns(part, below));
    case "Or":
      return condition.any.flatMap((part) => negatedColumns(part, below));
    case "Not":
      return negatedColumns(condition.condition, !below);
    default:
      return [];
  }
};

const negationOfNullable: TableRule = ({ table: { definition } }) =>
  places(definition.commands).flatMap(([path, condition]) =>
    [...new Set(negatedColumns(condition))]
      .filter((column) => definition.columns[column]?.notNull === false)
      .map(
        (column): Found => ({
          code: "negation_of_nullable",
          table: definition.table.name,
          path,
          message: `Column "${column}" can be empty, and then "not" and "notEquals" are unknown: the row is hidden.`,
          fix: `Add .notNull() to "${column}", or say what holds for an empty one: { or: [..., { record: { ${column}: { isNull: true } } }] }.`,
        }),
      ),
  );

const publicWrite: TableRule = ({ table: { definition }, kinds }) => {
  const { commands, table: name } = definition;
  const anonymous = kinds.filter((kind) => kind.name === "anonymous");
  return (["update", "delete"] as const).flatMap((operation) => {
    const condition = operation === "update" ? commands.update?.using : commands.delete;
    return anonymous.some((kind) => admits(condition, kind, definition))
      ? [
          {
            code: "public_write" as const,
            table: name.name,
            path: `access.${operation}`,
            message: `Anyone may ${operation} rows without signing in.`,
            fix: "Name roles, or AUTHENTICATED.",
          },
        ]
      : [];
  });
};

const secret =
  /(?:^|_)(?:password|passwd|pwd|secret|token|api_?key|private_?key|client_?secret|access_?key|ssn|social_?security|credit_?card|card_?number|cvv|iban|pin)(?:$|_|hash$)/;

const snake = (name: string): string => name.replace(/([a-z\d])([A-Z])/g, "$1_$2").toLowerCase();

const readableSecret: TableRule = ({ table: { definition }, kinds }) => {
  if (!kinds.some((kind) => admits(definition.commands.select, kind, definition))) return [];
  return Object.values(definition.columns)
    .filter((column) => secret.test(snake(column.key)) || secret.test(snake(column.name)))
    .map((column) => ({
      code: "readable_secret",
      table: definition.table.name,
      path: `columns.${column.key}`,
      message: `"${column.key}" looks like a secret, and whoever may read the row may read it.`,
      fix: "Keep it in a table of its own without a read rule, or store only a hash under another name.",
    }));
};

const notLeakproof: ReadonlyArray<ColumnInfo["kind"]> = ["enum", "numeric"];

const comparedColumns = (condition: Condition): ReadonlyArray<string> => {
  switch (condition._tag) {
    case "Compare":
    case "Member":
      return [condition.column];
    case "And":
      return condition.all.flatMap(comparedColumns);
    case "Or":
      return condition.any.flatMap(comparedColumns);
    case "Not":
      return comparedColumns(condition.condition);
    default:
      return [];
  }
};

const slowColumnType: TableRule = ({ table: { definition } }) => {
  const compared = new Set(places(definition.commands).flatMap(([, condition]) => comparedColumns(condition)));
  return Object.values(definition.columns)
    .filter((column) => compared.has(column.key) && notLeakproof.includes(column.kind))
    .map((column) => ({
      code: "slow_column_type",
      table: definition.table.name,
      path: `columns.${column.key}`,
      message: `Postgres uses no index on "${column.key}" under row-level security: comparing ${column.kind} values is not leakproof.`,
      fix: column.kind === "enum" ? "Use text with a check constraint." : "Use an integer, for example of cents.",
    }));
};

const columnNames = (columns: ReadonlyArray<object>): ReadonlyArray<string> =>
  columns.flatMap((column) => ("name" in column && typeof column.name === "string" ? [column.name] : []));

/** The columns of every index that a query can use for any of its rows. */
const indexedColumns = (table: PgTable): ReadonlyArray<ReadonlyArray<string>> => {
  const { indexes, uniqueConstraints, primaryKeys } = getTableConfig(table);
  const single = Object.values<PgColumn>(getTableColumns(table)).filter((column) => column.primary || column.isUnique);
  return [
    ...single.map(({ name }) => [name]),
    ...indexes.filter(({ config }) => config.where === undefined).map(({ config }) => columnNames(config.columns)),
    ...[...uniqueConstraints, ...primaryKeys].map(({ columns }) => columnNames(columns)),
  ];
};

/** Columns that must equal a value of the caller for every row that this condition admits. */
const pinnedColumns = (condition: Condition): ReadonlyArray<string> => {
  if (condition._tag === "And") return condition.all.flatMap(pinnedColumns);
  return condition._tag === "Compare" && condition.operator === "equals" && condition.operand._tag === "Context"
    ? [condition.column]
    : [];
};

const missingIndex: TableRule = ({ table: { definition, source }, kinds }) => {
  const { select } = definition.commands;
  if (!select) return [];
  const nameOf = (key: string): string => definition.columns[key]?.name ?? key;
  const scope = definition.firewall.scope.map(({ column }) => column);
  const indexes = indexedColumns(source);
  const pinned = kinds.flatMap((kind) => pinnedColumns(residual(select, kind)));
  const wanted = [...new Set(pinned)].filter((column) => !scope.includes(column));
  const isCovered = (column: string): boolean =>
    indexes.some((columns) => {
      const position = columns.indexOf(nameOf(column));
      return position >= 0 && columns.slice(0, position).every((name) => scope.some((key) => nameOf(key) === name));
    });
  return wanted
    .filter((column) => !isCovered(column))
    .map((column) => {
      const columns = [...scope, column].map((key) => `t.${key}`).join(", ");
      return {
        code: "missing_index",
        table: definition.table.name,
        path: `columns.${column}`,
        message: `Some callers see only rows with their own "${column}", and no index finds those.`,
        fix: `Add an index in the third argument: (t) => [index().on(${columns})].`,
      };
    });
};

const unreadableReference: TableRule = ({ table, schema, kinds }) => {
  const { commands, table: name } = table.definition;
  return referencesOf(table.source).flatMap((reference) => {
    const parent = schema.tables.find(({ source }) => source === reference.parentSource);
    if (!parent) return [];
    const blind = kinds.filter(
      (kind) =>
        (admits(commands.insert, kind, table.definition) || admits(commands.update?.using, kind, table.definition)) &&
        !admits(parent.definition.commands.select, kind, parent.definition),
    );
    return blind.length === 0
      ? []
      : [
          {
            code: "unreadable_reference" as const,
            table: name.name,
            path: `columns.${reference.columns.map(({ own }) => own).join(", ")}`,
            message: `${list(blind.map((kind) => kind.name))} may write this row but cannot read "${reference.parent.name}", so no reference of theirs is accepted.`,
            fix: `Let them read "${reference.parent.name}", or do not let them write this table.`,
          },
        ];
  });
};

const writeWithoutRead: TableRule = ({ table: { definition }, kinds }) => {
  const { commands, table: name } = definition;
  const blind = kinds.filter(
    (kind) => admits(commands.insert, kind, definition) && !admits(commands.select, kind, definition),
  );
  return blind.length === 0
    ? []
    : [
        {
          code: "write_without_read",
          table: name.name,
          path: "access.create",
          message: `${list(blind.map((kind) => kind.name))} may create rows that they can never read.`,
          fix: "Add a read rule for them, or accept it if that is the point (a contact form).",
        },
      ];
};

export const tableRules: ReadonlyArray<TableRule> = [
  alwaysHolds,
  missingIndex,
  negationOfNullable,
  publicWrite,
  readableSecret,
  slowColumnType,
  unreadableReference,
  writeWithoutRead,
];

/** A role that opens nothing anywhere is a typo or a leftover. */
export const unreachableRoles = (schema: Schema, kinds: ReadonlyArray<NamedKind>): ReadonlyArray<Found> => {
  const [first] = schema.tables;
  const names = first && declarationOf(first.source)?.names;
  if (!names) return [];
  const admitted = (role: string): boolean =>
    schema.tables.some((table) =>
      places(table.definition.commands).some(([, condition]) =>
        kinds.some((kind) => kind.name === role && admits(condition, kind, table.definition)),
      ),
    );
  return names.roles
    .filter((role) => !admitted(role))
    .map((role) => ({
      code: "unreachable_role",
      table: "(schema)",
      path: "roles",
      message: `Role "${role}" is declared, and no rule of any table admits it.`,
      fix: "Remove it from defineHedgerow({ roles }), or name it in a rule.",
    }));
};
