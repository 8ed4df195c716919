/** Roles and claims of a project of its own. Invariant: a rule can only name what is declared here. */
import { integer, text } from "drizzle-orm/pg-core";
import { defineHedgerow, id, organization } from "hedgerow";

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
