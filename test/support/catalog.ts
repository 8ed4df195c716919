/**
 * Every plugin of Better Auth that stores something, at once.
 *
 * Invariant: with the options under which a plugin stores the most.
 */
import { agentAuth } from "@better-auth/agent-auth";
import { apiKey } from "@better-auth/api-key";
import { oauthProvider } from "@better-auth/oauth-provider";
import { passkey } from "@better-auth/passkey";
import { scim } from "@better-auth/scim";
import { sso } from "@better-auth/sso";
import type { BetterAuthOptions, BetterAuthPlugin } from "better-auth";
import {
  admin,
  anonymous,
  bearer,
  deviceAuthorization,
  jwt,
  lastLoginMethod,
  organization,
  phoneNumber,
  siwe,
  twoFactor,
  username,
} from "better-auth/plugins";
import { hedgerow } from "hedgerow/better-auth";
import { basics } from "./better-auth.js";

/** For those whose types name other copies of Better Auth's libraries than the ones that are installed beside it. */
const plugin = (from: object): BetterAuthPlugin => from as BetterAuthPlugin;

const plugins: ReadonlyArray<BetterAuthPlugin> = [
  organization({ teams: { enabled: true }, dynamicAccessControl: { enabled: true } }),
  admin(),
  bearer(),
  apiKey(),
  jwt(),
  oauthProvider({ loginPage: "/login", consentPage: "/consent", silenceWarnings: { oauthAuthServerConfig: true } }),
  deviceAuthorization({ verificationUri: "/device" }),
  twoFactor(),
  passkey(),
  sso({ domainVerification: { enabled: true } }),
  plugin(scim({ connections: [], managedConnections: { credentialHashSecret: basics.secret } })),
  plugin(agentAuth()),
  username(),
  anonymous(),
  phoneNumber(),
  siwe({ domain: "example.com", getNonce: async () => "a-nonce", verifyMessage: async () => false }),
  lastLoginMethod({ storeInDatabase: true }),
  hedgerow(),
];

/** How many tables they have together. */
export const catalogSize = 39;

export const catalog = {
  ...basics,
  rateLimit: { enabled: false, storage: "database" },
  plugins: [...plugins],
} satisfies BetterAuthOptions;
