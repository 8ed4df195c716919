/**
 * Keys that change under verifiers that remember: the real Better Auth behind HTTP, and `hedgerow/jwt` with its key set.
 *
 * Only the clock is moved by hand; timers, sockets and signatures are real.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type BetterAuthOptions, betterAuth } from "better-auth";
import { drizzleAdapter } from "better-auth/adapters/drizzle";
import { toNodeHandler } from "better-auth/node";
import { hedgerow, revokeKeys, rotateKeys, tokenIssuer } from "hedgerow/better-auth";
import type { Authenticator } from "hedgerow/hono";
import { betterAuthTokens, IdentityUnavailable, jwt, type KeySetOptions } from "hedgerow/jwt";
import { decodeProtectedHeader } from "jose";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { basics, cookieOf, installBetterAuth, openPostgres, password } from "../../support/better-auth.js";
import { bearer } from "../../support/issuer.js";

const issuer = "https://id.example.com";
const audience = "https://api.example.com";
const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

const options = {
  ...basics,
  basePath: "/auth/v1",
  plugins: [hedgerow(), tokenIssuer({ issuer, audience })],
} satisfies BetterAuthOptions;

const start = async () => installBetterAuth(await openPostgres(), options);
let world: Awaited<ReturnType<typeof start>>;

/** A process of its own on the same tables; `secret` as after a change of the configuration. */
const instance = (secret: string = basics.secret, more: Pick<BetterAuthOptions, "secrets"> = {}) =>
  betterAuth({
    ...options,
    ...more,
    secret,
    logger: { disabled: secret !== basics.secret },
    database: drizzleAdapter(world.db, { provider: "pg", schema: world.tables }),
  });
let one: ReturnType<typeof instance>;
let two: ReturnType<typeof instance>;

let url: string;
let fetched = 0;
let isDown = false;
const server = createServer((request, response) => {
  fetched += 1;
  if (isDown) response.writeHead(503).end();
  else void toNodeHandler(one)(request, response);
});

const verifier = (keySet: KeySetOptions = {}): Authenticator =>
  jwt(
    betterAuthTokens({
      baseURL: url,
      basePath: "/auth/v1",
      issuer,
      audience,
      keySet: { onError: () => {}, ...keySet },
    }),
  );

/** Signs in again when the session could be over: passwords take their time. */
let signedIn: { readonly headers: Headers; readonly at: number } | undefined;

const tokenFrom = async (auth = one): Promise<string> => {
  if (signedIn === undefined || Math.abs(Date.now() - signedIn.at) > 5 * day) {
    const { headers } = await one.api.signInEmail({
      body: { email: "ada@example.com", password },
      returnHeaders: true,
    });
    signedIn = { headers: new Headers({ cookie: cookieOf(headers) }), at: Date.now() };
  }
  return (await auth.api.getToken({ headers: signedIn.headers })).token;
};

const kidOf = (token: string): string | undefined => decodeProtectedHeader(token).kid;

const accepts = async (by: Authenticator, token: string): Promise<boolean> =>
  (await by.identify(bearer(token)))._tag === "Claims";

const publishedKeys = async (auth = one): Promise<ReadonlyArray<string>> =>
  (await auth.api.getJwks()).keys.map(({ kid }) => String(kid));

const pass = (milliseconds: number) => vi.setSystemTime(Date.now() + milliseconds);

beforeAll(async () => {
  world = await start();
  one = instance();
  two = instance();
  await one.api.signUpEmail({ body: { name: "Ada", email: "ada@example.com", password } });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(async () => {
  server.close();
  server.closeAllConnections();
  await world.postgres.close();
});

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  await world.asOwner("delete from jwks");
  isDown = false;
});

afterEach(() => {
  vi.useRealTimers();
});

it("a verifier that asks every two hours and at no other time never meets a key that it does not know", async () => {
  const remembering = verifier({ refreshAfterSeconds: 7_199, maxAgeSeconds: 7_199, cooldownSeconds: 1e9 });
  const kids = new Set<string | undefined>();
  let previous = await tokenFrom();
  for (const end = Date.now() + 35 * day; Date.now() < end; ) {
    // It looks at the key set just before there is a new token, and then not again for two hours.
    await accepts(remembering, previous);
    pass(second);
    const token = await tokenFrom();
    kids.add(kidOf(token));
    expect(await accepts(remembering, token)).toBe(true);
    const isWaiting = (await publishedKeys()).at(-1) !== kidOf(token);
    pass(isWaiting ? 17 * minute : 19 * hour);
    previous = token;
  }
  expect(kids.size).toBe(2);
});

it("a key that signs from now on is already in the sets that were fetched just before", async () => {
  const first = await tokenFrom();
  pass(3 * hour);
  const { kid, signsFrom } = await rotateKeys(one);
  expect(signsFrom.getTime() - Date.now()).toBeLessThanOrEqual(2 * hour);
  expect(await publishedKeys()).toEqual([kidOf(first), kid]);
  expect(kidOf(await tokenFrom())).toBe(kidOf(first));

  vi.setSystemTime(signsFrom.getTime() - second);
  const remembering = verifier();
  const last = await tokenFrom();
  expect(kidOf(last)).toBe(kidOf(first));
  expect(await accepts(remembering, last)).toBe(true);

  const before = fetched;
  vi.setSystemTime(signsFrom);
  const next = await tokenFrom();
  expect(kidOf(next)).toBe(kid);
  expect(await accepts(remembering, next)).toBe(true);
  expect(await accepts(remembering, last)).toBe(true);
  expect(fetched).toBe(before);

  pass(2 * hour + 4 * minute);
  expect(await publishedKeys()).toContain(kidOf(first));
  pass(minute);
  expect(await publishedKeys()).toEqual([kid]);
});

it("two instances that rotate at once agree on the next key, and a new one goes on from the table", async () => {
  await tokenFrom();
  pass(3 * hour);
  const [a, b] = await Promise.all([rotateKeys(one), rotateKeys(two)]);
  const [, next] = await publishedKeys();
  expect([a.kid, b.kid]).toContain(next);
  expect(await publishedKeys(two)).toEqual(await publishedKeys(one));
  expect((await rotateKeys(two)).kid).toBe(next);

  pass(2 * hour + second);
  const restarted = instance();
  const remembering = verifier();
  for (const auth of [one, two, restarted]) {
    const token = await tokenFrom(auth);
    expect(kidOf(token)).toBe(next);
    expect(await accepts(remembering, token)).toBe(true);
  }
});

it("tokens of instances that all make a first key are all accepted", async () => {
  const tokens = await Promise.all([one, two, instance(), instance()].map((auth) => tokenFrom(auth)));
  const remembering = verifier();
  for (const token of tokens) expect(await accepts(remembering, token)).toBe(true);
});

it("after a month without a request the old key signs until the next one is known", async () => {
  const first = kidOf(await tokenFrom());
  pass(90 * day);
  const remembering = verifier();
  const token = await tokenFrom();
  expect(kidOf(token)).toBe(first);
  expect(await accepts(remembering, token)).toBe(true);
  pass(2 * hour + second);
  const next = await tokenFrom();
  expect(kidOf(next)).not.toBe(first);
  expect(await accepts(remembering, next)).toBe(true);
});

it("a revoked key stops working when the key set is fetched again, and the new one works at once", async () => {
  const remembering = verifier();
  const leaked = await tokenFrom();
  expect(await accepts(remembering, leaked)).toBe(true);
  const { kid } = await revokeKeys(one);
  expect(await publishedKeys(two)).toEqual([kid]);
  expect(await accepts(verifier(), leaked)).toBe(false);
  // So long does a verifier that has just fetched wait before it asks for a key that it does not know.
  expect(await accepts(remembering, leaked)).toBe(true);
  pass(31 * second);
  const token = await tokenFrom(two);
  expect(kidOf(token)).toBe(kid);
  expect(await accepts(remembering, token)).toBe(true);
  expect(await accepts(remembering, leaked)).toBe(false);
});

it("a key whose row is deleted stops working within the set's age, asked for or not", async () => {
  const first = await tokenFrom();
  pass(3 * hour);
  const { kid, signsFrom } = await rotateKeys(one);
  vi.setSystemTime(signsFrom);
  const refused: Array<string> = [];
  const remembering = jwt({
    ...betterAuthTokens({
      baseURL: url,
      basePath: "/auth/v1",
      issuer,
      audience,
      keySet: { refreshAfterSeconds: 120, maxAgeSeconds: 120 },
    }),
    onRefused: (reason) => refused.push(reason),
  });
  const token = await tokenFrom();
  expect([kidOf(token), await accepts(remembering, token)]).toEqual([kid, true]);
  await world.asOwner("delete from jwks where id = $1", [kid]);
  expect(await accepts(remembering, token)).toBe(true);
  pass(3 * minute);
  expect(await accepts(remembering, token)).toBe(false);
  expect(refused.at(-1)).toContain("ERR_JWKS_NO_MATCHING_KEY");
  expect(kidOf(await tokenFrom())).toBe(kidOf(first));
});

it("while keys cannot be fetched a token of an unknown key is nobody's fault", async () => {
  const remembering = verifier();
  expect(await accepts(remembering, await tokenFrom())).toBe(true);
  await revokeKeys(one);
  isDown = true;
  pass(minute);
  await expect(accepts(remembering, await tokenFrom())).rejects.toBeInstanceOf(IdentityUnavailable);
});

it("private keys are stored encrypted, and useless with another secret until they are revoked", async () => {
  await tokenFrom();
  const [row] = await world.asOwner("select * from jwks");
  expect(String(row?.private_key)).not.toContain('"d"');
  const changed = instance("another-secret-that-is-only-used-in-these-tests-9876543210");
  const { headers } = await changed.api.signInEmail({
    body: { email: "ada@example.com", password },
    returnHeaders: true,
  });
  const request = () =>
    changed.handler(
      new Request(`${basics.baseURL}/auth/v1/token`, { headers: new Headers({ cookie: cookieOf(headers) }) }),
    );
  const answer = await request();
  expect(answer.status).toBe(500);
  expect(await answer.text()).not.toContain("private");
  const { kid } = await revokeKeys(changed);
  const { token } = await (await request()).json();
  expect(kidOf(token)).toBe(kid);
  expect(await accepts(verifier(), token)).toBe(true);
});

it("with the old secret kept beside the new one the same keys go on signing", async () => {
  const kid = kidOf(await tokenFrom());
  const secrets = [{ version: 2, value: "another-secret-that-is-only-used-in-these-tests-9876543210" }];
  const changed = instance(basics.secret, { secrets });
  const { headers } = await changed.api.signInEmail({
    body: { email: "ada@example.com", password },
    returnHeaders: true,
  });
  const { token } = await changed.api.getToken({ headers: new Headers({ cookie: cookieOf(headers) }) });
  expect(kidOf(token)).toBe(kid);
  expect(await accepts(verifier(), token)).toBe(true);
});

it("an instance without the issuer cannot rotate", async () => {
  const auth = betterAuth({ ...basics, plugins: [hedgerow()] });
  await expect(rotateKeys(auth)).rejects.toThrow("Better Auth has no tokenIssuer() plugin.");
  await expect(revokeKeys(auth)).rejects.toThrow("Better Auth has no tokenIssuer() plugin.");
});
