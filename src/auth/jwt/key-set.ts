/**
 * An issuer's published keys, kept at hand.
 *
 * Invariant: what an issuer publishes is used for at most `maxAge` without asking again; when it cannot be asked, for at
 * most `maxStale`, and then not at all. Nobody who sends tokens can make us ask more often than once per cool-down, or hold
 * more than `maxBytes` in memory.
 *
 * jose selects and imports the keys. Fetching is not left to it: its remote key set has nothing to go on with during an
 * outage, and counts a fetch that failed as none, so that unknown key ids would be asked for again and again.
 */
import type { FlattenedJWSInput, JSONWebKeySet, JWK, JWSHeaderParameters } from "jose";
import { JWKSNoMatchingKey } from "jose/errors";
import { createLocalJWKSet } from "jose/jwks/local";
import { IdentityUnavailable } from "../authenticator.js";
import { readText } from "../read-text.js";

/** How a published key set is fetched and kept. Every number has a default that suits the usual issuers. */
export interface KeySetOptions {
  /** Age after which it is fetched anew beside the request that noticed (300). */
  readonly refreshAfterSeconds?: number;
  /** Age after which a request waits for a newer one: how long a removed key can still be good (600). */
  readonly maxAgeSeconds?: number;
  /** Age up to which it is used while the issuer cannot be reached (86,400). */
  readonly maxStaleSeconds?: number;
  /** Least time between two fetches because of an unknown key id: how long a new key can be unknown (30). */
  readonly cooldownSeconds?: number;
  /** How long a fetch may take, body included (5). */
  readonly timeoutSeconds?: number;
  /** Bytes that a key set may have (65,536). */
  readonly maxBytes?: number;
  /** What to fetch with, for example a service binding of Cloudflare. The global `fetch` without it. */
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>;
  /** Gets every fetch that failed; writes to `console.error` without it. */
  readonly onError?: (error: unknown) => void;
}

export const keySetDefaults = {
  refreshAfterSeconds: 300,
  maxAgeSeconds: 600,
  maxStaleSeconds: 86_400,
  cooldownSeconds: 30,
  timeoutSeconds: 5,
  maxBytes: 65_536,
} as const;

/** Least time between two fetches while there is nothing fresh to use. */
const retryMs = 5_000;

export interface KeySet {
  /** Finds the key of a token. Rejects with a `JOSEError` when there is none, with `IdentityUnavailable` when nobody knows. */
  readonly key: (header: JWSHeaderParameters, token: FlattenedJWSInput) => Promise<CryptoKey>;
  /** The published form of a key. */
  readonly published: (kid: string) => JWK | undefined;
}

type LocalKeySet = ReturnType<typeof createLocalJWKSet>;

interface Known {
  readonly keys: ReadonlyArray<JWK>;
  readonly find: LocalKeySet;
  readonly askedAt: number;
}

/** Public keys for signatures only: an issuer that publishes a private key has told it to everybody. */
const isUsable = (key: unknown): key is JWK =>
  typeof key === "object" &&
  key !== null &&
  "kty" in key &&
  (key.kty === "RSA" || key.kty === "EC" || key.kty === "OKP") &&
  !("d" in key) &&
  (!("use" in key) || key.use === "sig") &&
  (!("key_ops" in key) || (Array.isArray(key.key_ops) && key.key_ops.includes("verify")));

/** @returns the usable keys of a key set, or null when it is not one. */
export const usableKeys = (value: unknown): ReadonlyArray<JWK> | null =>
  typeof value === "object" && value !== null && "keys" in value && Array.isArray(value.keys)
    ? value.keys.filter(isUsable)
    : null;

const knownOf = (keys: ReadonlyArray<JWK>, askedAt: number): Known => ({
  keys,
  find: createLocalJWKSet({ keys: [...keys] }),
  askedAt,
});

/** A key set that is part of the configuration. */
export const staticKeySet = (jwks: JSONWebKeySet): KeySet => {
  const { keys, find } = knownOf(usableKeys(jwks) ?? [], 0);
  return { key: find, published: (kid) => keys.find((key) => key.kid === kid) };
};

/** A promise of one request must not be waited for in another there. */
const isCloudflareWorker = (): boolean =>
  typeof navigator !== "undefined" && navigator.userAgent === "Cloudflare-Workers";

/** A key set that is published at an address. */
export const remoteKeySet = (url: string, options: KeySetOptions = {}): KeySet => {
  const limits = { ...keySetDefaults, ...options };
  const report = options.onError ?? ((error: unknown) => console.error(error));
  const shares = !isCloudflareWorker();

  let known: Known | undefined;
  let pending: Promise<void> | undefined;
  let askedAt = Number.NEGATIVE_INFINITY;
  let lastFailed = false;

  const failure = `The key set at ${url} cannot be fetched.`;
  const unavailable = (): IdentityUnavailable => new IdentityUnavailable(failure);

  const ask = (): Promise<void> => {
    if (pending !== undefined && shares) return pending;
    const startedAt = Date.now();
    askedAt = startedAt;
    const own = fetchKeys(url, limits)
      .then(
        (keys) => {
          lastFailed = false;
          if (known === undefined || known.askedAt <= startedAt) known = knownOf(keys, startedAt);
        },
        (cause: unknown) => {
          lastFailed = true;
          report(new Error(failure, { cause }));
          throw unavailable();
        },
      )
      .finally(() => {
        if (pending === own) pending = undefined;
      });
    pending = own;
    return own;
  };

  const ageOf = (of: Known | undefined): number =>
    of === undefined ? Number.POSITIVE_INFINITY : (Date.now() - of.askedAt) / 1000;

  /** Keys that may be used now. */
  const usable = async (): Promise<Known> => {
    const age = ageOf(known);
    if (known !== undefined && age < limits.refreshAfterSeconds) return known;
    // On a Worker each request that asks asks for itself, so that only the first of a crowd may, once there is a set.
    const askedLately = Date.now() - askedAt < retryMs;
    const mayAsk = !askedLately || (!lastFailed && (shares || known === undefined));
    if (mayAsk) {
      const asked = ask().catch(() => undefined);
      // What is left running when the answer is sent is cut off on a Worker.
      if (age >= limits.maxAgeSeconds || !shares) await asked;
    }
    if (known === undefined || ageOf(known) >= limits.maxStaleSeconds) throw unavailable();
    return known;
  };

  return {
    key: async (header, token) => {
      const { find } = await usable();
      try {
        return await find(header, token);
      } catch (error) {
        if (!(error instanceof JWKSNoMatchingKey)) throw error;
      }
      // Perhaps a key that is newer than what is known.
      const cool = Date.now() - askedAt >= limits.cooldownSeconds * 1000;
      if (cool || (pending !== undefined && shares)) await ask();
      else if (lastFailed) throw unavailable();
      return (known?.find ?? find)(header, token);
    },
    published: (kid) => known?.keys.find((key) => key.kid === kid),
  };
};

type Limits = Pick<Required<KeySetOptions>, "timeoutSeconds" | "maxBytes"> & Pick<KeySetOptions, "fetch">;

const fetchKeys = async (
  url: string,
  { timeoutSeconds, maxBytes, fetch: own }: Limits,
): Promise<ReadonlyArray<JWK>> => {
  const signal = AbortSignal.timeout(timeoutSeconds * 1000);
  // Whatever it is fetched with may ignore the signal.
  const timeout = new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
  const keys = (async () => {
    const response = await (own ?? fetch)(url, {
      method: "GET",
      headers: { accept: "application/jwk-set+json, application/json" },
      // A redirect is refused below, by its status: Workers do not know "error".
      redirect: "manual",
      signal,
    });
    if (response.status !== 200) {
      await response.body?.cancel();
      throw new Error(`It answers with status ${response.status} instead of 200.`);
    }
    const text = await readText(response.body, maxBytes, () => new Error(`It has more than ${maxBytes} bytes.`));
    const found = usableKeys(JSON.parse(text));
    if (found === null) throw new Error('It is not a key set: { "keys": [...] }.');
    return found;
  })();
  return Promise.race([keys, timeout]);
};
