/**
 * May someone like the caller use an operation at all: the second statement of a request whose caller is found live, and
 * decided here for a caller who is known already.
 *
 * Invariant: decides by the caller alone, and before the statement that looks at rows; in the database it stops the
 * transaction (SQLSTATE HR401, HR403, HR410). Whoever passes is still subject to every policy.
 */
import { admission, readsRow } from "../condition/admits.js";
import type { Caller } from "../condition/caller.js";
import { type Condition, type ContextPath, fold } from "../condition/condition.js";
import { requirementOf } from "../condition/requirement.js";
import { text, textArray } from "../condition/sql-text.js";
import type { Statement } from "../database/database.js";
import { helperSchema } from "../database/session.js";

const columns: Readonly<Record<string, string>> = {
  userId: "c.user_id",
  sessionId: "c.session_id",
  activeOrgId: "c.org_id",
  activeTeamId: "c.team_id",
};

const present = (path: ContextPath): string =>
  `${columns[path] ?? `c.claims ->> ${text(path.slice("claims.".length))}`} is not null`;

const overCaller = fold<string>({
  Constant: (node) => String(node.value),
  Compare: readsRow,
  Member: readsRow,
  IsNull: readsRow,
  Via: readsRow,
  HasContext: (node) => present(node.path),
  HasRole: (node) => `c.${node.tier === "organization" ? "org_roles" : "user_roles"} && ${textArray(node.roles)}`,
  And: (all) => `(${all.join(" and ") || "true"})`,
  Or: (any) => `(${any.join(" or ") || "false"})`,
  Not: (inner) => `(not ${inner})`,
});

/** A name or a literal that looks like it has its quotes escaped. */
const needsOrganization = (requirement: Condition): boolean =>
  /"(?:path":"activeOrgId|tier":"organization)"/.test(JSON.stringify(requirement));

export interface Admission {
  /** For a caller who is found live. */
  readonly statement: Statement;
  /** For a caller who is known: why not, or undefined. The same answers as the statement gives. */
  readonly refusal: (caller: Caller) => "authentication_required" | "no_active_organization" | "forbidden" | undefined;
}

/**
 * @param condition what the operation asks of a row.
 * @returns for example
 * ```sql
 * select hedgerow.admit(coalesce(c.user_id, c.org_id) is not null, c.org_id is not null, (c.org_id is not null and c.org_roles && array['admin']))
 * from hedgerow.enter() c
 * ```
 */
export const admissionFor = (condition: Condition): Admission => {
  const requirement = requirementOf(condition);
  const admits = admission(requirement);
  const asksOrganization = needsOrganization(requirement);
  const inOrganization = asksOrganization ? "c.org_id is not null" : "true";
  return {
    refusal: (caller) => {
      if (admits(caller)) return undefined;
      if (caller.userId === null) return "authentication_required";
      return asksOrganization && caller.activeOrgId === null ? "no_active_organization" : "forbidden";
    },
    statement: {
      text: `select ${helperSchema}.admit(coalesce(c.user_id, c.org_id) is not null, ${inOrganization}, ${overCaller(requirement)}) from ${helperSchema}.enter() c`,
      raw: true,
      prepared: true,
    },
  };
};
