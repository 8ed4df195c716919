/**
 * A router behind a real PgBouncer, which gives each transaction another session: nobody sees somebody else's rows, and every
 * request is answered.
 *
 * PGBOUNCER says where the program is; where the machine has none, the tests say so and are passed over.
 */
import { sql } from "drizzle-orm";
import { sessionAuthenticator } from "hedgerow/better-auth";
import { createRouter, withCaller } from "hedgerow/hono";
import { nodePostgres } from "hedgerow/node-postgres";
import { postgresJs } from "hedgerow/postgres-js";
import { Hono } from "hono";
import postgres from "postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as schema from "../../examples/app/tables.js";
import type { DatabaseShape } from "../../src/database/database.js";
import { findPgBouncer, type PgBouncer, startPgBouncer } from "../support/pgbouncer.js";
import { expectUnheard } from "../support/unheard.js";
import { apiPassword, baseURL, openWorld, type Person, type World } from "../support/world.js";

const program = await findPgBouncer();
if (program === undefined)
  console.warn("There is no PgBouncer on this machine (PGBOUNCER=path), so its tests are passed over.");

const callers = 20;
const requests = 3_000;
const sessions = 8;

describe.runIf(program !== undefined)("a router behind PgBouncer", () => {
  let world: World;
  let pooler: PgBouncer;
  let people: ReadonlyArray<Person>;
  let listenAgain: (() => void) | undefined;

  beforeAll(async () => {
    listenAgain = expectUnheard();
    world = await openWorld("postgres", schema);
    const { server } = world;
    if (server === undefined || program === undefined) throw new Error("There is no PostgreSQL.");
    pooler = await startPgBouncer(program, server.superuserUrl, { hedgerow_api: apiPassword }, sessions);
    const made: Array<Person> = [];
    for (let number = 0; number < callers; number++) {
      const person = await world.signUp(`person${number}`);
      await world.createOrganization(person, `org${number}`);
      await world.call(person, "POST", "/projects", { name: `of ${person.email}` });
      made.push(person);
    }
    people = made;
  });
  afterAll(async () => {
    listenAgain?.();
    await pooler.stop();
    await world.close();
  });

  /** What SQL of a handler could leave on the session that somebody else has next. */
  const residue = [
    "select set_config('search_path', 'pg_temp', false), set_config('hedgerow.request', 'x', false)",
    "set bytea_output = 'escape'",
    "select pg_advisory_lock(42)",
    "prepare mine as select 1",
    "select setseed(0.5)",
  ];

  interface Opened {
    readonly database: DatabaseShape;
    readonly end: () => Promise<unknown>;
  }
  /** Without `prepare` nobody has said that there is a pooler, and its port does not tell. */
  const clients: ReadonlyArray<readonly [string, (options: { readonly prepare?: false }) => Opened]> = [
    [
      "node-postgres",
      (options) => {
        const url = pooler.url("hedgerow_api", apiPassword);
        const pool = world.server?.pool(url, { max: 20 });
        if (pool === undefined) throw new Error("There is no PostgreSQL.");
        return { database: nodePostgres(pool, options), end: () => pool.end() };
      },
    ],
    [
      "postgres.js",
      (options) => {
        const client = postgres(pooler.url("hedgerow_api", apiPassword), {
          max: 20,
          onnotice: () => {},
          backoff: () => 0.1,
        });
        return { database: postgresJs(client, options), end: () => client.end({ timeout: 1 }) };
      },
    ],
  ];

  describe.each(clients)("by %s", (_, open) => {
    it.each<["clean" | "dirty" | "killed"]>([["clean"], ["dirty"], ["killed"]])(
      "shows each caller their own rows and answers everybody: %s",
      { timeout: 240_000 },
      async (how) => {
        // What SQL has prepared could stand in for what a driver has, so with such SQL it must be said.
        const { database, end } = open(how === "dirty" ? { prepare: false } : {});
        const reported: Array<unknown> = [];
        const onError = (error: unknown) => void reported.push(error);
        const auth = sessionAuthenticator(world.auth);
        const acting = withCaller({ auth, database, onError });
        const app = new Hono()
          .post("/residue", acting, async (c) => {
            const text = residue[Number(c.req.query("which"))] ?? "select 1";
            await c.var.hedgerow.db.execute(sql.raw(text));
            return c.json(await c.var.hedgerow.db.select({ name: schema.projects.name }).from(schema.projects));
          })
          .route("/", createRouter({ schema, auth, database, onError }));
        const statuses = new Map<number, number>();
        const seen = new Set<string>();
        let sent = 0;
        const ask = async (): Promise<void> => {
          while (sent < requests) {
            const number = sent++;
            const person = people[(number * 7) % callers];
            if (person === undefined) throw new Error("There is no such person.");
            const isResidue = how === "dirty" && number % 3 === 0;
            const path = isResidue
              ? `/residue?which=${number % residue.length}`
              : number % 5 === 0
                ? "/projects?total=true"
                : "/projects?limit=5";
            const response = await app.request(baseURL + path, {
              method: isResidue ? "POST" : "GET",
              headers: { cookie: person.cookie, origin: baseURL },
            });
            statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
            const text = await response.text();
            if (response.status !== 200) continue;
            for (const [name] of text.matchAll(/of person\d+@example\.com/g)) {
              if (name !== `of ${person.email}`) throw new Error(`${person.email} saw ${name}`);
              seen.add(name);
            }
          }
        };
        let isOver = false;
        const killing = async (): Promise<void> => {
          while (how === "killed" && !isOver) {
            await world.truth(
              "select pg_terminate_backend(pid) from (select pid from pg_stat_activity where usename = 'hedgerow_api' order by random() limit 1) s",
            );
            await new Promise((resolve) => setTimeout(resolve, 50));
          }
        };
        const killed = killing();
        await Promise.all(Array.from({ length: callers }, ask));
        isOver = true;
        await killed;
        await end();
        expect(seen.size).toBe(callers);
        const others = [...statuses.keys()].filter((status) => status !== 200);
        expect(
          others.filter((status) => !(how === "killed" && status === 503)),
          JSON.stringify(reported.slice(0, 3).map(String)),
        ).toEqual([]);
        expect(statuses.get(200) ?? 0).toBeGreaterThan(requests / 2);
      },
    );
  });

  it("recovers where nobody said that there is a pooler, and where its address does not", async () => {
    const client = postgres(pooler.url("hedgerow_api", apiPassword), { max: 6, onnotice: () => {} });
    const pool = world.server?.pool(pooler.url("hedgerow_api", apiPassword), { max: 6 });
    if (pool === undefined) throw new Error("There is no PostgreSQL.");
    for (const database of [nodePostgres(pool, { prepare: true }), postgresJs(client, { prepare: true })]) {
      const router = createRouter({ schema, auth: sessionAuthenticator(world.auth), database, onError: () => {} });
      const statuses = await Promise.all(
        Array.from({ length: 300 }, async (_, number) => {
          const person = people[number % callers];
          const answer = await router.request(`${baseURL}/projects?limit=${1 + (number % 4)}`, {
            headers: { cookie: person?.cookie ?? "" },
          });
          return answer.status;
        }),
      );
      expect(new Set(statuses)).toEqual(new Set([200]));
    }
    await client.end({ timeout: 1 });
    await pool.end();
  });
});
