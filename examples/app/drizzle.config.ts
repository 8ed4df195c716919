/** `npx drizzle-kit push --config=examples/app/drizzle.config.ts`, as the owner of the database. */
import { sessionIdentity } from "hedgerow/better-auth";
import { withHedgerow } from "hedgerow/drizzle-kit";
import { authOptions } from "./auth.js";
import * as schema from "./schema.js";

// #region config
export default withHedgerow(
  {
    dialect: "postgresql",
    schema: "./examples/app/schema.ts",
    dbCredentials: { url: process.env.MIGRATION_DATABASE_URL ?? "" },
  },
  { schema, identity: sessionIdentity(authOptions) },
);
// #endregion
