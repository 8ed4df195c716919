/**
 * Requests of many people at once over few connections, while everything goes wrong that can: nobody ever gets a row of somebody
 * else, and nothing is left behind.
 *
 * `SOAK_REQUESTS` says how many requests there are for each driver, and `SOAK_SEED` repeats a sequence of them.
 */
import { nodePostgres } from "hedgerow/node-postgres";
import { postgresJs } from "hedgerow/postgres-js";
import pg from "pg";
import postgresjs from "postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DatabaseShape } from "../../src/database/database.js";
import { reserve } from "../../src/database/reserve.js";
import { settings } from "../../src/database/session.js";
import { eventually, hangMs } from "../support/eventually.js";
import { type Call, type FaultAnswer, type FaultsWorld, openFaultsWorld, type Who } from "../support/faults-world.js";
import { expectUnheard } from "../support/unheard.js";
import { openValve, type Valve } from "../support/valve.js";

const requests = Number(process.env.SOAK_REQUESTS ?? 3_000);
const seed = Number(process.env.SOAK_SEED ?? Math.floor(Math.random() * 2 ** 31));
const tenants = 12;
const clients = 24;
const max = 4;
/** Thrice what the slowest machine took for so many, and then some: one request that is never answered holds up all. */
const limitMs = 120_000 + requests * 60;
const timeouts = { statementMs: 1_000, lockMs: 500, answerMs: 1_200 };

/** Numbers from 0 to 1 that a seed determines (mulberry32). */
const randomFrom = (start: number) => {
  let state = start;
  return (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
};

interface Tenant {
  readonly number: number;
  readonly userId: string;
  readonly organizationId: string;
  /** The same person, by a cookie and by an API key. */
  readonly as: ReadonlyArray<Who>;
  readonly item: string;
  readonly diary: string;
}

let world: FaultsWorld;
let valve: Valve;
let people: ReadonlyArray<Tenant>;
let gone: ReadonlyArray<Who>;

let listenAgain: (() => void) | undefined;

beforeAll(async () => {
  listenAgain = expectUnheard();
  world = await openFaultsWorld();
  valve = await openValve(Number(new URL(world.postgres.ownerUrl).port));
  const made: Array<Tenant> = [];
  for (let number = 0; number < tenants; number += 1) {
    const { who, userId, organizationId } = await world.signUp();
    const [item] = await world.truth("insert into items (organization_id, title) values ($1, $2) returning id", [
      organizationId,
      `<${number}> first`,
    ]);
    const [diary] = await world.truth("insert into diaries (user_id, title) values ($1, $2) returning id", [
      userId,
      `<${number}> first`,
    ]);
    const key = await world.keyOf(userId, organizationId);
    made.push({ number, userId, organizationId, as: [who, key], item: String(item?.id), diary: String(diary?.id) });
  }
  people = made;
  const revoked = await world.signUp();
  await world.revoke(revoked.device);
  gone = [null, revoked.who, { "x-api-key": "no-such-key" }];
});
afterAll(async () => {
  listenAgain?.();
  await valve?.close();
  await world?.close();
});

interface Attempt {
  readonly who: Who;
  readonly method: string;
  readonly path: string;
  readonly body?: object;
  readonly statuses: ReadonlyArray<number>;
  /** Whose rows may be in the answer; nobody's where it is missing. */
  readonly tenant?: Tenant;
}

const pick = <A>(list: ReadonlyArray<A>, random: () => number): A => {
  const found = list[Math.floor(random() * list.length)];
  if (found === undefined) throw new Error("Nothing to pick from.");
  return found;
};

const attempt = (random: () => number, n: number): Attempt => {
  if (random() < 0.12) {
    const who = pick(gone, random);
    return pick<Attempt>(
      [
        { who, method: "GET", path: "/items", statuses: [401] },
        { who, method: "GET", path: "/own/items", statuses: [401] },
        { who, method: "GET", path: "/own/caller", statuses: [401] },
        { who, method: "GET", path: "/categories", statuses: [200] },
        { who, method: "POST", path: "/diaries", body: { title: "<nobody>" }, statuses: [401] },
      ],
      random,
    );
  }
  const tenant = pick(people, random);
  const other = pick(
    people.filter(({ number }) => number !== tenant.number),
    random,
  );
  const who = pick(tenant.as, random);
  const title = `<${tenant.number}> ${n}`;
  const mine = { who, tenant };
  return pick<Attempt>(
    [
      { ...mine, method: "GET", path: "/items?limit=20&sort=-title", statuses: [200] },
      { ...mine, method: "GET", path: "/items?limit=5&total=true", statuses: [200] },
      { ...mine, method: "GET", path: `/items/${tenant.item}`, statuses: [200] },
      { ...mine, method: "GET", path: `/items/${other.item}`, statuses: [404] },
      { ...mine, method: "GET", path: "/diaries?limit=20", statuses: [200] },
      { ...mine, method: "GET", path: `/diaries/${other.diary}`, statuses: [404] },
      { ...mine, method: "PATCH", path: `/items/${tenant.item}`, body: { title }, statuses: [200] },
      { ...mine, method: "PATCH", path: `/items/${other.item}`, body: { title }, statuses: [404] },
      { ...mine, method: "DELETE", path: `/diaries/${other.diary}`, statuses: [404] },
      { ...mine, method: "POST", path: "/items", body: { title }, statuses: [201] },
      { ...mine, method: "POST", path: "/items", body: { title: "raise:40001:1000000000" }, statuses: [] },
      { ...mine, method: "POST", path: "/items", body: { title: "raise:22012:1000000000" }, statuses: [400] },
      { ...mine, method: "GET", path: "/own/caller", statuses: [200] },
      { ...mine, method: "GET", path: "/own/items", statuses: [200] },
      { ...mine, method: "GET", path: "/own/categories", statuses: [200] },
      { ...mine, method: "GET", path: "/own/residue", statuses: [200] },
      { ...mine, method: "GET", path: "/own/residue?fails", statuses: [400] },
      { ...mine, method: "POST", path: "/own/diaries", body: { title }, statuses: [201] },
    ],
    random,
  );
};

/** @returns what is wrong with an answer; undefined where nothing is. */
const faultOf = ({ method, path, statuses, tenant }: Attempt, answer: FaultAnswer): string | undefined => {
  const { status, code, retryAfter, text, json } = answer;
  if (status === 503) {
    if (code === undefined || !["unavailable", "timeout", "try_again"].includes(code)) return `code ${code}`;
    if (retryAfter !== "1") return "no Retry-After";
  } else if (!statuses.includes(status)) return `status ${status}`;
  if (/\n|select |insert |hedgerow_|127\.0\.0\.1|node_modules/i.test(text)) return "text of the database";
  const strangers = [...text.matchAll(/<(\w+)>/g)].filter(([, of]) => of !== String(tenant?.number));
  if (strangers.length > 0) return "a row of somebody else";
  const rows: ReadonlyArray<Readonly<Record<string, unknown>>> = Array.isArray(json) ? json : (json?.data ?? [json]);
  for (const row of rows) {
    if (row?.organizationId !== undefined && row.organizationId !== tenant?.organizationId)
      return "another organization";
    if (row?.userId !== undefined && row.userId !== tenant?.userId) return "another user";
  }
  if (status === 200 && path === "/own/caller" && json.activeOrgId !== tenant?.organizationId) return "another caller";
  // Everybody has rows of their own, so an empty page would be an answer to somebody else's question.
  if (status === 200 && method === "GET" && rows.length === 0) return "no rows";
  if (answer.ms > hangMs) return `took ${answer.ms} ms`;
  return undefined;
};

/** Breaks something every now and then until it is told to stop. */
const sabotage = (random: () => number) => {
  const done: Record<string, number> = {};
  const someBackend = "select pid from pg_stat_activity where usename = 'hedgerow_api' order by random() limit 1";
  const acts: Readonly<Record<string, () => Promise<unknown>>> = {
    terminate: () => world.truth(`select pg_terminate_backend(pid) from (${someBackend}) b`),
    cancel: () => world.truth(`select pg_cancel_backend(pid) from (${someBackend}) b`),
    cut: async () => valve.cutSome(0.5, random),
    shut: async () => valve.shut(50 + random() * (random() < 0.1 ? 2_500 : 250)),
    lock: async () => {
      const client = await world.postgres.ownerPool.connect();
      await client.query("begin; lock table items in access exclusive mode");
      await pause(random() < 0.1 ? 700 : 60);
      await client.query("rollback");
      client.release();
    },
  };
  let running = true;
  const ended = (async () => {
    while (running) {
      await pause(20 + random() * 160);
      const name = pick(Object.keys(acts), random);
      done[name] = (done[name] ?? 0) + 1;
      await acts[name]?.();
    }
    valve.open();
  })();
  return {
    done,
    stop: (): Promise<void> => {
      running = false;
      return ended;
    },
  };
};

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

interface Opened {
  readonly database: DatabaseShape;
  /** All connections at once, and what each of them answers. */
  readonly onEach: (text: string) => Promise<ReadonlyArray<Readonly<Record<string, unknown>>>>;
  readonly expectIdle: () => void;
  readonly close: () => Promise<unknown>;
}

const drivers: ReadonlyArray<{ readonly name: string; readonly open: () => Opened }> = [
  {
    name: "node-postgres",
    open: () => {
      const pool = new pg.Pool({ connectionString: valve.through(world.apiUrl), max });
      return {
        database: nodePostgres(pool),
        onEach: async (text) => {
          const leased = await Promise.all(Array.from({ length: max }, () => pool.connect()));
          const answers = await Promise.all(leased.map((client) => client.query(text)));
          for (const client of leased) client.release();
          return answers.map(({ rows: [row] }) => row);
        },
        expectIdle: () => {
          expect(pool.totalCount).toBeLessThanOrEqual(max);
          expect([pool.idleCount, pool.waitingCount]).toEqual([pool.totalCount, 0]);
        },
        close: () => pool.end(),
      };
    },
  },
  {
    name: "postgres.js",
    open: () => {
      const sql = postgresjs(valve.through(world.apiUrl), { max, onnotice: () => {}, backoff: () => 0.05 });
      return {
        database: postgresJs(sql),
        onEach: async (text) => {
          // As the driver does it: one that postgres.js reserves by itself may be forgotten.
          const reserved = await Promise.all(Array.from({ length: max }, () => reserve(sql)));
          const answers = await Promise.all(reserved.map((own) => own.unsafe(text)));
          for (const own of reserved) own.release();
          return answers.map(([row]) => ({ ...row }));
        },
        expectIdle: () => {},
        close: () => sql.end({ timeout: 1 }),
      };
    },
  },
];

describe.each(drivers)("a soak of $name", ({ open }) => {
  it("shows nobody a row of somebody else, and leaves nothing behind", { timeout: limitMs }, async () => {
    const { database, onEach, expectIdle, close } = open();
    const unexpected: Array<unknown> = [];
    const call: Call = world.serve(database, {
      timeouts,
      onError: (error) => {
        if (!/ConnectionError|SqlError|DrizzleQueryError/.test(String(Reflect.get(Object(error), "name")))) {
          unexpected.push(error);
        }
      },
    });
    const random = randomFrom(seed);
    const saboteur = sabotage(randomFrom(seed + 1));
    const faults: Array<string> = [];
    const seen: Record<string, number> = {};
    let next = 0;
    const client = async (): Promise<void> => {
      while (next < requests && faults.length < 20) {
        next += 1;
        const tried = attempt(random, next);
        const answer = await call(tried.who, tried.method, tried.path, tried.body);
        const kind = answer.status === 503 ? `503 ${answer.code}` : String(answer.status);
        seen[kind] = (seen[kind] ?? 0) + 1;
        const fault = faultOf(tried, answer);
        if (fault !== undefined) faults.push(`${fault}: ${tried.method} ${tried.path}: ${answer.text.slice(0, 300)}`);
      }
    };
    const started = performance.now();
    await Promise.all(Array.from({ length: clients }, client));
    const seconds = (performance.now() - started) / 1_000;
    await saboteur.stop();
    const figures = { seed, requests: next, seconds: Math.round(seconds), seen, broken: saboteur.done };
    if (process.env.SOAK_REQUESTS !== undefined) console.log(JSON.stringify(figures));
    expect(faults, `SOAK_SEED=${seed}`).toEqual([]);
    expect(unexpected).toEqual([]);
    for (const kind of ["200", "201", "404", "401", "503 unavailable", "503 try_again"])
      expect(seen).toHaveProperty([kind]);

    // A connection that was given up is ended by then, and the others have been used once more.
    const backends = "select state, pid from pg_stat_activity where usename = 'hedgerow_api'";
    await eventually("all are served, by connections that the pool knows", async () => {
      const { as } = pick(people, random);
      const answers = await Promise.all(
        Array.from({ length: 3 * max }, () => call(as[0] ?? null, "GET", "/items?limit=1")),
      );
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
      const open = await world.truth(backends);
      expect(open.length).toBeLessThanOrEqual(max);
      expect(open.filter(({ state }) => state !== "idle")).toEqual([]);
    });
    expectIdle();
    expect(await world.truth("select 1 from pg_locks where locktype = 'advisory'")).toEqual([]);
    const names = [...Object.values(settings), "app.left"];
    const left = await onEach(
      `select current_user::text as "user", session_user::text as session, pg_backend_pid() as pid,
        current_setting('statement_timeout') as timeout,
        ${names.map((name) => `coalesce(current_setting('${name}', true), '')`).join(" || ")} as settings`,
    );
    expect(new Set(left.map(({ pid }) => pid)).size).toBe(max);
    for (const each of left) {
      expect(each).toMatchObject({ user: "hedgerow_api", session: "hedgerow_api", timeout: "0", settings: "" });
    }
    const twice = "select title from items where title like '<%' group by organization_id, title having count(*) > 1";
    expect(await world.truth(twice)).toEqual([]);
    await close();
    await world.truth("delete from items where title not like '%first' and id <> all ($1)", [
      people.map(({ item }) => item),
    ]);
  });
});
