/** How Drizzle is set up with 0.45; a project with 1.0 has another file in its place. */
import { relations } from "drizzle-orm";
import * as tables from "./tables.js";

const projectRelations = relations(tables.projects, ({ many }) => ({ documents: many(tables.documents) }));
const documentRelations = relations(tables.documents, ({ one }) => ({
  project: one(tables.projects, { fields: [tables.documents.projectId], references: [tables.projects.id] }),
}));

export const setup = { schema: { ...tables, projectRelations, documentRelations } };
