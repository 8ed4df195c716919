/** Better Auth in a database of its own, which tells other APIs who their callers are. */

import { type BetterAuthOptions, betterAuth } from "better-auth";
import { drizzleAdapter } from "better-auth/adapters/drizzle";
import { organization } from "better-auth/plugins";
import { authTables, hedgerow, tokenIssuer } from "hedgerow/better-auth";

// #region issuer
export const authOptions = {
  basePath: "/auth/v1",
  emailAndPassword: { enabled: true },
  plugins: [
    organization(),
    hedgerow(),
    tokenIssuer({ issuer: "https://id.example.com", audience: "https://api.example.com", organization: true }),
  ],
  telemetry: { enabled: false },
} satisfies BetterAuthOptions;
// #endregion

export const tables = authTables(authOptions);

/** @param database a Drizzle database that connects as `hedgerow_auth`. */
export const createAuth = (database: Parameters<typeof drizzleAdapter>[0], baseURL: string, secret: string) =>
  betterAuth({
    ...authOptions,
    baseURL,
    secret,
    database: drizzleAdapter(database, { provider: "pg", schema: tables }),
  });
