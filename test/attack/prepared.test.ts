/** What SQL of an application's own can do to the statements that a connection keeps prepared, and so to the next request on it. */
import { sql } from "drizzle-orm";
import * as Effect from "effect/Effect";
import { sessionAuthenticator } from "hedgerow/better-auth";
import { createRouter, SqlError, TransactionEnded, withCaller } from "hedgerow/hono";
import { nodePostgres } from "hedgerow/node-postgres";
import { postgresJs } from "hedgerow/postgres-js";
import { Hono } from "hono";
import type pg from "pg";
import postgres from "postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as schema from "../../examples/app/tables.js";
import type { DatabaseShape } from "../../src/database/database.js";
import { saying } from "../support/request.js";
import { all, apiPassword, baseURL, openWorld, type Person, type World } from "../support/world.js";

const drivers = ["node-postgres", "two databases over one pool of node-postgres", "postgres.js"] as const;

describe.each(drivers)("a connection of %s that serves everybody", (driver) => {
  let world: World;
  let ada: Person;
  let mallory: Person;
  let router: Hono;
  let app: Hono;
  let api: DatabaseShape;
  let close: () => Promise<void>;

  beforeAll(async () => {
    world = await openWorld("postgres", schema);
    ada = await world.signUp("ada");
    mallory = await world.signUp("mallory");
    await world.createOrganization(ada, "acme");
    await world.createOrganization(mallory, "evil");
    const url = world.server?.url("hedgerow_api", apiPassword) ?? "";
    let other: DatabaseShape;
    if (driver === "postgres.js") {
      const client = postgres(url, { max: 1, onnotice: () => {} });
      close = () => client.end({ timeout: 1 });
      api = postgresJs(client);
      other = api;
    } else {
      const pool = world.server?.pool(url, { max: 1 }) as pg.Pool;
      close = () => pool.end();
      api = nodePostgres(pool);
      other = driver === "node-postgres" ? api : nodePostgres(pool);
    }
    const auth = sessionAuthenticator(world.auth);
    router = createRouter<object>({ schema, auth, database: api });
    const acting = withCaller({ auth, database: other, onError: () => {} });
    const outcome = (error: unknown): unknown => {
      const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
      if (cause instanceof SqlError) return cause.sqlState;
      return cause instanceof TransactionEnded ? "ended" : String(cause);
    };
    app = new Hono()
      .post("/one", acting, async (c) => {
        const outcomes: Array<unknown> = [];
        for (const text of await c.req.json<ReadonlyArray<string>>()) {
          outcomes.push(await c.var.hedgerow.db.execute(sql.raw(text)).catch(outcome));
        }
        return c.json(outcomes);
      })
      .post("/transaction", acting, async (c) => {
        const texts = await c.req.json<ReadonlyArray<string>>();
        const end = await c.var.hedgerow
          .transaction(async (tx) => {
            const outcomes: Array<unknown> = [];
            for (const text of texts) outcomes.push(await tx.execute(sql.raw(text)));
            return outcomes;
          })
          .catch(outcome);
        return c.json(end);
      });
    expect((await call(ada, "POST", "/projects", { name: "Apollo" })).status).toBe(201);
  });
  afterAll(async () => {
    await close();
    await world.close();
  });

  const headersOf = (who: Person) => ({ cookie: who.cookie, origin: baseURL, "content-type": "application/json" });

  const call = async (who: Person, method: string, path: string, body?: object) => {
    const response = await router.request(`${baseURL}${path}`, {
      method,
      headers: headersOf(who),
      ...(body && { body: JSON.stringify(body) }),
    });
    return { status: response.status, json: await response.json() };
  };

  const post = async (path: string, texts: ReadonlyArray<string>, who = mallory): Promise<unknown> =>
    (
      await app.request(`${baseURL}${path}`, { method: "POST", headers: headersOf(who), body: JSON.stringify(texts) })
    ).json();

  const names = async (who = ada): Promise<unknown> => {
    const { status, json } = await call(who, "GET", "/projects");
    return status === 200 ? json.data.map(({ name }: { name: string }) => name) : json.code;
  };

  /** Puts another statement under every name in use, and under those that could come next: whoever runs it becomes Ada. */
  const becomeAda = (): string => `do $do$ declare
    p record;
    taken text := $taken$select ${saying({ token: ada.tokenHash })}, set_config('role', 'authenticated', true)$taken$;
  begin
    for p in select name, (select '(' || string_agg('text', ', ') || ')' from unnest(parameter_types)) as parameters from pg_prepared_statements loop
      execute format('deallocate %I', p.name);
      execute format('prepare %I %s as %s', p.name, p.parameters, taken);
    end loop;
    for n in 1..400 loop
      if not exists (select from pg_prepared_statements where name = 'hedgerow_' || n) then
        execute format('prepare %I as %s', 'hedgerow_' || n, taken);
      end if;
    end loop;
  end $do$`;
  const warm = async (): Promise<void> => {
    for (let turn = 0; turn < 2; turn++) {
      expect(await names()).toEqual(["Apollo"]);
      expect(await names(mallory)).toEqual([]);
      expect(await post("/transaction", ["select 1 as one"])).toEqual([[{ one: 1 }]]);
    }
  };

  it.each<[string, string, (attack: string) => ReadonlyArray<string>]>([
    ["in a statement", "/one", (attack) => [attack]],
    ["in a statement that fails", "/one", (attack) => [attack.replace("end $do$", "perform 1 / 0; end $do$")]],
    ["in a transaction", "/transaction", (attack) => [attack, "select 1"]],
    ["in a transaction that fails", "/transaction", (attack) => [attack, "select 1 / 0"]],
    ["in a transaction that it ends", "/transaction", (attack) => [attack, "commit"]],
    ["in a transaction that it ends by itself", "/transaction", (attack) => [attack, "rollback"]],
  ])("runs nothing that SQL prepared %s under the names in use", async (_, path, texts) => {
    await warm();
    const attack = becomeAda();
    const answer = JSON.stringify(await post(path, texts(attack)));
    expect(answer, "the attack itself is valid SQL").not.toMatch(/"42|"26/);
    for (let turn = 0; turn < 3; turn++) {
      expect(await names(mallory)).toEqual([]);
      expect(await names()).toEqual(["Apollo"]);
      expect(await post("/one", ["select name from projects"])).toEqual([[]]);
      expect(await post("/transaction", ["select name from projects"])).toEqual([[]]);
    }
  });

  it.each([
    "deallocate all",
    "prepare hedgerow_1 as select 1",
    "prepare prepare as select 1",
    'prepare "all" as select 1',
  ])("serves the next requests after %s", async (text) => {
    await warm();
    await post("/one", [text]);
    expect(await names()).toEqual(["Apollo"]);
    await post("/transaction", [text, "select 1 / 0"]);
    expect(await post("/transaction", ["select 1 as one"])).toEqual([[{ one: 1 }]]);
    expect(await names()).toEqual(["Apollo"]);
    await post("/transaction", [text]);
    expect(await names()).toEqual(["Apollo"]);
  });

  it("leaves nothing of a transaction that a statement ended", async () => {
    for (const end of ["commit", "rollback"]) {
      await post("/transaction", [
        "set default_transaction_read_only = on",
        "declare leak cursor with hold for select 1",
        end,
      ]);
      expect(
        await post("/one", ["show default_transaction_read_only", "select name from pg_cursors where name <> ''"]),
      ).toEqual([[{ default_transaction_read_only: "off" }], []]);
    }
  });

  it("leaves no statement that SQL has prepared once the router has used the connection again", async () => {
    await post("/one", ["prepare residue as select 1", "prepare residue as select 1 / 0"]);
    await post("/transaction", ["prepare residue_of_transaction as select 1"]);
    await names();
    const left = await Effect.runPromise(
      api.transact([{ text: "select name from pg_prepared_statements where from_sql", raw: true, prepared: true }]),
    );
    expect(left[0]?.texts).toEqual([]);
  });

  it("inserts one row where a table has changed between two requests", async () => {
    await warm();
    const before = (await call(ada, "POST", "/projects", { name: "first" })).status;
    await all(world.owner, ["alter table projects alter column name type varchar"]);
    const after = await call(ada, "POST", "/projects", { name: "second" });
    expect([before, after.status]).toEqual([201, 201]);
    expect(await world.truth("select name from projects where name in ('first', 'second') order by 1")).toEqual([
      { name: "first" },
      { name: "second" },
    ]);
    await world.truth("delete from projects where name <> 'Apollo'");
    await all(world.owner, ["alter table projects alter column name type text"]);
    expect(await names()).toEqual(["Apollo"]);
  });
});
