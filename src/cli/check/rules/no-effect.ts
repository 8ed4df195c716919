/**
 * What a declaration says in vain.
 *
 * Invariant: a part of a rule is found only where the table's commands admit the same rows to the same callers without it.
 * Only what would open something is looked at: a rule that repeats what another demands is clear, one that seems to let
 * somebody in is not.
 */
import { and, type Condition } from "../../../condition/condition.js";
import type { Operation } from "../../../condition/rule.js";
import { canNeverHold } from "../../../condition/satisfiable.js";
import { keyOf } from "../../../condition/simplify.js";
import { untrue } from "../../../condition/untrue.js";
import { defaultNames, expandRole, type Names } from "../../../condition/vocabulary.js";
import { declarationOf } from "../../../table/declaration.js";
import { type Commands, definitionOf, type TableDefinition } from "../../../table/definition.js";
import { admits, type NamedKind } from "../../../table/kinds.js";
import type { SchemaTable } from "../../../table/schema.js";
import { type Found, list, places, type TableRule } from "./scene.js";

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A rule without one of its parts. */
interface Variant {
  readonly path: string;
  readonly what: string;
  readonly rule: unknown;
}

const openings = ["roles", "userRoles", "or"];

const replaced = (
  list: ReadonlyArray<unknown>,
  index: number,
  ...by: ReadonlyArray<unknown>
): ReadonlyArray<unknown> => [...list.slice(0, index), ...by, ...list.slice(index + 1)];

const variants = (rule: unknown, path: string): ReadonlyArray<Variant> => {
  if (!isObject(rule)) return [];
  return Object.entries(rule).flatMap(([key, value]) => {
    const at = `${path}.${key}`;
    const within = (variant: Variant): Variant => ({ ...variant, rule: { ...rule, [key]: variant.rule } });
    if (["not", "before", "after"].includes(key)) return variants(value, at).map(within);
    if (!Array.isArray(value) || !(openings.includes(key) || key === "and")) return [];
    const parts: ReadonlyArray<unknown> = value;
    return parts.flatMap((part, index) => [
      ...(openings.includes(key) && parts.length > 1
        ? [
            {
              path: `${at}[${index}]`,
              what: typeof part === "string" ? `"${part}"` : "This alternative",
              rule: { ...rule, [key]: replaced(parts, index) },
            },
          ]
        : []),
      ...variants(part, `${at}[${index}]`).map((variant) =>
        within({ ...variant, rule: replaced(parts, index, variant.rule) }),
      ),
    ]);
  });
};

const commandsOf = ({ select, insert, update, delete: remove }: Commands): ReadonlyArray<Condition | undefined> => [
  select,
  insert,
  update?.using,
  update?.check,
  remove,
];

const admitSame = (one: Commands, other: Commands, { columns }: TableDefinition): boolean => {
  const others = commandsOf(other);
  const covers = (a: Condition, b: Condition): boolean => canNeverHold(and(b, untrue(a)), columns);
  return commandsOf(one).every((condition, index) => {
    const changed = others[index];
    if (condition === undefined || changed === undefined) return condition === changed;
    return keyOf(condition) === keyOf(changed) || (covers(condition, changed) && covers(changed, condition));
  });
};

const accessOf = ({ source }: SchemaTable): Json => {
  const access = declarationOf(source)?.access;
  return isObject(access) ? access : {};
};

/** The commands of a table under another rule; undefined where it would be no rule. */
const commandsUnder = ({ source }: SchemaTable, access: Json): Commands | undefined => {
  const declaration = declarationOf(source);
  if (declaration === undefined) return undefined;
  const problems: Parameters<typeof definitionOf>[2] = [];
  const { commands } = definitionOf(source, { ...declaration, access }, problems);
  return problems.length === 0 ? commands : undefined;
};

/** Roles and alternatives that let nobody in whom the rest of the rules do not let in as well. */
export const idleAlternative: TableRule = ({ table }) => {
  const access = accessOf(table);
  const { definition } = table;
  return definition.operations.flatMap((operation: Operation) =>
    variants(access[operation], `access.${operation}`).flatMap(({ path, what, rule }): ReadonlyArray<Found> => {
      const commands = commandsUnder(table, { ...access, [operation]: rule });
      if (commands === undefined || !admitSame(definition.commands, commands, definition)) return [];
      return [
        {
          code: "no_effect",
          table: definition.table.name,
          path,
          message: `${what} opens nothing: without it the same callers may do the same.`,
          fix: "Remove it, or correct what stands beside it, the firewall and the read rule included.",
        },
      ];
    }),
  );
};

/** The roles that a rule names, `PUBLIC` and platform roles among them, each as a test of a kind of caller. */
const named = (rule: unknown, names: Names): ReadonlyArray<readonly [string, (kind: NamedKind) => boolean]> => {
  if (Array.isArray(rule)) return rule.flatMap((part: unknown) => named(part, names));
  if (!isObject(rule)) return [];
  const texts = (key: string): ReadonlyArray<string> => {
    const list = rule[key];
    return Array.isArray(list) ? list.filter((role) => typeof role === "string") : [];
  };
  return [
    ...texts("roles").flatMap((role) =>
      role === "PUBLIC"
        ? [["PUBLIC", (kind: NamedKind) => kind.name === "anonymous"] as const]
        : (expandRole(role, names.roles) ?? []).map(
            (each) => [each, (kind: NamedKind) => kind.roles.includes(each)] as const,
          ),
    ),
    ...texts("userRoles").map((role) => [role, (kind: NamedKind) => kind.userRoles.includes(role)] as const),
    ...["and", "or"].flatMap((key) => named(rule[key], names)),
  ];
};

/** Roles that let in nobody by themselves, because the firewall, or what must be readable, asks for more. */
export const idleRole: TableRule = ({ table, kinds, mixed }) => {
  const { definition, source } = table;
  const access = accessOf(table);
  const names = declarationOf(source)?.names ?? defaultNames;
  const everyKind = [...kinds, ...mixed];
  return places(definition.commands).flatMap(([path, condition]): ReadonlyArray<Found> => {
    const [, operation = "", after] = path.split(".");
    if (after !== undefined) return [];
    const rule = access[operation];
    const idle = named(isObject(rule) && "before" in rule ? rule.before : rule, names).flatMap(([name, isOne]) =>
      everyKind.some((kind) => isOne(kind) && admits(condition, kind, definition)) ? [] : [name],
    );
    if (idle.length === 0) return [];
    return [
      {
        code: "no_effect",
        table: definition.table.name,
        path,
        message: `Nobody gets in by ${list([...new Set(idle)])} alone: the firewall or the read rule asks for more.`,
        fix: "Name those who do get in, or correct the firewall or the read rule.",
      },
    ];
  });
};

/** A table whose access nobody has declared: every request is refused. */
export const missingAccess: TableRule = ({ table: { source, definition } }) =>
  declarationOf(source)?.access === undefined
    ? [
        {
          code: "no_access",
          table: definition.table.name,
          path: "access",
          message: "Nobody may do anything with its rows.",
          fix: "Call .access({ … }); .access({}) where that is meant.",
        },
      ]
    : [];
