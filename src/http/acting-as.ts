/**
 * As whom a request reaches a database that verifies tokens itself.
 *
 * Invariant: such a database is asked with the token that the request presented, or for nobody. A credential that it could
 * not verify is refused, and never served by another way.
 */
import type { Credential } from "../auth/authenticator.js";
import type { DatabaseShape } from "../database/database.js";
import { problem, type RequestProblem } from "./problem.js";

export interface ActingAs {
  readonly _tag: "ActingAs";
  readonly database: DatabaseShape;
  /** What the transaction is told, where the database does not know it from the token. */
  readonly credential: Credential;
}

/** A session whose secret nobody sends: it is the token that the database finds it by. */
const byToken = ({ via }: Extract<Credential, { readonly _tag: "Token" }>): Credential => ({
  _tag: "Session",
  tokenHash: "",
  via,
});

const tokenNeeded = "This API takes a token, in the header Authorization.";

/** @returns the database to ask and as whom, or why not. */
export const actingAs = (database: DatabaseShape, credential: Credential): ActingAs | RequestProblem => {
  const { withToken } = database;
  if (withToken === undefined) {
    return credential._tag === "Token"
      ? problem("internal", {
          hidden: new Error(
            `jwt({ live: true }) needs a database that verifies tokens, as neon({ url, authorize }); ${database.driver} does not.`,
          ),
        })
      : { _tag: "ActingAs", database, credential };
  }
  switch (credential._tag) {
    case "Anonymous":
      return { _tag: "ActingAs", database, credential };
    case "Token":
      return { _tag: "ActingAs", database: withToken(credential.presented()), credential: byToken(credential) };
    case "Claims":
      return credential.presented === undefined
        ? problem("authentication_required", { detail: tokenNeeded })
        : { _tag: "ActingAs", database: withToken(credential.presented()), credential };
    case "Session":
    case "ApiKey":
      return problem("authentication_required", { detail: tokenNeeded });
  }
};
