/** `hedgerow/hono`: a schema as an API. */

export {
  type Authenticator,
  anonymousCredential,
  type Credential,
  IdentityUnavailable,
  type Presented,
  type Via,
} from "../auth/authenticator.js";
export type { Caller } from "../condition/caller.js";
export type { DefinitionError } from "../condition/problem.js";
export {
  ConnectionError,
  type DatabaseError,
  type DatabaseShape,
  SqlError,
  TransactionEnded,
  type TransactionMode,
} from "../database/database.js";
export type { Guard } from "../table/types.js";
export { IsolationUnsupported, RequestAborted, TransactionsUnsupported, TransactionTimeout } from "./caller-errors.js";
export type { CorsOptions, TrustedOrigins } from "./cross-site.js";
export type {
  ActingDatabase,
  ActingTransaction,
  DrizzleOptions,
  Queried,
  Queryable,
  Relations,
} from "./drizzle.js";
export type { FieldProblem, Layer, ProblemDetails, ProblemDetailsCode, ProblemStatus } from "./problem.js";
export { DatabaseDiffers, NewerRules, UnsafeDatabase } from "./refusal.js";
export { createRouter, type RouterOptions } from "./router.js";
export type { CreateOf, GuardOf, ListQueryOf, Page, RoutesOf, RowOf, UpdateOf } from "./routes.js";
export { type OlderVersions, type VerifyOptions, verifyDatabase, verifyDatabaseEffect } from "./startup.js";
export {
  type Acting,
  type SignedInCaller,
  type WithCallerOptions,
  withCaller,
} from "./with-caller.js";
