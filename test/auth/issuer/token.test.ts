/** Who gets a token of a real Better Auth, and every word that is in it. */
import { apiKey } from "@better-auth/api-key";
import { type BetterAuthOptions, betterAuth } from "better-auth";
import { drizzleAdapter } from "better-auth/adapters/drizzle";
import { admin, bearer, jwt, organization } from "better-auth/plugins";
import { hedgerow, type TokenIssuerOptions, tokenIssuer } from "hedgerow/better-auth";
import { decodeJwt, decodeProtectedHeader } from "jose";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { basics, type Device, device, installBetterAuth, openPostgres, password } from "../../support/better-auth.js";

const issuer = "https://id.example.com";
const audience = "https://api.example.com";

const optionsWith = (issuerOptions: Partial<TokenIssuerOptions> = {}) =>
  ({
    ...basics,
    basePath: "/auth/v1",
    user: { additionalFields: { region: { type: "string", required: false, input: false } } },
    plugins: [
      organization({
        teams: { enabled: true },
        schema: { organization: { additionalFields: { plan: { type: "string", required: false, input: false } } } },
      }),
      admin(),
      bearer(),
      apiKey({ enableSessionForAPIKeys: true }),
      hedgerow(),
      tokenIssuer({ issuer, audience, ...issuerOptions }),
    ],
  }) satisfies BetterAuthOptions;

const start = async () => installBetterAuth(await openPostgres(), optionsWith());
let world: Awaited<ReturnType<typeof start>>;

/** Another Better Auth on the same tables, whose tokens say more. */
const instance = (
  options: Partial<TokenIssuerOptions>,
  more: Pick<BetterAuthOptions, "session" | "secondaryStorage"> = {},
) =>
  betterAuth({
    ...optionsWith(options),
    ...more,
    database: drizzleAdapter(world.db, { provider: "pg", schema: world.tables }),
  });
let plain: ReturnType<typeof instance>;
let full: ReturnType<typeof instance>;
/** Keeps sessions in a cookie, too. */
let caching: ReturnType<typeof instance>;

let ada: Device;
let number = 0;

const signUp = async (auth = plain): Promise<Device> => {
  number += 1;
  return device(
    await auth.api.signUpEmail({
      body: { name: "Ada", email: `ada${number}@example.com`, password },
      returnHeaders: true,
    }),
  );
};

const ask = async (headers: Headers, auth = plain) => {
  const response = await auth.handler(new Request("http://localhost:3000/auth/v1/token", { headers }));
  const text = await response.text();
  return { status: response.status, text, headers: response.headers };
};

const payloadOf = async (headers: Headers, auth = plain) => {
  const { status, text } = await ask(headers, auth);
  expect([status, text]).toEqual([200, expect.stringContaining("token")]);
  return decodeJwt<Record<string, unknown>>(JSON.parse(text).token);
};

const sessionOf = async (of: Device) =>
  (await world.asOwner("select * from session where token = $1", [of.token]))[0] ?? {};

const createOrganization = async (of: Device): Promise<string> => {
  number += 1;
  const created = await plain.api.createOrganization({
    body: { name: "Acme", slug: `acme-${number}` },
    headers: of.headers,
  });
  return created.id;
};

const claims = {
  region: { from: "user", field: "region" },
  verified: { from: "user", field: "emailVerified" },
  plan: { from: "organization", field: "plan" },
  memberId: { from: "member", field: "organizationId" },
} as const;

beforeAll(async () => {
  world = await start();
  plain = instance({});
  full = instance({ organization: true, team: true, claims });
  caching = instance({}, { session: { cookieCache: { enabled: true, maxAge: 300 } } });
});

afterAll(() => world.postgres.close());

beforeEach(async () => {
  ada = await signUp();
});

describe("a token", () => {
  it("says whose it is, of which session, for whom and until when, and nothing else", async () => {
    const before = Math.floor(Date.now() / 1000);
    const payload = await payloadOf(ada.headers);
    expect(Object.keys(payload).sort()).toEqual(["aud", "exp", "iat", "iss", "sid", "sub"]);
    const { id } = await sessionOf(ada);
    expect(payload).toMatchObject({ iss: issuer, aud: audience, sub: ada.userId, sid: id });
    expect(payload.iat).toBeGreaterThanOrEqual(before);
    expect(Number(payload.exp) - Number(payload.iat)).toBe(300);
  });

  it("is signed with ES256 by a key that is published where databases look, without its private half", async () => {
    const { text, headers } = await ask(ada.headers);
    expect(headers.get("cache-control")).toBe("no-store");
    const { alg, kid } = decodeProtectedHeader(JSON.parse(text).token);
    expect(alg).toBe("ES256");
    const at = (path: string) => plain.handler(new Request(`http://localhost:3000/auth/v1${path}`));
    const { keys } = await (await at("/.well-known/jwks.json")).json();
    expect(keys).toEqual([
      { kty: "EC", crv: "P-256", alg: "ES256", kid, x: expect.any(String), y: expect.any(String) },
    ]);
    expect((await at("/jwks")).status).toBe(404);
  });

  it("is not handed out with sessions", async () => {
    const response = await plain.handler(
      new Request("http://localhost:3000/auth/v1/get-session", { headers: ada.headers }),
    );
    expect(response.status).toBe(200);
    expect(response.headers.has("set-auth-jwt")).toBe(false);
  });

  it("lives as long as was said, for everybody who was named", async () => {
    const payload = await payloadOf(ada.headers, instance({ expiresIn: "90s", audience: ["https://a.example", "b"] }));
    expect(Number(payload.exp) - Number(payload.iat)).toBe(90);
    expect(payload.aud).toEqual(["https://a.example", "b"]);
  });
});

describe("there is no token for", () => {
  const refused = async (headers: Headers, auth = plain) => {
    const { status, text } = await ask(headers, auth);
    expect(text).not.toContain("eyJ");
    return status;
  };

  it("nobody, and a session that nobody signed", async () => {
    expect(await refused(new Headers())).toBe(401);
    expect(await refused(new Headers({ cookie: `better-auth.session_token=${ada.token}` }))).toBe(401);
    expect(await refused(new Headers({ cookie: `better-auth.session_token=${ada.token}.AAAA` }))).toBe(401);
  });

  it("a bearer value without its signature, which bearer() itself accepts", async () => {
    const raw = new Headers({ authorization: `Bearer ${ada.token}` });
    expect((await plain.api.getSession({ headers: raw }))?.user.id).toBe(ada.userId);
    expect(await refused(raw)).toBe(401);
    const signed = ada.responseHeaders.get("set-auth-token");
    expect((await ask(new Headers({ authorization: `Bearer ${signed}` }))).status).toBe(200);
  });

  it("a session that was deleted, though a cookie caches it", async () => {
    const bob = await signUp(caching);
    expect((await ask(bob.headers, caching)).status).toBe(200);
    await world.asOwner("delete from session where token = $1", [bob.token]);
    expect((await caching.api.getSession({ headers: bob.headers }))?.user.id).toBe(bob.userId);
    expect(await refused(bob.headers, caching)).toBe(401);
  });

  it("a session that is over, though a cookie caches it", async () => {
    const bob = await signUp(caching);
    await world.asOwner("update session set expires_at = now() - interval '1 second' where token = $1", [bob.token]);
    expect((await caching.api.getSession({ headers: bob.headers }))?.user.id).toBe(bob.userId);
    expect(await refused(bob.headers, caching)).toBe(401);
  });

  it("a session that another store still knows and the database does not", async () => {
    const store = new Map<string, string>();
    const storing = instance(
      {},
      {
        session: { storeSessionInDatabase: true },
        secondaryStorage: {
          get: (key) => store.get(key) ?? null,
          set: (key, value) => void store.set(key, value),
          delete: (key) => void store.delete(key),
          getAndDelete: (key) => store.get(key) ?? null,
          increment: () => 1,
        },
      },
    );
    const bob = await signUp(storing);
    expect((await ask(bob.headers, storing)).status).toBe(200);
    await world.asOwner("update session set expires_at = now() - interval '1 second' where token = $1", [bob.token]);
    expect((await storing.api.getSession({ headers: bob.headers }))?.user.id).toBe(bob.userId);
    expect(await refused(bob.headers, storing)).toBe(401);
    await world.asOwner("delete from session where token = $1", [bob.token]);
    expect(await refused(bob.headers, storing)).toBe(401);
  });

  it("a banned user, and again when the ban is over", async () => {
    await world.asOwner(`update "user" set banned = true where id = $1`, [ada.userId]);
    expect(await refused(ada.headers)).toBe(401);
    await world.asOwner(`update "user" set ban_expires = now() + interval '1 hour' where id = $1`, [ada.userId]);
    expect(await refused(ada.headers)).toBe(401);
    await world.asOwner(`update "user" set ban_expires = now() - interval '1 second' where id = $1`, [ada.userId]);
    expect((await ask(ada.headers)).status).toBe(200);
  });

  it("an administrator who acts as somebody else", async () => {
    const boss = await signUp();
    await world.asOwner(`update "user" set role = 'admin' where id = $1`, [boss.userId]);
    const { headers } = await plain.api.impersonateUser({
      body: { userId: ada.userId },
      headers: boss.headers,
      returnHeaders: true,
    });
    const cookie = headers
      .getSetCookie()
      .map((each) => each.slice(0, each.indexOf(";")))
      .filter((each) => /session_token=./.test(each))
      .join("; ");
    expect((await plain.api.getSession({ headers: new Headers({ cookie }) }))?.user.id).toBe(ada.userId);
    expect(await refused(new Headers({ cookie }))).toBe(403);
  });

  it("an API key", async () => {
    const { key } = await plain.api.createApiKey({ body: { userId: ada.userId } });
    const headers = new Headers({ "x-api-key": key });
    expect((await plain.api.getSession({ headers }))?.user.id).toBe(ada.userId);
    expect(await refused(headers)).toBe(401);
  });

  it("whoever finds another door to Better Auth's own signing of sessions", async () => {
    for (const path of ["/sign-jwt", "/hedgerow-rotate-keys", "/hedgerowRotateKeys", "/hedgerowRevokeKeys"]) {
      const response = await plain.handler(
        new Request(`http://localhost:3000/auth/v1${path}`, { method: "POST", headers: ada.headers, body: "{}" }),
      );
      expect([path, response.status]).toEqual([path, 404]);
    }
  });
});

describe("the organization in a token", () => {
  it("is there only for a member, with the roles of the membership", async () => {
    expect(await payloadOf(ada.headers, full)).not.toHaveProperty("o");
    const id = await createOrganization(ada);
    const team = (await sessionOf(ada)).active_team_id;
    expect((await payloadOf(ada.headers, full)).o).toEqual({ id, roles: ["owner"], team });
    await world.asOwner("update member set role = ' admin ,, member' where user_id = $1", [ada.userId]);
    const payload = await payloadOf(ada.headers, full);
    expect(payload.o).toEqual({ id, roles: ["admin", "member"], team });
    expect(Object.keys(payload).sort()).toEqual(["aud", "claims", "exp", "iat", "iss", "o", "sid", "sub"]);
    expect(await payloadOf(ada.headers)).not.toHaveProperty("o");
  });

  it("is gone after a removal, though the session still points to it", async () => {
    const id = await createOrganization(ada);
    await world.asOwner("delete from member where user_id = $1", [ada.userId]);
    expect((await sessionOf(ada)).active_organization_id).toBe(id);
    expect(await payloadOf(ada.headers, full)).not.toHaveProperty("o");
  });

  it("is that of the session, not another one of the user", async () => {
    const first = await createOrganization(ada);
    const second = await createOrganization(ada);
    expect((await payloadOf(ada.headers, full)).o).toMatchObject({ id: second });
    await plain.api.setActiveOrganization({ body: { organizationId: first }, headers: ada.headers });
    expect((await payloadOf(ada.headers, full)).o).toMatchObject({ id: first });
    await plain.api.setActiveOrganization({ body: { organizationId: null }, headers: ada.headers });
    expect(await payloadOf(ada.headers, full)).not.toHaveProperty("o");
  });

  it("has no team of another organization, and none that the user has left", async () => {
    const first = await createOrganization(ada);
    const team = (await sessionOf(ada)).active_team_id;
    const second = await createOrganization(ada);
    await world.asOwner("update session set active_team_id = $2 where token = $1", [ada.token, team]);
    expect((await payloadOf(ada.headers, full)).o).toEqual({ id: second, roles: ["owner"] });
    await world.asOwner("update session set active_organization_id = $2 where token = $1", [ada.token, first]);
    expect((await payloadOf(ada.headers, full)).o).toEqual({ id: first, roles: ["owner"], team });
    await world.asOwner("delete from team_member where user_id = $1", [ada.userId]);
    expect((await payloadOf(ada.headers, full)).o).toEqual({ id: first, roles: ["owner"] });
  });

  it("is none where two memberships contradict each other", async () => {
    const id = await createOrganization(ada);
    await world.asOwner('drop index "member_organizationId_userId_uidx"');
    await world.asOwner(
      "insert into member (id, organization_id, user_id, role, created_at) values ('twin', $1, $2, 'member', now())",
      [id, ada.userId],
    );
    try {
      expect(await payloadOf(ada.headers, full)).not.toHaveProperty("o");
    } finally {
      await world.asOwner("delete from member where id = 'twin'");
    }
  });
});

describe("claims in a token", () => {
  it("are the declared fields, below one name, and without the empty ones", async () => {
    const id = await createOrganization(ada);
    expect((await payloadOf(ada.headers, full)).claims).toEqual({ verified: false, memberId: id });
    await world.asOwner(`update "user" set region = 'eu' where id = $1`, [ada.userId]);
    await world.asOwner("update organization set plan = 'pro' where id = $1", [id]);
    const said = (await payloadOf(ada.headers, full)).claims;
    expect(said).toEqual({ region: "eu", verified: false, plan: "pro", memberId: id });
  });

  it("of an organization or a membership are gone after a removal", async () => {
    const id = await createOrganization(ada);
    await world.asOwner("update organization set plan = 'pro' where id = $1", [id]);
    await world.asOwner("delete from member where user_id = $1", [ada.userId]);
    expect((await payloadOf(ada.headers, full)).claims).toEqual({ verified: false });
  });

  it("cannot be secrets, and must exist", async () => {
    for (const field of ["token", "nothing"]) {
      const auth = instance({ claims: { x: { from: "session", field } } });
      await expect(auth.api.getToken({ headers: ada.headers })).rejects.toThrow(
        /claim "x": session has no usable field/,
      );
    }
  });
});

describe("options that cannot be meant", () => {
  it("are all named at once", () => {
    const wrong = () =>
      tokenIssuer({
        issuer: "example",
        audience: [],
        expiresIn: "2h",
        team: true,
        rotation: { every: "1h", publishFor: "5m", keepFor: "1s" },
      });
    expect(wrong).toThrowErrorMatchingInlineSnapshot(`
      [Error: tokenIssuer() cannot issue tokens like this:
      - issuer must be a URL, such as https://id.example.com; not "example".
      - audience must name for whom the tokens are, such as https://api.example.com.
      - team: true needs organization: true.
      - expiresIn must be a duration (30s, 5m, 2h, 30d) from 1m to 1h; not "2h".
      - rotation.publishFor must be a duration (30s, 5m, 2h, 30d) of at least 10m; not "5m".
      - rotation.keepFor must be a duration (30s, 5m, 2h, 30d) at least a minute longer than expiresIn; not "1s".]
    `);
  });

  it.each([[0], [1]])("are Better Auth's own jwt() beside it, wherever that stands (%i)", async (place) => {
    const plugins = [tokenIssuer({ issuer, audience }), jwt()];
    const auth = betterAuth({ ...basics, plugins: place === 0 ? plugins : plugins.reverse() });
    const answer = auth.handler(new Request("http://localhost:3000/api/auth/token"));
    await expect(answer).rejects.toThrow("tokenIssuer(): it takes the place of jwt()");
  });

  it("are an organization without the plugin, and a team without teams", async () => {
    const auth = betterAuth({
      ...basics,
      plugins: [tokenIssuer({ issuer, audience, organization: true, team: true })],
    });
    await expect(auth.api.getToken({ headers: new Headers() })).rejects.toThrow(
      "tokenIssuer(): organization: true needs the plugin organization(); team: true needs organization({ teams: { enabled: true } }).",
    );
  });
});
