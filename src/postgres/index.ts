/** `hedgerow/postgres`: a schema as SQL. */

export { type CompiledSchema, compile, compileEffect } from "./compile.js";
export { Dialect, type DialectShape, Postgres } from "./dialect.js";
export type { IdentitySource, ServiceTable } from "./identity.js";
export { roles } from "./names.js";
export { commentOnPolicy, createPolicy, type Policy } from "./policies.js";
