/** `npx drizzle-kit push --config=examples/app/drizzle.config.ts`, as the owner of the database. */
import { withHedgerow } from "hedgerow/drizzle-kit";
import config from "./hedgerow.config.js";

// #region config
export default withHedgerow(config);
// #endregion
