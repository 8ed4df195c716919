/**
 * Session tokens as Better Auth signs them, and the only form in which they leave the process.
 *
 * Invariant: a token is accepted only with a valid HMAC of Better Auth's secret behind it. Nothing that a request carries makes
 * these functions throw.
 *
 * No secret is compared here as a text, because `===` stops at the first difference and its time would tell how far a guess
 * holds: the signature is compared in constant time (`digest.ts`). The database finds a session by the SHA-256 of
 * its token, so the time of an index lookup speaks of a hash that nobody can choose. And whatever is wrong with a
 * credential (unsigned, unknown, expired, its user banned or gone), the answer is the same 401 in the same bytes.
 */
import { digests } from "./digest.js";

/** Far more than a token and its signature take; anything longer is not worth verifying. */
const longest = 512;

/** A SHA-256 in padded base64. */
const signatureLength = 44;

/**
 * Verifies `token.signature`, percent-encoded or not.
 *
 * @param value what the request carried.
 * @param secret Better Auth's secret.
 * @returns the token, or null when the signature is missing or does not hold.
 */
export const verifySigned = async (value: string, secret: string): Promise<string | null> => {
  if (value.length > longest) return null;
  const signed = decoded(value);
  const dot = signed.lastIndexOf(".");
  const token = signed.slice(0, dot);
  const signature = bytesOf(signed.slice(dot + 1));
  if (dot < 1 || signature === null) return null;
  return (await digests.verifies(secret, token, signature)) ? token : null;
};

/** The SHA-256 of a session token in lower-case hex. */
export const hashToken = async (token: string): Promise<string> => digests.hash(token);

const decoded = (value: string): string => {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
};

const bytesOf = (base64: string): Uint8Array<ArrayBuffer> | null => {
  if (base64.length !== signatureLength) return null;
  try {
    return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  } catch {
    return null;
  }
};
