/** What the commands know of a project on Supabase. */
import { defineConfig } from "hedgerow/config";
import * as schema from "../claims/tables.js";

// #region config
export default defineConfig({
  name: "example",
  schema: { path: "./examples/claims/tables.ts", module: schema },
  providers: {
    runtime: "node",
    database: { type: "supabase", url: process.env.MIGRATION_DATABASE_URL },
    auth: { type: "jwt", claims: ["region", "clearance"] },
  },
});
// #endregion
