/**
 * Definition to policies.
 *
 * Invariant: each permissive policy is complete by itself (firewall AND access) and nothing depends on the restrictive
 * ones: a tool that loses an expression turns a permissive policy into "nobody" and a restrictive one into "no
 * restriction". Beside every permissive policy stands a restrictive one with the very same `using`: of two expressions that are
 * equal Postgres keeps one, so the second wall costs nothing and no helper is asked twice.
 */
import { admits } from "../condition/admits.js";
import { anonymousCaller } from "../condition/caller.js";
import type { Condition } from "../condition/condition.js";
import { plainName } from "../condition/object-name.js";
import { policySql } from "../condition/policy.js";
import type { PolicyStatement } from "../condition/policy-statement.js";
import { requirementOf } from "../condition/requirement.js";
import type { CallerRoles } from "../database/target.js";
import type { TableDefinition } from "../table/definition.js";
import type { DialectShape } from "./dialect.js";

/** Whether someone who is not signed in can ever fulfil a condition. */
export const admitsAnonymous = (condition: Condition): boolean => admits(requirementOf(condition), anonymousCaller);

/** The roles that a condition can ever admit. */
export const rolesFor = (condition: Condition, roles: CallerRoles): ReadonlyArray<string> =>
  admitsAnonymous(condition) ? [roles.authenticated, roles.anonymous] : [roles.authenticated];

type Command = Exclude<PolicyStatement["command"], "all">;

/** A policy of a guarded table: each is for one command. */
export interface TablePolicy extends PolicyStatement {
  readonly command: Command;
}

type Policies = ReadonlyArray<TablePolicy>;

/** @returns the policies of a table by command, the restrictive one before the permissive. */
export const policiesOf = (
  definition: TableDefinition,
  { caller, roles }: Pick<DialectShape, "caller" | "roles">,
): Policies => {
  const { table, columns, commands, firewall } = definition;
  const sql = (condition: Condition | undefined): string | undefined =>
    condition && policySql(condition, { table, columns, caller });
  /** The rows that a command is about, and what it makes of them; a command without either is denied. */
  const policies = (command: Command, using: Condition | undefined, check: Condition | undefined): Policies => {
    const admitted = using ?? check;
    return [
      ...(firewall.exception === undefined
        ? [
            {
              table,
              name: plainName(table.name, "firewall", command),
              command,
              permissive: false,
              roles: ["public"],
              using: command === "insert" ? undefined : sql(using ?? firewall.condition),
              check: command === "insert" || command === "update" ? sql(firewall.condition) : undefined,
            },
          ]
        : []),
      ...(admitted === undefined
        ? []
        : [
            {
              table,
              name: plainName(table.name, command),
              command,
              permissive: true,
              roles: rolesFor(admitted, roles),
              using: sql(using),
              check: sql(check),
            },
          ]),
    ];
  };
  return [
    ...policies("select", commands.select, undefined),
    ...policies("insert", undefined, commands.insert),
    ...policies("update", commands.update?.using, commands.update?.check),
    ...policies("delete", commands.delete, undefined),
  ];
};
