/** The application: Better Auth beside the generated API. */

import { sessionAuthenticator } from "hedgerow/better-auth";
import { createRouter, type DatabaseShape } from "hedgerow/hono";
import { Hono } from "hono";
import type { Auth } from "./auth.js";
import * as schema from "./tables.js";

// #region app
export const createApp = (auth: Auth, database: DatabaseShape) => {
  const api = createRouter({ schema, auth: sessionAuthenticator(auth), database });
  return new Hono().on(["GET", "POST"], "/auth/v1/*", (context) => auth.handler(context.req.raw)).route("/api/v1", api);
};
// #endregion
