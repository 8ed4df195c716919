/**
 * How a request proves who sends it.
 *
 * Invariant: an authenticator verifies signatures and nothing else. It never decides what the caller may do and never
 * reads the database: the live session, organization and roles are looked up inside the request's own transaction.
 */

import type { Caller } from "../condition/caller.js";

/**
 * How a credential travelled. A browser adds a cookie to whatever request another site makes it send, so a write that
 * rests on one must come from a page of a trusted origin; a header is added by a program that has the secret.
 */
export type Via = "cookie" | "header";

/** What a request carried, after its signature was verified. */
export type Credential =
  /** Nothing, or something whose signature does not hold. */
  | { readonly _tag: "Anonymous" }
  /** A session token; only its SHA-256 (lower-case hex) leaves the process. */
  | { readonly _tag: "Session"; readonly tokenHash: string; readonly via: Via }
  /** An API key; only its SHA-256 (lower-case hex) leaves the process. */
  | { readonly _tag: "ApiKey"; readonly keyHash: string; readonly via: Via }
  /**
   * A token that says by itself who the caller is: signature, issuer and expiry were verified, the vendor's names mapped.
   * A database that verifies tokens itself is sent the token as it came.
   */
  | { readonly _tag: "Claims"; readonly caller: Caller; readonly presented?: Presented; readonly via: Via }
  /** A token that was verified and names a session; the database verifies it again and finds the session live. */
  | { readonly _tag: "Token"; readonly presented: Presented; readonly via: Via };

/** A function, so that no log and no JSON of a credential has the token in it. */
export type Presented = () => string;

export interface Authenticator {
  /** Rejects with `IdentityUnavailable` when nobody can say at the moment whether the credential is worth anything. */
  readonly identify: (request: Request) => Promise<Credential>;
  /**
   * Every header that decides what `identify` answers, for `Vary`. Without it an answer says that it fits no other request.
   */
  readonly credentialHeaders?: ReadonlyArray<string>;
}

/**
 * Whoever issues the credentials cannot be asked, so that a credential can be neither accepted nor refused. The router
 * answers 503: to call the sender anonymous would sign people out because of an outage.
 */
export class IdentityUnavailable extends Error {
  readonly _tag = "IdentityUnavailable";
  override readonly name = "IdentityUnavailable";
}

export const anonymousCredential: Credential = Object.freeze({ _tag: "Anonymous" });
