/**
 * The API as a Cloudflare Worker, on Neon over HTTP.
 *
 * Invariant: what an isolate keeps between requests is what the definitions were compiled to. No connection, and no promise
 * that another request would have to fulfil.
 */
import { neonConfig } from "@neondatabase/serverless";
import { sessionAuthenticator } from "hedgerow/better-auth";
import { createRouter } from "hedgerow/hono";
import { neon } from "hedgerow/neon-http";
import { Hono } from "hono";
import { createAuth } from "./auth.js";
import * as schema from "./tables.js";

// #region worker
interface Env {
  /** Connects as `hedgerow_api`. */
  readonly DATABASE_URL: string;
  /** Connects as `hedgerow_auth`. */
  readonly AUTH_DATABASE_URL: string;
  readonly BETTER_AUTH_SECRET: string;
  /** Where the Worker is reached, for example `https://api.acme.example`. */
  readonly BASE_URL: string;
}

/** `hedgerow neon-local` has no TLS: never for a host that is not this machine. */
const isLocal = (url: string): boolean => ["localhost", "127.0.0.1"].includes(new URL(url).hostname);

const createApp = (env: Env) => {
  const auth = createAuth(env.AUTH_DATABASE_URL, env.BASE_URL, env.BETTER_AUTH_SECRET);
  const database = neon({ url: env.DATABASE_URL, local: isLocal(env.DATABASE_URL) });
  const api = createRouter({
    schema,
    auth: sessionAuthenticator(auth),
    database,
    trustedOrigins: [new URL(env.BASE_URL).origin],
  });
  return new Hono().on(["GET", "POST"], "/auth/v1/*", (context) => auth.handler(context.req.raw)).route("/api/v1", api);
};

/** Of this isolate: made at its first request, because secrets are not there before. */
let app: ReturnType<typeof createApp> | undefined;

export default {
  fetch: (request: Request, env: Env): Response | Promise<Response> => {
    app ??= createApp(env);
    return app.fetch(request);
  },
};
// #endregion

/** The same for Better Auth, which has the driver itself. */
const cloud = neonConfig.fetchEndpoint;
neonConfig.fetchEndpoint = (host, port, options) => {
  if (host === "localhost" || host === "127.0.0.1") return `http://${host}:${port}/sql`;
  return typeof cloud === "string" ? cloud : cloud(host, port, options);
};
