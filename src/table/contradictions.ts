/**
 * Rules that no row can ever fulfil.
 *
 * Invariant: where the firewall itself is one, it alone is named: every other rule of the table is one because of it.
 */
import { type Condition, columnsOf } from "../condition/condition.js";
import { type Problem, report } from "../condition/problem.js";
import { canNeverHold } from "../condition/satisfiable.js";
import type { TableDefinition } from "./definition.js";

/** @returns a problem for each rule of a table that admits nobody to any row. */
export const contradictions = ({ table, columns, firewall, commands }: TableDefinition): ReadonlyArray<Problem> => {
  const problems: Array<Problem> = [];
  const at = report(table.name, problems);
  const access = at.at("access");
  const rules = [
    [firewall.condition, at.at("firewall")],
    [commands.select, access.at("read")],
    [commands.insert, access.at("create")],
    [commands.update?.using, access.at("update")],
    [commands.update?.check, access.at("update").at("after")],
    [commands.delete, access.at("delete")],
  ] as const;
  const never = (condition: Condition | undefined): condition is Condition =>
    condition !== undefined && canNeverHold(condition, columns);
  for (const [condition, place] of never(firewall.condition) ? rules.slice(0, 1) : rules.slice(1)) {
    if (!never(condition)) continue;
    const named = columnsOf(condition);
    place.problem(
      "contradiction",
      `No row can ever fulfil this rule${named.length > 0 ? ` (see ${named.join(", ")})` : ""}.`,
      "Two of its conditions exclude each other; remove one, or leave the operation out to deny it.",
    );
  }
  return problems;
};
