/** The same API for the users of an identity provider that issues JSON Web Tokens. */

import { createRouter, type DatabaseShape } from "hedgerow/hono";
import { auth0, jwt } from "hedgerow/jwt";
import * as schema from "../claims/tables.js";

// #region jwt
/** Who calls, by the access tokens of Auth0. */
export const authenticator = jwt(
  auth0({
    domain: "acme.eu.auth0.com",
    audience: "https://api.acme.example",
    roles: "https://acme.example/roles",
    claims: { region: "https://acme.example/region", clearance: "https://acme.example/clearance" },
  }),
);

export const createApi = (database: DatabaseShape) => createRouter({ schema, auth: authenticator, database });
// #endregion
