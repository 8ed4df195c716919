/**
 * What is said about an issuer, and whether it can be meant.
 *
 * Invariant: a configuration that would accept more than it says is an error when it is built, with every problem in one
 * message: a missing audience where keys are shared, a shared secret beside public keys, an algorithm of the other family, a
 * key set that travels in the clear.
 */
import type { JSONWebKeySet, JWK } from "jose";
import type { ClaimValue } from "../../condition/caller.js";
import type { Identity } from "./identity.js";
import type { KeySetOptions } from "./key-set.js";
import { keySetDefaults, usableKeys } from "./key-set.js";
import type { ClaimSource, Payload } from "./payload.js";

const asymmetric = [
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
  "Ed25519",
] as const;

/** With the least bytes of a secret: as many as the hash has. */
const symmetric = { HS256: 32, HS384: 48, HS512: 64 } as const;

/** Signatures with a private key whose public half is published. */
export type AsymmetricAlgorithm = (typeof asymmetric)[number];

/** Signatures with a secret that whoever verifies could sign with, too. */
export type SymmetricAlgorithm = keyof typeof symmetric;

/** Where the keys are: exactly one of the three. */
export type Keys =
  | {
      /** The address of the issuer's key set: https, or http on this machine. */
      readonly jwksUri: string;
      readonly jwks?: never;
      readonly secret?: never;
      /** The algorithms that a token may be signed with; every asymmetric one without it. */
      readonly algorithms?: ReadonlyArray<AsymmetricAlgorithm>;
    }
  | {
      /** Public keys that are known here. */
      readonly jwks: JSONWebKeySet;
      readonly jwksUri?: never;
      readonly secret?: never;
      readonly algorithms?: ReadonlyArray<AsymmetricAlgorithm>;
    }
  | {
      /** A secret shared with the issuer: at least 32 random bytes for HS256. Whoever knows it can be anybody. */
      readonly secret: string | Uint8Array;
      readonly jwksUri?: never;
      readonly jwks?: never;
      /** HS256 without it. */
      readonly algorithms?: ReadonlyArray<SymmetricAlgorithm>;
    };

/** A public key as its issuer publishes it; some say beside it whose tokens it signs. */
export type PublishedKey = JWK & { readonly issuer?: unknown };

/** Whose tokens are accepted, and what they mean. */
export interface Issuer {
  /** What `iss` must be, to the letter; one of several; or what it must be for the payload at hand (null: nothing). */
  readonly issuer: string | ReadonlyArray<string> | ((payload: Payload) => string | null);
  /**
   * What `aud` must name. `null` only where the issuer binds its tokens to no audience and signs for nobody but you: then
   * every token that it signs for anything is accepted.
   */
  readonly audience: string | ReadonlyArray<string> | null;
  /** What the header `typ` must be. Without it: `JWT`, `at+jwt`, or nothing. */
  readonly type?: string;
  /** Whether the published form of the key may sign this payload, where one key set serves many issuers. */
  readonly acceptKey?: (key: PublishedKey, payload: Payload) => boolean;
  /** Who the caller is; null for a token that is none of a user. Without it: `sub`, and `sid` as the session. */
  readonly map?: (payload: Payload) => Identity | null;
}

/** What is yours to choose, with every issuer. */
export interface Preferences {
  /**
   * The token only names a session, by `sid` and `sub`: the database verifies it once more and looks the session up, with its
   * organization and roles as they are then. For `sessionIdentity(options, { by: "verified-token" })` on a database that
   * takes tokens, as `neon({ url, authorize })`.
   */
  readonly live?: boolean;
  /** Where the organization is that the token is for. */
  readonly organization?: ClaimSource;
  /** Where the team is. */
  readonly team?: ClaimSource;
  /** Where the roles in the organization are. Without an organization there are none. */
  readonly roles?: ClaimSource;
  /** Where platform roles are. Nobody has any without it. */
  readonly userRoles?: ClaimSource;
  /** The claims that rules may compare with, by name. Nothing else of a token is passed on. */
  readonly claims?: Readonly<Record<string, ClaimSource<ClaimValue | undefined>>>;
  /**
   * A cookie that carries the token where there is no Authorization header. A browser sends it by itself: it must be
   * `SameSite=Lax` or stricter, and CORS must not allow credentials from an origin that is not yours.
   */
  readonly cookie?: string;
  /** How far the issuer's clock may be off: 0 to 60 (5). */
  readonly clockToleranceSeconds?: number;
  /** How long ago a token may have been issued, whatever its `exp` says. */
  readonly maxTokenAgeSeconds?: number;
  readonly keySet?: KeySetOptions;
  /** Told why a token counts for nothing; for logs and counters, never for the client. The token itself is not in it. */
  readonly onRefused?: (reason: string) => void;
}

export type JwtOptions = Issuer & Keys & Preferences;

/** Key sets that sign for everybody who asks: without an audience, anybody's token would do. */
const sharedHosts = ["www.googleapis.com", "appleid.apple.com", "token.actions.githubusercontent.com"];
const sharedPaths = /^https:\/\/login\.microsoftonline\.com\/(?:common|organizations|consumers)\//i;

const isShared = (url: URL): boolean => sharedHosts.includes(url.hostname) || sharedPaths.test(url.href);

const isLoopback = ({ hostname }: URL): boolean =>
  hostname === "localhost" || hostname === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(hostname);

const isText = (value: unknown): value is string => typeof value === "string" && value.trim() !== "";

const areTexts = (value: string | ReadonlyArray<string>): boolean =>
  typeof value === "string" ? isText(value) : Array.isArray(value) && value.length > 0 && value.every(isText);

const addressProblems = (uri: string, audience: JwtOptions["audience"]): ReadonlyArray<string> => {
  if (!URL.canParse(uri)) return [`jwksUri "${uri}" is not a URL.`];
  const url = new URL(uri);
  const secure = url.protocol === "https:" || (url.protocol === "http:" && isLoopback(url));
  return [
    ...(secure ? [] : [`jwksUri must be https (http is for this machine only), not "${url.protocol}//${url.host}".`]),
    ...(url.username || url.password ? ["jwksUri must not contain a password."] : []),
    ...(audience === null && isShared(url)
      ? [`audience: the keys at ${url.host} sign for everybody, so a token without yours in "aud" is anybody's.`]
      : []),
  ];
};

const keyProblems = (options: JwtOptions): ReadonlyArray<string> => {
  const given = [options.jwksUri, options.jwks, options.secret].filter((source) => source !== undefined);
  if (given.length !== 1) return [`Give exactly one of jwksUri, jwks and secret, not ${given.length}.`];
  const { secret, jwksUri } = options;
  const leastBytes: Readonly<Record<string, number>> = symmetric;
  const chosen: ReadonlyArray<string> = algorithmsOf(options);
  if (chosen.length === 0) return ["algorithms must name at least one."];
  const known: ReadonlyArray<string> = secret === undefined ? asymmetric : Object.keys(symmetric);
  const length = secret === undefined ? 0 : secretBytes(secret).byteLength;
  return [
    ...chosen.flatMap((name) => {
      if (!known.includes(name)) {
        const means = secret === undefined ? "public keys" : "a secret";
        return [`algorithms: "${name}" does not verify with ${means}; there are ${known.join(", ")}.`];
      }
      const least = leastBytes[name] ?? 0;
      return length < least ? [`secret must have at least ${least} bytes for ${name}; it has ${length}.`] : [];
    }),
    ...(jwksUri === undefined ? [] : addressProblems(jwksUri, options.audience)),
    ...(options.jwks === undefined || usableKeys(options.jwks)?.length
      ? []
      : ["jwks has no public key for signatures."]),
  ];
};

const keySetProblems = (given: KeySetOptions = {}): ReadonlyArray<string> => {
  const limits = { ...keySetDefaults, ...given };
  const { refreshAfterSeconds, maxAgeSeconds, maxStaleSeconds } = limits;
  const wrong = ([...Object.keys(keySetDefaults)] as ReadonlyArray<keyof typeof keySetDefaults>).filter(
    (name) => !(Number.isFinite(limits[name]) && limits[name] > 0),
  );
  return [
    ...wrong.map((name) => `keySet.${name} must be a number above 0.`),
    ...(refreshAfterSeconds <= maxAgeSeconds && maxAgeSeconds <= maxStaleSeconds
      ? []
      : ["keySet: refreshAfterSeconds ≤ maxAgeSeconds ≤ maxStaleSeconds."]),
  ];
};

const preferenceProblems = (options: Preferences): ReadonlyArray<string> => {
  const { clockToleranceSeconds: tolerance = 0, maxTokenAgeSeconds: age = 1, cookie } = options;
  const looked = (["organization", "team", "roles", "userRoles", "claims"] as const).filter(
    (name) => options.live === true && options[name] !== undefined,
  );
  return [
    ...looked.map((name) => `${name}: with live: true the database looks it up.`),
    ...(tolerance >= 0 && tolerance <= 60 ? [] : ["clockToleranceSeconds must be between 0 and 60."]),
    ...(Number.isFinite(age) && age > 0 ? [] : ["maxTokenAgeSeconds must be a number above 0."]),
    ...(cookie === undefined || /^[\w!#$%&'*+.^`|~-]+$/.test(cookie)
      ? []
      : [`cookie: "${cookie}" is no cookie's name.`]),
    ...keySetProblems(options.keySet),
  ];
};

/** @returns why the options cannot be meant; nothing when they can. */
export const problemsOf = (options: JwtOptions): ReadonlyArray<string> => [
  ...(typeof options.issuer === "function" || areTexts(options.issuer) ? [] : ["issuer must name who signs."]),
  ...(options.audience === null || (options.audience !== undefined && areTexts(options.audience))
    ? []
    : ["audience must name who the tokens are for, or be null."]),
  ...keyProblems(options),
  ...preferenceProblems(options),
];

export const algorithmsOf = (options: Keys): ReadonlyArray<AsymmetricAlgorithm | SymmetricAlgorithm> =>
  options.algorithms ?? (options.secret === undefined ? asymmetric : ["HS256"]);

export const secretBytes = (secret: string | Uint8Array): Uint8Array =>
  typeof secret === "string" ? new TextEncoder().encode(secret) : secret;
