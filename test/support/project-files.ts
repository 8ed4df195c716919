/** Files of a project of a user: a config for PostgreSQL, and Better Auth with its tables. */

export const config = `
import { defineConfig } from "hedgerow/config";
import * as auth from "./auth.js";
import * as schema from "./schema.js";
export default defineConfig({
  name: "test",
  schema: { path: "./*.ts", module: { ...schema, ...auth.tables } },
  providers: {
    runtime: "node",
    database: { type: "postgres", url: process.env.DATABASE_URL },
    auth: { type: "better-auth", options: auth.options },
  },
});
`;
export const auth = `
import { organization } from "better-auth/plugins";
import { authTables } from "hedgerow/better-auth";
export const options = { plugins: [organization()] };
export const tables = authTables(options);
`;
