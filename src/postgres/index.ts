/** `hedgerow/postgres`: a schema as SQL. */

export { createPolicy, type PolicyStatement } from "../condition/policy-statement.js";
export type { DefinitionError } from "../condition/problem.js";
export type { DatabaseError } from "../database/database.js";
export type { Target } from "../database/target.js";
export type { Policy } from "./commented.js";
export { type CompiledSchema, compile, compileEffect } from "./compile.js";
export { type ClaimsSql, Dialect, type DialectShape, Postgres } from "./dialect.js";
export { type Drift, type DriftCode, type DriftOptions, drift, driftEffect } from "./drift.js";
export {
  type ClaimsIdentity,
  type ClaimsOptions,
  claimsIdentity,
  type IdentitySource,
  type LiveIdentity,
  type ServiceTable,
} from "./identity.js";
export { roles } from "./names.js";
export { sessionJwtShim } from "./session-jwt.js";
export { dialectLayer, Supabase } from "./supabase.js";
export type { TokenPath, TokenPaths } from "./token-claims.js";
