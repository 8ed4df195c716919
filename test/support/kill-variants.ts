/**
 * Two variants of one schema, so that every push from one to the other has work to do: a rule changes, a rule is removed,
 * a column under a policy gets another type, a table comes or goes, with a reference.
 *
 * Invariant: imports nothing that a project of a user does not have.
 */
import { bigint, integer, text } from "drizzle-orm/pg-core";
import { id, organization, table } from "hedgerow";

const member = { roles: ["member+"] } as const;
const admin = { roles: ["admin+"] } as const;
const large = { roles: ["member+"], record: { size: { greaterThan: 0 } } } as const;

const notes = () =>
  table("notes", { id: id(), organizationId: organization(), body: text("body").notNull() }).firewall("organization");

const notes1 = notes().access({ read: member, create: member, update: member, delete: admin });
const notes2 = notes().access({ read: admin, create: member, update: admin });

const papers1 = table("papers", {
  id: id(),
  organizationId: organization(),
  body: text("body").notNull(),
  size: integer("size").notNull().default(1),
})
  .firewall("organization")
  .access({ read: large, create: large });

const papers2 = table("papers", {
  id: id(),
  organizationId: organization(),
  body: text("body").notNull(),
  size: bigint("size", { mode: "number" }).notNull().default(1),
})
  .firewall("organization")
  .access({ read: large, create: large, delete: large });

const tags = table("tags", {
  id: id(),
  organizationId: organization(),
  body: text("body").notNull(),
  noteId: text("note_id").references(() => notes2.id),
})
  .firewall("organization")
  .access({ read: member, create: member, update: member, delete: member });

export interface Tables {
  readonly notes?: unknown;
  readonly papers?: unknown;
  readonly tags?: unknown;
}

export const variants: Readonly<Record<"one" | "two", Tables>> = {
  one: { notes: notes1, papers: papers1 },
  two: { notes: notes2, papers: papers2, tags },
};

export const tablesOf = (variant: string | undefined): Tables => (variant === "two" ? variants.two : variants.one);
