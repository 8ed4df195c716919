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
import { policiesOf, type TablePolicy } from "./policies.js";

export interface Policy extends PolicyStatement {
  /** What the policy says, in English. */
  readonly comment: string | undefined;
}

/** What a command asks of a row as it was, and of the row that it makes. */
const conditionsOf = (
  { commands, firewall }: TableDefinition,
  { command, permissive, using, check }: TablePolicy,
): ReadonlyArray<Condition | undefined> => {
  const asked = command === "update" ? commands.update?.using : commands[command];
  if (!permissive) {
    return [
      using === undefined ? undefined : (asked ?? firewall.condition),
      check === undefined ? undefined : firewall.condition,
    ];
  }
  return [asked, command === "update" ? commands.update?.check : undefined];
};

const commentOf = (definition: TableDefinition, policy: TablePolicy): string => {
  const { exception } = definition.firewall;
  const says = conditionsOf(definition, policy)
    .flatMap((condition) => (condition ? [describe(condition)] : []))
    .join("; afterwards ");
  return policy.permissive
    ? `${policy.command}: ${says}.${exception === undefined ? "" : ` No firewall: ${exception}`}`
    : `Second wall, ${policy.command}: ${says}.`;
};

/** @returns the policies of a table by command, the restrictive one before the permissive. */
export const commentedPoliciesOf = (
  definition: TableDefinition,
  dialect: Pick<DialectShape, "caller" | "roles">,
): ReadonlyArray<Policy> =>
  policiesOf(definition, dialect).map((policy) => ({ ...policy, comment: commentOf(definition, policy) }));
