/** An API whose callers' tokens Neon verifies as well, on the database that has Better Auth's tables. */
import type { BetterAuthOptions } from "better-auth";
import { organization as organizations } from "better-auth/plugins";
import { text } from "drizzle-orm/pg-core";
import { id, organization, owner, table } from "hedgerow";
import { authTables, hedgerow, tokenIssuer } from "hedgerow/better-auth";
import { defineConfig, type HedgerowConfig } from "hedgerow/config";
import { createRouter } from "hedgerow/hono";
import { betterAuthTokens, jwt } from "hedgerow/jwt";
import { neon } from "hedgerow/neon-http";

const issuer = "https://id.example.com";
const audience = "https://api.example.com";

export const authOptions = {
  basePath: "/auth/v1",
  emailAndPassword: { enabled: true },
  plugins: [organizations(), hedgerow(), tokenIssuer({ issuer, audience })],
  telemetry: { enabled: false },
} satisfies BetterAuthOptions;

export const authSchema = authTables(authOptions);

export const documents = table("documents", {
  id: id("doc"),
  organizationId: organization(),
  userId: owner(),
  title: text("title").notNull(),
})
  .firewall("organization")
  .access({
    read: { roles: ["member+"] },
    create: { roles: ["member+"], record: { userId: { equals: "ctx.userId" } } },
    update: { record: { userId: { equals: "ctx.userId" } } },
    delete: { roles: ["admin+"] },
  });

// #region auth
const providers: HedgerowConfig["providers"] = {
  runtime: "cloudflare",
  database: { type: "neon", url: process.env.MIGRATION_DATABASE_URL },
  auth: { type: "better-auth", options: authOptions, by: "verified-token" },
};
// #endregion

export const config = defineConfig({
  name: "authorize",
  schema: { path: "./examples/authorize/api.ts", module: { ...authSchema, documents } },
  providers,
});

// #region api
interface Env {
  /** `postgres://hedgerow_api:password@ep-…/app`: for who has no token, and for the check before the first request. */
  readonly DATABASE_URL: string;
  /** `postgres://authenticated@ep-…/app`: without a password. */
  readonly DATABASE_AUTHENTICATED_URL: string;
  /** Where Better Auth is. */
  readonly AUTH_URL: string;
}

/** @param local for `hedgerow neon-local`. */
export const createApi = (env: Env, local = false) =>
  createRouter({
    schema: { documents },
    auth: jwt(betterAuthTokens({ baseURL: env.AUTH_URL, basePath: "/auth/v1", issuer, audience, live: true })),
    database: neon({ url: env.DATABASE_URL, authorize: { url: env.DATABASE_AUTHENTICATED_URL }, local }),
  });
// #endregion
