/**
 * Presets that only say what a column is filled with.
 *
 * Invariant: silent where every row that is made has the caller's own value in the column, or the author said who else
 * may change it.
 */
import { and, type Condition, columnsOf } from "../../../condition/condition.js";
import { scopePaths } from "../../../condition/parse-firewall.js";
import { residual } from "../../../condition/residual.js";
import { canNeverHold } from "../../../condition/satisfiable.js";
import { untrue } from "../../../condition/untrue.js";
import { declarationOf } from "../../../table/declaration.js";
import { admits, type NamedKind } from "../../../table/kinds.js";
import { presetOf } from "../../../table/presets.js";
import { concerned, type Found, namesOf, type TableRule } from "./scene.js";

const contextName = (path: string): string => `ctx.${path}`;

export const unpinnedPreset: TableRule = (scene) => {
  const { source, definition } = scene.table;
  const { insert, update } = definition.commands;
  return Object.entries(declarationOf(source)?.columns ?? {}).flatMap(([column, builder]): ReadonlyArray<Found> => {
    const preset = presetOf(builder);
    if (preset === undefined || definition.managed.includes(column)) return [];
    const path = scopePaths[preset];
    const own: Condition = { _tag: "Compare", column, operator: "equals", operand: { _tag: "Context", path } };
    const isOpen = (condition: Condition, kind: NamedKind): boolean =>
      !canNeverHold(and(residual(condition, kind), untrue(own)), definition.columns);
    const creators = concerned(scene, (kind) => insert !== undefined && isOpen(insert, kind));
    const changers =
      update === undefined || [update.using, update.check].some((rule) => columnsOf(rule).includes(column))
        ? []
        : concerned(scene, (kind) => admits(update.using, kind, definition) && isOpen(update.check, kind));
    const pin = `record: { ${column}: { equals: "${contextName(path)}" } }`;
    const found = (operation: "create" | "update", kinds: ReadonlyArray<NamedKind>): ReadonlyArray<Found> =>
      kinds.length === 0
        ? []
        : [
            {
              code: "unpinned_preset",
              table: definition.table.name,
              path: `access.${operation}`,
              message: `${namesOf(kinds)} may ${operation === "create" ? "create a row with" : "change"} any "${column}": outside of the firewall ${preset}() is a default, which a request may replace by somebody else's.`,
              fix:
                operation === "create"
                  ? `Say whose rows they make: create: { …, ${pin} }, or put ${preset}() into the firewall.`
                  : `Say whose rows they are afterwards: update: { …, ${pin} }, with { before, after } where the two differ.`,
            },
          ];
    return [...found("create", creators), ...found("update", changers)];
  });
};
