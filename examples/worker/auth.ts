/**
 * Better Auth on a Worker.
 *
 * Invariant: it asks the database by HTTP, so an instance holds no connection and waits for nothing when it is made. Only
 * therefore may requests share one: what a request of a Worker has opened, another must not touch.
 */
import { neon } from "@neondatabase/serverless";
import type { BetterAuthOptions } from "better-auth";
import { drizzleAdapter } from "better-auth/adapters/drizzle";
import { betterAuth } from "better-auth/minimal";
import { organization } from "better-auth/plugins/organization";
import { drizzle } from "drizzle-orm/neon-http";
import { authTables, hedgerow } from "hedgerow/better-auth";

// #region auth
export const authOptions = {
  basePath: "/auth/v1",
  emailAndPassword: { enabled: true },
  plugins: [organization(), hedgerow()],
  telemetry: { enabled: false },
  // An isolate's memory is not that of the next, and only Cloudflare's own header cannot be sent by a client.
  rateLimit: { enabled: true, storage: "database" },
  advanced: { ipAddress: { ipAddressHeaders: ["cf-connecting-ip"] } },
} satisfies BetterAuthOptions;

const tables = authTables(authOptions);

export const {
  user,
  session,
  account,
  verification,
  rateLimit,
  organization: organizations,
  member,
  invitation,
} = tables;

/** @param url connects as `hedgerow_auth`. */
export const createAuth = (url: string, baseURL: string, secret: string) =>
  betterAuth({
    ...authOptions,
    baseURL,
    secret,
    // One statement is one request, so there is no transaction over several.
    database: drizzleAdapter(drizzle({ client: neon(url) }), { provider: "pg", schema: tables, transaction: false }),
  });
// #endregion
