/** The application: Better Auth beside the generated API, and a route of its own. */

import { count, eq } from "drizzle-orm";
import { sessionAuthenticator } from "hedgerow/better-auth";
import { createRouter, type DatabaseShape, withCaller } from "hedgerow/hono";
import { Hono } from "hono";
import type { Auth } from "./auth.js";
import * as schema from "./tables.js";

const { documents, projects } = schema;

// #region app
export const createApp = (auth: Auth, database: DatabaseShape) => {
  const api = createRouter({ schema, auth: sessionAuthenticator(auth), database });
  return new Hono()
    .on(["GET", "POST"], "/auth/v1/*", (context) => auth.handler(context.req.raw))
    .route("/api/v1", api)
    .route("/reports", createReports(auth, database));
};
// #endregion

// #region custom
export const createReports = (auth: Auth, database: DatabaseShape) => {
  const acting = withCaller({ schema, auth: sessionAuthenticator(auth), database });
  return new Hono()
    .get("/projects", acting, async (c) => {
      const { db } = c.var.hedgerow;
      const rows = await db
        .select({ project: projects.name, documents: count(documents.id) })
        .from(projects)
        .leftJoin(documents, eq(documents.projectId, projects.id))
        .groupBy(projects.id)
        .orderBy(projects.name);
      return c.json(rows);
    })
    .post("/projects/:id/handover", acting, async (c) => {
      const { transaction } = c.var.hedgerow;
      const id = c.req.param("id");
      const moved = await transaction(async (tx, caller) => {
        await tx.insert(documents).values({ title: `Handed over by ${caller.userId}`, projectId: id });
        return tx.update(documents).set({ projectId: null }).where(eq(documents.projectId, id)).returning();
      });
      return c.json({ moved: moved.length });
    });
};
// #endregion
