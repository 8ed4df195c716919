import type { PGlite } from "@electric-sql/pglite";
import { type BetterAuthOptions, betterAuth } from "better-auth";
import { bearer, organization } from "better-auth/plugins";
import { hedgerow, sessionAuthenticator } from "hedgerow/better-auth";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Authenticator, Via } from "../../src/auth/authenticator.js";
import { basics, type Device, device, installBetterAuth, openPostgres, password } from "../support/better-auth.js";

const withBearer = { ...basics, plugins: [organization(), bearer(), hedgerow()] } satisfies BetterAuthOptions;
const withoutBearer = { ...basics, plugins: [organization(), hedgerow()] } satisfies BetterAuthOptions;

const start = (postgres: PGlite) => installBetterAuth(postgres, withBearer);

let world: Awaited<ReturnType<typeof start>>;
let authenticator: Authenticator;
let user: Device;
let other: Device;
/** The session cookie's name and its signed value, as the browser sends them. */
let cookie: { readonly name: string; readonly value: string };

const anonymous = { _tag: "Anonymous" };

const request = (headers: Record<string, string>): Request => new Request("https://api.example.com/v1", { headers });

const identify = (headers: Record<string, string>) => authenticator.identify(request(headers));

beforeAll(async () => {
  world = await start(await openPostgres());
  authenticator = sessionAuthenticator(world.auth);
  const signUp = async (name: string) =>
    device(
      await world.auth.api.signUpEmail({
        body: { name, email: `${name}@example.com`, password },
        returnHeaders: true,
      }),
    );
  user = await signUp("user");
  other = await signUp("other");
  const header = user.headers.get("cookie") ?? "";
  cookie = { name: header.slice(0, header.indexOf("=")), value: header.slice(header.indexOf("=") + 1) };
});

afterAll(() => world.postgres.close());

const session = (of: Device, via: Via = "cookie") => ({ _tag: "Session", tokenHash: of.tokenHash, via });

describe("a session cookie", () => {
  it("is a session when its signature holds", async () => {
    expect(await identify({ cookie: `${cookie.name}=${cookie.value}` })).toEqual(session(user));
    expect(await identify({ cookie: `theme=dark; ${cookie.name}=${cookie.value}; a=b` })).toEqual(session(user));
  });

  it.each<[string, () => string]>([
    ["it is missing", () => "theme=dark"],
    ["it is empty", () => `${cookie.name}=`],
    ["it is only a dot", () => `${cookie.name}=.`],
    ["it is the token without a signature", () => `${cookie.name}=${user.token}`],
    ["the signature is another's", () => `${cookie.name}=${user.token}.${signatureOf(other)}`],
    ["the token was changed", () => `${cookie.name}=x${cookie.value}`],
    ["the signature was cut", () => `${cookie.name}=${cookie.value.slice(0, -8)}`],
    ["the signature is not base64", () => `${cookie.name}=${user.token}.${"!".repeat(43)}=`],
    ["the value is not percent-encoded text", () => `${cookie.name}=%E0%A4%A`],
    ["the value is very long", () => `${cookie.name}=${"x".repeat(100_000)}.${signatureOf(user)}`],
    ["there are two", () => `${cookie.name}=${cookie.value}; ${cookie.name}=${cookie.value}`],
    ["there are two and one is forged", () => `${cookie.name}=forged; ${cookie.name}=${cookie.value}`],
    ["the header is not a list of cookies", () => ";;=;=="],
    ["its name has a space around it that HTTP does not know", () => `a=b; \u00a0${cookie.name}=${cookie.value}`],
  ])("is anonymous when %s", async (_, header) => {
    expect(await identify({ cookie: header() })).toEqual(anonymous);
  });

  it("is anonymous when it was signed with another secret", async () => {
    const stranger = betterAuth({ ...withBearer, secret: "another-secret-of-another-deployment-0123456789" });
    expect(
      await sessionAuthenticator(stranger).identify(request({ cookie: `${cookie.name}=${cookie.value}` })),
    ).toEqual(anonymous);
  });
});

describe("a bearer value", () => {
  it("is a session when it is the signed value that Better Auth hands out", async () => {
    const signed = user.responseHeaders.get("set-auth-token");
    expect(signed).toContain(".");
    expect(await identify({ authorization: `Bearer ${signed}` })).toEqual(session(user, "header"));
    expect(await identify({ authorization: `bearer ${decodeURIComponent(signed ?? "")}` })).toEqual(
      session(user, "header"),
    );
  });

  it("is what counts when there is a cookie, too", async () => {
    const headers = { cookie: `${cookie.name}=${cookie.value}`, authorization: `Bearer ${signedBearer(other)}` };
    expect(await identify(headers)).toEqual(session(other, "header"));
  });

  it.each<[string, () => string]>([
    ["it is the token as the database has it", () => user.token],
    ["it is the token with an empty signature", () => `${user.token}.`],
    ["it is the token with an encoded dot", () => `${user.token}%2E`],
    ["the signature is another's", () => `${user.token}.${signatureOf(other)}`],
    ["it is empty", () => ""],
    ["it is somebody else's JWT", () => "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0."],
    ["it is very long", () => `${"x".repeat(10_000)}.${signatureOf(user)}`],
  ])("is anonymous when %s, also beside a valid cookie", async (_, value) => {
    const authorization = `Bearer ${value()}`;
    expect(await identify({ authorization })).toEqual(anonymous);
    if (value() !== "") {
      expect(await identify({ authorization, cookie: `${cookie.name}=${cookie.value}` })).toEqual(anonymous);
    }
  });

  it("counts for nothing without the bearer plugin", async () => {
    const plain = sessionAuthenticator(betterAuth(withoutBearer));
    const authorization = `Bearer ${signedBearer(user)}`;
    expect(await plain.identify(request({ authorization }))).toEqual(anonymous);
    expect(await plain.identify(request({ authorization, cookie: `${cookie.name}=${cookie.value}` }))).toEqual(
      session(user),
    );
  });
});

describe("identifying a request", () => {
  it("asks the database nothing, and only the hash of the token reaches it afterwards", async () => {
    world.statements.length = 0;
    await identify({ authorization: `Bearer ${signedBearer(user)}` });
    await identify({ cookie: `${cookie.name}=forged` });
    const credential = await identify({ cookie: `${cookie.name}=${cookie.value}` });
    expect(world.statements).toEqual([]);

    const caller = credential._tag === "Session" ? await world.callerByHash(credential.tokenHash) : undefined;
    expect(caller?.user_id).toBe(user.userId);
    const sent = JSON.stringify(world.statements);
    expect(sent).toContain(user.tokenHash);
    expect(sent).not.toContain(user.token);
  });

  it("is anonymous without any credential", async () => {
    expect(await identify({})).toEqual(anonymous);
    expect(await identify({ authorization: "Basic dXNlcjpwYXNz" })).toEqual(anonymous);
  });

  it("cannot be asked for over HTTP", async () => {
    for (const path of ["/hedgerow-presented-token", "/hedgerowPresentedToken", "/hedgerow", "/virtual:", "/"]) {
      const answer = await world.auth.handler(
        new Request(`${basics.baseURL}/api/auth${path}`, { headers: { cookie: `${cookie.name}=${cookie.value}` } }),
      );
      expect(answer.status).toBe(404);
    }
  });

  it("needs the plugin, and says so at once", () => {
    expect(() => sessionAuthenticator(betterAuth({ ...basics }))).toThrow(/no hedgerow\(\) plugin/);
  });
});

const signedBearer = (of: Device): string => of.responseHeaders.get("set-auth-token") ?? "";

const signatureOf = (of: Device): string => {
  const signed = decodeURIComponent(signedBearer(of));
  return encodeURIComponent(signed.slice(signed.lastIndexOf(".") + 1));
};
