/**
 * Policies with their comments: what each one says, in English.
 *
 * Invariant: the sentences are those of the conditions that the policy was made from. They stand apart from the policies,
 * because a router has these and never says a sentence.
 */
import type { Condition } from "../condition/condition.js";
import { describe } from "../condition/describe.js";
import type { PolicyStatement } from "../condition/policy-statement.js";
import type { TableDefinition } from "../table/definition.js";
import type { DialectShape } from "./dialect.js";
import { policiesOf } from "./policies.js";

export interface Policy extends PolicyStatement {
  /** What the policy says, in English. */
  readonly comment: string | undefined;
}

const conditionsOf = (
  { commands, firewall }: TableDefinition,
  command: PolicyStatement["command"],
): ReadonlyArray<Condition | undefined> => {
  switch (command) {
    case "all":
      return [firewall.condition];
    case "update":
      return [commands.update?.using, commands.update?.check];
    default:
      return [commands[command]];
  }
};

const commentOf = (definition: TableDefinition, { command }: PolicyStatement): string => {
  const { exception } = definition.firewall;
  const says = conditionsOf(definition, command)
    .flatMap((condition) => (condition === undefined ? [] : [describe(condition)]))
    .join("; afterwards ");
  return command === "all"
    ? `Second wall: ${says}.`
    : `${command}: ${says}.${exception === undefined ? "" : ` No firewall: ${exception}`}`;
};

/** @returns the policies of a table, restrictive one first. */
export const commentedPoliciesOf = (
  definition: TableDefinition,
  dialect: Pick<DialectShape, "caller" | "roles">,
): ReadonlyArray<Policy> =>
  policiesOf(definition, dialect).map((policy) => ({ ...policy, comment: commentOf(definition, policy) }));
