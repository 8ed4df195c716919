/** Which tokens are worth something, and that all others are worth nothing. */
import { type JwtOptions, jwt } from "hedgerow/jwt";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  bearer,
  type KeyServer,
  keyServer,
  type SigningKey,
  seconds,
  sign,
  signingKey,
  signWithSecret,
} from "../../support/issuer.js";

const issuer = "https://id.example.com/realms/acme";
const audience = "https://api.example.com";
const anonymous = { _tag: "Anonymous" };
const secret = "a-secret-of-this-test-that-is-long-enough-0123456789";

let rsa: SigningKey;
let elliptic: SigningKey;
let stranger: SigningKey;
let server: KeyServer;
let options: JwtOptions & { readonly jwksUri: string };

beforeAll(async () => {
  [rsa, elliptic, stranger] = await Promise.all([
    signingKey("RS256", "key-1"),
    signingKey("ES256", "key-2"),
    signingKey("RS256", "key-1"),
  ]);
  server = await keyServer(rsa.jwk, elliptic.jwk);
  options = { issuer, audience, jwksUri: server.url, organization: "org_id", roles: "roles" };
});

afterAll(() => server.close());

const claims = (over: object = {}) => ({
  iss: issuer,
  aud: audience,
  exp: seconds(300),
  iat: seconds(),
  sub: "user_ann",
  sid: "session_1",
  org_id: "org_acme",
  roles: ["admin", "member"],
  ...over,
});

const without = (name: string) => Object.fromEntries(Object.entries(claims()).filter(([key]) => key !== name));

const identify = (token: string, over: Partial<JwtOptions> = {}) =>
  jwt({ ...options, ...over } as JwtOptions).identify(bearer(token));

const ann = {
  _tag: "Claims",
  via: "header",
  presented: expect.any(Function),
  caller: {
    userId: "user_ann",
    sessionId: "session_1",
    activeOrgId: "org_acme",
    activeTeamId: null,
    roles: ["admin", "member"],
    userRoles: [],
    claims: {},
  },
};

describe("a token that holds", () => {
  it("is a caller, with each published key", async () => {
    expect(await identify(await sign(rsa, claims()))).toEqual(ann);
    expect(await identify(await sign(elliptic, claims()))).toEqual(ann);
  });

  it("may say what it is, in the usual words", async () => {
    for (const typ of [undefined, "JWT", "jwt", "application/jwt", "at+jwt", "application/AT+JWT"]) {
      expect(await identify(await sign(rsa, claims(), header({ typ })))).toEqual(ann);
    }
  });

  it("may be for several audiences", async () => {
    expect(await identify(await sign(rsa, claims({ aud: ["https://other.example.com", audience] })))).toEqual(ann);
  });

  it("may be a little ahead of or behind our clock, and no more than is said", async () => {
    const early = await sign(rsa, claims({ nbf: seconds(30) }));
    const late = await sign(rsa, claims({ exp: seconds(-30) }));
    for (const token of [early, late]) {
      expect(await identify(token)).toEqual(anonymous);
      expect(await identify(token, { clockToleranceSeconds: 60 })).toEqual(ann);
    }
    expect(await identify(await sign(rsa, claims({ exp: seconds(-2) })))).toEqual(ann);
  });

  it("passes on declared claims only, and only plain values", async () => {
    const token = await sign(
      rsa,
      claims({
        app_metadata: { region: "eu", nested: { deep: 1 }, list: [1] },
        "https://acme.example/plan": "pro",
        "a.b": 7,
        secret_note: "x",
        empty: "",
        nul: "a\0b",
        half: "\ud800",
      }),
    );
    const over: Partial<JwtOptions> = {
      claims: {
        region: "app_metadata.region",
        plan: "https://acme.example/plan",
        dotted: ["a.b"],
        sum: (payload) => (payload["a.b"] === 7 ? true : null),
        nested: "app_metadata.nested",
        list: "app_metadata.list",
        gone: "app_metadata.gone.further",
        proto: "__proto__.constructor",
        constructor: "constructor.name",
        empty: "empty",
        nul: "nul",
        half: "half",
      },
    };
    const credential = await identify(token, over);
    expect(credential._tag === "Claims" && credential.caller.claims).toEqual({
      region: "eu",
      plan: "pro",
      dotted: 7,
      sum: true,
      nested: null,
      list: null,
      gone: null,
      proto: null,
      constructor: null,
      empty: null,
      nul: null,
      half: null,
    });
  });

  it("has no platform role unless it was said where they are", async () => {
    const token = await sign(rsa, claims({ role: "admin", user_roles: ["admin"], userRoles: ["admin"] }));
    expect(await identify(token)).toEqual(ann);
    expect(await identify(token, { userRoles: "user_roles" })).toMatchObject({ caller: { userRoles: ["admin"] } });
  });

  it("has no roles and no team without an organization", async () => {
    const token = await sign(rsa, { ...without("org_id"), team_id: "t1" });
    expect(await identify(token, { team: "team_id" })).toMatchObject({
      caller: { userId: "user_ann", activeOrgId: null, activeTeamId: null, roles: [] },
    });
  });

  it.each<[string, unknown, ReadonlyArray<string>]>([
    ["spaces", "admin member", ["admin", "member"]],
    ["commas", "admin,member, ,", ["admin", "member"]],
    ["a list", [" admin ", "", "  ", "admin"], ["admin"]],
    ["a list of all sorts", ["admin", 7, null, ["owner"], { owner: true }, "x\0"], ["admin"]],
    ["a number", 7, []],
    ["an object", { admin: true }, []],
  ])("has the roles that are texts, given as %s", async (_, roles, expected) => {
    expect(await identify(await sign(rsa, claims({ roles })))).toMatchObject({ caller: { roles: expected } });
  });

  it("is mapped by a function for an issuer of any kind", async () => {
    const token = await sign(rsa, claims({ uid: 7, tenant: { id: "t" } }));
    const map: JwtOptions["map"] = ({ uid, tenant }) =>
      uid === 7 ? { userId: `n${uid}`, organizationId: (tenant as { id: string }).id } : null;
    const mapped = jwt({ issuer, audience, jwksUri: server.url, map });
    expect(await mapped.identify(bearer(token))).toMatchObject({ caller: { userId: "n7", activeOrgId: "t" } });
    expect(await mapped.identify(bearer(await sign(rsa, claims({ uid: 8 }))))).toEqual(anonymous);
  });

  it("counts with the last of two equal names, for what is checked and what is passed on alike", async () => {
    const doubled = (first: object, second: object) =>
      `${JSON.stringify(claims(first)).slice(0, -1)},${JSON.stringify(second).slice(1)}`;
    expect(await identify(await sign(rsa, doubled({ sub: "user_eve" }, { sub: "user_ann" })))).toEqual(ann);
    expect(await identify(await sign(rsa, doubled({}, { exp: seconds(-300) })))).toEqual(anonymous);
    expect(await identify(await sign(rsa, doubled({}, { aud: "https://other.example.com" })))).toEqual(anonymous);
    expect(await identify(await sign(rsa, doubled({}, { iss: "https://evil.example.com" })))).toEqual(anonymous);
  });
});

const header = (over: object = {}) => ({ alg: "RS256", kid: "key-1", typ: "JWT", ...over });
const unsigned = (head: object, body: object): string =>
  `${Buffer.from(JSON.stringify(head)).toString("base64url")}.${Buffer.from(JSON.stringify(body)).toString("base64url")}`;

describe("a token is worth nothing when", () => {
  it.each<[string, () => Promise<string> | string]>([
    ["it has no signature", async () => `${(await sign(rsa, claims())).split(".").slice(0, 2).join(".")}.`],
    ["it says that it needs none", () => `${unsigned(header({ alg: "none" }), claims())}.`],
    ["it says none in another case", () => `${unsigned(header({ alg: "nOnE" }), claims())}.`],
    [
      "it says none and has some",
      async () => {
        const [, , signature] = (await sign(rsa, claims())).split(".");
        return `${unsigned(header({ alg: "none" }), claims())}.${signature}`;
      },
    ],
    [
      "its payload was changed",
      async () => {
        const [head, , signature] = (await sign(rsa, claims())).split(".");
        return `${head}.${Buffer.from(JSON.stringify(claims({ sub: "user_eve" }))).toString("base64url")}.${signature}`;
      },
    ],
    [
      "its header was changed",
      async () => {
        const [, body, signature] = (await sign(rsa, claims())).split(".");
        return `${Buffer.from(JSON.stringify(header({ x: 1 }))).toString("base64url")}.${body}.${signature}`;
      },
    ],
    ["another key signed it under the same id", () => sign(stranger, claims())],
    ["its key id is unknown", () => sign(rsa, claims(), header({ kid: "key-9" }))],
    ["its key id is another key's", () => sign(rsa, claims(), header({ kid: "key-2" }))],
    ["its key id is not a text", () => sign(rsa, claims(), header({ kid: ["key-1"] }))],
    [
      "the public key was used as a secret",
      async () => signWithSecret(JSON.stringify(rsa.jwk), claims(), header({ alg: "HS256" })),
    ],
    [
      "the modulus was used as a secret",
      async () => signWithSecret(Buffer.from(rsa.jwk.n ?? "", "base64url"), claims(), header({ alg: "HS256" })),
    ],
    ["it carries the key that signed it", () => sign(stranger, claims(), header({ jwk: stranger.jwk }))],
    [
      "it points to the key that signed it",
      () => sign(stranger, claims(), header({ jku: `${server.url}?evil`, x5u: `${server.url}?evil` })),
    ],
    ["it has a certificate of its own", () => sign(stranger, claims(), header({ x5c: ["MIIB"] }))],
    ["it demands an extension", () => sign(rsa, claims(), header({ crit: ["exp"], exp: 1 }))],
    ["its payload is not encoded", () => sign(rsa, claims(), header({ crit: ["b64"], b64: false }))],
    ["its algorithm is of another family", () => sign(rsa, claims(), header({ alg: "ES256" }))],
    ["its last algorithm is another", () => sign(rsa, claims(), '{"alg":"RS256","kid":"key-1","alg":"none"}')],
    ["its header is not an object", () => sign(rsa, claims(), "[]")],
    ["its payload is not an object", () => sign(rsa, "[]")],
    ["its payload is not JSON", () => sign(rsa, "{")],
    ["it has expired", () => sign(rsa, claims({ exp: seconds(-300) }))],
    ["it does not expire", () => sign(rsa, without("exp"))],
    ["it expires at a text", () => sign(rsa, claims({ exp: String(seconds(300)) }))],
    ["it expires at no time", () => sign(rsa, claims({ exp: null }))],
    ["it expires in eternity", () => sign(rsa, JSON.stringify(claims({ exp: 0 })).replace('"exp":0', '"exp":1e999'))],
    ["it is not valid yet", () => sign(rsa, claims({ nbf: seconds(300) }))],
    ["it begins at a text", () => sign(rsa, claims({ nbf: "0" }))],
    ["it has no issuer", () => sign(rsa, without("iss"))],
    ["its issuer has a slash more", () => sign(rsa, claims({ iss: `${issuer}/` }))],
    ["its issuer begins like ours", () => sign(rsa, claims({ iss: `${issuer}.evil.example.com` }))],
    ["its issuer ends like ours", () => sign(rsa, claims({ iss: `https://evil.example.com/?${issuer}` }))],
    ["its issuer is ours in another case", () => sign(rsa, claims({ iss: issuer.toUpperCase() }))],
    ["its issuer is part of ours", () => sign(rsa, claims({ iss: issuer.slice(0, -1) }))],
    ["its issuer is a list with ours", () => sign(rsa, claims({ iss: [issuer] }))],
    ["it has no audience", () => sign(rsa, without("aud"))],
    ["its audience is another", () => sign(rsa, claims({ aud: "https://other.example.com" }))],
    ["its audiences are others", () => sign(rsa, claims({ aud: ["https://other.example.com", `${audience}/v2`] }))],
    ["its audience contains ours", () => sign(rsa, claims({ aud: `${audience} ${audience}` }))],
    ["its audience is part of ours", () => sign(rsa, claims({ aud: audience.slice(0, -1) }))],
    ["its audience is an object", () => sign(rsa, claims({ aud: { [audience]: true } }))],
    ["its audiences are none", () => sign(rsa, claims({ aud: [] }))],
    ["it has no subject", () => sign(rsa, without("sub"))],
    ["its subject is a number", () => sign(rsa, claims({ sub: 7 }))],
    ["its subject is a list", () => sign(rsa, claims({ sub: ["user_ann"] }))],
    ["its subject is empty", () => sign(rsa, claims({ sub: "" }))],
    ["its subject is blank", () => sign(rsa, claims({ sub: " \t\u00a0" }))],
    ["its subject contains NUL", () => sign(rsa, claims({ sub: "user_ann\0" }))],
    ["its subject contains half a character", () => sign(rsa, claims({ sub: "user_\ud800ann" }))],
    ["its subject is very long", () => sign(rsa, claims({ sub: "x".repeat(256) }))],
    ["it is longer than 16 KiB", () => sign(rsa, claims({ padding: "x".repeat(16_384) }))],
    ["it is to sign out with", () => sign(rsa, claims(), header({ typ: "logout+jwt" }))],
    ["its type is not a text", () => sign(rsa, claims(), header({ typ: 7 }))],
    ["its type is a list of a text", () => sign(rsa, claims(), header({ typ: ["JWT"] }))],
    ["its type is null", () => sign(rsa, claims(), header({ typ: null }))],
    [
      "it is bound to its sender's key",
      () => sign(rsa, claims({ cnf: { jkt: "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I" } })),
    ],
    ["it is encrypted", () => `${"a.".repeat(4)}a`],
    ["it is empty", () => ""],
  ])("%s", async (_, token) => {
    const reasons: Array<string> = [];
    expect(await identify(await token(), { onRefused: (reason) => reasons.push(reason) })).toEqual(anonymous);
    for (const reason of reasons) expect(reason).not.toMatch(/eyJ|user_|evil|org_acme/);
  });

  it("its signature was changed anywhere", async () => {
    const token = await sign(elliptic, claims());
    const start = token.lastIndexOf(".") + 1;
    for (let index = start; index < token.length - 1; index += 7) {
      const changed = `${token.slice(0, index)}${token[index] === "A" ? "B" : "A"}${token.slice(index + 1)}`;
      expect(await identify(changed)).toEqual(anonymous);
    }
  });

  it("its algorithm is none of those that were chosen", async () => {
    expect(await identify(await sign(elliptic, claims()), { algorithms: ["RS256"] })).toEqual(anonymous);
    expect(await identify(await sign(rsa, claims()), { algorithms: ["RS256"] })).toEqual(ann);
  });

  it("it is of another type than was asked for", async () => {
    const typed = (typ: string | undefined) => sign(rsa, claims(), header({ typ }));
    expect(await identify(await typed("at+jwt"), { type: "at+jwt" })).toEqual(ann);
    expect(await identify(await typed("application/AT+JWT"), { type: "at+jwt" })).toEqual(ann);
    for (const typ of ["JWT", "id+jwt", undefined]) {
      expect(await identify(await typed(typ), { type: "at+jwt" })).toEqual(anonymous);
    }
  });

  it("it was issued too long ago, or does not say when", async () => {
    const over = { maxTokenAgeSeconds: 60 };
    expect(await identify(await sign(rsa, claims()), over)).toEqual(ann);
    expect(await identify(await sign(rsa, claims({ iat: seconds(-120) })), over)).toEqual(anonymous);
    expect(await identify(await sign(rsa, claims({ iat: seconds(120) })), over)).toEqual(anonymous);
    expect(await identify(await sign(rsa, without("iat")), over)).toEqual(anonymous);
  });
});

describe("a token that only names a session", () => {
  const identify = (token: string) =>
    jwt({ issuer, audience, jwksUri: server.url, live: true }).identify(bearer(token));

  it("is passed on as it came, and says nothing of its own about the caller", async () => {
    const token = await sign(rsa, claims());
    const credential = await identify(token);
    expect(credential).toEqual({ _tag: "Token", via: "header", presented: expect.any(Function) });
    expect(credential._tag === "Token" && credential.presented()).toBe(token);
  });

  it("is verified like any other", async () => {
    expect(await identify(await sign(rsa, claims({ exp: seconds(-300) })))).toEqual(anonymous);
    expect(await identify(await sign(stranger, claims()))).toEqual(anonymous);
    expect(await identify(await sign(rsa, without("exp")))).toEqual(anonymous);
  });

  it.each(["sub", "sid"])("is worth nothing without %s as a text", async (name) => {
    expect(await identify(await sign(rsa, without(name)))).toEqual(anonymous);
    for (const odd of ["", " ", 7, null, ["x"], { x: 1 }, "a\u0000"]) {
      expect([odd, await identify(await sign(rsa, claims({ [name]: odd })))]).toEqual([odd, anonymous]);
    }
  });

  it("cannot be asked for what it then would not be believed", () => {
    for (const name of ["organization", "team", "roles", "userRoles", "claims"] as const) {
      const said = name === "claims" ? { claims: { region: "region" } } : { [name]: "x" };
      expect(() => jwt({ issuer, audience, jwksUri: server.url, live: true, ...said })).toThrow(
        `${name}: with live: true the database looks it up`,
      );
    }
  });
});

describe("a shared secret", () => {
  const own = { issuer, audience, secret, organization: "org_id", roles: "roles" };
  const hs256 = { alg: "HS256", typ: "JWT" };

  it("verifies what was signed with it, and nothing else", async () => {
    const { identify } = jwt(own);
    expect(await identify(bearer(await signWithSecret(secret, claims(), hs256)))).toEqual(ann);
    expect(await identify(bearer(await signWithSecret(`${secret}!`, claims(), hs256)))).toEqual(anonymous);
    expect(await identify(bearer(await sign(rsa, claims())))).toEqual(anonymous);
    expect(await identify(bearer(`${unsigned({ alg: "none" }, claims())}.`))).toEqual(anonymous);
    expect(await identify(bearer(await signWithSecret(secret, claims(), { alg: "HS512" })))).toEqual(anonymous);
  });
});

describe("keys that are part of the configuration", () => {
  it("verify without asking anybody, and a private one among them is none", async () => {
    const { jwk } = stranger;
    const { identify } = jwt({ issuer, audience, jwks: { keys: [rsa.jwk, { ...jwk, kid: "key-3", d: "AQAB" }] } });
    expect(await identify(bearer(await sign(rsa, claims())))).toMatchObject({ caller: { userId: "user_ann" } });
    expect(await identify(bearer(await sign(stranger, claims(), header({ kid: "key-3" }))))).toEqual(anonymous);
  });

  it("must be told apart by their id", async () => {
    const { identify } = jwt({ issuer, audience, jwks: { keys: [rsa.jwk, { ...stranger.jwk, kid: "key-3" }] } });
    expect(await identify(bearer(await sign(rsa, claims(), { alg: "RS256" })))).toEqual(anonymous);
    expect(await identify(bearer(await sign(rsa, claims())))).toMatchObject({ caller: { userId: "user_ann" } });
  });
});

describe("a request", () => {
  const withHeaders = (headers: Record<string, string>, over: Partial<JwtOptions> = {}) =>
    jwt({ ...options, ...over } as JwtOptions).identify(new Request("https://api.example.com", { headers }));

  it("presents a token in any spelling of the scheme", async () => {
    const token = await sign(rsa, claims());
    for (const authorization of [`Bearer ${token}`, `bearer ${token}`, `BEARER   ${token} `]) {
      expect(await withHeaders({ authorization })).toEqual(ann);
    }
  });

  it("presents one token or none", async () => {
    const token = await sign(rsa, claims());
    const twice = new Headers([
      ["authorization", `Bearer ${token}`],
      ["authorization", `Bearer ${token}`],
    ]);
    expect(await jwt(options).identify(new Request("https://api.example.com", { headers: twice }))).toEqual(anonymous);
    for (const authorization of [
      token,
      `Bearer${token}`,
      `Basic ${token}`,
      `Bearer ${token} ${token}`,
      `Bearer ${token},`,
      `Bearer "${token}"`,
      `Bearer ${token}=`,
      "Bearer",
      "",
    ]) {
      expect(await withHeaders({ authorization })).toEqual(anonymous);
    }
    expect(await withHeaders({})).toEqual(anonymous);
    expect(await withHeaders({ "x-access-token": token, cookie: `__session=${token}` })).toEqual(anonymous);
  });

  it("presents a cookie where one is named, once, and never beside an Authorization header", async () => {
    const token = await sign(rsa, claims());
    const over = { cookie: "__session" };
    expect(await withHeaders({ cookie: `a=b; __session=${token}; c` }, over)).toEqual({ ...ann, via: "cookie" });
    for (const cookie of [
      // A name that any subdomain may set, where `__Host-` would forbid it.
      `\u00a0__session=${token}`,
      `__session\u00a0=${token}`,
      `__session=${token}; __session=${token}`,
      `__session=; __session=${token}`,
      `x__session=${token}`,
      `__SESSION=${token}`,
      "__session=",
      `__session=${"x".repeat(20_000)}.x.x`,
      ";;=;",
    ]) {
      expect(await withHeaders({ cookie }, over)).toEqual(anonymous);
    }
    expect(await withHeaders({ cookie: `__session=${token}`, authorization: "Bearer nothing" }, over)).toEqual(
      anonymous,
    );
  });
});

describe("options that cannot be meant", () => {
  const build = (over: object) => () => jwt({ issuer, audience, jwksUri: "https://id.example.com/jwks", ...over });

  it.each<[string, object, RegExp]>([
    ["an algorithm that is none", { algorithms: ["none"] }, /"none" does not verify with public keys/],
    [
      "a secret's algorithm with public keys",
      { algorithms: ["RS256", "HS256"] },
      /"HS256" does not verify with public/,
    ],
    ["no algorithm", { algorithms: [] }, /at least one/],
    ["a secret beside public keys", { secret }, /exactly one of jwksUri, jwks and secret, not 2/],
    ["no keys", { jwksUri: undefined }, /exactly one of jwksUri, jwks and secret, not 0/],
    [
      "a public algorithm with a secret",
      { jwksUri: undefined, secret, algorithms: ["RS256"] },
      /"RS256" does not verify with a secret/,
    ],
    ["a short secret", { jwksUri: undefined, secret: "secret" }, /at least 32 bytes for HS256; it has 6/],
    [
      "a secret that is short for its algorithm",
      { jwksUri: undefined, secret: "x".repeat(40), algorithms: ["HS512"] },
      /at least 64 bytes/,
    ],
    ["keys that are private", { jwksUri: undefined, jwks: { keys: [{ kty: "RSA", d: "x" }] } }, /no public key/],
    ["keys in the clear", { jwksUri: "http://id.example.com/jwks" }, /must be https/],
    ["keys of a name that looks like this machine", { jwksUri: "http://127.0.0.1.evil.example.com/" }, /must be https/],
    ["keys from a file", { jwksUri: "file:///etc/passwd" }, /must be https/],
    ["keys behind a password", { jwksUri: "https://a:b@id.example.com/" }, /password/],
    ["keys nowhere", { jwksUri: "id.example.com" }, /is not a URL/],
    ["no issuer", { issuer: "" }, /issuer must name/],
    ["no issuers", { issuer: [] }, /issuer must name/],
    ["no audience", { audience: undefined }, /audience must name/],
    ["an empty audience", { audience: " " }, /audience must name/],
    ["empty audiences", { audience: [] }, /audience must name/],
    [
      "Google's keys for anybody",
      { audience: null, jwksUri: "https://www.googleapis.com/oauth2/v3/certs" },
      /is anybody's/,
    ],
    [
      "Microsoft's keys for anybody",
      { audience: null, jwksUri: "https://login.microsoftonline.com/common/discovery/v2.0/keys" },
      /is anybody's/,
    ],
    ["a clock that is far off", { clockToleranceSeconds: 61 }, /between 0 and 60/],
    ["a clock that is not a number", { clockToleranceSeconds: Number.NaN }, /between 0 and 60/],
    ["an age that is not a number", { maxTokenAgeSeconds: Number.NaN }, /maxTokenAgeSeconds/],
    ["a cookie that cannot be", { cookie: "a=b" }, /no cookie's name/],
    ["limits that are none", { keySet: { maxBytes: 0 } }, /keySet.maxBytes/],
    ["limits out of order", { keySet: { maxAgeSeconds: 10 } }, /refreshAfterSeconds ≤ maxAgeSeconds/],
  ])("are refused: %s", (_, over, message) => {
    expect(build(over)).toThrow(message);
  });

  it("are all named at once", () => {
    expect(build({ issuer: "", audience: "", jwksUri: "http://x.example" })).toThrow(/issuer.*audience.*https/s);
  });

  it("do not include a private address on this machine", () => {
    for (const host of ["localhost", "127.0.0.1", "127.8.9.1", "[::1]"]) {
      expect(build({ jwksUri: `http://${host}:3000/jwks` })).not.toThrow();
    }
  });
});
