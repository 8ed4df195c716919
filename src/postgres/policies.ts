/**
 * Definition to policies.
 *
 * Invariant: each permissive policy is complete by itself (firewall AND access) and nothing depends on the restrictive
 * one: a tool that loses an expression turns a permissive policy into "nobody" and a restrictive one into "no
 * restriction".
 */
import { anonymousCaller } from "../condition/caller.js";
import type { Condition, TableName } from "../condition/condition.js";
import { describe } from "../condition/describe.js";
import { evaluate } from "../condition/evaluate.js";
import { type CallerSql, policySql } from "../condition/policy.js";
import { requirementOf } from "../condition/requirement.js";
import { identifier, qualified, text } from "../condition/sql-text.js";
import type { TableDefinition } from "../table/definition.js";
import { objectName, roles } from "./names.js";

export interface Policy {
  readonly table: TableName;
  readonly name: string;
  readonly command: "all" | "select" | "insert" | "update" | "delete";
  readonly permissive: boolean;
  readonly roles: ReadonlyArray<string>;
  readonly using: string | undefined;
  readonly check: string | undefined;
  /** What the policy says, in English. */
  readonly comment: string | undefined;
}

/** Whether someone who is not signed in can ever fulfil a condition. */
export const admitsAnonymous = (condition: Condition): boolean =>
  evaluate(requirementOf(condition), { columns: {}, row: {}, caller: anonymousCaller }) === true;

/** The roles that a condition can ever admit. */
export const rolesFor = (condition: Condition): ReadonlyArray<string> =>
  admitsAnonymous(condition) ? [roles.authenticated, roles.anonymous] : [roles.authenticated];

/** @returns the policies of a table, restrictive one first. */
export const policiesOf = (definition: TableDefinition, caller: CallerSql): ReadonlyArray<Policy> => {
  const { table, columns, commands, firewall } = definition;
  const sql = (condition: Condition): string => policySql(condition, { table, columns, caller });
  const why = firewall.exception === undefined ? "" : ` No firewall: ${firewall.exception}`;
  const permissive = (
    command: Exclude<Policy["command"], "all">,
    using: Condition | undefined,
    check: Condition | undefined,
  ): Policy => ({
    table,
    name: objectName(table.name, command),
    command,
    permissive: true,
    roles: rolesFor(using ?? check ?? { _tag: "Constant", value: false }),
    using: using && sql(using),
    check: check && sql(check),
    comment:
      using && check
        ? `${command}: ${describe(using)}; afterwards ${describe(check)}.${why}`
        : `${command}: ${describe(using ?? check ?? { _tag: "Constant", value: false })}.${why}`,
  });
  const wall: Policy = {
    table,
    name: objectName(table.name, "firewall"),
    command: "all",
    permissive: false,
    roles: ["public"],
    using: sql(firewall.condition),
    check: sql(firewall.condition),
    comment: `Second wall: ${describe(firewall.condition)}.`,
  };
  return [
    ...(firewall.exception === undefined ? [wall] : []),
    ...(commands.select ? [permissive("select", commands.select, undefined)] : []),
    ...(commands.insert ? [permissive("insert", undefined, commands.insert)] : []),
    ...(commands.update ? [permissive("update", commands.update.using, commands.update.check)] : []),
    ...(commands.delete ? [permissive("delete", commands.delete, undefined)] : []),
  ];
};

/**
 * @returns for example
 * ```sql
 * create policy documents_select on public.documents
 *   as permissive for select to authenticated
 *   using (organization_id = (select hedgerow.get_active_org_id()))
 * ```
 */
export const createPolicy = (policy: Policy): string =>
  [
    `create policy ${identifier(policy.name)} on ${qualified(policy.table)}`,
    `  as ${policy.permissive ? "permissive" : "restrictive"} for ${policy.command} to ${policy.roles.join(", ")}`,
    ...(policy.using === undefined ? [] : [`  using (${policy.using})`]),
    ...(policy.check === undefined ? [] : [`  with check (${policy.check})`]),
  ].join("\n");

/** @returns the statement that keeps the sentence beside the policy. */
export const commentOnPolicy = (policy: Policy): string =>
  `comment on policy ${identifier(policy.name)} on ${qualified(policy.table)} is ${policy.comment === undefined ? "null" : text(policy.comment)}`;
