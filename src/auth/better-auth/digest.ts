/**
 * SHA-256 and HMAC, by the runtime's own code.
 *
 * Invariant: signatures are compared in constant time. `node:crypto` answers at once, where a runtime has it (Node, Bun, Workers
 * with `nodejs_compat`); WebCrypto, which every runtime has, takes ten times as long for texts this short.
 */

export interface Digests {
  /** The SHA-256 of a text in lower-case hex. */
  readonly hash: (text: string) => string | Promise<string>;
  /** Whether a signature is the HMAC-SHA-256 of a text. */
  readonly verifies: (secret: string, text: string, signature: Uint8Array<ArrayBuffer>) => boolean | Promise<boolean>;
}

type NodeCrypto = Pick<typeof import("node:crypto"), "createHash" | "createHmac" | "timingSafeEqual">;

const byNode = ({ createHash, createHmac, timingSafeEqual }: NodeCrypto): Digests => ({
  hash: (text) => createHash("sha256").update(text).digest("hex"),
  verifies: (secret, text, signature) => {
    const expected = createHmac("sha256", secret).update(text).digest();
    return expected.length === signature.length && timingSafeEqual(expected, signature);
  },
});

const utf8 = new TextEncoder();
const algorithm = { name: "HMAC", hash: "SHA-256" };

export const byWebCrypto: Digests = {
  hash: async (text) => {
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", utf8.encode(text)));
    return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  },
  verifies: async (secret, text, signature) => {
    const key = await crypto.subtle.importKey("raw", utf8.encode(secret), algorithm, false, ["verify"]);
    return crypto.subtle.verify(algorithm, key, signature, utf8.encode(text));
  },
};

/** @param globals those of a runtime. */
export const digestsOf = (globals: {
  readonly process?: { readonly getBuiltinModule?: (name: string) => unknown };
}): Digests => {
  const crypto = globals.process?.getBuiltinModule?.("node:crypto");
  return isNodeCrypto(crypto) ? byNode(crypto) : byWebCrypto;
};

const isNodeCrypto = (found: unknown): found is NodeCrypto =>
  typeof found === "object" &&
  found !== null &&
  ["createHash", "createHmac", "timingSafeEqual"].every((name) => typeof Reflect.get(found, name) === "function");

export const digests: Digests = digestsOf(globalThis);
