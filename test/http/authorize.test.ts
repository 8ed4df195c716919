/**
 * Neon Authorize, end to end: tokens of Better Auth and of a pen that signs anything, the router, Neon's own driver, and
 * neon-local in front of PostgreSQL and PGlite, whose policies find the live session by the token.
 */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { inspect } from "node:util";
import { getRequestListener } from "@hono/node-server";
import { neon as client, neonConfig } from "@neondatabase/serverless";
import { type BetterAuthOptions, betterAuth } from "better-auth";
import { drizzleAdapter } from "better-auth/adapters/drizzle";
import { drizzle } from "drizzle-orm/neon-http";
import { text } from "drizzle-orm/pg-core";
import { id, owner, table } from "hedgerow";
import { sessionAuthenticator } from "hedgerow/better-auth";
import { push } from "hedgerow/drizzle-kit";
import { type Authenticator, createRouter, verifyDatabase, withCaller } from "hedgerow/hono";
import { betterAuthTokens, jwt } from "hedgerow/jwt";
import { neon } from "hedgerow/neon";
import { type NeonLocal, startNeonLocal, type Target } from "hedgerow/neon-local";
import { nodePostgres } from "hedgerow/node-postgres";
import { pglite } from "hedgerow/pglite";
import { sessionJwtShim } from "hedgerow/postgres";
import { Hono } from "hono";
import { decodeJwt } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { authOptions, authSchema, config, createApi, documents } from "../../examples/authorize/api.js";
import { guardOf } from "../../src/cli/derive.js";
import type { DatabaseShape } from "../../src/database/database.js";
import { basics, type Device, device, password } from "../support/better-auth.js";
import { freshPglite, freshPostgres } from "../support/databases.js";
import { eventually } from "../support/eventually.js";
import { type SigningKey, seconds, sign, signingKey } from "../support/issuer.js";
import { saying } from "../support/request.js";

const issuer = "https://id.example.com";
const audience = "https://api.example.com";

const options = { ...basics, ...authOptions } satisfies BetterAuthOptions;

const tables = authSchema;
const { identity } = guardOf(config);

/** Everybody reads what is published, and its author everything. */
const posts = table("posts", { id: id("post"), userId: owner(), state: text("state").notNull() })
  .firewall({ exception: "published posts are for everybody" })
  .access({
    read: {
      or: [
        { roles: ["PUBLIC"], record: { state: { equals: "public" } } },
        { record: { userId: { equals: "ctx.userId" } } },
      ],
    },
    create: { roles: ["AUTHENTICATED"], record: { userId: { equals: "ctx.userId" } } },
  });

const guarded = { documents, posts };
const schema = { ...tables, ...guarded };

const passwords = { hedgerow_api: "api-Password", hedgerow_auth: "auth-Password", authenticated: "token-Password" };

/** As Neon's settings would be made, but for the passwords, which only neon-local knows. */
const logins = [
  "alter role authenticated login",
  ...Object.entries(passwords).map(([role, secret]) => `alter role ${role} password '${secret}'`),
];

const shim = [...sessionJwtShim(), "grant usage on schema auth to public"];

interface Opened {
  readonly target: Target;
  readonly name: string;
  readonly superuser: (statement: string, values?: Array<unknown>) => Promise<ReadonlyArray<Record<string, unknown>>>;
  readonly close: () => Promise<void>;
}

const openers: Readonly<Record<"PostgreSQL" | "PGlite", () => Promise<Opened>>> = {
  PostgreSQL: async () => {
    const server = await freshPostgres();
    const superuser = server.pool(server.superuserUrl, { max: 1 });
    for (const statement of shim) await superuser.query(statement);
    await superuser.query("grant usage on schema auth to hedgerow_owner with grant option");
    await push({ schema, identity, database: nodePostgres(server.ownerPool) });
    for (const statement of logins) await superuser.query(statement);
    return {
      target: { url: server.superuserUrl },
      name: "app",
      superuser: async (statement, values) => (await superuser.query(statement, values)).rows,
      close: server.close,
    };
  },
  PGlite: async () => {
    const instance = await freshPglite();
    for (const statement of shim) await instance.exec(statement);
    await push({ schema, identity, database: pglite(instance) });
    for (const statement of logins) await instance.exec(statement);
    return {
      target: { pglite: instance },
      name: "postgres",
      superuser: async (statement, values) => (await instance.query<Record<string, unknown>>(statement, values)).rows,
      close: () => instance.close(),
    };
  },
};

const listening = async (server: Server): Promise<string> => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

describe.each(["PostgreSQL", "PGlite"] as const)("a router whose callers' tokens %s verifies", (kind) => {
  let opened: Opened;
  let local: NeonLocal;
  let pen: SigningKey;
  let other: SigningKey;
  let auth: ReturnType<typeof start>;
  let authServer: Server;
  let authUrl: string;
  let database: DatabaseShape;
  let authenticator: Authenticator;
  let app: Hono;
  const reported: Array<unknown> = [];
  const refused: Array<string> = [];

  const start = () => {
    const db = drizzle({ client: client(local.url("hedgerow_auth", passwords.hedgerow_auth, opened.name)) });
    return betterAuth({
      ...options,
      database: drizzleAdapter(db, { provider: "pg", schema: tables, transaction: false }),
    });
  };

  /** Better Auth, beside whose keys the pen's are published. */
  const answerOf = async (request: Request): Promise<Response> => {
    const response = await auth.handler(request);
    if (!request.url.endsWith("/jwks.json")) return response;
    const { keys } = await response.json();
    return Response.json({ keys: [...keys, pen.jwk] });
  };

  const tokenUrl = () => local.url("authenticated", "", opened.name).replace(":@", "@");

  const appOf = (auth: Authenticator): Hono => {
    const shared = { auth, database, onError: (error: unknown) => void reported.push(error) };
    return new Hono()
      .route("/", createRouter<object>({ ...shared, schema: guarded }))
      .post("/sql", withCaller({ ...shared, signIn: "optional" }), async (context) => {
        const rows = await context.var.hedgerow.db.execute(await context.req.text());
        return context.json(rows);
      });
  };

  const call = async (
    token: string | null,
    method: string,
    path: string,
    body?: object | string,
    on: Pick<Hono, "request"> = app,
  ) => {
    const response = await on.request(`http://localhost${path}`, {
      method,
      headers: {
        ...(token !== null && { authorization: `Bearer ${token}` }),
        ...(typeof body === "object" && { "content-type": "application/json" }),
      },
      ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const answer = await response.text();
    return { status: response.status, text: answer, json: answer === "" ? undefined : JSON.parse(answer) };
  };
  const titles = async (token: string | null): Promise<ReadonlyArray<string>> => {
    const { status, text: answer, json } = await call(token, "GET", "/documents?sort=title");
    expect([status, answer]).toEqual([200, expect.anything()]);
    return json.data.map(({ title }: { title: string }) => title);
  };

  /** What Neon itself says to a token. */
  const direct = (token: string) => client(tokenUrl(), { authToken: token })`select title from documents`;

  let number = 0;
  const signUp = async (): Promise<Device> => {
    number += 1;
    return device(
      await auth.api.signUpEmail({
        body: { name: "Somebody", email: `somebody${number}@example.com`, password },
        returnHeaders: true,
      }),
    );
  };
  const member = async (slug: string): Promise<Device & { readonly org: string }> => {
    const one = await signUp();
    const { id: org } = await auth.api.createOrganization({ body: { name: slug, slug }, headers: one.headers });
    return { ...one, org };
  };
  const tokenOf = async ({ headers }: Device): Promise<string> => (await auth.api.getToken({ headers })).token;

  let ada: Device & { readonly org: string };
  let eve: Device & { readonly org: string };
  let adas: string;
  let eves: string;

  beforeAll(async () => {
    opened = await openers[kind]();
    [pen, other] = await Promise.all([signingKey("ES256", "pen"), signingKey("ES256", "other")]);
    authServer = createServer(getRequestListener((request) => answerOf(request)));
    authUrl = await listening(authServer);
    local = await startNeonLocal({
      target: opened.target,
      jwt: {
        jwks: `${authUrl}/auth/v1/.well-known/jwks.json`,
        audience,
        roles: { authenticated: passwords.authenticated },
      },
    });
    // What `hedgerow neon-local` prints, for Better Auth, which has the driver itself.
    neonConfig.fetchEndpoint = local.fetchEndpoint;
    auth = start();
    ada = await member(`acme-${kind}`.toLowerCase());
    eve = await member(`globex-${kind}`.toLowerCase());
    [adas, eves] = [await tokenOf(ada), await tokenOf(eve)];
    database = neon({
      url: local.url("hedgerow_api", passwords.hedgerow_api, opened.name),
      authorize: { url: tokenUrl() },
      local: true,
    });
    authenticator = jwt(
      betterAuthTokens({
        baseURL: authUrl,
        basePath: "/auth/v1",
        issuer,
        audience,
        live: true,
        onRefused: (reason) => void refused.push(reason),
      }),
    );
    app = appOf(authenticator);
  });
  afterAll(async () => {
    await local?.close();
    authServer?.close();
    await opened?.close();
  });

  const sql = async (token: string | null, statement: string) => {
    const { status, json } = await call(token, "POST", "/sql", statement);
    return status === 200 ? json : status;
  };

  it("is reached over HTTP, as the role of the token, with the session's own user, organization and limits", async () => {
    expect(database.driver).toBe("neon-http");
    const rows = await sql(
      adas,
      `select current_user::text as role, ${kind === "PostgreSQL" ? "session_user::text" : "'authenticated'"} as login,
        hedgerow.get_user_id() as "user", hedgerow.get_active_org_id() as org, current_setting('statement_timeout') as timeout`,
    );
    expect(rows).toEqual([
      { role: "authenticated", login: "authenticated", user: ada.userId, org: ada.org, timeout: "15s" },
    ]);
  });

  it("lets a caller make, read, change and delete what is theirs, and hides it from every other tenant", async () => {
    const made = await call(adas, "POST", "/documents", { title: "Plan", userId: ada.userId });
    expect(made).toMatchObject({ status: 201, json: { organizationId: ada.org, userId: ada.userId, title: "Plan" } });
    const path = `/documents/${made.json.id}`;
    expect(await titles(adas)).toEqual(["Plan"]);
    expect((await call(adas, "GET", path)).json.title).toBe("Plan");
    expect((await call(adas, "PATCH", path, { title: "Plan B" })).json.title).toBe("Plan B");

    expect(await titles(eves)).toEqual([]);
    for (const [method, body] of [["GET"], ["PATCH", { title: "stolen" }], ["DELETE"]] as const) {
      expect([method, (await call(eves, method, path, body)).status]).toEqual([method, 404]);
    }
    expect((await call(eves, "POST", "/documents", { title: "x", userId: ada.userId })).status).toBe(403);
    expect(await direct(eves)).toEqual([]);
    expect(await direct(adas)).toEqual([{ title: "Plan B" }]);

    expect((await call(adas, "DELETE", path)).status).toBe(204);
    expect(await titles(adas)).toEqual([]);
  });

  it("is what the example makes", async () => {
    const example = createApi(
      {
        DATABASE_URL: local.url("hedgerow_api", passwords.hedgerow_api, opened.name),
        DATABASE_AUTHENTICATED_URL: tokenUrl(),
        AUTH_URL: authUrl,
      },
      true,
    );
    const document = { title: "Example", userId: ada.userId };
    const made = await call(adas, "POST", "/documents", document, example);
    expect([made.status, made.json]).toEqual([201, expect.objectContaining(document)]);
    expect((await call(eves, "GET", "/documents", undefined, example)).json.data).toEqual([]);
    expect((await call(adas, "DELETE", `/documents/${made.json.id}`, undefined, example)).status).toBe(204);
  });

  it("keeps callers apart whose requests run at the same time", async () => {
    for (const [token, who, title] of [
      [adas, ada, "ada's"],
      [eves, eve, "eve's"],
    ] as const) {
      expect((await call(token, "POST", "/documents", { title, userId: who.userId })).status).toBe(201);
    }
    const crowd = Array.from({ length: 24 }, (_, index) => [adas, eves, null][index % 3] ?? null);
    const seen = await Promise.all(crowd.map(async (token) => (token === null ? [] : titles(token))));
    expect(seen).toEqual(crowd.map((token) => (token === null ? [] : [token === adas ? "ada's" : "eve's"])));
    await opened.superuser("delete from documents");
  });

  it("goes by the session as it is now, whatever the token said when it was made", async () => {
    const ben = await signUp();
    const token = await tokenOf(ben);
    expect((await call(token, "GET", "/documents")).json.code).toBe("no_active_organization");
    await opened.superuser(
      "insert into member (id, organization_id, user_id, role, created_at) values ('m-ben', $1, $2, 'member', now())",
      [ada.org, ben.userId],
    );
    await auth.api.setActiveOrganization({ body: { organizationId: ada.org }, headers: ben.headers });
    expect(await titles(token)).toEqual([]);
    const made = await call(token, "POST", "/documents", { title: "Ben's", userId: ben.userId });
    expect(made.status).toBe(201);
    expect((await call(token, "DELETE", `/documents/${made.json.id}`)).status).toBe(403);
    await opened.superuser("update member set role = 'admin' where id = 'm-ben'");
    expect((await call(token, "DELETE", `/documents/${made.json.id}`)).status).toBe(204);
    await opened.superuser("delete from member where id = 'm-ben'");
    expect((await call(token, "GET", "/documents")).json.code).toBe("no_active_organization");

    await auth.api.signOut({ headers: ben.headers });
    const answer = await call(token, "GET", "/documents");
    expect([answer.status, answer.json.code]).toEqual([401, "authentication_required"]);
    // Neon still takes the token until it ends, and nothing is there for it.
    expect(await direct(token)).toEqual([]);
  });

  const claimsOf = (token: string) => {
    const { sub, sid } = decodeJwt(token);
    return { iss: issuer, aud: audience, sub, sid, iat: seconds(), exp: seconds(300) };
  };

  it("takes the tokens of any issuer whose keys both know", async () => {
    const token = await sign(pen, claimsOf(adas));
    expect((await call(token, "GET", "/documents")).status).toBe(200);
    expect(await direct(token)).toEqual([]);
  });

  const wrong: ReadonlyArray<
    readonly [string, (good: ReturnType<typeof claimsOf>) => Promise<string>, RegExp | "taken"]
  > = [
    ["has expired", (good) => sign(pen, { ...good, exp: seconds(-60) }), /^JWT token has expired/],
    ["is not valid yet", (good) => sign(pen, { ...good, nbf: seconds(60) }), /^JWT token is not yet ready/],
    ["is for somebody else", (good) => sign(pen, { ...good, aud: "https://other.example.com" }), /audience$/],
    ["another key has signed", (good) => sign({ ...other, kid: "pen" }, good), /^signature error/],
    ["names an unknown key", (good) => sign(other, good), /^jwk not found$/],
    ["names no key", (good) => sign(pen, good, { alg: "ES256" }), /^missing key id$/],
    ["nobody has signed", async (good) => `${await sign(pen, good, { alg: "none" })}`, /^missing key id$/],
    [
      "was changed after it was signed",
      async (good) => {
        const [header, , signature] = (await sign(pen, good)).split(".");
        const sub = Buffer.from(JSON.stringify({ ...good, sub: eve.userId })).toString("base64url");
        return [header, sub, signature].join(".");
      },
      /^signature error/,
    ],
    // Neon itself would take this one.
    ["never ends", ({ exp: _, ...good }) => sign(pen, good), /^JWT token never expires/],
    // Neon asks for none of these. The router does, before anything is sent.
    ["is of another issuer", (good) => sign(pen, { ...good, iss: "https://other.example.com" }), "taken"],
    ["has another purpose", (good) => sign(pen, good, { alg: "ES256", kid: "pen", typ: "logout+jwt" }), "taken"],
    ["names no session", ({ sid: _, ...good }) => sign(pen, good), "taken"],
  ];

  it.each(wrong)("refuses a token that %s", async (_, make, neonSays) => {
    const token = await make(claimsOf(adas));
    const before = refused.length;
    const { status, json } = await call(token, "GET", "/documents");
    expect([status, json.code]).toEqual([401, "authentication_required"]);
    expect(refused.length).toBe(before + 1);
    expect((await call(token, "POST", "/documents", { title: "x", userId: ada.userId })).status).toBe(401);
    if (neonSays === "taken") expect(await direct(token)).toEqual([]);
    else
      await expect(direct(token)).rejects.toMatchObject({
        name: "NeonDbError",
        message: expect.stringMatching(neonSays),
      });
  });

  it("answers 503 where Neon refuses what the router accepts, serves nobody, and tells the log why", async () => {
    const both = jwt({ issuer, audience, jwks: { keys: [pen.jwk, other.jwk] }, live: true });
    const token = await sign(other, claimsOf(adas));
    reported.length = 0;
    for (const path of ["/documents", "/posts"]) {
      const { status, json } = await call(token, "GET", path, undefined, appOf(both));
      expect([status, json.code]).toEqual([503, "unavailable"]);
    }
    expect(reported).toMatchObject([{ message: "jwk not found" }, { message: "jwk not found" }]);
    expect(String(reported) + JSON.stringify(reported)).not.toContain(token);
  });

  it("shows who has no token what is for everybody, and nothing else", async () => {
    for (const state of ["public", "draft"]) {
      expect((await call(adas, "POST", "/posts", { state, userId: ada.userId })).status).toBe(201);
    }
    const states = async (token: string | null) =>
      (await call(token, "GET", "/posts?sort=state")).json.data.map((post: { state: string }) => post.state);
    expect(await states(null)).toEqual(["public"]);
    expect(await states(eves)).toEqual(["public"]);
    expect(await states(adas)).toEqual(["draft", "public"]);
    expect((await call(null, "GET", "/documents")).json.code).toBe("authentication_required");
    expect(await sql(null, "select current_user::text as role, hedgerow.get_user_id() as who")).toEqual([
      { role: "anonymous", who: null },
    ]);
    await opened.superuser("delete from posts");
  });

  it("refuses every other credential before the database is asked, in words that help", async () => {
    const credentials: ReadonlyArray<Awaited<ReturnType<Authenticator["identify"]>>> = [
      { _tag: "Session", tokenHash: ada.tokenHash, via: "header" },
      { _tag: "ApiKey", keyHash: "ab".repeat(32), via: "header" },
      {
        _tag: "Claims",
        via: "header",
        caller: {
          userId: ada.userId,
          sessionId: null,
          activeOrgId: ada.org,
          activeTeamId: null,
          roles: ["owner"],
          userRoles: ["admin"],
          claims: {},
        },
      },
    ];
    for (const credential of credentials) {
      const router = appOf({ identify: async () => credential });
      for (const answer of [
        await call(null, "GET", "/documents", undefined, router),
        await call(null, "GET", "/posts", undefined, router),
        await call(null, "POST", "/sql", "select 1", router),
      ]) {
        expect(answer).toMatchObject({
          status: 401,
          json: { code: "authentication_required", detail: "This API takes a token, in the header Authorization." },
        });
      }
    }
    const cookies = appOf(sessionAuthenticator(auth));
    const response = await cookies.request("http://localhost/documents", { headers: ada.headers });
    expect(response.status).toBe(401);
  });

  it("keeps the token out of whatever is written down", async () => {
    const credential = await authenticator.identify(
      new Request("http://localhost/", { headers: { authorization: `Bearer ${adas}` } }),
    );
    expect(credential).toMatchObject({ _tag: "Token", via: "header" });
    expect(`${inspect(credential, { depth: 9, showHidden: true })}${JSON.stringify(credential)}`).not.toContain(
      adas.slice(-20),
    );
  });

  it("sends nothing but tokens where tokens are taken, and says so where they are not", async () => {
    const plain = neon({
      url: local.url("hedgerow_api", passwords.hedgerow_api, opened.name),
      local: true,
      mode: "http",
    });
    const router = createRouter<object>({
      schema: guarded,
      auth: authenticator,
      database: plain,
      onError: (error) => void reported.push(error),
    });
    reported.length = 0;
    const response = await router.request("http://localhost/documents", {
      headers: { authorization: `Bearer ${adas}` },
    });
    expect(response.status).toBe(500);
    expect(String(reported)).toMatch(
      /jwt\(\{ live: true \}\) needs a database that verifies tokens.*neon-http does not/,
    );
  });

  // PGlite has one session of a superuser: there a role is no boundary.
  if (kind === "PostgreSQL")
    describe("whose caller sends SQL of their own", () => {
      beforeAll(async () => {
        await call(adas, "POST", "/documents", { title: "Secret", userId: ada.userId });
      });

      // PGlite knows no timeouts.
      it("stops a statement that takes too long", async () => {
        const slow = new Hono()
          .onError(() => new Response(null, { status: 500 }))
          .get(
            "/",
            withCaller({ auth: authenticator, database, timeouts: { statementMs: 1_000, lockMs: 20_000 } }),
            async (context) => context.json(await context.var.hedgerow.db.execute("select pg_sleep(200)")),
          );
        expect((await call(adas, "GET", "/", undefined, slow)).json.code).toBe("timeout");
      });

      /** In one transaction, straight to Neon: whoever has a token may. */
      const both = async (...statements: ReadonlyArray<string>) => {
        const own = client(tokenUrl(), { authToken: eves });
        const results = await own.transaction(statements.map((statement) => own.query(statement)));
        return results.at(-1);
      };

      it.each([
        "reset role",
        "set role none",
        "reset session authorization",
        "set session authorization default",
        "select set_config('role', 'none', false)",
        "reset all",
      ])("is the role of the token after %s, and no one's rows are there", async (way) => {
        expect(await both(way, "select session_user::text as login, current_user::text as role")).toEqual([
          { login: "authenticated", role: "authenticated" },
        ]);
        expect(await both(way, "select title from documents")).toEqual([]);
      });

      it.each([
        "set role hedgerow_api",
        "set role hedgerow_auth",
        "set role hedgerow_definer",
        "set role hedgerow_owner",
        "set role anonymous",
        "set session authorization hedgerow_owner",
        "alter role authenticated bypassrls",
        "alter table documents disable row level security",
        "create function auth.session() returns jsonb language sql as 'select null::jsonb'",
        "create table public.mine (id int)",
        "select token from session",
        "select * from jwks",
        "select * from account",
        "truncate documents",
      ])("may not %s", async (statement) => {
        await expect(both(statement)).rejects.toMatchObject({ code: "42501" });
      });

      it("is nobody else by settings of Hedgerow's own, nor by the hash of a secret", async () => {
        const forge = `select ${saying({ token: ada.tokenHash, userId: ada.userId, activeOrgId: ada.org, sessionId: "x", roles: "owner" })}`;
        expect(await both(forge, "select user_id, org_id from hedgerow.caller()")).toEqual([
          { user_id: eve.userId, org_id: eve.org },
        ]);
        expect(await both(forge, "select title from documents")).toEqual([]);
        await expect(both(forge, "insert into documents (id, title) values ('d', 'planted')")).rejects.toMatchObject({
          code: "42501",
        });
      });

      it("sees no rows through row_security, a search path or a cursor of their own", async () => {
        await expect(both("set row_security = off", "select title from documents")).rejects.toMatchObject({
          code: "42501",
        });
        expect(await both("set search_path = pg_temp, public", "select title from documents")).toEqual([]);
        expect(await both("declare c cursor for select title from documents", "fetch all from c")).toEqual([]);
      });

      it("gains nothing by a password that it gives the role, where the role can have none that is valid", async () => {
        const own = local.url("authenticated", "of-my-own", opened.name);
        const log = () => client(own)`select session_user::text as login`;
        try {
          await both("alter role authenticated password 'of-my-own'");
          expect(await log()).toEqual([{ login: "authenticated" }]);
          await opened.superuser("alter role authenticated valid until '-infinity'");
          await expect(log()).rejects.toMatchObject({ code: "28P01" });
        } finally {
          await opened.superuser(
            `alter role authenticated valid until 'infinity' password '${passwords.authenticated}'`,
          );
        }
        await expect(both("alter role authenticated valid until 'infinity'")).rejects.toMatchObject({ code: "42501" });
      });

      it("is not served by a router through Neon before a password could open nothing", async () => {
        const { local: _, ...remote } = database;
        const verify = () => verifyDatabase({ schema: guarded, database: remote });
        await expect(verify()).rejects.toThrow(
          "role authenticated could log in with a password: alter role authenticated valid until '-infinity'",
        );
        await opened.superuser("alter role authenticated valid until '-infinity'");
        await verify();
        await opened.superuser("alter role authenticated valid until 'infinity'");
        await verifyDatabase({ schema: guarded, database });
      });

      it("sees the texts of others' statements and can end them, but sees no value of theirs: another such limit", async () => {
        const slow = client(tokenUrl(), { authToken: adas }).query("select pg_sleep(200), $1::text", ["private"]);
        const ended = expect(slow).rejects.toMatchObject({ code: "57P01" });
        const own = client(tokenUrl(), { authToken: eves });
        const texts = () =>
          own`select pid, query from pg_stat_activity
            where usename = 'authenticated' and query like '%pg_sleep(200)%' and pid <> pg_backend_pid()`;
        await eventually("the other sleeps", async () => expect(await texts()).toHaveLength(1));
        const [found] = await texts();
        expect(found?.query).toBe("select pg_sleep(200), $1::text");
        await own`select pg_terminate_backend(${found?.pid})`;
        await ended;
        await expect(
          own`select pg_terminate_backend(pid) from pg_stat_activity where usename = 'postgres'`,
        ).rejects.toMatchObject({
          code: "42501",
        });
      });

      it("can spoil the defaults of the role for everybody, which no policy prevents: the limit that is written down", async () => {
        await both("alter role authenticated set default_transaction_read_only = on");
        const write = () => call(adas, "POST", "/documents", { title: "x", userId: ada.userId });
        expect((await write()).json.code).toBe("unavailable");
        await opened.superuser("alter role authenticated reset all");
        expect((await write()).status).toBe(201);
      });

      it("is somebody else by request.jwt.claims only with a stand-in for the extension, and only with both ids", async () => {
        const { sid, sub } = decodeJwt(adas);
        const claim = (claims: object) => `select set_config('request.jwt.claims', '${JSON.stringify(claims)}', true)`;
        const ask = "select user_id from hedgerow.caller()";
        // The limit that is written down: pg_session_jwt with a key would not read this setting.
        expect(await both(claim({ sid, sub }), ask)).toEqual([{ user_id: ada.userId }]);
        expect(await both(claim({ sid, sub: eve.userId }), ask)).toEqual([]);
        expect(await both(claim({ sub }), ask)).toEqual([]);
      });

      it("is nobody on a connection with a password, whatever request.jwt.claims says", async () => {
        const { sid, sub } = decodeJwt(adas);
        const forged = `with forged as materialized (select set_config('request.jwt.claims', '${JSON.stringify({ sid, sub })}', true))
          select c.user_id from forged, hedgerow.caller() c`;
        expect(await sql(null, forged)).toEqual([]);
        const api = client(local.url("hedgerow_api", passwords.hedgerow_api, opened.name));
        const [, answer] = await api.transaction([api`set local role authenticated`, api.query(forged)]);
        expect(answer).toEqual([]);
      });
    });
});
