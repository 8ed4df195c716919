/**
 * Who may touch Better Auth's tables.
 *
 * Invariant: Better Auth's own role has all of them; the owner of the helpers that read them may read what those read;
 * callers may read what exposure.ts says, and write nothing. While the guard waits (`guard: "later"`) whoever is no caller is
 * bound by nothing. These names do not change from one release to the next.
 */
import { authPolicy, othersPolicy, type ServicePolicy } from "../../postgres/identity.js";
import type { Readable } from "./exposure.js";
import { type AuthModel, serviceTable } from "./models.js";

/** What Better Auth connects as. */
export const authRole = "hedgerow_auth";
/** What owns `hedgerow.caller()`. */
export const definerRole = "hedgerow_definer";
/** What a signed-in caller acts as. */
export const callerRole = "authenticated";

const notCaller = `(select not pg_catalog.pg_has_role('${callerRole}', 'usage'))`;

/**
 * The policies of one table.
 *
 * ```sql
 * create policy hedgerow_auth_all on public."user" for all to hedgerow_auth using (true) with check (true);
 * create policy hedgerow_definer_select on public."user" for select to hedgerow_definer using (true); -- if helpers read it
 * create policy hedgerow_caller_select on public."user" for select to authenticated using (id = (select hedgerow.get_user_id()));
 * create policy hedgerow_others_all on public."user" for all to public
 *   using ((select not pg_has_role('authenticated', 'usage'))) with check (…); -- while the guard waits
 * ```
 *
 * @param read whether a helper reads the table.
 * @param readable what callers may read of it, if anything.
 */
export const policiesOf = (
  model: AuthModel,
  read: boolean,
  readable: Readable | undefined,
  guard: "later" | undefined,
): ReadonlyArray<ServicePolicy> => {
  const table = serviceTable(model);
  const all = {
    table,
    name: authPolicy,
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
  const callers = readable && {
    table,
    name: "hedgerow_caller_select",
    command: "select" as const,
    role: callerRole,
    using: readable.using,
    check: null,
  };
  // Those who have rights on the table by somebody else's hand, except for callers and whoever inherits from them.
  const others = {
    table,
    name: othersPolicy,
    command: "all",
    role: "public",
    using: notCaller,
    check: notCaller,
  } as const;
  return [all, ...(read ? [select] : []), ...(callers ? [callers] : []), ...(guard === "later" ? [others] : [])];
};
