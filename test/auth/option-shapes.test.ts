/** `sessionAuthenticator` takes Better Auth however it was made: this file compiles, and each instance answers. */
import { apiKey } from "@better-auth/api-key";
import { type Auth, type BetterAuthOptions, betterAuth } from "better-auth";
import { memoryAdapter } from "better-auth/adapters/memory";
import { admin, bearer, organization } from "better-auth/plugins";
import { hedgerow, sessionAuthenticator } from "hedgerow/better-auth";
import { afterAll, beforeAll, expect, it } from "vitest";

const secret = "a secret of at least thirty-two characters";
const database = memoryAdapter({});
const baseURL = "http://localhost:3000";
const plugins = [organization(), hedgerow()];

let before: string | undefined;
beforeAll(() => {
  before = process.env.BETTER_AUTH_URL;
  process.env.BETTER_AUTH_URL = baseURL;
});
afterAll(() => {
  if (before === undefined) delete process.env.BETTER_AUTH_URL;
  else process.env.BETTER_AUTH_URL = before;
});

const make = () =>
  betterAuth({
    secret,
    database,
    plugins,
    user: { additionalFields: { region: { type: "string", required: false } } },
  });
const options = { secret, database, plugins } satisfies BetterAuthOptions;

it.each([
  ["without a baseURL", () => sessionAuthenticator(betterAuth({ secret, database, plugins: [hedgerow()] }))],
  ["with one", () => sessionAuthenticator(betterAuth({ secret, database, baseURL, plugins }))],
  [
    "with one for each host",
    () =>
      sessionAuthenticator(betterAuth({ secret, database, baseURL: { allowedHosts: ["localhost:3000"] }, plugins })),
  ],
  ["from options of their own", () => sessionAuthenticator(betterAuth(options))],
  ["by a function, with more fields", () => sessionAuthenticator(make())],
  [
    "with many plugins, and advanced options",
    () =>
      sessionAuthenticator(
        betterAuth({
          secret,
          database,
          emailAndPassword: { enabled: true },
          advanced: { cookiePrefix: "acme", database: { generateId: "uuid" } },
          plugins: [organization({ teams: { enabled: true } }), admin(), bearer(), apiKey(), hedgerow()],
        }),
      ),
  ],
  [
    "under the type of any instance",
    () => {
      const auth: Auth<BetterAuthOptions> = betterAuth<BetterAuthOptions>({ secret, database, plugins: [hedgerow()] });
      return sessionAuthenticator(auth);
    },
  ],
])("an instance made %s", async (_, authenticator) => {
  const request = new Request(`${baseURL}/notes`, {
    headers: { host: "localhost:3000", authorization: "Bearer none" },
  });
  expect((await authenticator().identify(request))._tag).toBe("Anonymous");
});
