/**
 * `explain`: what a rule says, in English and in SQL.
 *
 * Invariant: speaks of the same conditions and prints the same policies that the database has.
 */
import type { Condition } from "../../condition/condition.js";
import { describe } from "../../condition/describe.js";
import { nearest } from "../../condition/nearest.js";
import { createPolicy } from "../../condition/policy-statement.js";
import { requirementOf } from "../../condition/requirement.js";
import { postgresTarget, type Target } from "../../database/target.js";
import { policiesOf } from "../../postgres/policies.js";
import { dialectOf } from "../../postgres/supabase.js";
import type { Schema, SchemaTable } from "../../table/schema.js";

export type SqlCommand = "select" | "insert" | "update" | "delete";

export interface Explanation {
  readonly table: string;
  readonly command: SqlCommand;
  /** Who may do it with which rows; for an update, with rows as they were. */
  readonly sentence: string;
  /** For an update: what the row must be afterwards. */
  readonly afterwards: string | undefined;
  /** What the caller must be whatever the row; others are refused without looking at one. */
  readonly caller: string;
  /** Why the table has no firewall, where it has none. */
  readonly exception: string | undefined;
  /** The policies that decide, as `create policy` statements. */
  readonly policies: ReadonlyArray<string>;
}

/** The table of a schema by its SQL name or the name of its export. */
export const findTable = (schema: Schema, name: string): SchemaTable => {
  const found = schema.tables.find(({ key, definition }) => key === name || definition.table.name === name);
  if (found) return found;
  const names = schema.tables.map(({ definition }) => definition.table.name);
  const near = nearest(name, names);
  throw new RangeError(
    `There is no table "${name}".${near === undefined ? "" : ` Did you mean "${near}"?`} There are: ${names.join(", ") || "none"}.`,
  );
};

/** The condition that a row as it is must fulfil; undefined where nobody may. */
export const conditionFor = ({ definition: { commands } }: SchemaTable, command: SqlCommand): Condition | undefined => {
  switch (command) {
    case "select":
      return commands.select;
    case "insert":
      return commands.insert;
    case "update":
      return commands.update?.using;
    case "delete":
      return commands.delete;
  }
};

/**
 * @param schema as `understand` gives it.
 * @param name the SQL name of a table, or the name of its export.
 * @throws RangeError for a table that does not exist, naming the nearest.
 */
export const explain = (
  schema: Schema,
  name: string,
  command: SqlCommand,
  target: Target = postgresTarget,
): Explanation => {
  const table = findTable(schema, name);
  const { definition } = table;
  const condition = conditionFor(table, command);
  const policies = policiesOf(definition, dialectOf(target)).filter((policy) => policy.command === command);
  const check = command === "update" ? definition.commands.update?.check : undefined;
  return {
    table: definition.table.name,
    command,
    sentence: condition ? describe(condition) : "never: no rule allows it",
    afterwards: check && describe(check),
    caller: condition ? describe(requirementOf(condition)) : "nobody",
    exception: definition.firewall.exception,
    policies: policies.map(createPolicy),
  };
};

/** What rules call a command, and what SQL calls it. */
export const commandOf = { read: "select", create: "insert", update: "update", delete: "delete" } as const;

const wordOf = (command: SqlCommand): string =>
  Object.entries(commandOf).find(([, each]) => each === command)?.[0] ?? command;

/** The explanation as lines. */
export const explanationText = (explanation: Explanation): string =>
  [
    `${wordOf(explanation.command)} on ${explanation.table}`,
    `  The row:      ${explanation.sentence}`,
    ...(explanation.afterwards === undefined ? [] : [`  Afterwards:   ${explanation.afterwards}`]),
    `  The caller:   ${explanation.caller}`,
    ...(explanation.exception === undefined ? [] : [`  No firewall:  ${explanation.exception}`]),
    "",
    explanation.policies.map((policy) => `${policy};`).join("\n\n"),
  ].join("\n");
