import { expectAssignable, expectError, expectType } from "tsd";
import type { Authenticator } from "../../src/auth/authenticator.js";
import {
  auth0,
  clerk,
  entra,
  firebase,
  googleIdentity,
  type JwtOptions,
  jwt,
  keycloak,
  selfSigned,
} from "../../src/auth/jwt/index.js";

const issuer = "https://id.example.com";
const audience = "https://api.example.com";
const jwksUri = "https://id.example.com/jwks";

expectType<Authenticator>(jwt({ issuer, audience, jwksUri }));
expectType<Authenticator>(jwt({ issuer, audience, secret: "x", algorithms: ["HS256"] }));
expectType<Authenticator>(jwt(clerk({ issuer, authorizedParties: ["https://app.example.com"] })));
expectAssignable<JwtOptions>({ ...clerk({ issuer, authorizedParties: null }), audience });

// Who the tokens are for is said, or said to be nobody; it is not forgotten.
expectError(jwt({ issuer, jwksUri }));
expectType<Authenticator>(jwt({ issuer, audience: null, jwksUri }));
expectError(firebase({}));
expectError(googleIdentity({}));
expectError(entra({ tenantId: "any" }));
expectError(auth0({ domain: "acme.auth0.com" }));
expectError(keycloak({ issuer, organizationBy: null }));
expectError(keycloak({ issuer, audience }));
expectError(clerk({ issuer }));

// A secret and public keys exclude each other, and so do their algorithms.
expectError(jwt({ issuer, audience, jwksUri, secret: "x" }));
expectError(jwt({ issuer, audience }));
expectError(jwt({ issuer, audience, jwksUri, algorithms: ["HS256"] }));
expectError(jwt({ issuer, audience, jwksUri, algorithms: ["none"] }));
expectError(jwt({ issuer, audience, secret: "x", algorithms: ["RS256"] }));
expectError(selfSigned({ issuer, audience }));

// A claim is one plain value.
expectType<Authenticator>(jwt({ issuer, audience, jwksUri, claims: { region: (payload) => payload.region === "eu" } }));
expectError(jwt({ issuer, audience, jwksUri, claims: { region: () => ({ deep: 1 }) } }));
