/** What SQL in a handler can do when it is not the handler's: to whom it acts as, to the connection and to the next request. */
import { sql } from "drizzle-orm";
import { serial } from "drizzle-orm/pg-core";
import { id, organization, table } from "hedgerow";
import { sessionAuthenticator } from "hedgerow/better-auth";
import { SqlError, TransactionEnded, withCaller } from "hedgerow/hono";
import { Hono } from "hono";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as schema from "../../examples/app/tables.js";
import { eventually } from "../support/eventually.js";
import { saying } from "../support/request.js";
import { baseURL, openWorld, type Person, type World } from "../support/world.js";

const counters = table("counters", { id: id(), organizationId: organization(), number: serial("number") })
  .firewall("organization")
  .access({ read: { roles: ["member+"] }, create: { roles: ["member+"] } });

describe("SQL behind withCaller on PostgreSQL", () => {
  let world: World;
  let ada: Person;
  let mallory: Person;
  let app: Hono;
  let acme: string;

  beforeAll(async () => {
    world = await openWorld("postgres", { ...schema, counters });
    ada = await world.signUp("ada");
    mallory = await world.signUp("mallory");
    acme = await world.createOrganization(ada, "acme");
    await world.createOrganization(mallory, "evil");
    await world.call(ada, "POST", "/projects", { name: "Apollo" });
    const acting = withCaller({ auth: sessionAuthenticator(world.auth), database: world.api, onError: () => {} });
    const outcome = (error: unknown): string => {
      const isWrapped = error instanceof Error && !(error instanceof SqlError) && error.cause !== undefined;
      const cause = isWrapped ? error.cause : error;
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
        const outcomes: Array<unknown> = [];
        const end = await c.var.hedgerow
          .transaction(async (tx) => {
            for (const text of texts) outcomes.push(await tx.execute(sql.raw(text)));
            return "committed";
          })
          .catch(outcome);
        return c.json([...outcomes, end]);
      });
  });
  afterAll(() => world.close());

  const post = async (who: Person, path: string, texts: ReadonlyArray<string>): Promise<ReadonlyArray<unknown>> => {
    const response = await app.request(`${baseURL}${path}`, {
      method: "POST",
      headers: { cookie: who.cookie, origin: baseURL },
      body: JSON.stringify(texts),
    });
    return response.json();
  };
  /** Each text as a statement of its own. */
  const statements = (who: Person, ...texts: ReadonlyArray<string>) => post(who, "/one", texts);
  /** What came back, and at the end `committed` or why not. */
  const transaction = (who: Person, ...texts: ReadonlyArray<string>) => post(who, "/transaction", texts);

  const visible = "select name from projects";
  const both = async (...texts: ReadonlyArray<string>): Promise<ReadonlyArray<unknown>> => [
    (await statements(mallory, ...texts)).at(-1),
    (await transaction(mallory, ...texts)).at(-1),
  ];

  it("sees what its caller sees", async () => {
    expect(await statements(ada, visible)).toEqual([[{ name: "Apollo" }]]);
    expect(await transaction(ada, visible)).toEqual([[{ name: "Apollo" }], "committed"]);
    expect(await transaction(mallory, visible)).toEqual([[], "committed"]);
  });

  it.each(["reset role", "set role none", "set local role none", "select set_config('role', 'none', false)"])(
    "has no right on any table after %s",
    async (text) => {
      expect((await transaction(mallory, text, visible)).at(-1)).toBe("42501");
      // In a statement of its own the next one is the caller's again.
      expect((await statements(mallory, text, visible)).at(-1)).toEqual([]);
    },
  );

  it.each(["postgres", "hedgerow_owner", "hedgerow_definer", "hedgerow_auth"])("cannot become %s", async (role) => {
    expect(await both(`set role ${role}`)).toEqual(["42501", "42501"]);
    expect(await both(`set session authorization ${role}`)).toEqual(["42501", "42501"]);
    expect(await both(`do $$ begin execute 'reset role'; execute 'set role ${role}'; end $$`)).toEqual([
      "42501",
      "42501",
    ]);
  });

  it("becomes nobody, or itself, by another token, and forges nothing by the fields of a token's caller", async () => {
    const guess = `select ${saying({ token: "0".repeat(64) })}`;
    expect((await transaction(mallory, guess, visible)).slice(1)).toEqual([[], "committed"]);
    const forge = `select ${saying({ token: mallory.tokenHash, activeOrgId: acme, userId: ada.userId, roles: "owner" })}`;
    expect((await transaction(mallory, forge, visible)).slice(1)).toEqual([[], "committed"]);
    // Defaults ask what policies ask, so the row that this plants is in the planter's own garden.
    const plant = "insert into documents (title) values ('planted') returning organization_id is distinct from";
    expect((await transaction(mallory, forge, `${plant} '${acme}' as elsewhere`)).slice(1)).toEqual([
      [{ elsewhere: true }],
      "committed",
    ]);
    const inOne = `with forged as materialized (${forge}) insert into documents (title) select 'planted' from forged returning organization_id is distinct from`;
    expect(await transaction(mallory, `${inOne} '${acme}' as elsewhere`)).toEqual([[{ elsewhere: true }], "committed"]);
    // For the whole session, and then a request of somebody else on every connection.
    await statements(mallory, `select ${saying({ token: mallory.tokenHash }, true)}`);
    expect(await Promise.all([1, 2, 3].map(() => statements(ada, visible)))).toEqual(
      [1, 2, 3].map(() => [[{ name: "Apollo" }]]),
    );
  });

  it("cannot run two statements in one", async () => {
    for (const text of ["commit; begin", "select 1; select 2", `${visible}; reset role`]) {
      expect(await both(text)).toEqual(["42601", "42601"]);
    }
  });

  it.each(["commit", "rollback", "end", "abort", "commit and chain", "rollback and chain"])(
    "ends its transaction and nothing else by %s",
    async (text) => {
      expect(await transaction(mallory, text, visible)).toEqual(["ended"]);
      expect((await statements(mallory, text, visible)).at(-1)).toEqual([]);
      expect(await transaction(mallory, `do $$ begin ${text}; end $$`)).toEqual([
        expect.stringMatching(/^2D000|42601|0A000$/),
      ]);
      expect(await statements(ada, visible)).toEqual([[{ name: "Apollo" }]]);
    },
  );

  it("opens no transaction that the next request would be in", async () => {
    await statements(mallory, "begin", "start transaction read only", visible);
    expect(await Promise.all([1, 2, 3].map(() => transaction(ada, "select 1 as one", visible)))).toEqual(
      [1, 2, 3].map(() => [[{ one: 1 }], [{ name: "Apollo" }], "committed"]),
    );
  });

  it("cannot make a table, a view or a function to stand in front of another", async () => {
    expect(await both("create temporary table projects (name text)")).toEqual(["42501", "42501"]);
    expect(await both("create table mine (id int)")).toEqual(["42501", "42501"]);
    expect(await both("create function f() returns int language sql as 'select 1'")).toEqual(["42501", "42501"]);
  });

  it("leaves no setting, cursor, subscription, sequence value, role or lock on the connection", async () => {
    const residue = [
      "declare leak cursor with hold for select name from projects",
      "select set_config('default_transaction_read_only', 'on', false)",
      "set session characteristics as transaction isolation level serializable",
      "set bytea_output = 'escape'",
      "set statement_timeout = '14s'",
      "set search_path = pg_temp",
      "set role anonymous",
      "listen leak",
      "select pg_advisory_lock(42)",
      "set constraints all deferred",
    ];
    const look = [
      `select current_setting('default_transaction_read_only') as read_only, current_setting('default_transaction_isolation') as level,
        current_setting('bytea_output') as bytea, current_setting('statement_timeout') as timeout,
        current_setting('search_path') as path, current_setting('role') as role`,
      "select name from pg_cursors where name <> ''",
      "select pg_listening_channels() as channel",
      "select count(*)::int as locks from pg_locks where locktype = 'advisory' and objsubid = 1 and pid = pg_backend_pid()",
    ];
    const clean = [
      [
        {
          read_only: "off",
          level: "read committed",
          bytea: "hex",
          timeout: "15s",
          path: "public, extensions, pg_temp",
          role: "authenticated",
        },
      ],
      [],
      [],
      [{ locks: 0 }],
    ];
    for (let connection = 0; connection < 2; connection++) {
      // Ada's own rows: what she leaves is what somebody else would find.
      expect((await transaction(ada, ...residue)).at(-1)).toBe("committed");
      expect((await transaction(mallory, ...look)).slice(0, -1)).toEqual(clean);
      expect(await statements(ada, ...residue)).toHaveLength(residue.length);
      expect(await statements(mallory, ...look)).toEqual(clean);
    }
    expect(await transaction(mallory, "fetch all from leak")).toEqual(["34000"]);
    // What remains without a transaction: nobody holds a lock, and nobody has another role.
    const idle = "select count(*)::int as locks from pg_locks where locktype = 'advisory'";
    expect(await world.truth(idle)).toEqual([{ locks: 0 }]);
  });

  it("sees no number of a sequence and no state of random() that an earlier request left, failed ones included", async () => {
    const last = "select lastval() as last";
    for (let connection = 0; connection < 3; connection++) {
      await world.call(ada, "POST", "/counters", {});
      expect(await statements(mallory, last, last)).toEqual(["55000", "55000"]);
      expect(await transaction(mallory, last)).toEqual(["55000"]);
    }
    const drawn = async (...texts: ReadonlyArray<string>): Promise<unknown> =>
      JSON.stringify((await statements(mallory, ...texts)).at(-1));
    const seen = new Set<unknown>();
    for (let time = 0; time < 3; time++) {
      seen.add(await drawn("select setseed(0.5)", "select random() as drawn"));
      seen.add(await drawn("select setseed(0.5), 1 / 0", "select random() as drawn"));
      seen.add(JSON.stringify((await transaction(mallory, "select random() as drawn"))[0]));
    }
    expect(seen.size).toBe(9);
  });

  it.each([
    "select lo_create(0)",
    "select lo_from_bytea(0, 'secret')",
    "select set_config('role', 'anonymous', true), lo_create(0)",
    "do $$ begin begin perform lo_create(0); exception when division_by_zero then null; end; end $$",
  ])("leaves no large object, which every caller could read: %s", async (text) => {
    expect(await both(text)).toEqual(["0A000", "0A000"]);
    expect(await world.truth("select count(*)::int as n from pg_largeobject_metadata")).toEqual([{ n: 0 }]);
  });

  it("ends with its answer, even where it catches what should stop it", async () => {
    const app = new Hono();
    const impatient = withCaller({
      auth: sessionAuthenticator(world.auth),
      database: world.api,
      timeouts: { statementMs: 2_000, lockMs: 2_000, transactionMs: 3_000, answerMs: 5_000 },
      onError: () => {},
    });
    const stubborn = `do $$ begin loop begin perform pg_sleep(0.05); exception when query_canceled or others then null; end; end loop; end $$`;
    app.get("/one", impatient, async (c) => c.json(await c.var.hedgerow.db.execute(sql.raw(stubborn))));
    app.get("/many", impatient, async (c) =>
      c.json(
        await c.var.hedgerow.transaction(async (tx) => {
          await tx.execute(sql.raw("set local statement_timeout = 0"));
          await tx.execute(sql.raw("select set_config('client_connection_check_interval', '0', true)"));
          return tx.execute(sql.raw(stubborn));
        }),
      ),
    );
    const running =
      "select count(*)::int as n from pg_stat_activity where query like '%query_canceled%' and pid <> pg_backend_pid() and state = 'active'";
    for (const path of ["/one", "/many"]) {
      const asked = app.request(baseURL + path, { headers: { cookie: mallory.cookie } });
      await eventually("it runs", async () => expect(await world.truth(running)).toEqual([{ n: 1 }]));
      expect((await asked).status).toBe(503);
      await eventually("it runs no more", async () => expect(await world.truth(running)).toEqual([{ n: 0 }]));
    }
    expect(await statements(ada, visible)).toEqual([[{ name: "Apollo" }]]);
  });

  it("is stopped by Postgres, though an earlier statement of its transaction took the limit away", async () => {
    const app = new Hono();
    const short = withCaller({
      auth: sessionAuthenticator(world.auth),
      database: world.api,
      timeouts: { statementMs: 5_000, lockMs: 5_000, transactionMs: 20_000, answerMs: 50_000 },
      onError: () => {},
    });
    app.get("/", short, async (c) =>
      c.json(
        await c.var.hedgerow.transaction(async (tx) => {
          await tx.execute(sql.raw("set local statement_timeout = '9s'"));
          const [own] = await tx.execute(sql.raw("select current_setting('statement_timeout') as ms"));
          await tx.execute(sql.raw(`set local statement_timeout = '${c.req.query("limit")}'`));
          const [bound] = await tx.execute(sql.raw("select current_setting('statement_timeout') as ms"));
          return [own, bound];
        }),
      ),
    );
    for (const limit of ["0", "1h", "2d"]) {
      const answer = await app.request(`${baseURL}/?limit=${limit}`, { headers: { cookie: ada.cookie } });
      expect(await answer.json()).toEqual([{ ms: "9s" }, { ms: "20s" }]);
    }
  });

  it("gets nothing out of a statement that somebody else prepared", async () => {
    for (let connection = 0; connection < 2; connection++) {
      await statements(ada, `prepare everything as ${visible}`);
    }
    // A PREPARE survives the failure of what is behind it.
    await transaction(ada, `prepare "a ""b" as ${visible} where name = 'a literal of Ada''s'`, "select 1 / 0");
    for (let connection = 0; connection < 3; connection++) {
      expect(await statements(mallory, "execute everything", 'execute "a ""b"')).toEqual(["26000", "26000"]);
      expect(await statements(mallory, "select statement from pg_prepared_statements where from_sql")).toEqual([[]]);
      expect(await transaction(mallory, "select statement from pg_prepared_statements where from_sql")).toEqual([
        [],
        "committed",
      ]);
    }
    expect(await statements(mallory, "select statement from pg_prepared_statements where statement ~ 'token'")).toEqual(
      [[]],
    );
  });

  it("may raise its own limits within a transaction, and nobody else's", async () => {
    expect((await transaction(mallory, "set local statement_timeout = 0", "select 1")).at(-1)).toBe("committed");
    expect(await statements(ada, "select current_setting('statement_timeout') as timeout")).toEqual([
      [{ timeout: "15s" }],
    ]);
  });

  it.each<["with" | "without", object]>([
    ["with", { schema }],
    ["without", {}],
  ])("is not served as the owner or a superuser, %s a schema", async (_, options) => {
    for (const database of [world.owner, world.superuser]) {
      const errors: Array<unknown> = [];
      let ran = false;
      const acting = withCaller({
        auth: sessionAuthenticator(world.auth),
        database,
        onError: (error) => errors.push(error),
        ...options,
      });
      const unsafe = new Hono().get("/", acting, (c) => {
        ran = true;
        return c.text("");
      });
      const response = await unsafe.request(baseURL, { headers: { cookie: ada.cookie } });
      expect([response.status, (await response.json()).code, ran]).toEqual([500, "unsafe_database", false]);
      expect(String(errors[0])).toMatch(/owns|bypasses/);
    }
  });
});
