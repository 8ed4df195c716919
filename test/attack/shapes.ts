/** Guarded tables whose references have every shape that a foreign key may have. */
import { type AnyPgColumn, foreignKey, integer, text, unique } from "drizzle-orm/pg-core";
import { id, organization, owner, table } from "hedgerow";

const members = { roles: ["member+"] } as const;
const open = { read: members, create: members, update: members, delete: members } as const;
const mine = { roles: ["member+"], record: { userId: { equals: "ctx.userId" } } } as const;
const own = { read: mine, create: mine, update: mine, delete: mine } as const;

/** An organization's; what another organization has is hidden. */
const files = table("files", { id: id("fil"), organizationId: organization(), name: text("name") }, (t) => [
  unique().on(t.organizationId, t.id),
])
  .firewall("organization")
  .access(open);
/** A member's own, in the same organization; what a colleague has is hidden. */
const drafts = table("drafts", { id: id("drf"), organizationId: organization(), userId: owner() }, (t) => [
  unique().on(t.organizationId, t.id),
])
  .firewall("organization")
  .access(own);
const folders = table("folders", { id: id("fol"), organizationId: organization(), userId: owner() })
  .firewall("organization")
  .access(own);

/** The other organization is named by a column that anybody may write. */
const links = table(
  "links",
  {
    id: id("lnk"),
    organizationId: organization(),
    targetOrg: text("target_org"),
    targetId: text("target_id"),
  },
  (t) => [foreignKey({ columns: [t.targetOrg, t.targetId], foreignColumns: [files.organizationId, files.id] })],
)
  .firewall("organization")
  .access(open);

/** The scope is part of the key. */
const pins = table("pins", { id: id("pin"), organizationId: organization(), draftId: text("draft_id") }, (t) => [
  foreignKey({ columns: [t.organizationId, t.draftId], foreignColumns: [drafts.organizationId, drafts.id] }),
])
  .firewall("organization")
  .access(open);

/** The columns of the key stand in another order than those of the table. */
const tags = table(
  "tags",
  { id: id("tag"), draftId: text("draft_id"), organizationId: organization(), rank: integer("rank") },
  (t) => [foreignKey({ columns: [t.draftId, t.organizationId], foreignColumns: [drafts.id, drafts.organizationId] })],
)
  .firewall("organization")
  .access(open);

const trees = table(
  "trees",
  { id: id("tre"), organizationId: organization(), userId: owner(), parentId: text("parent_id") },
  (t) => [
    unique().on(t.organizationId, t.id),
    foreignKey({ columns: [t.organizationId, t.parentId], foreignColumns: [t.organizationId, t.id] }),
  ],
)
  .firewall("organization")
  .access(own);

const nodes = table("nodes", {
  id: id("nod"),
  organizationId: organization(),
  userId: owner(),
  parentId: text("parent_id").references((): AnyPgColumn => nodes.id, { onDelete: "cascade" }),
})
  .firewall("organization")
  .access(own);

/** Two references on one column: a value must be a readable row of both. */
const boths = table(
  "boths",
  { id: id("bth"), organizationId: organization(), bothId: text("both_id").references(() => drafts.id) },
  (t) => [foreignKey({ columns: [t.bothId], foreignColumns: [folders.id], name: "boths_second" })],
)
  .firewall("organization")
  .access(open);

/** Names that were one before: `squad` + `project_owner_id`, `squad_project` + `owner_id`. */
const squad = table("squad", {
  id: id("sqd"),
  organizationId: organization(),
  projectOwnerId: text("project_owner_id").references(() => drafts.id),
})
  .firewall("organization")
  .access(open);
const squadProject = table("squad_project", {
  id: id("sqp"),
  organizationId: organization(),
  ownerId: text("owner_id").references(() => folders.id),
})
  .firewall("organization")
  .access(open);

// Without a double quote, which drizzle-kit does not escape, and without `--`, at which it cuts.
const oddName = `a $$ 'c' %I \\ - ü`;
const odd = table(
  oddName,
  {
    id: id("odd"),
    organizationId: organization(`org $$' - ${oddName}`),
    "odd key": text(`odd $1' ) - $q1$`),
    "other key": text(`odd $1' ) - $q1$ 2`),
  },
  (t) => [
    foreignKey({
      columns: [t["other key"], t["odd key"]],
      foreignColumns: [files.organizationId, files.id],
      name: `fk $$' - ü`,
    }),
  ],
)
  .firewall("organization")
  .access(open);

export const shapes = { files, drafts, folders, links, pins, tags, trees, nodes, boths, squad, squadProject, odd };
