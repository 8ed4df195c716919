/**
 * An issuer of tokens: key pairs, a real key set behind a real HTTP server on this machine, and a pen that signs anything.
 */
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, type JWK } from "jose";

export interface SigningKey {
  readonly alg: string;
  readonly kid: string;
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
  readonly jwk: JWK;
}

export const signingKey = async (alg: string, kid: string): Promise<SigningKey> => {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { alg, kid, privateKey, publicKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: "sig" } };
};

const hashes: Readonly<Record<string, object>> = {
  RS256: { name: "RSASSA-PKCS1-v1_5" },
  ES256: { name: "ECDSA", hash: "SHA-256" },
  EdDSA: { name: "Ed25519" },
};

const encoded = (value: unknown): string =>
  Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");

/** Signs whatever it is given: a header or a payload that is a text is taken as the JSON itself. */
export const sign = async (
  key: SigningKey,
  payload: object | string,
  header: object | string = { alg: key.alg, kid: key.kid, typ: "JWT" },
): Promise<string> => {
  const content = `${encoded(header)}.${encoded(payload)}`;
  const algorithm = hashes[key.alg] as { name: string };
  const signature = await crypto.subtle.sign(algorithm, key.privateKey, Buffer.from(content));
  return `${content}.${Buffer.from(signature).toString("base64url")}`;
};

/** Signs with a secret, whatever the header says. */
export const signWithSecret = async (secret: Uint8Array | string, payload: object, header: object): Promise<string> => {
  const content = `${encoded(header)}.${encoded(payload)}`;
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", Buffer.from(secret), algorithm, false, ["sign"]);
  return `${content}.${Buffer.from(await crypto.subtle.sign("HMAC", key, Buffer.from(content))).toString("base64url")}`;
};

export interface KeyServer {
  /** Where the key set is. */
  readonly url: string;
  /** How often it was asked for. */
  readonly asked: () => number;
  /** Publishes these from now on. */
  readonly publish: (...keys: ReadonlyArray<JWK>) => void;
  /** Answers like this from now on. */
  readonly answer: (listener: RequestListener) => void;
  /** Goes away. */
  readonly close: () => Promise<void>;
  /** Comes back at the same address. */
  readonly open: () => Promise<void>;
}

export const keyServer = async (...keys: ReadonlyArray<JWK>): Promise<KeyServer> => {
  const publishing =
    (published: ReadonlyArray<JWK>): RequestListener =>
    (_, response) => {
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ keys: published }));
    };
  let listener = publishing(keys);
  let asked = 0;
  const server = createServer((request, response) => {
    asked += 1;
    listener(request, response);
  });
  const listen = (port: number): Promise<void> => new Promise((resolve) => server.listen(port, "127.0.0.1", resolve));
  await listen(0);
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/jwks.json`,
    asked: () => asked,
    publish: (...published) => {
      listener = publishing(published);
    },
    answer: (next) => {
      listener = next;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
    open: () => listen(port),
  };
};

export const seconds = (fromNow = 0): number => Math.floor(Date.now() / 1000) + fromNow;

export const bearer = (token: string, headers: Readonly<Record<string, string>> = {}): Request =>
  new Request("https://api.example.com/v1", { headers: { authorization: `Bearer ${token}`, ...headers } });
