/** `hedgerow/better-auth`: Better Auth as the source of callers. */
export type { LiveIdentity } from "../../postgres/identity.js";
export type { Authenticator } from "../authenticator.js";
export type { ApiKeyOptions } from "./api-keys.js";
export { type BetterAuthInstance, type SessionAuthenticatorOptions, sessionAuthenticator } from "./authenticator.js";
export type { ClaimSource, Claims, IdentityOptions } from "./claims.js";
export type { Duration } from "./duration.js";
export type { Expose, ExposedRows } from "./exposure.js";
export { sessionIdentity } from "./identity.js";
export { hedgerow } from "./plugin.js";
export { revokeKeys, rotateKeys } from "./rotate-keys.js";
export { type AuthTable, type AuthTables, authTables } from "./tables.js";
export { type ComingKey, type TokenIssuerOptions, tokenIssuer } from "./token-issuer.js";
export { userSessions } from "./user-sessions.js";
