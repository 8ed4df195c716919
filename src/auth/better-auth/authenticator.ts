/**
 * Better Auth as an authenticator.
 *
 * Invariant: what is worth nothing is anonymous, never an error; a Better Auth that cannot answer is an error, never
 * anonymous. A request has one credential: where it carries an API key, neither its cookie nor its bearer value counts.
 */
import { type Authenticator, anonymousCredential } from "../authenticator.js";
import { endpointName, type PresentedToken, presentedHash } from "./plugin.js";
import type { SessionContext } from "./presented-token.js";
import { hashToken } from "./signed-token.js";

/** What is needed of a Better Auth instance: any instance whose plugins include `hedgerow()`. */
export interface BetterAuthInstance {
  readonly api: object;
  /** Of `options` only `baseURL` is read, which there need not be: `BETTER_AUTH_URL` says it as well. */
  readonly $context?: Promise<SessionContext & { readonly options: object }>;
}

/**
 * Lets Better Auth verify who sends a request, without a database query.
 *
 * ```ts
 * const auth = betterAuth({ ...options, plugins: [organization(), hedgerow()] });
 * const authenticator = sessionAuthenticator(auth);
 * ```
 *
 * @param auth a Better Auth instance with the `hedgerow()` plugin.
 * @param options `apiKeys` for requests that may carry a key of `@better-auth/api-key` instead of a session. Which keys are
 * worth anything says `apiKeys` of `sessionIdentity`.
 * @returns an authenticator: `Session` for a validly signed session cookie or bearer value, `ApiKey` for a request with the
 * header of keys, whatever else it carries, otherwise `Anonymous`.
 * @throws Error when the instance does not have the plugin, or keys are asked for without theirs.
 */
export const sessionAuthenticator = (
  auth: BetterAuthInstance,
  { apiKeys }: SessionAuthenticatorOptions = {},
): Authenticator => {
  const { api } = auth;
  if (!answers(api)) {
    throw new Error("Better Auth has no hedgerow() plugin. Add it: betterAuth({ plugins: [..., hedgerow()] }).");
  }
  if (apiKeys !== undefined && !("verifyApiKey" in api)) {
    throw new Error("Better Auth has no apiKey() plugin. Add it: betterAuth({ plugins: [..., apiKey()] }).");
  }
  const keyHeader = apiKeys === undefined ? undefined : (apiKeys.header ?? "x-api-key");
  return {
    // Whether bearer() is there Better Auth says only later.
    credentialHeaders: ["Cookie", "Authorization", ...(keyHeader === undefined ? [] : [keyHeader])],
    identify: async ({ headers }) => {
      const key = keyHeader === undefined ? null : headers.get(keyHeader);
      if (key !== null) {
        return key === "" || key.length > longestKey
          ? anonymousCredential
          : { _tag: "ApiKey", keyHash: await hashToken(key), via: "header" };
      }
      const context = await settled(auth);
      const presented = await (context === undefined
        ? api[endpointName]({ headers })
        : presentedHash(headers, context));
      return presented === null ? anonymousCredential : { _tag: "Session", ...presented };
    },
  };
};

/**
 * What Better Auth settled on when it was made, so that nothing of it has to run for each request. Where its base URL depends on
 * the request, so do its cookies, and it is asked each time.
 */
const settled = async (auth: BetterAuthInstance): Promise<SessionContext | undefined> => {
  const context = await auth.$context;
  return context === undefined || typeof Reflect.get(context.options, "baseURL") === "object" ? undefined : context;
};

export interface SessionAuthenticatorOptions {
  /** `header`: in which a request carries the key; `x-api-key` unless given. */
  readonly apiKeys?: { readonly header?: string };
}

/** Far more than a key and its prefix take. */
const longestKey = 512;

interface Answering {
  readonly [endpointName]: (input: { readonly headers: Headers }) => Promise<PresentedToken | null>;
}

const answers = (api: object): api is Answering => endpointName in api && typeof api[endpointName] === "function";
