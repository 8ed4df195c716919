/**
 * What the rules of `hedgerow check` have in common.
 *
 * Invariant: a rule reads definitions only, never a database; it speaks where it is sure, and says what would be right.
 */
import type { Condition } from "../../../condition/condition.js";
import type { Commands } from "../../../table/definition.js";
import type { Finding } from "../../../table/finding.js";
import type { NamedKind } from "../../../table/kinds.js";
import type { Schema, SchemaTable } from "../../../table/schema.js";

export type Found = Omit<Finding, "accepted">;

/** A table, with the schema around it and the kinds of caller that it has. */
export interface Scene {
  readonly table: SchemaTable;
  readonly schema: Schema;
  readonly kinds: ReadonlyArray<NamedKind>;
  /** Kinds that are asked about only where none of `kinds` is concerned: they say the same of nearly every table. */
  readonly mixed: ReadonlyArray<NamedKind>;
}

export type TableRule = (scene: Scene) => ReadonlyArray<Found>;

export const list = (names: ReadonlyArray<string>): string => names.map((name) => `"${name}"`).join(", ");

/** The kinds that something is true of, in the fewest words. */
export const concerned = (scene: Scene, isTrueOf: (kind: NamedKind) => boolean): ReadonlyArray<NamedKind> => {
  const some = scene.kinds.filter(isTrueOf);
  return some.length > 0 ? some : scene.mixed.filter(isTrueOf);
};

export const namesOf = (kinds: ReadonlyArray<NamedKind>): string => list(kinds.map(({ name }) => name));

/** The conditions of a table with the place each was written at. */
export const places = (commands: Commands): ReadonlyArray<readonly [string, Condition]> =>
  (
    [
      ["access.read", commands.select],
      ["access.create", commands.insert],
      ["access.update", commands.update?.using],
      ["access.update.after", commands.update?.check],
      ["access.delete", commands.delete],
    ] as const
  ).flatMap(([path, condition]) => (condition ? [[path, condition] as const] : []));

/** Columns that must equal a value of the caller for every row that this condition admits. */
export const pinnedColumns = (condition: Condition): ReadonlyArray<string> => {
  if (condition._tag === "And") return condition.all.flatMap(pinnedColumns);
  return condition._tag === "Compare" && condition.operator === "equals" && condition.operand._tag === "Context"
    ? [condition.column]
    : [];
};
