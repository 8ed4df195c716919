/**
 * A policy as the statement that creates it.
 *
 * Invariant: the text is canonical. Two declarations of a policy mean the same to Postgres exactly when their texts are
 * equal, so a hash of the text stands for the declaration.
 */
import type { TableName } from "./condition.js";
import { identifier, qualified } from "./sql-text.js";

export interface PolicyStatement {
  readonly table: TableName;
  readonly name: string;
  readonly command: "all" | "select" | "insert" | "update" | "delete";
  readonly permissive: boolean;
  readonly roles: ReadonlyArray<string>;
  readonly using: string | undefined;
  readonly check: string | undefined;
}

/**
 * @returns for example
 * ```sql
 * create policy documents_select on public.documents
 *   as permissive for select to authenticated
 *   using (organization_id = (select hedgerow.get_active_org_id()))
 * ```
 */
export const createPolicy = (policy: PolicyStatement): string =>
  [
    `create policy ${identifier(policy.name)} on ${qualified(policy.table)}`,
    `  as ${policy.permissive ? "permissive" : "restrictive"} for ${policy.command} to ${policy.roles.join(", ")}`,
    ...(policy.using === undefined ? [] : [`  using (${policy.using})`]),
    ...(policy.check === undefined ? [] : [`  with check (${policy.check})`]),
  ].join("\n");
