/**
 * Callers whom a token names that the database has verified: what the helpers read of it, and a router whose callers' tokens
 * go to neon-local in front of PostgreSQL, which knows nothing of the caller beside them.
 */
import { neon as client, neonConfig } from "@neondatabase/serverless";
import * as Effect from "effect/Effect";
import * as Exit from "effect/Exit";
import fc from "fast-check";
import { understand } from "hedgerow";
import { push } from "hedgerow/drizzle-kit";
import { createRouter } from "hedgerow/hono";
import { jwt } from "hedgerow/jwt";
import { neon } from "hedgerow/neon";
import { type NeonLocal, startNeonLocal } from "hedgerow/neon-local";
import { nodePostgres } from "hedgerow/node-postgres";
import { pglite } from "hedgerow/pglite";
import { claimsIdentity, sessionJwtShim } from "hedgerow/postgres";
import type { Hono } from "hono";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { doctor } from "../../src/cli/doctor.js";
import { why } from "../../src/cli/explain/why.js";
import { anonymousCaller, type Caller } from "../../src/condition/caller.js";
import { identity as plainIdentity, schema } from "../support/claims-world.js";
import { type FreshPostgres, freshPglite, freshPostgres } from "../support/databases.js";
import {
  bearer,
  type KeyServer,
  keyServer,
  type SigningKey,
  seconds,
  sign,
  signingKey,
  signWithSecret,
} from "../support/issuer.js";
import { saying } from "../support/request.js";

const claims = ["region", "clearance"];
const issuer = "https://acme.eu.auth0.com/";
const audience = "https://api.acme.example";
const rolesName = "https://acme.example/roles";

/** Of an issuer that has names of its own: the same for the router and for the helpers. */
const paths = { organization: "org_id", roles: rolesName, userRoles: "platform.roles", claims: "app" } as const;
const mapping = {
  organization: "org_id",
  roles: rolesName,
  userRoles: "platform.roles",
  claims: { region: "app.region", clearance: "app.clearance" },
} as const;

const identity = claimsIdentity({ claims, by: "verified-token", paths });
const shim = [...sessionJwtShim(), "grant usage on schema auth to public"];

describe("claimsIdentity", () => {
  it("refuses paths that are none, and paths that nothing reads", () => {
    expect(() => claimsIdentity({ paths })).toThrow('add by: "verified-token"');
    for (const wrong of [
      { organization: "" },
      { roles: "a..b" },
      { roles: [] },
      { team: [1] },
      { other: "x" },
      { session: null },
    ]) {
      expect(() => claimsIdentity({ by: "verified-token", paths: wrong as object })).toThrow(/claimsIdentity: paths\./);
    }
  });
});

describe("the helpers of a verified token", () => {
  it("say the same of it as the router does, whatever it says, and nothing where nothing was verified", async () => {
    const instance = await freshPglite();
    try {
      for (const statement of shim) await instance.exec(statement);
      await push({ schema, identity, database: pglite(instance) });
      const secret = "a-secret-that-is-only-used-in-these-tests-0123456789";
      const { identify } = jwt({ issuer, audience, secret, ...mapping });

      const said = async (payload: object | string, hasKey: boolean) => {
        await instance.query(
          "select set_config('request.jwt.claims', $1, false), set_config('pg_session_jwt.jwk', $2, false)",
          [typeof payload === "string" ? payload : JSON.stringify(payload), hasKey ? "a key" : ""],
        );
        const { rows } =
          await instance.query(`select hedgerow.get_user_id() as "userId", hedgerow.get_session_id() as "sessionId",
          hedgerow.get_active_org_id() as "activeOrgId", hedgerow.get_active_team_id() as "activeTeamId",
          array(select r from unnest(array['admin', 'member', 'a b', 'x']) r where hedgerow.has_any_role(array[r])) as roles,
          array(select r from unnest(array['admin', 'member', 'a b', 'x']) r where hedgerow.has_any_user_role(array[r])) as "userRoles",
          hedgerow.claim_text('region') as region, hedgerow.claim_double('clearance') as clearance`);
        return rows[0];
      };
      const nothing = {
        userId: null,
        sessionId: null,
        activeOrgId: null,
        activeTeamId: null,
        roles: [],
        userRoles: [],
        region: null,
        clearance: null,
      };

      const odd = fc.oneof(
        fc.constantFrom<unknown>(
          "ada",
          "acme",
          "",
          "admin",
          "admin,member",
          " member  x ",
          "a b",
          ",",
          7,
          null,
          true,
          1e300,
        ),
        fc.constantFrom<unknown>(["admin"], [" member ", 7, null, "a b"], [], {}, { id: "x" }, [["admin"]], {
          roles: ["admin"],
        }),
      );
      const payload = fc.record(
        {
          sub: fc.oneof(fc.constant("ada"), odd),
          sid: odd,
          org_id: fc.oneof(fc.constant("acme"), odd),
          o: fc.constant({ id: "not here", team: "nor here", roles: ["admin"] }),
          [rolesName]: odd,
          platform: fc.oneof(odd, fc.record({ roles: odd })),
          app: fc.oneof(odd, fc.record({ region: odd, clearance: odd }, { requiredKeys: [] })),
          role: fc.constant("neondb_owner"),
        },
        { requiredKeys: [] },
      );
      await fc.assert(
        fc.asyncProperty(payload, async (own) => {
          const whole = { ...own, iss: issuer, aud: audience, exp: seconds(300) };
          const token = await signWithSecret(secret, whole, { alg: "HS256" });
          const credential = await identify(bearer(token));
          const caller = credential._tag === "Claims" ? credential.caller : undefined;
          const text = (value: unknown): string | null => (typeof value === "string" ? value : null);
          const among = (roles: ReadonlyArray<string>) =>
            ["admin", "member", "a b", "x"].filter((role) => roles.includes(role));
          expect(await said(whole, true)).toEqual(
            caller === undefined
              ? nothing
              : {
                  userId: caller.userId,
                  sessionId: caller.sessionId,
                  activeOrgId: caller.activeOrgId,
                  // The router was not told where it is; the helpers look where `tokenIssuer()` has it.
                  activeTeamId: caller.activeOrgId !== null && "o" in own ? "nor here" : null,
                  roles: among(caller.roles),
                  userRoles: among(caller.userRoles),
                  region: text(caller.claims.region),
                  clearance: typeof caller.claims.clearance === "number" ? caller.claims.clearance : null,
                },
          );
          expect(await said(whole, false)).toEqual(nothing);
        }),
        { numRuns: 150 },
      );
      for (const none of ["", "not json", "null", "[]", '"text"', "7", '[{"sub":"ada"}]']) {
        expect([none, await said(none, true)]).toEqual([none, nothing]);
      }
    } finally {
      await instance.close();
    }
  });
});

describe("a router whose callers' tokens Neon verifies and the policies read", () => {
  let postgres: FreshPostgres;
  let local: NeonLocal;
  let keys: KeyServer;
  let pen: SigningKey;
  let router: Hono;
  let tokenUrl: string;

  beforeAll(async () => {
    [postgres, pen] = await Promise.all([freshPostgres(), signingKey("RS256", "pen")]);
    keys = await keyServer(pen.jwk);
    const superuser = postgres.pool(postgres.superuserUrl, { max: 1 });
    await push({ schema, identity, database: nodePostgres(postgres.ownerPool) });
    // As on Neon, which makes the extension at the first token, and lets nobody but its role use it.
    for (const statement of sessionJwtShim()) await superuser.query(statement);
    await superuser.query("grant usage on schema auth to authenticated");
    await superuser.query("alter role authenticated login password 'token'; alter role hedgerow_api password 'api'");
    local = await startNeonLocal({
      target: { url: postgres.superuserUrl },
      jwt: { jwks: keys.url, audience, roles: { authenticated: "token" } },
    });
    neonConfig.fetchEndpoint = local.fetchEndpoint;
    tokenUrl = local.url("authenticated", "", "app").replace(":@", "@");
    router = createRouter<object>({
      schema,
      auth: jwt({ issuer, audience, jwksUri: keys.url, ...mapping }),
      database: neon({ url: local.url("hedgerow_api", "api", "app"), authorize: { url: tokenUrl }, local: true }),
    });
  });
  afterAll(async () => {
    await local?.close();
    await keys?.close();
    await postgres?.close();
  });

  const tokenOf = (sub: string, org: string, roles: ReadonlyArray<string>, more: object = {}) =>
    sign(pen, { iss: issuer, aud: audience, exp: seconds(300), sub, org_id: org, [rolesName]: roles, ...more });

  const call = async (token: string | null, method: string, path: string, body?: object) => {
    const response = await router.request(`http://localhost${path}`, {
      method,
      headers: {
        ...(token !== null && { authorization: `Bearer ${token}` }),
        ...(body && { "content-type": "application/json" }),
      },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, json: text === "" ? undefined : JSON.parse(text) };
  };

  it("serves each caller their own, fills columns from the token, and refuses the rest", async () => {
    const ada = await tokenOf("ada", "acme", ["member"], { app: { region: "north", clearance: 3 } });
    const boss = await tokenOf("boss", "acme", ["admin"], {
      platform: { roles: "admin" },
      app: { region: "north", clearance: 9 },
    });
    const eve = await tokenOf("eve", "globex", ["owner"]);
    const made = await call(ada, "POST", "/documents", { title: "mine", userId: "ada" });
    expect(made).toMatchObject({ status: 201, json: { organizationId: "acme", userId: "ada" } });
    const path = `/documents/${made.json.id}`;
    expect((await call(boss, "GET", "/documents")).json.data).toHaveLength(1);
    expect((await call(ada, "PATCH", path, { title: "changed" })).json.title).toBe("changed");
    expect((await call(eve, "GET", "/documents")).json.data).toEqual([]);
    expect((await call(eve, "GET", path)).status).toBe(404);
    expect((await call(eve, "DELETE", path)).status).toBe(404);
    expect((await call(null, "GET", "/documents")).status).toBe(401);
    expect((await call(boss, "POST", "/reports", { level: 5 })).json).toMatchObject({ region: "north", level: 5 });
    expect((await call(ada, "GET", "/reports")).json.data).toEqual([]);
    expect((await call(boss, "GET", "/reports")).json.data).toHaveLength(1);
    expect((await call(boss, "POST", "/news", { title: "hello" })).status).toBe(201);
    expect((await call(null, "GET", "/news")).json.data).toHaveLength(1);
    expect((await call(boss, "DELETE", path)).status).toBe(204);
  });

  it("believes no setting of Hedgerow's own, in either connection", async () => {
    const ada = await tokenOf("ada", "acme", ["member"]);
    await call(ada, "POST", "/documents", { title: "Secret", userId: "ada" });
    const forge = `select ${saying({ userId: "ada", activeOrgId: "acme", roles: "owner" })}`;
    const ask = `select hedgerow.get_user_id() as who, (select count(*)::int from documents) as rows`;
    const eve = client(tokenUrl, { authToken: await tokenOf("eve", "globex", ["owner"]) });
    expect((await eve.transaction([forge, ask].map((each) => eve.query(each)))).at(-1)).toEqual([
      { who: "eve", rows: 0 },
    ]);
    const api = client(local.url("hedgerow_api", "api", "app"));
    const claimed = `select set_config('request.jwt.claims', '{"sub":"ada","org_id":"acme"}', true)`;
    for (const [role, question] of [
      ["authenticated", ask],
      ["anonymous", "select hedgerow.get_user_id() as who"],
    ] as const) {
      const statements = [`set local role ${role}`, forge, claimed, question].map((each) => api.query(each));
      expect((await api.transaction(statements)).at(-1)).toMatchObject([{ who: null }]);
    }
  });

  it("cannot be explained for a caller whose token nobody has, and explain says so", async () => {
    const ask = (as: Caller | null) =>
      Effect.runPromiseExit(
        why({
          schema: Effect.runSync(understand(schema)),
          identity,
          database: nodePostgres(postgres.pool(postgres.superuserUrl, { max: 1 })),
          table: "news",
          command: "select",
          as,
          id: "nothing",
        }),
      );
    const exit = await ask({ ...anonymousCaller, userId: "ada" });
    const error = Exit.isFailure(exit) ? Effect.runSync(Effect.flip(Effect.failCause(exit.cause))) : undefined;
    expect(error).toMatchObject({ _tag: "CannotExplain", message: expect.stringContaining("the database verifies") });
    expect(JSON.stringify(await ask(null))).not.toContain("the database verifies");
  });

  it("has nothing that doctor would object to but the stand-in, and leaves nothing behind when it is given up", async () => {
    const database = nodePostgres(postgres.ownerPool);
    // The password is what neon-local logs in with; on Neon there is none.
    expect(await doctor({ schema, identity, database })).toMatchObject([{ code: "caller_role_logs_in" }]);
    await postgres.pool(postgres.superuserUrl).query("alter role authenticated valid until '-infinity'");
    expect(await doctor({ schema, identity, database })).toEqual([]);
    expect(await doctor({ schema, identity, database, sessionJwt: "required" })).toMatchObject([
      { code: "session_jwt_missing" },
    ]);
    await push({ schema, identity: plainIdentity, database });
    expect(await doctor({ schema, identity: plainIdentity, database })).toEqual([]);
    const { rows } = await postgres.ownerPool.query("select to_regprocedure('hedgerow.verified_token()') as left");
    expect(rows).toEqual([{ left: null }]);
  });
});
