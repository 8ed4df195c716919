/** What the commands of Hedgerow and drizzle-kit know of the example. Run them from the root of the repository. */
import { defineConfig } from "hedgerow/config";
import { authOptions } from "./auth.js";
import * as schema from "./schema.js";

// #region config
export default defineConfig({
  name: "example",
  schema: { path: "./examples/app/schema.ts", module: schema },
  out: "./examples/app/migrations",
  providers: {
    runtime: "node",
    database: { type: "postgres", url: process.env.MIGRATION_DATABASE_URL },
    auth: { type: "better-auth", options: authOptions },
  },
});
// #endregion
