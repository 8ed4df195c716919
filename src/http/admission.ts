/**
 * The second statement of every request: who is calling, and may someone like that use the operation at all.
 *
 * Invariant: decides by the caller alone and stops the transaction (SQLSTATE HR401, HR403, HR410) before the statement
 * that looks at rows. Whoever passes is still subject to every policy.
 */
import { anonymousCaller } from "../condition/caller.js";
import { and, type Condition, type ContextPath, fold } from "../condition/condition.js";
import { evaluate } from "../condition/evaluate.js";
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

/** A requirement reads no row, so the cases that do cannot occur in one. */
const readsRow = (): never => {
  throw new Error("A requirement of the caller cannot depend on a row.");
};

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

const mentions = (condition: Condition, path: ContextPath): boolean =>
  fold<boolean>({
    Constant: () => false,
    Compare: () => false,
    Member: () => false,
    IsNull: () => false,
    Via: () => false,
    HasContext: (node) => node.path === path,
    HasRole: (node) => node.tier === "organization",
    And: (all) => all.includes(true),
    Or: (any) => any.includes(true),
    Not: (inner) => inner,
  })(condition);

export interface Admission {
  /** Whether someone who is not signed in may try; if not, no query is needed to answer 401. */
  readonly anonymous: boolean;
  readonly statement: Statement;
}

/**
 * @param conditions what the operation asks of a row; all of them must be possible.
 * @returns for example
 * ```sql
 * select hedgerow.admit(c.user_id is not null, c.org_id is not null, (c.org_id is not null and c.org_roles && array['admin']))
 * from hedgerow.enter() c
 * ```
 */
export const admissionFor = (...conditions: ReadonlyArray<Condition>): Admission => {
  const requirement = requirementOf(and(...conditions));
  const inOrganization = mentions(requirement, "activeOrgId") ? "c.org_id is not null" : "true";
  return {
    anonymous: evaluate(requirement, { columns: {}, row: {}, caller: anonymousCaller }) === true,
    statement: {
      text: `select ${helperSchema}.admit(c.user_id is not null, ${inOrganization}, ${overCaller(requirement)}) from ${helperSchema}.enter() c`,
    },
  };
};
