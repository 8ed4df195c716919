/**
 * Schemas for `generate()`, for this process and for one of a project.
 *
 * Invariant: imports nothing that a project of a user does not have.
 */
import { integer, type PgColumnBuilderBase, pgTable, text } from "drizzle-orm/pg-core";
import { id, organization, table } from "hedgerow";
import { schema } from "./guarded-schema.js";

const { tasks: _, ...withoutTasks } = schema;

/** `projects`, with other rules. */
const changed = table("projects", { id: id("prj"), organizationId: organization(), name: text("name").notNull() })
  .firewall("organization")
  .access({ read: { roles: ["admin+"] }, delete: { roles: ["owner"] } });

const plain = pgTable("tasks", {
  id: text("id").primaryKey(),
  organizationId: text("organization_id").notNull(),
  projectId: text("project_id").notNull(),
  title: text("title").notNull(),
});

const sized = (size: PgColumnBuilderBase) =>
  table("projects", { id: id("prj"), organizationId: organization(), name: text("name").notNull(), size })
    .firewall("organization")
    .access({ read: { roles: ["member+"], record: { size: { isNull: false } } } });

const renamed = table("jobs", { id: id(), organizationId: organization(), title: text("title").notNull() })
  .firewall("organization")
  .access({ read: { roles: ["member+"] } });

export const variants = {
  whole: schema,
  reversed: Object.fromEntries(Object.entries(schema).reverse()),
  withoutTasks,
  changedRule: { ...withoutTasks, projects: changed },
  changedRuleWithTasks: { ...schema, projects: changed },
  unguarded: { ...withoutTasks, tasks: plain },
  sizeInteger: { ...withoutTasks, projects: sized(integer("size")) },
  sizeText: { ...withoutTasks, projects: sized(text("size")) },
  renamed: { ...withoutTasks, renamed },
} satisfies Readonly<Record<string, Readonly<Record<string, unknown>>>>;

export type Variant = keyof typeof variants;
