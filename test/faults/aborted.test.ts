/** Clients that go away before they have an answer, by every driver that has a server: what was not sent is not, and reads stop. */
import { serve } from "@hono/node-server";
import { sql } from "drizzle-orm";
import { createRouter, type DatabaseShape, RequestAborted, withCaller } from "hedgerow/hono";
import { neon } from "hedgerow/neon";
import { type NeonLocal, startNeonLocal } from "hedgerow/neon-local";
import { nodePostgres } from "hedgerow/node-postgres";
import { postgresJs } from "hedgerow/postgres-js";
import { Hono } from "hono";
import pg from "pg";
import postgresjs from "postgres";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { basics } from "../support/better-auth.js";
import { eventually } from "../support/eventually.js";
import { type FaultsWorld, items, openFaultsWorld, schema, type Who } from "../support/faults-world.js";

let world: FaultsWorld;
let local: NeonLocal;
let ada: Who;

beforeAll(async () => {
  world = await openFaultsWorld();
  local = await startNeonLocal({ target: { url: world.postgres.ownerUrl } });
  ada = (await world.signUp()).who;
});
afterAll(async () => {
  await local?.close();
  await world?.close();
});

const max = 2;
/** None of them ends anything here: nobody waits for as long. */
const timeouts = { statementMs: 300_000, lockMs: 300_000, answerMs: 300_000 };

interface Opened {
  readonly database: DatabaseShape;
  readonly close: () => Promise<unknown>;
}
const neonOn = (mode: "http" | "websocket") => (): Opened => {
  const database = neon({ url: local.url("hedgerow_api", "api", "app"), mode, local: true, max });
  return { database, close: database.close };
};
const drivers: ReadonlyArray<{ readonly name: string; readonly open: () => Opened; readonly pools: boolean }> = [
  {
    name: "node-postgres",
    open: () => {
      const pool = new pg.Pool({ connectionString: world.apiUrl, max });
      return { database: nodePostgres(pool), close: () => pool.end() };
    },
    pools: true,
  },
  {
    name: "postgres.js",
    open: () => {
      const own = postgresjs(world.apiUrl, { max, onnotice: () => {}, backoff: () => 0.01 });
      return { database: postgresJs(own), close: () => own.end({ timeout: 1 }) };
    },
    pools: true,
  },
  { name: "neon over a WebSocket", open: neonOn("websocket"), pools: true },
  { name: "neon over HTTP", open: neonOn("http"), pools: false },
];

/** Until both have been asked something: what waits for a connection cannot be seen. */
const aMoment = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 150));

describe.each(drivers)("a client of $name that goes away", ({ open, pools }) => {
  let opened: Opened;
  let app: Hono;
  let reported: Array<unknown>;
  let caught: Array<unknown>;
  /** What a handler of /own/after waits for. */
  let held: Promise<unknown>;

  beforeEach(async () => {
    opened = open();
    reported = [];
    caught = [];
    const given = {
      auth: world.authenticator,
      database: opened.database,
      timeouts,
      onError: (error: unknown) => reported.push(error),
    };
    const acting = withCaller({ schema, ...given });
    const noting = async (work: Promise<unknown>): Promise<void> => {
      await work.catch((error: unknown) => {
        caught.push(error instanceof Error && "query" in error ? error.cause : error);
        throw error;
      });
    };
    app = new Hono()
      .get("/own/ready", acting, (c) => c.text("ready"))
      .get("/own/sleep", acting, async (c) => {
        await noting(c.var.hedgerow.db.execute(sql`select pg_sleep(200)`));
        return c.text("slept");
      })
      // SQL of one's own can catch what should stop it.
      .get("/own/stubborn", acting, async (c) => {
        await noting(
          c.var.hedgerow.db.execute(
            sql`do $$ begin perform pg_sleep(200); exception when query_canceled then perform pg_sleep(200); end $$`,
          ),
        );
        return c.text("slept");
      })
      .get("/own/transaction", acting, async (c) => {
        await noting(c.var.hedgerow.transaction((tx) => tx.execute(sql`select pg_sleep(200)`)));
        return c.text("slept");
      })
      .post("/own/transaction", acting, async (c) => {
        const { title } = await c.req.json();
        await noting(
          c.var.hedgerow.transaction(async (tx) => {
            await tx.insert(items).values({ title });
            await tx.execute(sql`select pg_sleep(3)`);
          }),
        );
        return c.text("done");
      })
      .post("/own/two", acting, async (c) => {
        const { title } = await c.req.json();
        const { db } = c.var.hedgerow;
        await noting(db.execute(sql`select pg_sleep(3)`));
        await db.insert(items).values({ title });
        return c.text("done");
      })
      .post("/own/after", acting, async (c) => {
        const { title } = await c.req.json();
        await held;
        await noting(c.var.hedgerow.db.insert(items).values({ title }));
        return c.text("done");
      })
      .route("/", createRouter({ schema, ...given }));
    app.onError((_, c) => c.text("", 500));
    // The check of the first request would wait for a table that is locked.
    expect((await ask("GET", "/items")).status).toBe(200);
    expect((await ask("GET", "/own/ready")).status).toBe(200);
  });
  afterEach(async () => {
    await opened.close();
  });

  const ask = (method: string, path: string, title?: string, signal?: AbortSignal) =>
    Promise.resolve(
      app.request(`${basics.baseURL}${path}`, {
        method,
        headers: { ...ada, ...(title !== undefined && { "content-type": "application/json" }) },
        ...(title !== undefined && { body: JSON.stringify({ title }) }),
        ...(signal && { signal }),
      }),
    );
  const written = async (title: string): Promise<number> =>
    Number((await world.truth("select count(*) as n from items where title = $1", [title]))[0]?.n);
  const active = (): Promise<ReadonlyArray<unknown>> =>
    world.truth("select query from pg_stat_activity where usename = 'hedgerow_api' and state <> 'idle'");
  const nothingRuns = () => eventually("nothing runs any more", async () => expect(await active()).toEqual([]));
  const running = (count: number) =>
    eventually(`${count} statements run`, async () => expect((await active()).length).toBeGreaterThanOrEqual(count));
  const asleep = (count: number) =>
    eventually(`${count} statements sleep`, async () =>
      expect(
        await world.truth("select pid from pg_stat_activity where usename = 'hedgerow_api' and wait_event = 'PgSleep'"),
      ).toHaveLength(count),
    );

  const locked = async (work: () => Promise<void>): Promise<void> => {
    const client = await world.postgres.ownerPool.connect();
    await client.query("begin; lock table items in access exclusive mode");
    try {
      await work();
    } finally {
      await client.query("rollback");
      client.release();
    }
  };

  const whereThereIsAPool = pools ? it : () => {};

  whereThereIsAPool("has nothing written of what waited for a connection", async () => {
    const holding = Array.from({ length: max }, () => ask("POST", "/items", "sleep:3"));
    await asleep(max);
    const gone = new AbortController();
    const waiting = Array.from({ length: 20 }, () => ask("POST", "/items", "waited", gone.signal));
    await aMoment();
    gone.abort();
    for (const response of await Promise.all(waiting)) {
      expect(response.status).toBe(408);
      expect(await response.json()).toMatchObject({ code: "request_aborted" });
    }
    for (const response of await Promise.all(holding)) expect(response.status).toBe(201);
    await ask("GET", "/items");
    expect(await written("waited")).toBe(0);
    expect(reported).toEqual([]);
  });

  it.each(["/items", "/own/sleep", "/own/stubborn", ...(pools ? ["/own/transaction"] : [])])(
    "has its reads of %s stopped, and their connections serve others",
    async (path) => {
      await locked(async () => {
        const gone = new AbortController();
        const reads = Array.from({ length: 8 }, () => ask("GET", path, undefined, gone.signal));
        await running(max);
        gone.abort();
        for (const response of await Promise.all(reads)) expect(response.status).toBe(408);
        expect((await ask("GET", "/categories")).status).toBe(200);
        await nothingRuns();
      });
      expect((await ask("GET", "/items")).status).toBe(200);
      expect(reported).toEqual([]);
      if (path.startsWith("/own")) expect(caught).toHaveLength(8);
      for (const error of caught) expect(error).toBeInstanceOf(RequestAborted);
    },
  );

  it("has a write that was sent carried out to its end, and nothing behind it", async () => {
    const gone = new AbortController();
    const asked = ask("POST", "/items", "sleep:3", gone.signal);
    const two = ask("POST", "/own/two", "second", gone.signal);
    await asleep(2);
    const before = await written("sleep:3");
    gone.abort();
    expect([(await asked).status, (await two).status]).toEqual([408, 408]);
    await nothingRuns();
    expect(await written("sleep:3")).toBe(before + 1);
    expect(await written("second")).toBe(0);
    expect(reported).toEqual([]);
  });

  it("has nothing sent that comes later", async () => {
    const gone = new AbortController();
    let goOn = (): void => {};
    held = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const asked = ask("POST", "/own/after", "later", gone.signal);
    gone.abort();
    goOn();
    expect((await asked).status).toBe(408);
    expect(await written("later")).toBe(0);
    expect(caught).toEqual([expect.objectContaining({ _tag: "RequestAborted", message: "The client has gone." })]);
    expect((await ask("POST", "/items", "x", gone.signal)).status).toBe(408);
    expect(await written("x")).toBe(0);
  });

  whereThereIsAPool("has its transaction rolled back, and the handler told by name", async () => {
    const gone = new AbortController();
    const asked = ask("POST", "/own/transaction", "rolled back", gone.signal);
    await asleep(1);
    gone.abort();
    expect((await asked).status).toBe(408);
    await nothingRuns();
    expect(await written("rolled back")).toBe(0);
    expect(caught).toEqual([expect.objectContaining({ _tag: "RequestAborted" })]);
    expect(reported).toEqual([]);
    expect((await ask("GET", "/items")).status).toBe(200);
  });

  it("is seen by a server of Node, whose socket closes", async () => {
    const server = serve({ fetch: app.fetch, port: 0 });
    await new Promise((resolve) => server.once("listening", resolve));
    const address = server.address();
    const port = typeof address === "object" ? address?.port : 0;
    await locked(async () => {
      const gone = new AbortController();
      const read = fetch(`http://127.0.0.1:${port}/items`, { headers: { ...ada }, signal: gone.signal });
      await running(1);
      gone.abort();
      await expect(read).rejects.toThrow();
      await nothingRuns();
    });
    await new Promise((resolve) => server.close(resolve));
  });
});
