/** What SQL inside one request can do to the role, to the connection and to the next request on it. */
import * as Effect from "effect/Effect";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as schema from "../../examples/app/tables.js";
import { requestText } from "../../src/database/session.js";
import { saying } from "../support/request.js";
import { openWorld, type Person, type World } from "../support/world.js";

describe("the API's login on PostgreSQL", () => {
  let world: World;
  let ada: Person;
  let mallory: Person;
  let acme: string;

  beforeAll(async () => {
    world = await openWorld("postgres", schema);
    ada = await world.signUp("ada");
    mallory = await world.signUp("mallory");
    acme = await world.createOrganization(ada, "acme");
    await world.createOrganization(mallory, "evil");
    await world.call(ada, "POST", "/projects", { name: "Apollo" });
  });
  afterAll(() => world.close());

  const visible = "select 1 from projects";

  it("owns nothing, bypasses nothing and inherits nothing", async () => {
    const [role] = await world.truth(
      "select rolsuper, rolbypassrls, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin from pg_roles where rolname = 'hedgerow_api'",
    );
    expect(role).toEqual({
      rolsuper: false,
      rolbypassrls: false,
      rolinherit: false,
      rolcreaterole: false,
      rolcreatedb: false,
      rolcanlogin: true,
    });
    expect(await world.truth("select relname from pg_class where relowner = 'hedgerow_api'::regrole")).toEqual([]);
    expect(
      await world.truth("select table_name from information_schema.table_privileges where grantee = 'hedgerow_api'"),
    ).toEqual([]);
  });

  it("sees nothing before a request has taken a role", async () => {
    const exit = await Effect.runPromise(Effect.flip(world.api.transact([{ text: visible }])));
    expect(exit).toMatchObject({ _tag: "SqlError", sqlState: "42501" });
  });

  it("gains nothing from RESET ROLE or from another role", async () => {
    expect(await world.refusal(mallory, "reset role", visible)).toBe("42501");
    expect(await world.refusal(mallory, "set local role none", visible)).toBe("42501");
    for (const role of ["postgres", "hedgerow_owner", "hedgerow_definer", "hedgerow_auth"]) {
      expect(await world.refusal(mallory, `select set_config('role', '${role}', true)`)).toBe("42501");
      expect(await world.refusal(mallory, `set session authorization ${role}`)).toBe("42501");
    }
    const [anonymous] = await world
      .as(mallory, "set local role anonymous", "select 1 from categories")
      .then((r) => r.slice(1));
    expect(anonymous?.count).toBe(0);
    expect(await world.refusal(mallory, "set local role anonymous", visible)).toBe("42501");
  });

  it("cannot find or guess another caller's secret", async () => {
    expect(await world.refusal(mallory, "select token from session")).toBe("42501");
    expect(await world.refusal(mallory, "select * from pg_stat_statements")).not.toBe("accepted");
    const [guess] = (await world.as(mallory, `select ${saying({ token: "0".repeat(64) })}`, visible)).slice(1);
    expect(guess?.count).toBe(0);
  });

  it("cannot replace a helper or put another in front of it", async () => {
    expect(
      await world.refusal(
        mallory,
        "create or replace function hedgerow.get_active_org_id() returns text language sql as $$ select 'x' $$",
      ),
    ).toBe("42501");
    expect(
      await world.refusal(
        mallory,
        "create function public.get_active_org_id() returns text language sql as $$ select 'x' $$",
      ),
    ).toBe("42501");
    expect(await world.refusal(mallory, "create schema mine")).toBe("42501");
    expect(await world.refusal(mallory, "reset role", "alter role hedgerow_api superuser")).toBe("42501");
    expect(await world.refusal(mallory, "alter role authenticated bypassrls")).toBe("42501");
  });

  it("cannot make a temporary table that stands in front of a guarded one", async () => {
    expect(await world.refusal(mallory, "create temporary table projects (id text)")).toBe("42501");
    expect(await world.refusal(mallory, "create temporary view projects as select 1")).toBe("42501");
  });

  it("leaves no setting, role, search path or lock to the next request on the same connection", async () => {
    const residue = [
      `select ${saying({ activeOrgId: acme, token: mallory.tokenHash }, true)}`,
      "select set_config('search_path', 'pg_temp, public', false), set_config('TimeZone', 'Asia/Tokyo', false), set_config('row_security', 'off', false), set_config('statement_timeout', '1', false)",
      "select pg_advisory_lock(42)",
    ];
    for (let connection = 0; connection < 2; connection++) await world.as(mallory, ...residue);
    const [settings, locks, rows] = await world.as(
      ada,
      "select current_setting('search_path') as path, current_setting('TimeZone') as zone, current_setting('row_security') as rls, current_setting('role') as role, hedgerow.get_active_org_id() as org",
      "select count(*)::int as n from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()",
      visible,
    );
    expect(settings?.rows).toEqual([
      { path: "public, extensions, pg_temp", zone: "UTC", rls: "on", role: "authenticated", org: acme },
    ]);
    expect(locks?.rows).toEqual([{ n: 0 }]);
    expect(rows?.count).toBe(1);
    const [anonymous] = await world.as(
      null,
      "select current_setting('hedgerow.request') as said, hedgerow.get_user_id() as id",
    );
    expect(anonymous?.rows).toEqual([{ said: requestText({}), id: null }]);
  });

  it("never answers one caller with another's rows in 200 interleaved requests", async () => {
    const people = await Promise.all(
      [0, 1, 2, 3, 4].map(async (n) => {
        const person = await world.signUp(`person${n}`);
        await world.createOrganization(person, `org${n}`);
        await world.call(person, "POST", "/projects", { name: `only ${n}` });
        return { person, name: `only ${n}` };
      }),
    );
    const answers = await Promise.all(
      Array.from({ length: 200 }, async (_, n) => {
        const who = people[n % 6];
        const answer = await world.call(who?.person ?? null, "GET", "/projects");
        return { expected: who ? [who.name] : "authentication_required", answer };
      }),
    );
    for (const { expected, answer } of answers) {
      expect(
        answer.status === 200 ? answer.json.data.map((row: { name: string }) => row.name) : answer.json.code,
      ).toEqual(expected);
    }
  });

  it("is refused when it is the owner or a superuser", async () => {
    const { createRouter } = await import("hedgerow/hono");
    const { sessionAuthenticator } = await import("hedgerow/better-auth");
    const errors: Array<unknown> = [];
    const router = createRouter({
      schema,
      auth: sessionAuthenticator(world.auth),
      database: world.owner,
      onError: (error) => errors.push(error),
    });
    const answer = await router.request("/projects", { headers: { cookie: ada.cookie } });
    expect(answer.status).toBe(500);
    expect(await answer.json()).toMatchObject({ code: "unsafe_database" });
    expect(String(errors[0])).toContain("owns");
    expect(await (await router.request("/categories")).json()).toMatchObject({ code: "unsafe_database" });
  });

  it.each([
    ["hedgerow_auth", "as where the two urls are swapped", "anonymous, authenticated"],
    ["somebody", "any other login", "anonymous, authenticated"],
    ["half", "one that may take only one of the callers' roles", "anonymous"],
  ])("is refused at the start when it is %s (%s), with the login that was expected", async (login, _, missing) => {
    const { server } = world;
    if (server === undefined) throw new Error("There is a server behind PostgreSQL.");
    await world.truth(`do $$ begin
      if '${login}' <> 'hedgerow_auth' then create role ${login} noinherit; end if;
      if '${login}' = 'half' then grant authenticated to half; end if;
    end $$`);
    await world.truth(`alter role ${login} login password 'swapped'`);
    const { createRouter, verifyDatabase, UnsafeDatabase } = await import("hedgerow/hono");
    const { sessionAuthenticator } = await import("hedgerow/better-auth");
    const { nodePostgres } = await import("hedgerow/node-postgres");
    const database = nodePostgres(server.pool(server.url(login, "swapped")));
    const expected = `login "${login}" is no member of ${missing}; connect as hedgerow_api`;
    const error = await verifyDatabase({ schema, database }).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(UnsafeDatabase);
    expect(error).toMatchObject({ reasons: [expected] });
    const errors: Array<unknown> = [];
    const router = createRouter({
      schema,
      auth: sessionAuthenticator(world.auth),
      database,
      onError: (cause) => errors.push(cause),
    });
    const answer = await router.request("/categories");
    expect(answer.status).toBe(500);
    expect(await answer.text()).not.toContain(login);
    expect(String(errors[0])).toContain(expected);
  });
});
