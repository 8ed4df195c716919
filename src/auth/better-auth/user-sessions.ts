/**
 * `hedgerow.user_sessions`: who is calling, as a relation that can be joined.
 *
 * Invariant: it reads no table. Its one row is what `hedgerow.caller()` answers at this moment, so it is never stale, shows
 * nobody else's session, and has no token to show. It lives in Hedgerow's own schema, which drizzle-kit does not look at:
 * a view in `public` would be dropped by every push of a schema that does not export it.
 */
import { pgSchema, text } from "drizzle-orm/pg-core";
import type { IdentityView } from "../../postgres/identity.js";

export const userSessionsView: IdentityView = {
  name: "user_sessions",
  query: `select c.session_id, c.user_id, c.org_id as active_organization_id, c.team_id as active_team_id, c.org_roles, c.user_roles
from hedgerow.caller() as c`,
};

/**
 * The caller's own live session for Drizzle; no row for who is not signed in. It need not be part of the schema that
 * drizzle-kit reads.
 *
 * ```ts
 * const [session] = await tx.select().from(userSessions);
 * // select "session_id", "user_id", "active_organization_id", ... from "hedgerow"."user_sessions"
 * ```
 */
export const userSessions = pgSchema("hedgerow")
  .view("user_sessions", {
    sessionId: text("session_id").notNull(),
    userId: text("user_id").notNull(),
    activeOrganizationId: text("active_organization_id"),
    activeTeamId: text("active_team_id"),
    orgRoles: text("org_roles").array().notNull(),
    userRoles: text("user_roles").array().notNull(),
  })
  .existing();
