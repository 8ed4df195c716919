/** What clients are told when the database does not answer as it should, by every driver, and what has happened then. */
import { createServer } from "node:net";
import { neon } from "hedgerow/neon";
import { type NeonLocal, startNeonLocal } from "hedgerow/neon-local";
import { nodePostgres } from "hedgerow/node-postgres";
import { postgresJs } from "hedgerow/postgres-js";
import pg from "pg";
import postgresjs from "postgres";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { DatabaseShape } from "../../src/database/database.js";
import { eventually, hangMs } from "../support/eventually.js";
import { type Call, type FaultAnswer, type FaultsWorld, openFaultsWorld, type Who } from "../support/faults-world.js";
import { openValve, type Valve } from "../support/valve.js";

let world: FaultsWorld;
let local: NeonLocal;
let valves: { readonly postgres: Valve; readonly neon: Valve };
let ada: Who;

beforeAll(async () => {
  world = await openFaultsWorld();
  local = await startNeonLocal({ target: { url: world.postgres.ownerUrl } });
  valves = {
    postgres: await openValve(Number(new URL(world.postgres.ownerUrl).port)),
    neon: await openValve(local.port),
  };
  ada = (await world.signUp()).who;
});
afterAll(async () => {
  await valves?.neon.close();
  await valves?.postgres.close();
  await local?.close();
  await world?.close();
});

interface Opened {
  readonly database: DatabaseShape;
  readonly close: () => Promise<unknown>;
}

interface Driver {
  readonly name: string;
  readonly valve: () => Valve;
  /** @param url of a server that is to be reached in place of the valve. */
  readonly open: (max: number, url?: string) => Opened;
  /** How many connections wait for an answer; over HTTP there is no pool. */
  readonly pools: boolean;
  /** Whether a call of the router ends with COMMIT, or with the answer of its last statement. */
  readonly commits?: true;
  /** Whether a connection that owes an answer can be ended; otherwise its place is free when the network has given it up. */
  readonly destroys: boolean;
}

const neonOn =
  (mode: "http" | "websocket") =>
  (max: number, url: string = valves.neon.through(local.url("hedgerow_api", "api", "app"))): Opened => {
    const database = neon({ url, mode, local: true, max });
    return { database, close: database.close };
  };

const drivers: ReadonlyArray<Driver> = [
  {
    name: "node-postgres",
    valve: () => valves.postgres,
    open: (max, url = valves.postgres.through(world.apiUrl)) => {
      const pool = new pg.Pool({ connectionString: url, max });
      return { database: nodePostgres(pool), close: () => pool.end() };
    },
    pools: true,
    destroys: true,
  },
  {
    name: "postgres.js",
    valve: () => valves.postgres,
    open: (max, url = valves.postgres.through(world.apiUrl)) => {
      const sql = postgresjs(url, { max, onnotice: () => {} });
      return { database: postgresJs(sql), close: () => sql.end({ timeout: 1 }) };
    },
    pools: true,
    commits: true,
    destroys: false,
  },
  { name: "neon over a WebSocket", valve: () => valves.neon, open: neonOn("websocket"), pools: true, destroys: true },
  { name: "neon over HTTP", valve: () => valves.neon, open: neonOn("http"), pools: false, destroys: true },
];

const uncertain = "It is not known whether the change was made. Look before you send it again.";

/** A problem that says nothing of the database, and when to come back. */
const expectProblem = (answer: FaultAnswer, code: string, detail?: string): void => {
  expect(answer).toMatchObject({ status: 503, code, retryAfter: "1" });
  expect(answer.json.detail).toBe(detail);
  expect(answer.text).not.toMatch(/select|insert|127\.0\.0\.1|hedgerow_|connect ECONN|terminat|\n/i);
};

const closedPort = (): Promise<number> =>
  new Promise((resolve) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Only the deadline ends what waits: whatever it waits for takes longer than a test may. */
const answerMs = 1_500;
const never = { statementMs: 300_000, lockMs: 300_000 };
const timeouts = { ...never, answerMs };
const patient = { ...never, answerMs: 50_000 };
/** More seconds than anything here waits. */
const asleep = "sleep:200";

describe.each(drivers)("a request on $name", ({ valve, open, pools, commits, destroys }) => {
  let opened: Array<Opened> = [];
  /** @param max of its pool. */
  const serve = (given: typeof timeouts = patient, max = 2, url?: string): Call => {
    const made = open(max, url);
    opened.push(made);
    return world.serve(made.database, { timeouts: given });
  };
  const written = async (title: string): Promise<number> =>
    Number((await world.truth("select count(*) as n from items where title = $1", [title]))[0]?.n);
  const attempts = async (): Promise<number> =>
    Number((await world.truth("select case when is_called then last_value else 0 end as n from attempts"))[0]?.n);
  const backends = async (): Promise<ReadonlyArray<Record<string, unknown>>> =>
    world.truth("select pid, state from pg_stat_activity where usename = 'hedgerow_api'");
  const terminate = () =>
    world.truth("select pg_terminate_backend(pid, 5000) from pg_stat_activity where usename = 'hedgerow_api'");
  /** Until so many sessions wait for a lock, or sleep. */
  const until = async (event: "Lock" | "Timeout", count = 1): Promise<void> => {
    const waiting = "select pid from pg_stat_activity where usename = 'hedgerow_api' and wait_event_type = $1";
    await eventually(`${count} sessions that wait for ${event}`, async () =>
      expect((await world.truth(waiting, [event])).length).toBe(count),
    );
  };
  /** The first request of a router asks more than others, and may take longer than its deadline on a busy machine. */
  const isServed = (call: Call): Promise<void> =>
    eventually("a list is served", async () => expect((await call(ada, "GET", "/items")).status).toBe(200));

  beforeEach(() => world.truth("select setval('attempts', 1, false)"));
  afterEach(async () => {
    valve().open();
    valve().cut();
    for (const each of opened) await each.close();
    opened = [];
    await terminate();
  });

  it("is refused at once where nobody listens", async () => {
    const url = new URL(local.url("hedgerow_api", "api", "app"));
    url.port = String(await closedPort());
    const call = serve(timeouts, 2, url.href);
    for (const answer of [await call(ada, "GET", "/items"), await call(ada, "POST", "/items", { title: "x" })]) {
      expectProblem(answer, "unavailable");
      // postgres.js takes longer and longer to try again, so there it is the deadline that speaks.
      expect(answer.ms).toBeLessThan(hangMs);
    }
  });

  it("says of a write that nothing was sent, where the database has gone since", async () => {
    const made = await openValve(valve().port);
    const url = made.through(
      pools && valve() === valves.postgres ? world.apiUrl : local.url("hedgerow_api", "api", "app"),
    );
    const call = serve(timeouts, 2, url);
    await isServed(call);
    await made.close();
    await pause(50);
    expectProblem(await call(ada, "POST", "/items", { title: "x" }), "unavailable");
    expectProblem(await call(ada, "POST", "/own/diaries", { title: "x" }), "unavailable");
  });

  it("that reads is sent again when its connection is lost, and only once", async () => {
    const call = serve();
    expect((await call(ada, "GET", "/items")).status).toBe(200);
    const blocker = await world.postgres.ownerPool.connect();
    try {
      await blocker.query("begin; lock table items in access exclusive mode");
      const once = call(ada, "GET", "/items");
      await until("Lock");
      await terminate();
      await until("Lock");
      await blocker.query("rollback");
      expect((await once).status).toBe(200);

      await blocker.query("begin; lock table items in access exclusive mode");
      const twice = call(ada, "GET", "/items");
      for (const _ of [1, 2]) {
        await until("Lock");
        await terminate();
      }
      expectProblem(await twice, "unavailable");
    } finally {
      await blocker.query("rollback");
      blocker.release();
    }
    expect((await call(ada, "GET", "/items")).status).toBe(200);
  });

  it("that reads is not told that the server has closed the idle connections meanwhile", async () => {
    const call = serve();
    const reads = () => Promise.all([call(ada, "GET", "/items"), call(ada, "GET", "/items")]);
    await reads();
    await reads();
    // The goodbye is on its way when the next requests are sent.
    valve().shut();
    await terminate();
    const answers = reads();
    await pause(100);
    valve().open();
    expect((await answers).map(({ status }) => status)).toEqual([200, 200]);
  });

  it("that writes is not sent again when its connection is lost, and says that nobody knows", async () => {
    const call = serve();
    const lost = call(ada, "POST", "/items", { title: asleep });
    await until("Timeout");
    await terminate();
    expectProblem(await lost, "unavailable", uncertain);
    expect([await written(asleep), await attempts()]).toEqual([0, 1]);
    const cut = call(ada, "POST", "/items", { title: "sleep:3" });
    await until("Timeout");
    valve().cut();
    expectProblem(await cut, "unavailable", uncertain);
    await until("Timeout", 0);
    expect(await attempts()).toBe(2);
    expect(await written("sleep:3")).toBeLessThanOrEqual(1);
    expect((await call(ada, "POST", "/items", { title: "fine" })).status).toBe(201);
    await world.truth("delete from items");
  });

  it("that writes takes effect once where only the answer is lost", async () => {
    const call = serve();
    for (const path of ["/items", "/own/diaries"]) {
      if (path === "/own/diaries" && !pools) continue;
      for (const read of ["/items", "/own/items"]) expect((await call(ada, "GET", read)).status).toBe(200);
      valve().onAnswer(commits || path !== "/items" ? "COMMIT" : "answered", valve().cut);
      expectProblem(await call(ada, "POST", path, { title: "answered" }), "unavailable", uncertain);
      // The connection may be cut before Postgres has come to the COMMIT, which it was sent.
      await eventually("the row", async () => expect(await written("answered")).toBe(1));
      await world.truth("delete from items");
    }
  });

  it("waits for a pool that is exhausted as long as the deadline says, and no longer", async () => {
    if (!pools) {
      expect(open(1).database.driver).toBe("neon-http");
      return;
    }
    const call = serve({ ...timeouts, answerMs: 3_000 }, 1);
    await isServed(call);
    const first = call(ada, "POST", "/items", { title: asleep });
    await until("Timeout");
    const second = await call(ada, "POST", "/items", { title: asleep });
    expect(second).toMatchObject({ status: 503, code: "unavailable" });
    expect(second.ms).toBeLessThan(hangMs);
    expectProblem(await first, "unavailable", uncertain);
    await terminate();
    await isServed(call);
  });

  it("is answered in bounded time when the network drops its packets, and its connection serves nobody else", async () => {
    const call = serve(timeouts);
    await isServed(call);
    valve().shut();
    const answers = await Promise.all([
      call(ada, "GET", "/items"),
      call(ada, "POST", "/items", { title: "dropped" }),
      call(ada, "GET", "/own/items"),
    ]);
    for (const answer of answers) {
      expect(answer).toMatchObject({ status: 503, code: "unavailable", retryAfter: "1" });
      expect(answer.ms).toBeGreaterThan(answerMs - 50);
      expect(answer.ms).toBeLessThan(hangMs);
    }
    if (!destroys) valve().cut();
    valve().open();
    await isServed(call);
    await eventually("no more than two connections are left", async () =>
      expect((await backends()).length).toBeLessThanOrEqual(2),
    );
    expect(await written("dropped")).toBeLessThanOrEqual(1);
    await world.truth("delete from items");
  });

  it("ends connections that owe an answer, so that others take their places", async () => {
    const call = serve(timeouts);
    const reads = () => Promise.all([call(ada, "GET", "/items"), call(ada, "GET", "/own/items")]);
    // A machine that is busy may serve both by one connection; then the second would be opened on a network that is well.
    await eventually("two connections are open", async () => {
      await reads();
      expect(valve().connections()).toBeGreaterThanOrEqual(2);
    });
    valve().stall();
    for (const answer of await reads()) expectProblem(answer, "unavailable");
    // With postgres.js they are free when the network says that they are lost.
    if (!destroys) valve().cut();
    await eventually("both are served", async () =>
      expect((await reads()).map(({ status }) => status)).toEqual([200, 200]),
    );
  });

  if (pools) {
    it("leaves a transaction that the network has cut off in bounded time", async () => {
      const call = serve({ ...timeouts, answerMs: 5_000 });
      await isServed(call);
      const lost = call(ada, "POST", "/own/diaries", { title: "sleep:3" });
      await until("Timeout");
      valve().shut();
      const answer = await lost;
      expectProblem(answer, "unavailable", uncertain);
      expect(answer.ms).toBeLessThan(hangMs);
      if (!destroys) valve().cut();
      valve().open();
      await isServed(call);
      await eventually("no session has a transaction open", async () =>
        expect((await backends()).filter(({ state }) => state !== "idle")).toEqual([]),
      );
      expect(await written("sleep:3")).toBe(0);
    });

    it("does not keep a connection that comes when nobody waits for it any more", async () => {
      const call = serve(timeouts, 1);
      valve().shut();
      expectProblem(await call(ada, "GET", "/items"), "unavailable");
      expectProblem(await call(ada, "POST", "/own/diaries", { title: "x" }), "unavailable");
      valve().open();
      await isServed(call);
      await eventually("one connection is left", async () =>
        expect(await backends()).toEqual([expect.objectContaining({ state: "idle" })]),
      );
    });
  }

  it("waits for a database that takes its time to wake up, and comes back where it takes longer than the deadline", async () => {
    const call = serve();
    valve().shut(1_200);
    const late = await call(ada, "GET", "/items");
    expect(late.status).toBe(200);
    expect(late.ms).toBeGreaterThan(1_100);
    const hasty = serve(timeouts);
    valve().shut();
    expectProblem(await hasty(ada, "GET", "/items"), "unavailable");
    valve().open();
    await isServed(hasty);
  });

  it("is told when Postgres stops a statement that takes too long", async () => {
    const call = serve({ statementMs: 1_000, lockMs: 0, answerMs: 50_000 });
    const answer = await call(ada, "POST", "/items", { title: asleep });
    expectProblem(answer, "timeout");
    expect(answer.ms).toBeLessThan(hangMs);
    expect(await written(asleep)).toBe(0);
    expect((await call(ada, "GET", "/items")).status).toBe(200);
  });

  it.each(["40001", "40P01"])(
    "is repeated where Postgres rolled it back for %s, and a limited number of times",
    async (code) => {
      const call = serve();
      expect((await call(ada, "POST", "/items", { title: `raise:${code}:2` })).status).toBe(201);
      expect([await written(`raise:${code}:2`), await attempts()]).toEqual([1, 3]);
      await world.truth("select setval('attempts', 1, false)");
      expectProblem(await call(ada, "POST", "/items", { title: `raise:${code}:9` }), "try_again");
      expect([await written(`raise:${code}:9`), await attempts()]).toEqual([0, 3]);
      await world.truth("delete from items");
    },
  );

  it.each([
    ["53200", "unavailable"],
    ["55P03", "try_again"],
    ["57014", "timeout"],
    ["25006", "unavailable"],
  ])("is not repeated for %s, and answered with %s", async (state, code) => {
    expectProblem(await serve()(ada, "POST", "/items", { title: `raise:${state}:9` }), code);
    expect(await attempts()).toBe(1);
  });

  it("reads from a database that may only be read, and says so to whoever writes", async () => {
    await world.truth("alter role hedgerow_api set default_transaction_read_only = on");
    try {
      const call = serve();
      expect((await call(ada, "GET", "/items")).status).toBe(200);
      expect((await call(ada, "GET", "/own/items")).status).toBe(200);
      expectProblem(await call(ada, "POST", "/items", { title: "x" }), "unavailable");
      if (pools) expectProblem(await call(ada, "POST", "/own/diaries", { title: "x" }), "unavailable");
    } finally {
      await world.truth("alter role hedgerow_api reset default_transaction_read_only");
    }
  });

  it("is told when the server has no room for one more connection", async () => {
    await world.truth("alter role hedgerow_api connection limit 0");
    const call = serve();
    try {
      expectProblem(await call(ada, "GET", "/items"), "unavailable");
      expectProblem(await call(ada, "POST", "/items", { title: "x" }), "unavailable");
    } finally {
      await world.truth("alter role hedgerow_api connection limit -1");
    }
    expect((await call(ada, "POST", "/items", { title: "room" })).status).toBe(201);
    await world.truth("delete from items");
  });
});
