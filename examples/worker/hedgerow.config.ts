/** What the command knows of the Worker. Run it from the root of the repository, with the url of Neon's owner role. */
import { defineConfig } from "hedgerow/config";
import { authOptions } from "./auth.js";
import * as schema from "./schema.js";

export default defineConfig({
  name: "worker",
  schema: { path: "./examples/worker/schema.ts", module: schema },
  out: "./examples/worker/migrations",
  providers: {
    runtime: "cloudflare",
    database: { type: "neon", url: process.env.MIGRATION_DATABASE_URL },
    auth: { type: "better-auth", options: authOptions },
  },
});
