/** Hedgerow's router and requests as PostgREST sends them, on a PostgreSQL 18 that is set up as Supabase sets one up. */

import * as Effect from "effect/Effect";
import { authTables, sessionIdentity } from "hedgerow/better-auth";
import { push } from "hedgerow/drizzle-kit";
import { createRouter } from "hedgerow/hono";
import { nodePostgres } from "hedgerow/node-postgres";
import { compile } from "hedgerow/postgres";
import { supabase } from "hedgerow/supabase";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { doctor } from "../../src/cli/doctor.js";
import type { DatabaseShape, SqlError } from "../../src/database/database.js";
import { enterClaims } from "../../src/database/session.js";
import { sha256 } from "../support/better-auth.js";
import { type ClaimsWorld, caller, identity, openClaimsWorld, schema, type Who } from "../support/claims-world.js";
import { freshPostgres } from "../support/databases.js";
import { supabasePlatform } from "../support/supabase.js";

const target = supabase();
const acme = "org_acme";
const adaId = "0a0f3f3a-0d2f-4c58-9d6a-6f1f2a9f4a11";
const bossId = "0b0f3f3a-0d2f-4c58-9d6a-6f1f2a9f4a11";
const eveId = "0e0f3f3a-0d2f-4c58-9d6a-6f1f2a9f4a11";
const ada: Who = { userId: adaId, activeOrgId: acme, roles: ["member"] };
const boss: Who = { userId: bossId, activeOrgId: acme, roles: ["admin"] };
const eve: Who = { userId: eveId, activeOrgId: "org_evil", roles: ["owner"] };

interface Token {
  readonly role: string;
  readonly sub?: string;
  readonly [claim: string]: unknown;
}
const token = (sub: string, app_metadata: object, more: object = {}): Token => ({
  role: "authenticated",
  sub,
  session_id: "s",
  app_metadata,
  ...more,
});
const adaToken = token(adaId, { organization_id: acme, roles: ["member"] });
const anonKey: Token = { role: "anon", iss: "supabase" };

describe("on Supabase", () => {
  let world: ClaimsWorld;
  let postgrest: DatabaseShape;

  beforeAll(async () => {
    world = await openClaimsWorld("postgres", target, supabasePlatform);
    const server = world.url;
    if (server === undefined) throw new Error("No server.");
    postgrest = nodePostgres(server.pool(server.url("authenticator", "authenticator"), { max: 1 }));
  });
  afterAll(() => world?.close());

  /** One request of supabase-js: PostgREST has verified the token and takes its role. */
  const rest = async (claims: Token | string, ...statements: ReadonlyArray<string>) => {
    const text = typeof claims === "string" ? claims : JSON.stringify(claims);
    const role = typeof claims === "string" ? "authenticated" : claims.role;
    const results = await world.run(
      postgrest,
      {
        text: "select set_config('role', $1, true), set_config('request.jwt.claims', $2, true), set_config('search_path', 'public', true)",
        values: [role, text],
      },
      ...statements,
    );
    return results.at(-1)?.rows ?? [];
  };
  const refusal = (claims: Token | string, ...statements: ReadonlyArray<string>): Promise<string> =>
    rest(claims, ...statements).then(
      () => "accepted",
      (error: SqlError) => error.sqlState,
    );

  it("isolates tenants through the router, and fills their columns", async () => {
    const created = await world.call(ada, "POST", "/documents", { title: "mine" });
    expect(created).toMatchObject({ status: 201, json: { organizationId: acme, userId: adaId } });
    const path = `/documents/${created.json.id}`;
    expect((await world.call(ada, "GET", path)).status).toBe(200);
    expect((await world.call(boss, "GET", path)).status).toBe(200);
    expect((await world.call(eve, "GET", path)).status).toBe(404);
    expect((await world.call(eve, "PATCH", path, { title: "stolen" })).status).toBe(404);
    expect((await world.call(eve, "DELETE", path)).status).toBe(404);
    expect((await world.call(null, "GET", "/documents")).status).toBe(401);
    expect((await world.call({ ...ada, userId: adaId.toUpperCase() }, "GET", path)).status).toBe(200);
  });

  it("isolates tenants in requests of supabase-js, which have no prelude of Hedgerow's", async () => {
    const [made] = await rest(adaToken, "insert into documents (title) values ('by rest') returning *");
    expect(made).toMatchObject({ organization_id: acme, user_id: adaId });
    const all = "select title from documents where title = 'by rest'";
    expect(await rest(adaToken, all)).toHaveLength(1);
    expect(await rest(token(bossId, { organization_id: acme, roles: "guest, admin " }), all)).toHaveLength(1);
    expect(await rest(token(bossId, { organization_id: acme, roles: "admins,administrator" }), all)).toEqual([]);
    expect(await rest(token(eveId, { organization_id: "org_evil", roles: ["owner"] }), all)).toEqual([]);
    expect(await rest(token(eveId, {}), all)).toEqual([]);
    expect(await refusal(anonKey, all)).toBe("42501");
    const forged = `insert into documents (title, organization_id) values ('x', '${acme}')`;
    expect(await refusal(token(eveId, { organization_id: "org_evil", roles: ["owner"] }), forged)).toBe("42501");
    expect(await refusal(token(eveId, {}), "insert into documents (title) values ('x')")).toBe("42501");
    // And the router sees what supabase-js has written.
    expect((await world.call(boss, "GET", "/documents?title=by%20rest")).json.data).toHaveLength(1);
  });

  it("reads nothing that users can write", async () => {
    const forged = token(
      eveId,
      {},
      {
        user_metadata: {
          organization_id: acme,
          roles: ["owner"],
          user_roles: ["admin"],
          region: "north",
          clearance: 9,
        },
        organization_id: acme,
        roles: ["owner"],
      },
    );
    expect(await rest(forged, "select * from documents")).toEqual([]);
    expect(
      await rest(
        forged,
        "select hedgerow.get_active_org_id() o, hedgerow.claims() c, hedgerow.has_any_role(array['owner']) r",
      ),
    ).toEqual([{ o: null, c: {}, r: false }]);
    for (const path of [
      "user_metadata.organization_id",
      "user_metadata",
      "raw_user_meta_data.org",
      "USER_METADATA.x",
    ]) {
      expect(() => supabase({ paths: { organization: path } })).toThrow("users write it themselves");
      expect(() => supabase({ paths: { claims: path } })).toThrow("users write it themselves");
    }
    expect(() => supabase({ paths: { roles: "app_metadata.x'); drop table" } })).toThrow("names with dots");
    expect(() => supabase({ paths: { roles: "sub" } })).toThrow("Supabase itself");
    expect(() => supabase({ paths: { roles: "app_metadata.organization_id" } })).toThrow("at or inside");
    expect(() => supabase({ paths: { session: "app_metadata" } })).toThrow("at or inside");
    // Nor does a target that somebody has written by hand.
    const byHand = { ...target, paths: { ...target.paths, roles: "user_metadata.roles" } };
    expect(() => compile(schema, identity, byHand)).toThrow("users write it themselves");
  });

  it("makes whoever is no user of Supabase nobody", async () => {
    const odd = token("firebase|1", { organization_id: acme, roles: ["owner"] });
    expect(await rest(odd, "select * from documents")).toEqual([]);
    expect(
      await rest(
        { role: "authenticated", app_metadata: { organization_id: acme, roles: ["owner"] } },
        "select * from documents",
      ),
    ).toEqual([]);
    expect(await refusal(odd, "insert into documents (title) values ('x')")).toBe("42501");
    expect((await world.call({ ...boss, userId: "firebase|1" }, "GET", "/documents")).status).toBe(401);
    expect(await refusal("{", "select * from documents")).toBe("22P02");
    for (const shape of [
      "null",
      "[]",
      '"x"',
      "7",
      "{}",
      '{"app_metadata":[]}',
      '{"sub":7}',
      '{"app_metadata":{"roles":{"a":1}}}',
    ]) {
      expect([shape, await rest(shape, "select * from documents")]).toEqual([shape, []]);
    }
    for (const metadata of [
      { organization_id: 7 },
      { organization_id: { a: acme } },
      { organization_id: [acme] },
      { organization_id: "" },
      { organization_id: null },
    ]) {
      expect(await rest(token(adaId, { ...metadata, roles: ["owner"] }), "select * from documents")).toEqual([]);
    }
  });

  it("compares custom claims of app_metadata, through both", async () => {
    await world.truth("insert into reports (id, region, level) values ('r', 'north', 3) returning id");
    const reader: Who = { userId: adaId, claims: { region: "north", clearance: 3 } };
    expect((await world.call(reader, "GET", "/reports")).json.data).toHaveLength(1);
    expect(await rest(token(adaId, { region: "north", clearance: 3 }), "select * from reports")).toHaveLength(1);
    expect(await rest(token(adaId, { region: "north", clearance: "3" }), "select * from reports")).toEqual([]);
    expect(await rest(token(adaId, { region: ["north"], clearance: 3 }), "select * from reports")).toEqual([]);
  });

  it("takes no claim for more than a claim, whatever its name", async () => {
    const sly: Who = {
      userId: eveId,
      claims: { organization_id: acme, roles: "owner", user_roles: "admin", region: "north" },
    };
    const [row] = await world.as(
      sly,
      "select hedgerow.get_active_org_id() o, hedgerow.has_any_role(array['owner']) r, hedgerow.has_any_user_role(array['admin']) u",
    );
    expect(row?.rows).toEqual([{ o: null, r: false, u: false }]);
  });

  it("shows anonymous callers what is public and nothing else", async () => {
    await world.truth("insert into news (id, title) values ('n', 'hello') returning id");
    expect((await world.call(null, "GET", "/news")).json.data).toHaveLength(1);
    expect(await rest(anonKey, "select title from news")).toEqual([{ title: "hello" }]);
    for (const table of ["documents", "notes", "reports", "tasks"]) {
      expect([table, await refusal(anonKey, `select * from ${table}`)]).toEqual([table, "42501"]);
    }
    expect(await refusal(anonKey, "insert into news (title) values ('x')")).toBe("42501");
    expect(await refusal(anonKey, "truncate news")).toBe("42501");
    expect(await refusal(adaToken, "truncate news")).toBe("42501");
    expect(await refusal(adaToken, "update news set title = 'x'")).toBe("42501");
    const anonymously = await world.as(null, "select current_user::text as role, auth.jwt() as jwt, auth.uid() as uid");
    expect(anonymously[0]?.rows).toEqual([{ role: "anon", jwt: null, uid: null }]);
  });

  it("gives the next request no token of the one before, not even in the old settings", async () => {
    const names = ["request.jwt.claims", "request.jwt.claim"];
    const forged = JSON.stringify(token(adaId, { organization_id: acme, roles: ["owner"] }));
    const set = [
      ...names.map((name) => `set_config('${name}', '${forged}', false)`),
      `set_config('request.jwt.claim.sub', '${adaId}', false)`,
      "set_config('request.jwt.claim.role', 'service_role', false)",
    ].join(", ");
    for (let times = 0; times < 3; times += 1) await world.as(eve, `select ${set}`);
    const question = "select auth.uid()::text u, auth.role() r, hedgerow.get_active_org_id() o";
    for (let times = 0; times < 3; times += 1) {
      expect((await world.as(null, question))[0]?.rows).toEqual([{ u: null, r: null, o: null }]);
      expect((await world.as(eve, question))[0]?.rows).toEqual([{ u: eveId, r: "authenticated", o: "org_evil" }]);
    }
  });

  it("leaves callers exactly the declared rights, and the service role all of its own", async () => {
    const rights =
      await world.truth(`select grantee::regrole::text as role, string_agg(distinct privilege_type, ',' order by privilege_type) as rights
      from pg_class c cross join aclexplode(c.relacl) a
      where c.relname in ('documents', 'news', 'documents_number_seq') and a.grantee <> c.relowner and a.grantee::regrole::text in ('anon', 'authenticated')
      group by 1 order by 1`);
    expect(rights).toEqual([{ role: "authenticated", rights: "DELETE,USAGE" }]);
    expect(await refusal(adaToken, "select setval('documents_number_seq', 1000)")).toBe("42501");
    expect(await refusal(anonKey, "select nextval('documents_number_seq')")).toBe("42501");
    const service: Token = { role: "service_role" };
    expect((await rest(service, "select count(*)::int as n from documents"))[0]?.n).toBeGreaterThan(0);
    const insert = `insert into documents (title, organization_id, user_id) values ('by the service', '${acme}', '${adaId}') returning user_id`;
    expect(await rest(service, insert)).toEqual([{ user_id: adaId }]);
    expect(await refusal(service, "insert into documents (title) values ('of nobody')")).toBe("23502");
  });

  it("is as declared, also after a second push, and doctor says nothing of the platform", async () => {
    const statements = [...world.compiled.bootstrap, ...world.compiled.security];
    await world.run(world.owner, ...statements);
    const look = () => doctor({ schema, identity, target, database: world.superuser });
    // In this stand-in the owner is not called postgres.
    const own = "hedgerow_owner";
    expect((await look()).filter(({ object }) => object !== own)).toEqual([]);
    const codes = async () =>
      (await look()).filter(({ object }) => object !== own).map(({ code, object }) => `${code} ${object}`);
    await world.run(world.superuser, "grant service_role to authenticated");
    expect(await codes()).toContain("role_differs authenticated");
    await world.run(world.superuser, "revoke service_role from authenticated", "grant service_role to hedgerow_api");
    expect(await codes()).toEqual(
      expect.arrayContaining(["role_differs hedgerow_api", "login_bypasses_rls hedgerow_api"]),
    );
    await world.run(world.superuser, "revoke service_role from hedgerow_api", "alter role service_role login");
    expect(await codes()).toContain("login_bypasses_rls service_role");
    await world.run(world.superuser, "alter role service_role nologin", "grant select on documents to anon");
    expect(await codes()).toContain("grant_undeclared public.documents");
    await world.run(world.owner, ...statements);
    expect(await codes()).toEqual([]);
  });

  it("is not served by a router that takes it for another kind of database", async () => {
    const other = createRouter<object>({
      schema,
      auth: { identify: async () => ({ _tag: "Anonymous" }) },
      database: world.api,
      onError: () => {},
    });
    const answer = await other.request("http://localhost/news");
    expect([answer.status, (await answer.json()).code]).toEqual([503, "database_differs"]);
  });

  it("reads a token at other paths, where a project has put them", async () => {
    const paths = { organization: "org_id", roles: "app_metadata.acl.roles", claims: "app_metadata.claims" };
    const elsewhere = supabase({ paths });
    const { bootstrap } = compile(schema, identity, elsewhere);
    await world.run(world.owner, ...bootstrap);
    const question =
      "select hedgerow.get_active_org_id() o, hedgerow.has_any_role(array['admin']) r, hedgerow.claim_text('region') c";
    const all = { o: acme, r: true, c: "north" };
    expect(
      await rest(token(adaId, { acl: { roles: ["admin"] }, claims: { region: "north" } }, { org_id: acme }), question),
    ).toEqual([all]);
    const prelude = enterClaims(
      { ...caller(boss), claims: { region: "north" } },
      { statementMs: 1000, lockMs: 1000 },
      elsewhere,
    );
    expect((await world.run(world.api, prelude, question))[1]?.rows).toEqual([all]);
    await world.run(world.owner, ...world.compiled.bootstrap);
  });

  it("makes nothing in the schema auth", () => {
    const text = [...world.compiled.bootstrap, ...world.compiled.security].join("\n");
    expect(text).not.toMatch(/(create|replace|alter|drop)[^\n;]*\bauth\./i);
    expect(text).not.toMatch(/\b(anonymous|hedgerow_auth|hedgerow_definer)\b/);
  });
});

it("a database without Supabase's functions is refused in words", async () => {
  const world = openClaimsWorld("pglite", target);
  await expect(world).rejects.toThrow("this database has no function auth.uid(), so it is none of supabase");
});

it("Better Auth's live sessions work on Supabase too, with its role of anonymous callers", async () => {
  const server = await freshPostgres();
  const run = (database: DatabaseShape, ...texts: ReadonlyArray<string>) =>
    Effect.runPromise(database.transact(texts.map((text) => ({ text }))));
  const superuser = nodePostgres(server.pool(server.superuserUrl, { max: 1 }));
  await run(superuser, ...supabasePlatform);
  const guard = {
    schema: { ...authTables({}), notes: schema.notes, news: schema.news },
    identity: sessionIdentity({}),
    target,
  };
  const database = nodePostgres(server.ownerPool);
  await push({ ...guard, database });
  await push({ ...guard, database });
  expect((await doctor({ ...guard, database })).filter(({ object }) => object !== "hedgerow_owner")).toEqual([]);
  await run(
    superuser,
    "alter role hedgerow_api password 'x'",
    `insert into "user" (id, name, email, email_verified, created_at, updated_at) values ('ada', 'Ada', 'a@b.c', true, now(), now())`,
    "insert into session (id, token, user_id, expires_at, created_at, updated_at) values ('s', 'secret', 'ada', now() + interval '1 day', now(), now())",
    "insert into news (id, title) values ('n', 'hello')",
  );
  const router = createRouter<object>({
    schema: { notes: schema.notes, news: schema.news },
    auth: {
      identify: async ({ headers }) =>
        headers.has("x-secret")
          ? { _tag: "Session", tokenHash: sha256(headers.get("x-secret") ?? ""), via: "header" }
          : { _tag: "Anonymous" },
    },
    database: nodePostgres(server.pool(server.url("hedgerow_api", "x"), { max: 1 })),
    target,
  });
  const ask = async (path: string, secret?: string, body?: object) =>
    router.request(`http://localhost${path}`, {
      headers: { "content-type": "application/json", ...(secret !== undefined && { "x-secret": secret }) },
      ...(body && { method: "POST", body: JSON.stringify(body) }),
    });
  expect(await (await ask("/notes", "secret", { title: "mine" })).json()).toMatchObject({ userId: "ada" });
  expect((await ask("/notes", "forged")).status).toBe(401);
  expect((await ask("/notes")).status).toBe(401);
  expect((await (await ask("/news")).json()).data).toHaveLength(1);
  await server.close();
});
