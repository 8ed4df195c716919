/**
 * Who may do what: table × operation × kind of caller.
 *
 * Invariant: read from the same complete conditions that the policies are made of; a cell says "all" or "none" only
 * when no row of the firewall can differ.
 */
import type { Condition } from "../../condition/condition.js";
import { describe } from "../../condition/describe.js";
import { residual } from "../../condition/residual.js";
import { canNeverHold } from "../../condition/satisfiable.js";
import { keyOf, simplify } from "../../condition/simplify.js";
import type { TableDefinition } from "../../table/definition.js";
import { callerKinds, type NamedKind } from "../../table/kinds.js";
import type { Schema, SchemaTable } from "../../table/schema.js";

export type MatrixOperation = "read" | "create" | "update" | "delete";

export interface MatrixCell {
  readonly table: string;
  readonly operation: MatrixOperation;
  readonly identity: string;
  /** `all`: every row; `firewall`: every row that the firewall lets exist; `some`: those that `rows` says; `none`. */
  readonly answer: "all" | "firewall" | "some" | "none";
  /** Which rows, in English; empty for `none`. */
  readonly rows: string;
}

const conditionsOf = ({
  commands,
}: TableDefinition): ReadonlyArray<readonly [MatrixOperation, Condition | undefined]> => [
  ["read", commands.select],
  ["create", commands.insert],
  ["update", commands.update?.using],
  ["delete", commands.delete],
];

const cellsOf = ({ definition }: SchemaTable, kinds: ReadonlyArray<NamedKind>): ReadonlyArray<MatrixCell> =>
  conditionsOf(definition).flatMap(([operation, condition]) =>
    kinds.map((kind): MatrixCell => {
      const cell = { table: definition.table.name, operation, identity: kind.name };
      const left = condition && residual(condition, kind);
      if (!left || canNeverHold(left, definition.columns)) return { ...cell, answer: "none", rows: "" };
      if (left._tag === "Constant") return { ...cell, answer: "all", rows: "every row" };
      const wall = simplify(residual(definition.firewall.condition, kind));
      return { ...cell, answer: keyOf(left) === keyOf(wall) ? "firewall" : "some", rows: describe(left) };
    }),
  );

/** @returns the names of the kinds of caller that a schema has, least first. */
export const identitiesOf = (schema: Schema): ReadonlyArray<string> => callerKinds(schema).map(({ name }) => name);

/**
 * @param schema as `understand` gives it.
 * @returns a cell for each table, operation and kind of caller, in the order of the tables' names.
 *
 * @example
 * ```ts
 * const cells = matrix(Effect.runSync(understand(schema)));
 * cells.filter(({ identity, answer }) => identity === "anonymous" && answer !== "none"); // what is public
 * ```
 */
export const matrix = (schema: Schema): ReadonlyArray<MatrixCell> => {
  const kinds = callerKinds(schema);
  return schema.tables.flatMap((table) => cellsOf(table, kinds));
};
