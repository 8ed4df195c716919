/**
 * Who may touch Better Auth's tables.
 *
 * Invariant: Better Auth's own role has all of them; the owner of `hedgerow.caller()` may read what that query reads;
 * nobody else has a policy, and these names do not change from one release to the next.
 */
import type { ServicePolicy, ServiceTable } from "../../postgres/identity.js";

/** What Better Auth connects as. */
export const authRole = "hedgerow_auth";
/** What owns `hedgerow.caller()`. */
export const definerRole = "hedgerow_definer";

/**
 * The policies of one table.
 *
 * ```sql
 * create policy hedgerow_auth_all on public."user" for all to hedgerow_auth using (true) with check (true);
 * create policy hedgerow_definer_select on public."user" for select to hedgerow_definer using (true); -- if it is read
 * ```
 */
export const policiesOf = (table: ServiceTable, read: boolean): ReadonlyArray<ServicePolicy> => {
  const all = {
    table,
    name: "hedgerow_auth_all",
    command: "all",
    role: authRole,
    using: "true",
    check: "true",
  } as const;
  const select = {
    table,
    name: "hedgerow_definer_select",
    command: "select",
    role: definerRole,
    using: "true",
    check: null,
  } as const;
  return read ? [all, select] : [all];
};
