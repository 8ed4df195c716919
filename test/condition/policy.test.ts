/** A condition as the expression of a policy. */
import { describe, expect, it } from "vitest";
import { and, type Condition, not, or } from "../../src/condition/condition.js";
import type { ColumnInfo } from "../../src/condition/kind.js";
import { policySql } from "../../src/condition/policy.js";
import { helperCaller } from "../../src/postgres/helper-caller.js";

const column = (key: string, name: string, kind: ColumnInfo["kind"] = "text"): ColumnInfo => ({
  key,
  name,
  kind,
  sqlType: kind,
  notNull: true,
  enumValues: undefined,
});
const columns = {
  organizationId: column("organizationId", "organization_id"),
  tenantId: column("tenantId", "tenant_id", "uuid"),
  userId: column("userId", "user_id"),
};
const sql = (condition: Condition): string =>
  policySql(condition, { table: { schema: "public", name: "notes" }, columns, caller: helperCaller });

const inOrganization: Condition = {
  _tag: "Compare",
  column: "organizationId",
  operator: "equals",
  operand: { _tag: "Context", path: "activeOrgId" },
};
const own: Condition = {
  _tag: "Compare",
  column: "userId",
  operator: "equals",
  operand: { _tag: "Context", path: "userId" },
};
const isAdmin: Condition = { _tag: "HasRole", tier: "organization", roles: ["admin"] };
const isMember: Condition = { _tag: "HasRole", tier: "organization", roles: ["member", "it's"] };

describe("the organization and a role in it", () => {
  it("are one question, and only the role that is required", () => {
    expect(sql(and(inOrganization, isAdmin))).toBe(
      "organization_id = (select hedgerow.get_active_org_id_as(array['admin']))",
    );
    expect(sql(and(isMember, own, inOrganization))).toBe(
      "user_id = (select hedgerow.get_user_id()) and organization_id = (select hedgerow.get_active_org_id_as(array['member', 'it''s']))",
    );
    expect(sql(and(inOrganization, isAdmin, isMember))).toBe(
      "organization_id = (select hedgerow.get_active_org_id_as(array['admin'])) and (select hedgerow.has_any_role(array['member', 'it''s']))",
    );
  });

  it("are one question in a branch, too, and of a column that is a uuid", () => {
    expect(sql(or(own, and(inOrganization, isAdmin)))).toBe(
      "user_id = (select hedgerow.get_user_id()) or (organization_id = (select hedgerow.get_active_org_id_as(array['admin'])))",
    );
    expect(sql(and({ ...inOrganization, column: "tenantId" }, isAdmin))).toBe(
      "tenant_id = (select hedgerow.as_uuid(hedgerow.get_active_org_id_as(array['admin'])))",
    );
  });

  it("are two where one alone would do, or where no answer is not a no", () => {
    const org = "organization_id = (select hedgerow.get_active_org_id())";
    const admin = "(select hedgerow.has_any_role(array['admin']))";
    expect(sql(or(inOrganization, isAdmin))).toBe(`${org} or ${admin}`);
    expect(sql(and(inOrganization, or(isAdmin, own)))).toBe(
      `${org} and (${admin} or user_id = (select hedgerow.get_user_id()))`,
    );
    expect(sql(not(and(inOrganization, isAdmin)))).toBe(`(not (${org} and ${admin}))`);
    expect(sql(and(own, not(and(inOrganization, isAdmin))))).toBe(
      `user_id = (select hedgerow.get_user_id()) and (not (${org} and ${admin}))`,
    );
  });

  it("are two where the role is one of the platform, or the comparison is another", () => {
    const platform: Condition = { ...isAdmin, tier: "platform" };
    expect(sql(and(inOrganization, platform))).toContain("has_any_user_role");
    expect(sql(and({ ...inOrganization, operator: "notEquals" }, isAdmin))).toContain("has_any_role");
    expect(sql(and(own, isAdmin))).toContain("has_any_role");
  });
});
