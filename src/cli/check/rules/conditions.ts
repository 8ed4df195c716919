/**
 * Rules that say something else than they seem to.
 *
 * Invariant: each is about one condition of one table, and holds for whatever rows there are.
 */
import { and, type Condition, not } from "../../../condition/condition.js";
import { residual } from "../../../condition/residual.js";
import { canNeverHold } from "../../../condition/satisfiable.js";
import { keyOf, simplify } from "../../../condition/simplify.js";
import { declarationOf } from "../../../table/declaration.js";
import { admits, type NamedKind } from "../../../table/kinds.js";
import type { Schema } from "../../../table/schema.js";
import { type Found, places, type TableRule } from "./scene.js";

/** What access adds to the firewall. */
const withoutFirewall = (condition: Condition, firewall: Condition): Condition => {
  const wall = new Set((firewall._tag === "And" ? firewall.all : [firewall]).map(keyOf));
  return simplify(
    and(...(condition._tag === "And" ? condition.all : [condition]).filter((part) => !wall.has(keyOf(part)))),
  );
};

export const alwaysHolds: TableRule = ({ table: { definition }, kinds }) =>
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

export const negationOfNullable: TableRule = ({ table: { definition } }) =>
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
