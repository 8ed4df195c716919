/**
 * Better Auth as both signed-in targets use it, and the cookie of a session that was never signed in.
 *
 * Invariant: the cookie is signed as Better Auth signs it; the isolation check would find one that is not.
 */
import { createHmac } from "node:crypto";
import { type BetterAuthOptions, betterAuth } from "better-auth";
import { drizzleAdapter } from "better-auth/adapters/drizzle";
import { organization } from "better-auth/plugins";
import { authTables, hedgerow } from "hedgerow/better-auth";

const secret = "a-secret-that-only-this-benchmark-uses-0123456789";

export const authOptions = {
  baseURL: "http://127.0.0.1",
  secret,
  plugins: [organization(), hedgerow()],
  emailAndPassword: { enabled: true },
  rateLimit: { enabled: false },
  telemetry: { enabled: false },
} satisfies BetterAuthOptions;

export const identityTables = authTables(authOptions);

export const createAuth = (database: Parameters<typeof drizzleAdapter>[0]) =>
  betterAuth({ ...authOptions, database: drizzleAdapter(database, { provider: "pg", schema: identityTables }) });

export const sessionToken = (user: number): string => `token-of-user-${user}`.padEnd(32, "x");

/** The header of a browser that has the session of this user. */
export const cookieOf = (user: number): string => {
  const token = sessionToken(user);
  const signature = createHmac("sha256", secret).update(token).digest("base64");
  return `better-auth.session_token=${encodeURIComponent(`${token}.${signature}`)}`;
};
