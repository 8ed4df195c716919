/** Roles and claims of a project of its own. Invariant: a rule can only name what is declared here. */
import { integer, text } from "drizzle-orm/pg-core";
import { defineHedgerow, id, organization, team } from "hedgerow";

// #region claims
const { table } = defineHedgerow({
  roles: ["viewer", "editor", "publisher"],
  claims: { region: "string", clearance: "number" },
});

export const reports = table("reports", {
  id: id("rep"),
  organizationId: organization(),
  region: text("region").notNull(),
  classification: integer("classification").notNull(),
})
  .firewall([
    { field: "organizationId", equals: "ctx.activeOrgId" },
    { field: "region", equals: "ctx.claims.region" },
  ])
  .access({
    read: { roles: ["viewer+"], record: { classification: { lessThanOrEqual: "ctx.claims.clearance" } } },
    create: { roles: ["editor+"] },
  });
// #endregion

/** Belongs to a team inside an organization. */
export const plans = table("plans", {
  id: id("plan"),
  organizationId: organization(),
  teamId: team(),
  text: text("text"),
})
  .firewall([
    { field: "organizationId", equals: "ctx.activeOrgId" },
    { field: "teamId", equals: "ctx.activeTeamId" },
  ])
  .access({ read: { roles: ["viewer+"] }, create: { roles: ["viewer+"] } });
