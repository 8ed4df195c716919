/** A database that is restarted, or that becomes one that can only be read, under an API that goes on running. */
import { neon } from "hedgerow/neon";
import { startNeonLocal } from "hedgerow/neon-local";
import { nodePostgres } from "hedgerow/node-postgres";
import { postgresJs } from "hedgerow/postgres-js";
import postgresjs from "postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DatabaseShape } from "../../src/database/database.js";
import { eventually, hangMs } from "../support/eventually.js";
import { type Call, type FaultAnswer, type FaultsWorld, openFaultsWorld, type Who } from "../support/faults-world.js";

let world: FaultsWorld;
let ada: Who;
beforeAll(async () => {
  world = await openFaultsWorld();
  ada = (await world.signUp()).who;
});
afterAll(() => world?.close());

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

interface Driver {
  readonly name: string;
  readonly open: (max: number) => Promise<{ readonly database: DatabaseShape; readonly close: () => Promise<unknown> }>;
}

const drivers: ReadonlyArray<Driver> = [
  {
    name: "node-postgres",
    open: async (max) => {
      const pool = world.postgres.pool(world.apiUrl, { max });
      return { database: nodePostgres(pool), close: () => pool.end() };
    },
  },
  {
    name: "postgres.js",
    open: async (max) => {
      // Its own pause grows to 20 s, so that an API would come back that much later than its database.
      const sql = postgresjs(world.apiUrl, { max, backoff: () => 0.1 });
      return { database: postgresJs(sql), close: () => sql.end({ timeout: 1 }) };
    },
  },
  {
    name: "neon over a WebSocket",
    open: async (max) => {
      const local = await startNeonLocal({ target: { url: world.postgres.ownerUrl } });
      const database = neon({ url: local.url("hedgerow_api", "api", "app"), mode: "websocket", local: true, max });
      return { database, close: () => database.close().then(local.close) };
    },
  },
];

const max = 4;
const timeouts = { statementMs: 60_000, lockMs: 60_000, answerMs: 5_000 };
/** What was committed must survive the crash of a server, which the tests' own settings do not ask for. */
const durable = ["synchronous_commit=on"];

interface Sent {
  readonly answer: FaultAnswer;
  /** Of a row that was to be written. */
  readonly title?: string;
}

/** Everybody sends one request after the other until they are told to stop. */
const load = (call: Call, clients: number, run: string) => {
  const sent: Array<Sent> = [];
  let running = true;
  const client = async (number: number): Promise<void> => {
    for (let n = 0; running; n += 1) {
      const title = `${run} ${number} ${n}`;
      const kind = n % 4;
      if (kind === 0) sent.push({ answer: await call(ada, "POST", "/items", { title }), title });
      else if (kind === 1) sent.push({ answer: await call(ada, "POST", "/own/diaries", { title }), title });
      else sent.push({ answer: await call(ada, "GET", kind === 2 ? "/items?limit=1" : "/own/categories") });
      if (sent.at(-1)?.answer.status === 503) await pause(20);
    }
  };
  const clientsDone = Array.from({ length: clients }, (_, number) => client(number));
  return {
    sent,
    stop: async (): Promise<void> => {
      running = false;
      await Promise.all(clientsDone);
    },
  };
};

describe.each(drivers)("an API on $name", ({ name, open }) => {
  it("answers in bounded time while the server restarts, and is back by itself, with every row written at most once", async () => {
    await world.postgres.stop("fast");
    await world.postgres.start(durable);
    const { database, close } = await open(max);
    const call = world.serve(database, { timeouts });
    const { sent, stop } = load(call, 8, name);
    /** Until there is an answer of this kind behind those that there are. */
    const next = (status: number, from = sent.length): Promise<void> =>
      eventually(`an answer ${status}`, () =>
        expect(sent.slice(from).map(({ answer }) => answer.status)).toContain(status),
      );
    await next(201);
    await world.postgres.stop("fast");
    await next(503);
    await world.postgres.start(durable);
    await next(201);
    await world.postgres.stop("immediate");
    await world.postgres.start(durable);
    await next(201);
    await stop();

    expect(new Set(sent.map(({ answer }) => answer.status))).toEqual(new Set([200, 201, 503]));
    for (const { answer } of sent) {
      expect(answer.ms).toBeLessThan(hangMs);
      if (answer.status === 503) expect(answer).toMatchObject({ code: "unavailable", retryAfter: "1" });
    }
    for (let n = 0; n < 2 * max; n += 1) expect((await call(ada, "GET", "/items?limit=1")).status).toBe(200);

    const rows = await world.truth("select title, count(*)::int as n from items where title like $1 group by 1", [
      `${name} %`,
    ]);
    const written = new Map(rows.map((row) => [row.title, row.n]));
    expect([...written.values()].every((n) => n === 1)).toBe(true);
    for (const { answer, title } of sent) {
      if (title === undefined) continue;
      if (answer.status === 201) expect(written.get(title)).toBe(1);
      else if (answer.json.detail === undefined) expect(written.get(title)).toBeUndefined();
    }

    // What was given up may still run for a moment.
    await eventually("no more connections than the pool has, and all of them idle", async () => {
      const states = await world.truth("select state from pg_stat_activity where usename = 'hedgerow_api'");
      expect(states.length).toBeLessThanOrEqual(max);
      expect(states.filter(({ state }) => state !== "idle")).toEqual([]);
    });
    await close();
  });
});

describe("an API on node-postgres", () => {
  it("reads from a standby and says to whoever writes that it cannot be written to now; and waits for one that starts", async () => {
    await world.postgres.stop("fast");
    await world.postgres.start(["wal_level=replica"]);
    await world.postgres.stop("fast");
    await world.postgres.asStandby(true);
    await world.postgres.start(["wal_level=replica", "hot_standby=off"]);
    const pool = world.postgres.pool(world.apiUrl, { max: 2 });
    const call = world.serve(nodePostgres(pool), { timeouts });
    expect(await call(ada, "GET", "/items?limit=1")).toMatchObject({
      status: 503,
      code: "unavailable",
      retryAfter: "1",
    });
    await world.postgres.stop("fast");
    await world.postgres.start(["wal_level=replica", "hot_standby=on"]);
    const read = () => call(ada, "GET", "/items?limit=1");
    await eventually("the standby is read from", async () => expect((await read()).status).toBe(200));
    expect((await call(ada, "GET", "/own/items")).status).toBe(200);
    for (const path of ["/items", "/own/diaries"]) {
      const answer = await call(ada, "POST", path, { title: "x" });
      expect(answer).toMatchObject({ status: 503, code: "unavailable", retryAfter: "1" });
      expect(answer.json.detail).toBeUndefined();
    }
    await world.postgres.stop("fast");
    await world.postgres.asStandby(false);
    await world.postgres.start();
    expect((await call(ada, "POST", "/items", { title: "written again" })).status).toBe(201);
  });
});
