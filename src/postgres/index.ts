/** `hedgerow/postgres`: a schema as SQL. */

export { createPolicy, type PolicyStatement } from "../condition/policy-statement.js";
export { type CompiledSchema, compile, compileEffect } from "./compile.js";
export { Dialect, type DialectShape, Postgres } from "./dialect.js";
export { type Drift, type DriftCode, type DriftOptions, drift, driftEffect } from "./drift.js";
export type { IdentitySource, ServiceTable } from "./identity.js";
export { roles } from "./names.js";
export type { Policy } from "./policies.js";
export { sessionJwtShim } from "./session-jwt.js";
