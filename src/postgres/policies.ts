/**
 * Definition to policies.
 *
 * Invariant: each permissive policy is complete by itself (firewall AND access) and nothing depends on the restrictive
 * one: a tool that loses an expression turns a permissive policy into "nobody" and a restrictive one into "no
 * restriction".
 */
import { anonymousCaller } from "../condition/caller.js";
import type { Condition } from "../condition/condition.js";
import { evaluate } from "../condition/evaluate.js";
import { policySql } from "../condition/policy.js";
import type { PolicyStatement } from "../condition/policy-statement.js";
import { requirementOf } from "../condition/requirement.js";
import type { CallerRoles } from "../database/target.js";
import type { TableDefinition } from "../table/definition.js";
import type { DialectShape } from "./dialect.js";
import { objectName } from "./names.js";

/** Whether someone who is not signed in can ever fulfil a condition. */
export const admitsAnonymous = (condition: Condition): boolean =>
  evaluate(requirementOf(condition), { columns: {}, row: {}, caller: anonymousCaller }) === true;

/** The roles that a condition can ever admit. */
export const rolesFor = (condition: Condition, roles: CallerRoles): ReadonlyArray<string> =>
  admitsAnonymous(condition) ? [roles.authenticated, roles.anonymous] : [roles.authenticated];

/** @returns the policies of a table, restrictive one first. */
export const policiesOf = (
  definition: TableDefinition,
  { caller, roles }: Pick<DialectShape, "caller" | "roles">,
): ReadonlyArray<PolicyStatement> => {
  const { table, columns, commands, firewall } = definition;
  const sql = (condition: Condition): string => policySql(condition, { table, columns, caller });
  const permissive = (
    command: Exclude<PolicyStatement["command"], "all">,
    using: Condition | undefined,
    check: Condition | undefined,
  ): PolicyStatement => ({
    table,
    name: objectName(table.name, command),
    command,
    permissive: true,
    roles: rolesFor(using ?? check ?? { _tag: "Constant", value: false }, roles),
    using: using && sql(using),
    check: check && sql(check),
  });
  const wall: PolicyStatement = {
    table,
    name: objectName(table.name, "firewall"),
    command: "all",
    permissive: false,
    roles: ["public"],
    using: sql(firewall.condition),
    check: sql(firewall.condition),
  };
  return [
    ...(firewall.exception === undefined ? [wall] : []),
    ...(commands.select ? [permissive("select", commands.select, undefined)] : []),
    ...(commands.insert ? [permissive("insert", undefined, commands.insert)] : []),
    ...(commands.update ? [permissive("update", commands.update.using, commands.update.check)] : []),
    ...(commands.delete ? [permissive("delete", commands.delete, undefined)] : []),
  ];
};
