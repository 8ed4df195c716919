/** `hedgerow/jwt`: the tokens of any issuer as the source of callers. */
export { type Authenticator, IdentityUnavailable } from "../authenticator.js";
export type { Identity } from "./identity.js";
export { jwt } from "./jwt.js";
export type { KeySetOptions } from "./key-set.js";
export type {
  AsymmetricAlgorithm,
  Issuer,
  JwtOptions,
  Keys,
  Preferences,
  PublishedKey,
  SymmetricAlgorithm,
} from "./options.js";
export type { ClaimSource, Payload } from "./payload.js";
export { type Auth0Options, auth0 } from "./presets/auth0.js";
export {
  type BetterAuthJwtOptions,
  type BetterAuthTokensOptions,
  betterAuthJwt,
  betterAuthTokens,
} from "./presets/better-auth-jwt.js";
export { type ClerkOptions, clerk } from "./presets/clerk.js";
export { type CognitoOptions, cognito } from "./presets/cognito.js";
export { type DescopeOptions, descope } from "./presets/descope.js";
export { type EntraOptions, entra } from "./presets/entra.js";
export { type FirebaseOptions, firebase } from "./presets/firebase.js";
export { type GoogleIdentityOptions, googleIdentity } from "./presets/google-identity.js";
export { type KeycloakOptions, keycloak } from "./presets/keycloak.js";
export { type NeonAuthOptions, neonAuth } from "./presets/neon-auth.js";
export { type SelfSignedOptions, selfSigned } from "./presets/self-signed.js";
export { type StackAuthOptions, stackAuth } from "./presets/stack-auth.js";
export { type StytchOptions, stytch, stytchB2B } from "./presets/stytch.js";
export { type SupabaseAuthOptions, supabaseAuth } from "./presets/supabase-auth.js";
export { type WorkosOptions, workos } from "./presets/workos.js";
