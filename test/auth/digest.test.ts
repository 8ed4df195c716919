/** Both ways to a digest give the same answer, for every text and every wrong signature. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { byWebCrypto, digestsOf } from "../../src/auth/better-auth/digest.js";

const byNode = digestsOf(globalThis);

it("takes node:crypto where the runtime has it, and WebCrypto where it has not", () => {
  expect(byNode).not.toBe(byWebCrypto);
  expect(digestsOf({})).toBe(byWebCrypto);
  expect(digestsOf({ process: {} })).toBe(byWebCrypto);
  expect(digestsOf({ process: { getBuiltinModule: () => undefined } })).toBe(byWebCrypto);
  expect(digestsOf({ process: { getBuiltinModule: () => ({ createHash: 1 }) } })).toBe(byWebCrypto);
});

it("hashes every text alike", async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: "binary" }), async (text) => {
      expect(await byNode.hash(text)).toBe(await byWebCrypto.hash(text));
    }),
  );
});

it("holds a signature for right only as it was made, by either", async () => {
  const signature = async (secret: string, text: string): Promise<Uint8Array<ArrayBuffer>> => {
    const algorithm = { name: "HMAC", hash: "SHA-256" };
    const encoder = new TextEncoder();
    const key = await crypto.subtle.importKey("raw", encoder.encode(secret), algorithm, false, ["sign"]);
    return new Uint8Array(await crypto.subtle.sign(algorithm, key, encoder.encode(text)));
  };
  await fc.assert(
    fc.asyncProperty(
      fc.string({ minLength: 1 }),
      fc.string(),
      fc.nat(31),
      fc.integer({ min: 1, max: 255 }),
      async (secret, text, at, by) => {
        const right = await signature(secret, text);
        const wrong = Uint8Array.from(right, (byte, index) => (index === at ? byte ^ by : byte));
        for (const digests of [byNode, byWebCrypto]) {
          expect(await digests.verifies(secret, text, right)).toBe(true);
          expect(await digests.verifies(secret, text, wrong)).toBe(false);
          expect(await digests.verifies(secret, text, right.slice(0, 31))).toBe(false);
          expect(await digests.verifies(`${secret}x`, text, right)).toBe(false);
        }
      },
    ),
  );
});
