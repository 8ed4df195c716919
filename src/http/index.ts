/** `hedgerow/hono`: a schema as an API. */

export {
  type Authenticator,
  anonymousCredential,
  type Credential,
  IdentityUnavailable,
} from "../auth/authenticator.js";
export type { DatabaseShape } from "../database/database.js";
export type { FieldProblem, Layer, ProblemDetails, ProblemDetailsCode } from "./problem.js";
export { createRouter, type RouterOptions } from "./router.js";
export type { CreateOf, GuardOf, ListQueryOf, Page, RoutesOf, RowOf, UpdateOf } from "./routes.js";
export { UnsafeDatabase, verifyDatabase, verifyDatabaseEffect } from "./startup.js";
