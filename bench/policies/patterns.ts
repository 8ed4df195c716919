/**
 * Every kind of firewall and rule, each on a table of its own, with the WHERE that a person would write instead.
 *
 * Invariant: all tables have the same columns and the same rows, so that patterns differ in their rules alone. The WHERE says
 * what the rule says with the caller's values in place of the helpers.
 */
import { type AnyPgColumn, boolean, integer, text, timestamp } from "drizzle-orm/pg-core";
import { defineHedgerow, id, organization, owner, team } from "hedgerow";

const { table } = defineHedgerow({
  roles: ["member", "admin", "owner"],
  userRoles: ["user", "admin"],
  claims: { region: "string", clearance: "number" },
});

const columns = () => ({
  id: id(),
  organizationId: organization(),
  userId: owner(),
  teamId: team(),
  region: text("region").notNull(),
  level: integer("level").notNull(),
  status: text("status", { enum: ["draft", "open", "closed"] }).notNull(),
  published: boolean("published").notNull(),
  archivedAt: timestamp("archived_at", { withTimezone: true }),
  title: text("title").notNull(),
});

const organizationOnly = table("by_organization", columns())
  .firewall("organization")
  .access({ read: { roles: ["member+"] } });
const ownerOnly = table("by_owner", columns())
  .firewall("owner")
  .access({ read: { roles: ["AUTHENTICATED"] } });
const teamOnly = table("by_team", columns())
  .firewall([
    { field: "organizationId", equals: "ctx.activeOrgId" },
    { field: "teamId", equals: "ctx.activeTeamId" },
  ])
  .access({ read: { roles: ["member+"] } });
const claimed = table("by_claim", columns())
  .firewall([
    { field: "organizationId", equals: "ctx.activeOrgId" },
    { field: "region", equals: "ctx.claims.region" },
  ])
  .access({ read: { roles: ["member+"], record: { level: { lessThanOrEqual: "ctx.claims.clearance" } } } });
const literal = table("by_literal", columns())
  .firewall([
    { field: "organizationId", equals: "ctx.activeOrgId" },
    { field: "status", in: ["open", "closed"] },
    { field: "archivedAt", isNull: true },
  ])
  .access({ read: { roles: ["member+"] } });
const roleOrRecord = table("by_role_or_record", columns())
  .firewall("organization")
  .access({ read: { or: [{ roles: ["admin+"] }, { record: { userId: { equals: "ctx.userId" } } }] } });
const record = table("by_record", columns())
  .firewall("organization")
  .access({
    read: {
      roles: ["member+"],
      record: { level: { greaterThan: 2 }, status: { notEquals: "draft" }, published: { equals: true } },
    },
  });
const combined = table("by_combination", columns())
  .firewall("organization")
  .access({
    read: {
      or: [
        { roles: ["owner"] },
        { userRoles: ["admin"] },
        { and: [{ roles: ["member+"] }, { record: { userId: { equals: "ctx.userId" } } }] },
        {
          roles: ["member+"],
          record: { published: { equals: true } },
          not: { record: { status: { equals: "draft" } } },
        },
      ],
    },
  });
const platform = table("by_platform_role", columns())
  .firewall({ exception: "read by the platform's admins alone" })
  .access({ read: { userRoles: ["admin"] } });
const open = table("by_nothing", columns())
  .firewall({ exception: "the same for everyone" })
  .access({ read: { roles: ["PUBLIC"] } });
const child = table("by_parent", {
  ...columns(),
  parentId: text("parent_id")
    .notNull()
    .references((): AnyPgColumn => organizationOnly.id),
})
  .firewall({ field: "parentId", via: () => organizationOnly })
  .access({ read: { roles: ["AUTHENTICATED"] } });

export const schema = {
  organizationOnly,
  ownerOnly,
  teamOnly,
  claimed,
  literal,
  roleOrRecord,
  record,
  combined,
  platform,
  open,
  child,
};

export interface Person {
  readonly userId: string;
  readonly role: "member" | "admin";
  /** The platform's. */
  readonly userRole: "user" | "admin";
}

/** Both work in one organization and in one team of it; their claims are the same. */
export const people = {
  admin: { userId: "user_ada", role: "admin", userRole: "admin" },
  member: { userId: "user_ben", role: "member", userRole: "user" },
} satisfies Readonly<Record<string, Person>>;
export const world = {
  organizationId: "org_acme",
  teamId: "team_one",
  region: "north",
  clearance: 5,
} as const;

/** One of the caller's values, as a parameter of the statement that is written by hand. */
export type Parameter = readonly [type: string, value: string | number | boolean];

export interface Pattern {
  readonly name: string;
  readonly table: string;
  readonly caller: keyof typeof people;
  /** The WHERE, with `$1` and so on. */
  readonly where: string;
  readonly parameters: ReadonlyArray<Parameter>;
}

const organizationId: Parameter = ["text", world.organizationId];
const isMember: Parameter = ["boolean", true];

const roleOrRecordAs = (caller: keyof typeof people): Pattern => ({
  name: `organization, role or own record (as ${caller})`,
  table: "by_role_or_record",
  caller,
  where: "organization_id = $1 and ($2 or user_id = $3)",
  parameters: [organizationId, ["boolean", caller === "admin"], ["text", people[caller].userId]],
});

export const patterns: ReadonlyArray<Pattern> = [
  {
    name: "organization",
    table: "by_organization",
    caller: "member",
    where: "organization_id = $1 and $2",
    parameters: [organizationId, isMember],
  },
  {
    name: "owner",
    table: "by_owner",
    caller: "member",
    where: "user_id = $1",
    parameters: [["text", people.member.userId]],
  },
  {
    name: "organization and team",
    table: "by_team",
    caller: "member",
    where: "organization_id = $1 and team_id = $2 and $3",
    parameters: [organizationId, ["text", world.teamId], isMember],
  },
  {
    name: "organization and claims",
    table: "by_claim",
    caller: "member",
    where: "organization_id = $1 and region = $2 and level <= $3 and $4",
    parameters: [organizationId, ["text", world.region], ["double precision", world.clearance], isMember],
  },
  {
    name: "organization, literals and null",
    table: "by_literal",
    caller: "member",
    where: "organization_id = $1 and status in ('open', 'closed') and archived_at is null and $2",
    parameters: [organizationId, isMember],
  },
  roleOrRecordAs("admin"),
  roleOrRecordAs("member"),
  {
    name: "organization and record",
    table: "by_record",
    caller: "member",
    where: "organization_id = $1 and $2 and level > 2 and status <> 'draft' and published",
    parameters: [organizationId, isMember],
  },
  {
    name: "organization, or of roles and records",
    table: "by_combination",
    caller: "member",
    where:
      "organization_id = $1 and ($2 or $3 or ($4 and user_id = $5) or ($4 and published and not status = 'draft'))",
    parameters: [organizationId, ["boolean", false], ["boolean", false], isMember, ["text", people.member.userId]],
  },
  {
    name: "platform role",
    table: "by_platform_role",
    caller: "admin",
    where: "$1",
    parameters: [["boolean", true]],
  },
  { name: "public", table: "by_nothing", caller: "member", where: "true", parameters: [] },
  {
    name: "via a parent",
    table: "by_parent",
    caller: "member",
    where:
      "exists (select 1 from by_organization p where p.id = by_parent.parent_id and p.organization_id = $1 and $2)",
    parameters: [organizationId, isMember],
  },
];
