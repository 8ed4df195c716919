/**
 * Keys of the token issuer, changed by hand.
 *
 * Invariant: what is done is done to the rows of `jwks`, so that it holds for every instance and survives a restart.
 */
import type { BetterAuthInstance } from "./authenticator.js";
import { type ComingKey, revokeName, rotateName } from "./token-issuer.js";

/**
 * Publishes the next key now instead of when it is due. It signs once it has been published for `rotation.publishFor`; until
 * then, and for verifiers that have not noticed, nothing changes. While a key is waiting to sign, that one is the next.
 *
 * ```ts
 * const { kid, signsFrom } = await rotateKeys(auth);
 * ```
 *
 * @param auth a Better Auth instance with `tokenIssuer()`.
 * @returns the next key.
 * @throws Error when the instance does not have the plugin.
 */
export const rotateKeys = (auth: BetterAuthInstance): Promise<ComingKey> => called(auth, rotateName);

/**
 * Deletes every key and signs with a new one at once: for a private key that leaked, or when Better Auth's secret was
 * changed without keeping the old one. Tokens of the old keys are refused as soon as verifiers fetch the key set again
 * (`hedgerow/jwt`: ten minutes at most), and those of the new key as long as a verifier has not (`hedgerow/jwt`: 30 seconds).
 *
 * @param auth a Better Auth instance with `tokenIssuer()`.
 * @returns the key that signs now.
 * @throws Error when the instance does not have the plugin.
 */
export const revokeKeys = (auth: BetterAuthInstance): Promise<ComingKey> => called(auth, revokeName);

type Name = typeof rotateName | typeof revokeName;

const called = async ({ api }: BetterAuthInstance, name: Name): Promise<ComingKey> => {
  if (!answers(api, name)) {
    throw new Error(
      "Better Auth has no tokenIssuer() plugin. Add it: betterAuth({ plugins: [..., tokenIssuer({ … })] }).",
    );
  }
  return api[name]({});
};

const answers = <N extends Name>(
  api: object,
  name: N,
): api is { readonly [name in N]: (input: object) => Promise<ComingKey> } =>
  name in api && typeof Object.getOwnPropertyDescriptor(api, name)?.value === "function";
