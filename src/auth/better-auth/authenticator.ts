/**
 * Better Auth as an authenticator.
 *
 * Invariant: what is worth nothing is anonymous, never an error; a Better Auth that cannot answer is an error, never
 * anonymous.
 */
import { type Authenticator, anonymousCredential } from "../authenticator.js";
import { endpointName, type PresentedToken } from "./plugin.js";

/** What is needed of a Better Auth instance: any instance whose plugins include `hedgerow()`. */
export interface BetterAuthInstance {
  readonly api: object;
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
 * @returns an authenticator: `Session` for a validly signed session cookie or bearer value, otherwise `Anonymous`.
 * @throws Error when the instance does not have the plugin.
 */
export const sessionAuthenticator = (auth: BetterAuthInstance): Authenticator => {
  const { api } = auth;
  if (!answers(api)) {
    throw new Error("Better Auth has no hedgerow() plugin. Add it: betterAuth({ plugins: [..., hedgerow()] }).");
  }
  return {
    identify: async ({ headers }) => {
      const presented = await api[endpointName]({ headers });
      return presented === null ? anonymousCredential : { _tag: "Session", ...presented };
    },
  };
};

interface Answering {
  readonly [endpointName]: (input: { readonly headers: Headers }) => Promise<PresentedToken | null>;
}

const answers = (api: object): api is Answering => endpointName in api && typeof api[endpointName] === "function";
