/** `docs/own-sql.md`, "What it could do": that each is so, and that what is said to help does. */
import { readFileSync } from "node:fs";
import { sql } from "drizzle-orm";
import { sessionAuthenticator, sessionIdentity } from "hedgerow/better-auth";
import { doctor } from "hedgerow/drizzle-kit";
import { verifyDatabase, withCaller } from "hedgerow/hono";
import { nodePostgres } from "hedgerow/node-postgres";
import { Hono } from "hono";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { authOptions } from "../../examples/app/auth.js";
import * as schema from "../../examples/app/tables.js";
import { eventually } from "../support/eventually.js";
import { apiPassword, baseURL, openWorld, type Person, type World } from "../support/world.js";

describe("SQL that a caller has brought into a handler", () => {
  let world: World;
  let ada: Person;
  let mallory: Person;
  let app: Hono;

  beforeAll(async () => {
    world = await openWorld("postgres", schema);
    ada = await world.signUp("ada");
    mallory = await world.signUp("mallory");
    await world.createOrganization(ada, "acme");
    await world.createOrganization(mallory, "evil");
    for (let made = 0; made < 20; made++) await world.call(ada, "POST", "/documents", { title: "Secret" });
    await world.truth("analyze documents");
    const acting = withCaller({ auth: sessionAuthenticator(world.auth), database: world.api, onError: () => {} });
    app = new Hono().post("/", acting, async (c) =>
      c.json(await c.var.hedgerow.db.execute(sql.raw(await c.req.text()))),
    );
  });
  afterAll(() => world.close());

  const send = (who: Person, text: string) =>
    app.request(baseURL, { method: "POST", headers: { cookie: who.cookie, origin: baseURL }, body: text });
  const as = async (who: Person, text: string) => (await send(who, text)).json();

  const page = readFileSync(new URL("../../docs/own-sql.md", import.meta.url), "utf8");
  const says = (...words: ReadonlyArray<string>): void => {
    for (const word of words) expect(page).toContain(word);
  };

  it("learns from estimates and counts what it cannot read", async () => {
    says("`explain`", "`pg_class.reltuples`", "`pg_stat_user_tables`");
    const estimate = async (title: string): Promise<number> => {
      const [{ "QUERY PLAN": plan }] = await as(
        mallory,
        `explain (format json) select from documents where title = '${title}'`,
      );
      const [{ Plan }] = typeof plan === "string" ? JSON.parse(plan) : plan;
      return Plan["Plan Rows"];
    };
    expect(await as(mallory, "select title from documents")).toEqual([]);
    expect(await estimate("Secret")).not.toBe(await estimate("Nothing"));
    expect(await as(mallory, "select reltuples::int as n from pg_class where oid = 'documents'::regclass")).toEqual([
      { n: 20 },
    ]);
    expect(await as(mallory, "select relname from pg_stat_user_tables where relname = 'documents'")).toHaveLength(1);
  });

  it("reads definitions, and texts of others' statements without their values, and ends those", async () => {
    says("`pg_stat_activity`", "`pg_terminate_backend`", "not their bound values");
    expect(await as(mallory, "select qual from pg_policies where policyname = 'documents_select'")).toHaveLength(1);
    const other = world.server?.pool(world.server.url("hedgerow_api", apiPassword), { max: 1 });
    const sleeping = other?.query("select pg_sleep(200) where $1 <> ''", ["a bound value"]).then(
      () => "slept",
      (error: { readonly code: string }) => error.code,
    );
    const running = "state = 'active' and query ~ 'pg_.leep' and pid <> pg_backend_pid()";
    await eventually("the other sleeps", async () =>
      expect(await world.truth(`select count(*)::int as n from pg_stat_activity where ${running}`)).toEqual([{ n: 1 }]),
    );
    // As its own role it sees none of it.
    expect(await as(mallory, `select query from pg_stat_activity where ${running}`)).toEqual([]);
    /** And back again: a transaction that ends in a role without rights fails. */
    const asLogin = (expression: string): string =>
      `select set_config('role', 'none', true), (select ${expression} from pg_stat_activity where ${running}), set_config('role', 'authenticated', true)`;
    const texts = JSON.stringify(await as(mallory, asLogin("string_agg(query, '')")));
    expect(texts).toContain("$1");
    expect(texts).not.toContain("a bound value");
    await as(mallory, asLogin("bool_and(pg_terminate_backend(pid))"));
    expect(await sleeping).toBe("57P01");
  });

  it("changes what sessions start with, and a router that starts then serves all the same", async () => {
    says("`alter role hedgerow_api set …`", "`login_has_settings`", "`alter role hedgerow_api reset all`");
    for (const setting of [
      "role = 'anonymous'",
      "search_path = 'pg_temp'",
      // Shorter, it would end the first statement of a connection on a busy machine, before anything can be set.
      "statement_timeout = '100ms'",
      "lock_timeout = '1ms'",
      "row_security = off",
      "default_transaction_isolation = 'serializable'",
      "timezone = 'Asia/Tokyo'",
      "extra_float_digits = -15",
      "bytea_output = 'escape'",
      "intervalstyle = 'iso_8601'",
      "standard_conforming_strings = off",
    ]) {
      const text = `do $$ begin perform set_config('role', 'none', true); alter role hedgerow_api set ${setting}; perform set_config('role', 'authenticated', true); end $$`;
      expect((await send(mallory, text)).status, setting).toBe(200);
    }
    const later = nodePostgres(world.server?.pool(world.server.url("hedgerow_api", apiPassword), { max: 1 }) as never);
    await verifyDatabase({ schema, database: later });
    const findings = await doctor({ schema, identity: sessionIdentity(authOptions), database: world.owner });
    expect(findings.filter(({ code }) => code === "login_has_settings")).toMatchObject([
      { object: "hedgerow_api", message: expect.stringContaining("statement_timeout") },
    ]);
    const acting = withCaller({ auth: sessionAuthenticator(world.auth), schema, database: later });
    const limit = sql<string>`current_setting('statement_timeout')`;
    const restarted = new Hono().get("/", acting, async (c) =>
      c.json(await c.var.hedgerow.db.select({ title: schema.documents.title, limit }).from(schema.documents).limit(1)),
    );
    const answer = await restarted.request(baseURL, { headers: { cookie: ada.cookie } });
    expect(await answer.json()).toEqual([{ title: "Secret", limit: "15s" }]);
    await world.truth("alter role hedgerow_api reset all");
  });

  it("changes the password of the router's login, and the owner sets it again", async () => {
    says("`alter role hedgerow_api password …`");
    const connects = async (password: string): Promise<string> => {
      const pool = world.server?.pool(world.server.url("hedgerow_api", password), { max: 1 });
      return (
        pool?.query("select 1").then(
          () => "connected",
          (error: { readonly code: string }) => error.code,
        ) ?? ""
      );
    };
    expect(
      (
        await send(
          mallory,
          "do $$ begin perform set_config('role', 'none', true); alter role hedgerow_api password 'theirs'; perform set_config('role', 'authenticated', true); end $$",
        )
      ).status,
    ).toBe(200);
    expect([await connects(apiPassword), await connects("theirs")]).toEqual(["28P01", "connected"]);
    await world.truth(`alter role hedgerow_api password '${apiPassword}'`);
    expect(await connects(apiPassword)).toBe("connected");
  });
});
