/** An API on Supabase whose callers come from verified tokens. Invariant: the target is said once, here. */
import { type Authenticator, createRouter, type DatabaseShape } from "hedgerow/hono";
import { supabase } from "hedgerow/supabase";
import * as schema from "../claims/tables.js";

// #region api
/** @param auth verifies the token of Supabase Auth; its credential is `{ _tag: "Claims", caller }`. */
export const createApi = (auth: Authenticator, database: DatabaseShape) =>
  createRouter({ schema, auth, database, target: supabase() });
// #endregion
