/**
 * A router that reads from a replica: the example on PostgreSQL 18 and a physical replica that streams from it, whose replay
 * is stopped where a test needs it to be behind.
 */
import { drizzle } from "drizzle-orm/node-postgres";
import * as Effect from "effect/Effect";
import * as Exit from "effect/Exit";
import { sessionAuthenticator, sessionIdentity } from "hedgerow/better-auth";
import { push } from "hedgerow/drizzle-kit";
import { createRouter } from "hedgerow/hono";
import { neon } from "hedgerow/neon";
import { startNeonLocal } from "hedgerow/neon-local";
import { nodePostgres } from "hedgerow/node-postgres";
import { type ReplicaMiss, withReplica } from "hedgerow/replica";
import type { Hono } from "hono";
import type pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { authOptions, createAuth } from "../../examples/app/auth.js";
import * as schema from "../../examples/app/schema.js";
import * as guarded from "../../examples/app/tables.js";
import { ConnectionError, type DatabaseShape } from "../../src/database/database.js";
import { basics, cookieOf, password } from "../support/better-auth.js";
import { type FreshPostgres, freshPostgres, freshReplicated } from "../support/databases.js";
import { eventually } from "../support/eventually.js";

let primary: FreshPostgres;
let replica: FreshPostgres;
let onPrimary: pg.Pool;
let onReplica: pg.Pool;
let auth: ReturnType<typeof createAuth>;
let api: Hono;
let apiPrimary: DatabaseShape;
let apiReplica: DatabaseShape;
const misses: Array<ReplicaMiss> = [];
/** Statements that came through to each, without those that only ask how far it is. */
const served = { primary: 0, replica: 0 };

const counted = (database: DatabaseShape, name: keyof typeof served): DatabaseShape => ({
  ...database,
  transact: (statements) =>
    Effect.tap(database.transact(statements), () =>
      Effect.sync(() => {
        if (statements.length > 1) served[name] += 1;
      }),
    ),
});

const routerOf = (database: DatabaseShape): Hono =>
  createRouter<object>({ schema: guarded, auth: sessionAuthenticator(auth), database, onError: () => {} });

const call = async (cookie: string | null, method: string, path: string, body?: object, on = api) => {
  const response = await on.request(`${basics.baseURL}${path}`, {
    method,
    headers: {
      origin: basics.baseURL,
      ...(cookie !== null && { cookie }),
      ...(body && { "content-type": "application/json" }),
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, json: text === "" ? undefined : JSON.parse(text) };
};

const titles = async (cookie: string, on = api): Promise<ReadonlyArray<string>> => {
  const { status, json } = await call(cookie, "GET", "/documents?sort=title", undefined, on);
  expect([status, json]).toEqual([200, expect.anything()]);
  return json.data.map(({ title }: { title: string }) => title);
};

const signUp = async (name: string) => {
  const answer = await auth.api.signUpEmail({
    body: { name, email: `${name}@example.com`, password },
    returnHeaders: true,
  });
  return { userId: answer.response.user.id, cookie: cookieOf(answer.headers) };
};

const headersOf = (cookie: string) => new Headers({ cookie, origin: basics.baseURL });

/** What a replica says to a question, once it is true. */
const until = (question: string, values: Array<unknown> = []): Promise<void> =>
  eventually(question, async () => {
    const { rows } = await onReplica.query(`select ${question} as holds`, values);
    expect(rows).toEqual([{ holds: true }]);
  });

const caughtUp = async (): Promise<void> => {
  const { rows } = await onPrimary.query("select pg_current_wal_insert_lsn()::text as lsn");
  await until("pg_last_wal_replay_lsn() >= ($1::text)::pg_lsn", [rows[0].lsn]);
};

const pause = async (): Promise<void> => {
  await onReplica.query("select pg_wal_replay_pause()");
  await until("pg_get_wal_replay_pause_state() = 'paused'");
};

let ada: { readonly userId: string; readonly cookie: string };
let ben: { readonly userId: string; readonly cookie: string };
let acme: string;

beforeAll(async () => {
  ({ primary, replica } = await freshReplicated());
  await push({ schema, identity: sessionIdentity(authOptions), database: nodePostgres(primary.ownerPool) });
  onPrimary = primary.pool(primary.superuserUrl, { max: 1 });
  onReplica = replica.pool(replica.superuserUrl, { max: 1 });
  await onPrimary.query("alter role hedgerow_api password 'api'; alter role hedgerow_auth password 'auth'");
  await caughtUp();
  const database = drizzle(primary.pool(primary.url("hedgerow_auth", "auth"), { max: 2 }));
  auth = createAuth(database, basics.baseURL, basics.secret);
  apiPrimary = counted(nodePostgres(primary.pool(primary.url("hedgerow_api", "api"), { max: 2 })), "primary");
  apiReplica = counted(nodePostgres(replica.pool(replica.url("hedgerow_api", "api"), { max: 2 })), "replica");
  api = routerOf(
    withReplica({
      primary: apiPrimary,
      replica: apiReplica,
      waitMs: 400,
      onMiss: (reason) => void misses.push(reason),
    }),
  );
  ada = await signUp("ada");
  ben = await signUp("ben");
  acme = (await auth.api.createOrganization({ body: { name: "acme", slug: "acme" }, headers: headersOf(ada.cookie) }))
    .id;
  await auth.api.addMember({ body: { userId: ben.userId, role: "member", organizationId: acme } });
  await auth.api.setActiveOrganization({ body: { organizationId: acme }, headers: headersOf(ben.cookie) });
  // The first request also verifies the database.
  expect((await call(null, "GET", "/documents")).status).toBe(401);
});
afterAll(async () => {
  await replica?.close();
  await primary?.close();
});
beforeEach(async () => {
  await caughtUp();
  Object.assign(served, { primary: 0, replica: 0 });
  misses.length = 0;
});
afterEach(async () => {
  await onReplica.query("select pg_wal_replay_resume()");
  await onPrimary.query("delete from documents");
});

const create = (title: string) => call(ada.cookie, "POST", "/documents", { title, userId: ada.userId });

describe("a router with a replica", () => {
  it("writes to the primary, and reads from the replica what was written just before", async () => {
    const made = await create("Plan");
    expect(made.status).toBe(201);
    expect(served).toEqual({ primary: 1, replica: 0 });
    await caughtUp();
    expect(await titles(ada.cookie)).toEqual(["Plan"]);
    expect((await call(ada.cookie, "GET", `/documents/${made.json.id}`)).json.title).toBe("Plan");
    expect([served, misses]).toEqual([{ primary: 1, replica: 2 }, []]);
    expect((await call(ada.cookie, "PATCH", `/documents/${made.json.id}`, { title: "Plan B" })).status).toBe(200);
    expect((await call(ada.cookie, "DELETE", `/documents/${made.json.id}`)).status).toBe(204);
    expect(served).toEqual({ primary: 3, replica: 2 });
  });

  it("waits a little for a replica that is about to be there", async () => {
    await pause();
    await create("Plan");
    const patient = routerOf(withReplica({ primary: apiPrimary, replica: apiReplica, waitMs: 60_000 }));
    expect((await call(null, "GET", "/documents", undefined, patient)).status).toBe(401);
    served.replica = 0;
    const answer = titles(ada.cookie, patient);
    await onReplica.query("select pg_wal_replay_resume()");
    expect(await answer).toEqual(["Plan"]);
    expect(served.replica).toBe(1);
  });

  it("asks the primary while the replica is behind: nobody misses their own write", async () => {
    await pause();
    await create("Plan");
    expect(await titles(ada.cookie)).toEqual(["Plan"]);
    expect((await onReplica.query("select title from documents")).rows).toEqual([]);
    expect([served, misses]).toEqual([{ primary: 2, replica: 0 }, ["behind"]]);
  });

  it("shows nothing to who was removed, demoted or signed out, however far behind the replica is", async () => {
    await create("Plan");
    await caughtUp();
    expect(await titles(ben.cookie)).toEqual(expect.any(Array));
    expect(served.replica).toBe(1);
    await pause();
    await auth.api.removeMember({
      body: { memberIdOrEmail: "ben@example.com", organizationId: acme },
      headers: headersOf(ada.cookie),
    });
    expect(await call(ben.cookie, "GET", "/documents")).toMatchObject({
      status: 403,
      json: { code: "no_active_organization" },
    });
    // The replica still has him.
    const { rows } = await onReplica.query("select role from member where user_id = $1", [ben.userId]);
    expect(rows).toEqual([{ role: "member" }]);
    await auth.api.signOut({ headers: headersOf(ben.cookie) });
    expect((await call(ben.cookie, "GET", "/documents")).status).toBe(401);
    expect(served.replica).toBe(1);
  });

  it("says what it would on the primary, and asks only one of the two, where it refuses", async () => {
    expect((await call(ada.cookie, "GET", "/documents/nothing")).status).toBe(404);
    // What is wrong with the query is told to whom the admission lets pass, so that is asked, too.
    expect((await call(ada.cookie, "GET", "/documents?limit=x")).status).toBe(400);
    expect([served, misses]).toEqual([{ primary: 0, replica: 2 }, []]);
  });

  it("looks at rows that were committed before it asked under any isolation level that is the default", async () => {
    await onPrimary.query("alter role hedgerow_api set default_transaction_isolation = 'repeatable read'");
    await caughtUp();
    const pool = replica.pool(replica.url("hedgerow_api", "api"), { max: 1 });
    const isolation = nodePostgres(pool);
    const seen: Array<unknown> = [];
    const watched: DatabaseShape = {
      ...isolation,
      transact: (statements) =>
        Effect.map(
          isolation.transact([...statements, { text: "select current_setting('transaction_isolation') as level" }]),
          (results) => {
            seen.push(results.at(-1)?.rows[0]?.level);
            return results.slice(0, -1);
          },
        ),
    };
    const router = routerOf(withReplica({ primary: apiPrimary, replica: watched, waitMs: 1000 }));
    await titles(ada.cookie, router);
    expect(seen).toEqual(["read committed"]);
    await onPrimary.query("alter role hedgerow_api reset default_transaction_isolation");
  });
});

describe("over Neon's driver", () => {
  it("works by HTTP, and with callers' own tokens", async () => {
    const locals = await Promise.all(
      [primary, replica].map(({ superuserUrl }) => startNeonLocal({ target: { url: superuserUrl } })),
    );
    try {
      const [one, two] = locals.map((local, index) =>
        counted(
          neon({ url: local.url("hedgerow_api", "api", "app"), local: true, mode: "http" }),
          index === 0 ? "primary" : "replica",
        ),
      );
      if (one === undefined || two === undefined) throw new Error("No databases");
      const router = routerOf(withReplica({ primary: one, replica: two, waitMs: 400 }));
      await call(null, "GET", "/documents", undefined, router);
      Object.assign(served, { primary: 0, replica: 0 });
      await create("Plan");
      await caughtUp();
      expect(await titles(ada.cookie, router)).toEqual(["Plan"]);
      expect(served).toEqual({ primary: 1, replica: 1 });

      const tokens: Array<string> = [];
      const taking = (database: DatabaseShape): DatabaseShape => ({
        ...database,
        withToken: (token) => {
          tokens.push(token);
          return database;
        },
      });
      const own = withReplica({ primary: taking(one), replica: taking(two), waitMs: 400 }).withToken?.("a.b.c");
      const asked = own?.reading?.transact([{ text: "select pg_is_in_recovery()::text as recovering" }]);
      expect(asked && (await Effect.runPromise(asked))[0]?.rows).toEqual([{ recovering: "true" }]);
      expect(tokens).toEqual(["a.b.c", "a.b.c"]);
    } finally {
      for (const local of locals) await local.close();
    }
  });
});

describe("a replica that is none", () => {
  const reasons: Array<ReplicaMiss> = [];
  const ask = (other: DatabaseShape) =>
    Effect.runPromiseExit(
      withReplica({
        primary: apiPrimary,
        replica: other,
        waitMs: 0,
        onMiss: (reason) => void reasons.push(reason),
      }).reading?.transact([{ text: "select 1 as one" }]) ?? Effect.die("no reading"),
    );

  it("is never read from, where it is another server, and the log hears of it", async () => {
    const stranger = await freshPostgres();
    try {
      await stranger.ownerPool.query("create role hedgerow_api login password 'api'");
      // Of the same beginning, as a branch: only the login and the data differ, and it is in no recovery.
      const exit = await ask(nodePostgres(stranger.pool(stranger.url("hedgerow_api", "api"), { max: 1 })));
      expect(Exit.isSuccess(exit) && exit.value[0]?.rows).toEqual([{ one: 1 }]);
      expect(reasons.splice(0)).toEqual(["promoted"]);
    } finally {
      await stranger.close();
    }
  });

  it("is refused with another login, which nobody has verified", async () => {
    const exit = await ask(nodePostgres(onReplica));
    const error = Exit.isFailure(exit) ? Effect.runSync(Effect.flip(Effect.failCause(exit.cause))) : undefined;
    expect(error).toBeInstanceOf(ConnectionError);
    expect(error?.message).toMatch(/none of this primary, or is reached with another login/);
    expect(reasons).toEqual([]);
  });

  it("does not stop the primary from answering where it is gone", async () => {
    const gone = nodePostgres(replica.pool("postgres://hedgerow_api:api@127.0.0.1:1/app", { max: 1 }));
    expect(Exit.isSuccess(await ask(gone))).toBe(true);
    expect(reasons.splice(0)).toEqual(["unreachable"]);
  });

  it("must be given a time to wait that is one, and take tokens where the primary does", () => {
    for (const waitMs of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => withReplica({ primary: apiPrimary, replica: apiReplica, waitMs })).toThrow(
        /waitMs must be 0 or more/,
      );
    }
    const taking: DatabaseShape = { ...apiPrimary, withToken: () => apiPrimary };
    expect(() => withReplica({ primary: taking, replica: apiReplica })).toThrow(/both take tokens, or neither/);
  });
});
