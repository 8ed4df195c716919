/**
 * One schema and every way in which it can change: as modules for a test, and as a file that a project can have.
 *
 * Invariant: imports nothing that a project of a user does not have.
 */
import { bigint, integer, text } from "drizzle-orm/pg-core";
import { id, organization, table } from "hedgerow";

const notesTable = <N extends string>(name: N) =>
  table(name, {
    id: id(),
    organizationId: organization(),
    body: text("body").notNull(),
    size: integer("size").notNull().default(1),
  }).firewall("organization");

const factsTable = () =>
  table("facts", { id: id(), name: text("name").notNull(), size: integer("size").notNull().default(1) }).firewall({
    exception: "the same for everyone",
  });

const member = { roles: ["member+"] } as const;
const admin = { roles: ["admin+"] } as const;
const large = { size: { greaterThan: 0 } } as const;

const notes = notesTable("notes").access({ read: member, create: member });
const facts = factsTable().access({ read: { roles: ["AUTHENTICATED"], record: large } });

const comments = table("comments", {
  id: id(),
  organizationId: organization(),
  noteId: text("note_id").references(() => notes.id),
})
  .firewall("organization")
  .access({ read: member, create: member });

const wideFacts = table("facts", {
  id: id(),
  name: text("name").notNull(),
  size: bigint("size", { mode: "number" }).notNull().default(1),
})
  .firewall({ exception: "the same for everyone" })
  .access({ read: { roles: ["AUTHENTICATED"], record: large } });

export interface Tables {
  readonly notes?: unknown;
  readonly facts?: unknown;
  readonly comments?: unknown;
  readonly memos?: unknown;
}

export const base: Tables = { notes, facts };

export interface Change {
  /** What the schema is afterwards. */
  readonly after: Tables;
  /** What someone does to the database before. */
  readonly byHand?: string;
}

export const changes: Readonly<Record<string, Change>> = {
  "new policy": {
    after: { facts, notes: notesTable("notes").access({ read: member, create: member, delete: admin }) },
  },
  "using changed": { after: { facts, notes: notesTable("notes").access({ read: admin, create: member }) } },
  "using removed": { after: { notes, facts: factsTable().access({ read: { roles: ["PUBLIC"] } }) } },
  "check changed": { after: { facts, notes: notesTable("notes").access({ read: member, create: admin }) } },
  "commands changed": { after: { facts, notes: notesTable("notes").access({ read: member, update: member }) } },
  "roles changed (TO)": {
    after: { notes, facts: factsTable().access({ read: { roles: ["PUBLIC"], record: large } }) },
  },
  "policy removed": { after: { facts, notes: notesTable("notes").access({ read: member }) } },
  "last policy removed": { after: { notes, facts: factsTable() } },
  "policy renamed by hand": { after: base, byHand: "alter policy notes_select on notes rename to visible" },
  "undeclared policy by hand": { after: base, byHand: "create policy open on notes using (true) with check (true)" },
  "policy edited by hand": { after: base, byHand: "alter policy notes_select on notes using (true)" },
  "policy dropped by hand": { after: base, byHand: "drop policy notes_firewall_select on notes" },
  "RLS disabled by hand": { after: base, byHand: "alter table notes disable row level security" },
  "FORCE removed by hand": { after: base, byHand: "alter table notes no force row level security" },
  "grant by hand": {
    after: base,
    byHand:
      "grant select on notes to public; grant update (body) on notes to anonymous; grant truncate on facts to hedgerow_api",
  },
  "helper edited by hand": {
    after: base,
    byHand:
      "create or replace function hedgerow.get_active_org_id() returns text language sql as 'select ''o1''::text'; grant execute on function hedgerow.record(text, regclass, name, text) to public",
  },
  "table added": { after: { ...base, comments } },
  "table dropped": { after: { facts } },
  "table renamed": { after: { facts, memos: notesTable("memos").access({ read: member, create: member }) } },
  "column type changed under a policy": { after: { notes, facts: wideFacts } },
};

/** The tables after a change, or those before any. */
export const tablesAfter = (change: string | undefined): Tables =>
  change === undefined ? base : (changes[change]?.after ?? {});
