/**
 * Better Auth: who signs in, and which tables hold it.
 *
 * Invariant: the tables are derived from these options, so they cannot differ from what Better Auth expects.
 */
import { type BetterAuthOptions, betterAuth } from "better-auth";
import { drizzleAdapter } from "better-auth/adapters/drizzle";
import { admin, organization } from "better-auth/plugins";
import { authTables, hedgerow } from "hedgerow/better-auth";

// #region auth
export const authOptions = {
  basePath: "/auth/v1",
  emailAndPassword: { enabled: true },
  plugins: [organization({ teams: { enabled: true } }), admin(), hedgerow()],
  telemetry: { enabled: false },
} satisfies BetterAuthOptions;

const tables = authTables(authOptions);

// drizzle-kit looks at the exports of the schema file, so each table is one.
export const {
  user,
  session,
  account,
  verification,
  organization: organizations,
  member,
  invitation,
  team,
  teamMember,
} = tables;

/** @param database a Drizzle database that connects as `hedgerow_auth`. */
export const createAuth = (database: Parameters<typeof drizzleAdapter>[0], baseURL: string, secret: string) =>
  betterAuth({
    ...authOptions,
    baseURL,
    secret,
    database: drizzleAdapter(database, { provider: "pg", schema: tables }),
  });

export type Auth = ReturnType<typeof createAuth>;
// #endregion
