/**
 * The caller, as policies ask for them.
 *
 * Invariant: the only place that knows which helper answers which question about the caller. It needs nothing of what stands
 * inside of the helpers, so that who only declares tables does not carry that.
 */
import type { ContextPath } from "../condition/condition.js";
import type { ColumnKind } from "../condition/kind.js";
import type { CallerSql } from "../condition/policy.js";
import { text } from "../condition/sql-text.js";
import { helperSchema } from "./names.js";

const getters: Readonly<Record<string, string>> = {
  userId: "get_user_id",
  sessionId: "get_session_id",
  activeOrgId: "get_active_org_id",
  activeTeamId: "get_active_team_id",
};

const claimGetters: Readonly<Partial<Record<ColumnKind, string>>> = {
  integer: "claim_bigint",
  bigint: "claim_bigint",
  double: "claim_double",
  boolean: "claim_boolean",
};

const claimOf = (path: ContextPath): string => text(path.slice("claims.".length));

const plainContext = (path: ContextPath, kind: ColumnKind): string => {
  const getter = getters[path];
  return getter === undefined
    ? `${helperSchema}.${claimGetters[kind] ?? "claim_text"}(${claimOf(path)})`
    : `${helperSchema}.${getter}()`;
};

const asKind = (value: string, kind: ColumnKind): string =>
  kind === "uuid" ? `${helperSchema}.as_uuid(${value})` : value;

/** The same on every target: only what stands inside of the helpers differs. */
export const helperCaller: CallerSql = {
  context: (path, kind) => asKind(plainContext(path, kind), kind),
  hasContext: (path) =>
    getters[path] === undefined
      ? `${helperSchema}.has_claim(${claimOf(path)})`
      : `${plainContext(path, "text")} is not null`,
  hasRole: (tier, roles) =>
    `${helperSchema}.${tier === "organization" ? "has_any_role" : "has_any_user_role"}(${roles})`,
  organizationAs: (roles, kind) => asKind(`${helperSchema}.get_active_org_id_as(${roles})`, kind),
};
