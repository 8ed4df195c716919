/**
 * What every driver owes its callers, run against each of them, and what only a server can show.
 */
import { createServer } from "node:net";
import { inspect } from "node:util";
import * as Effect from "effect/Effect";
import * as Exit from "effect/Exit";
import * as Fiber from "effect/Fiber";
import { type NeonOptions, neon } from "hedgerow/neon";
import { startNeonLocal } from "hedgerow/neon-local";
import { nodePostgres } from "hedgerow/node-postgres";
import { pglite } from "hedgerow/pglite";
import { postgresJs } from "hedgerow/postgres-js";
import pg from "pg";
import postgresjs from "postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  ConnectionError,
  type DatabaseError,
  type DatabaseShape,
  type Interactive,
  type OpenTransaction,
  type Result,
  SqlError,
  type Statement,
  TransactionEnded,
  type TransactionMode,
} from "../../src/database/database.js";
import { type FreshPostgres, freshPglite, freshPostgres } from "../support/databases.js";
import { eventually } from "../support/eventually.js";

const send = (database: DatabaseShape, ...statements: ReadonlyArray<Statement>): Promise<ReadonlyArray<Result>> =>
  Effect.runPromise(database.transact(statements));

const failure = (database: DatabaseShape, ...statements: ReadonlyArray<Statement>): Promise<DatabaseError> =>
  Effect.runPromise(Effect.flip(database.transact(statements)));

const refusal = async (database: DatabaseShape, ...statements: ReadonlyArray<Statement>): Promise<SqlError> => {
  const error = await failure(database, ...statements);
  if (!(error instanceof SqlError)) throw error;
  return error;
};

const rows = async (database: DatabaseShape, text: string, values: Statement["values"] = []): Promise<Result["rows"]> =>
  (await send(database, { text, values }))[0]?.rows ?? [];

/** A transaction whose body is a promise, as an application writes one. */
const interact = <A>(
  database: DatabaseShape,
  use: (
    send: (text: string, values?: Statement["values"]) => Promise<Result["rows"]>,
    first: ReadonlyArray<Result>,
    transaction: OpenTransaction,
  ) => Promise<A>,
  { first = [], last = [], mode = {} }: Partial<Parameters<Supported["transaction"]>[0]> = {},
) => {
  if (!database.interactive.supported) throw new Error(database.interactive.reason);
  return database.interactive.transaction({ first, last, mode }, (transaction, results) =>
    Effect.tryPromise({
      try: () =>
        use(
          async (text, values = []) => (await Effect.runPromise(transaction.send([{ text, values }])))[0]?.rows ?? [],
          results,
          transaction,
        ),
      catch: (error) => error,
    }),
  );
};

type Supported = Extract<Interactive, { supported: true }>;

const schema: ReadonlyArray<Statement> = [
  { text: "create role reader" },
  { text: "grant reader to current_user" },
  { text: "create table notes (id int primary key, body text not null unique, owner text not null default 'nobody')" },
  { text: "alter table notes enable row level security" },
  { text: "create policy own on notes to reader using (owner = current_setting('app.user', true))" },
  { text: "grant select, insert on notes to reader" },
  { text: "create table locked (id int)" },
  {
    text: "create table children (id int primary key, note int constraint parent references notes deferrable initially deferred)",
  },
];

interface Driver {
  readonly database: DatabaseShape;
  readonly close: () => Promise<void>;
}

/** Neon's own driver, in front of a PostgreSQL. */
const neonOnPostgres = async (mode: NonNullable<NeonOptions["mode"]>): Promise<Driver> => {
  const postgres = await freshPostgres();
  const local = await startNeonLocal({ target: { url: postgres.ownerUrl } });
  const { username, password, pathname } = new URL(postgres.ownerUrl);
  const url = local.url(username, password, pathname.slice(1));
  const database = neon({ url, mode, local: true, max: 3 });
  return { database, close: () => database.close().then(local.close).then(postgres.close) };
};

/** The same, in front of a PGlite. */
const neonOnPglite = async (mode: NonNullable<NeonOptions["mode"]>): Promise<Driver> => {
  const client = await freshPglite();
  await client.exec("create role owner login superuser password 'secret'");
  const local = await startNeonLocal({ target: { pglite: client } });
  const database = neon({ url: local.url("owner", "secret"), mode, local: true, max: 3 });
  return {
    database,
    close: () =>
      database
        .close()
        .then(local.close)
        .then(() => client.close()),
  };
};

interface Candidate {
  readonly name: string;
  readonly driver: string;
  readonly open: () => Promise<Driver>;
}

const drivers: ReadonlyArray<Candidate> = [
  {
    name: "node-postgres",
    driver: "node-postgres",
    open: async () => {
      const postgres = await freshPostgres();
      return { database: nodePostgres(postgres.pool(postgres.ownerUrl, { max: 3 })), close: postgres.close };
    },
  },
  {
    name: "postgres.js",
    driver: "postgres-js",
    open: async () => {
      const postgres = await freshPostgres();
      const sql = postgresjs(postgres.ownerUrl, { max: 3 });
      return { database: postgresJs(sql), close: () => sql.end().then(postgres.close) };
    },
  },
  {
    name: "pglite",
    driver: "pglite",
    open: async () => {
      const client = await freshPglite();
      return { database: pglite(client), close: () => client.close() };
    },
  },
  { name: "neon over HTTP", driver: "neon-http", open: () => neonOnPostgres("http") },
  { name: "neon over a WebSocket", driver: "neon-websocket", open: () => neonOnPostgres("websocket") },
  { name: "neon over HTTP, with PGlite", driver: "neon-http", open: () => neonOnPglite("http") },
  { name: "neon over a WebSocket, with PGlite", driver: "neon-websocket", open: () => neonOnPglite("websocket") },
];

describe.each(drivers)("$name", ({ driver: name, open }) => {
  let driver: Driver;
  let database: DatabaseShape;

  beforeAll(async () => {
    driver = await open();
    database = driver.database;
    await send(database, ...schema);
  });
  afterAll(() => driver.close());

  it("names itself and says whether roles are a boundary", () => {
    expect(database).toMatchObject({ driver: name, rolesAreBoundary: name !== "pglite" });
  });

  it("returns the result of every statement in order", async () => {
    const results = await send(
      database,
      { text: "insert into notes (id, body) values (1, 'a'), (2, 'b')" },
      { text: "update notes set body = body || $1 where id = $2 returning id, body", values: ["!", 2] },
      { text: "select id from notes order by id" },
      { text: "delete from notes where id < $1", values: [3] },
      { text: "select id from notes" },
      { text: "create temporary table scratch (id int) on commit drop" },
    );
    expect(results).toEqual([
      { rows: [], count: 2, command: "INSERT" },
      { rows: [{ id: 2, body: "b!" }], count: 1, command: "UPDATE" },
      { rows: [{ id: 1 }, { id: 2 }], count: 2, command: "SELECT" },
      { rows: [], count: 2, command: "DELETE" },
      { rows: [], count: 0, command: "SELECT" },
      { rows: [], count: 0, command: expect.stringMatching(/^CREATE/) },
    ]);
  });

  it("does nothing for no statements", async () => {
    expect(await send(database)).toEqual([]);
  });

  it("answers an empty statement with an empty result", async () => {
    expect(await send(database, { text: "" }, { text: "select 1 as one" })).toEqual([
      { rows: [], count: 0, command: "" },
      { rows: [{ one: 1 }], count: 1, command: "SELECT" },
    ]);
  });

  it("refuses two commands in one text", async () => {
    const error = await refusal(database, { text: "select 1; select 2" });
    expect(error.sqlState).toBe("42601");
  });

  it("binds values, so that a text is never read as SQL", async () => {
    const hostile = "'; drop table notes; --";
    expect(await rows(database, "select $1::text as echo", [hostile])).toEqual([{ echo: hostile }]);
  });

  it("lets Postgres read each value as the type that its placeholder has", async () => {
    const text = `select $1::int as a, $2::boolean as b, $3::text as c, $4::jsonb as d, $5::text[] as e,
      $6::timestamptz at time zone 'UTC' = timestamp '2024-01-02' as f, $7::float8 as g, $8::int as h,
      encode($9::bytea, 'hex') as i, $10::boolean as j, $11::text as k`;
    const values = [7, true, 7, '{"x":1}', '{a,"b,c"}', "2024-01-02T00:00:00Z", 1.5, null, "\\x00ff", "f", false];
    expect(await rows(database, text, values)).toEqual([
      {
        a: 7,
        b: true,
        c: "7",
        d: { x: 1 },
        e: ["a", "b,c"],
        f: true,
        g: 1.5,
        h: null,
        i: "00ff",
        j: false,
        k: "false",
      },
    ]);
  });

  it("returns nulls, booleans and texts of numbers that JavaScript cannot hold", async () => {
    const text = `select null::text as nothing, true as yes, false as no, 9007199254740993::bigint as big,
      9007199254740993::bigint::text as big_text, 1.10::numeric::text as exact, 12::bigint as small, '' as empty`;
    expect(await rows(database, text)).toEqual([
      {
        nothing: null,
        yes: true,
        no: false,
        big: "9007199254740993",
        big_text: "9007199254740993",
        exact: "1.10",
        small: "12",
        empty: "",
      },
    ]);
  });

  it("keeps a column that has the name of an object's prototype", async () => {
    const [row] = await rows(database, `select '{"admin":true}'::jsonb as "__proto__", 1 as one`);
    expect(Object.keys(row ?? {})).toEqual(["__proto__", "one"]);
    expect(Object.getPrototypeOf(row)).toBe(Object.prototype);
  });

  it("undoes everything before a statement that fails, and runs nothing after it", async () => {
    const error = await refusal(
      database,
      { text: "insert into notes (id, body) values (10, 'first')" },
      { text: "select 1 / $1::int", values: [0] },
      { text: "insert into notes (id, body) values (11, 'last')" },
    );
    expect(error.sqlState).toBe("22012");
    expect(await rows(database, "select id from notes where id in (10, 11)")).toEqual([]);
  });

  it("shows a log nothing that was bound, and its detail to whoever asks for it", async () => {
    await send(database, { text: "insert into notes (id, body) values (77, 'bound-77')" });
    const taken = await refusal(database, {
      text: "insert into notes (id, body) values ($1, $2)",
      values: [78, "bound-77"],
    });
    const empty = await refusal(database, {
      text: "insert into notes (id, body, owner) values ($1, $2, null)",
      values: [79, "bound-79"],
    });
    const unknown = await refusal(database, {
      text: "select nothing from notes where body = $1",
      values: ["bound-80"],
    });
    for (const error of [taken, empty, unknown]) {
      expect(inspect(error, { depth: null })).not.toMatch(/bound-/);
      expect(JSON.stringify([error, error.cause])).not.toMatch(/bound-/);
    }
    expect(taken.detail).toContain("bound-77");
    await send(database, { text: "delete from notes where id = 77" });
  });

  it("undoes data definitions together with data", async () => {
    const error = await refusal(
      database,
      { text: "create table fleeting (id int primary key)" },
      { text: "insert into fleeting values (1)" },
      { text: "alter table notes add column fleeting int" },
      { text: "create role fleeting" },
      { text: "insert into fleeting values (1)" },
    );
    expect(error).toMatchObject({ sqlState: "23505", constraint: "fleeting_pkey" });
    const left = `select to_regclass('fleeting') as relation,
      exists (select from pg_attribute where attrelid = 'notes'::regclass and attname = 'fleeting') as attribute,
      exists (select from pg_roles where rolname = 'fleeting') as role`;
    expect(await rows(database, left)).toEqual([{ relation: null, attribute: false, role: false }]);
  });

  it("keeps data definitions and data of one call", async () => {
    const results = await send(
      database,
      { text: "create table lasting (id int primary key, word text)" },
      { text: "create index on lasting (word)" },
      { text: "insert into lasting values ($1, $2)", values: [1, "x"] },
    );
    expect(results.map(({ count }) => count)).toEqual([0, 0, 1]);
    expect(await rows(database, "select * from lasting")).toEqual([{ id: 1, word: "x" }]);
  });

  it("reports a constraint that is checked at the end, and undoes the call", async () => {
    const error = await refusal(database, { text: "insert into children values (1, 404)" }, { text: "select 1" });
    expect(error).toMatchObject({ sqlState: "23503", constraint: "parent", table: "children", schema: "public" });
    expect(await rows(database, "select 1 as usable, (select count(*) from children)::int as children")).toEqual([
      { usable: 1, children: 0 },
    ]);
  });

  it("applies a role and a setting of the first statement to the next, and to nothing after the call", async () => {
    const who = "select current_user::text as role, nullif(current_setting('app.user', true), '') as setting";
    const [before] = await rows(database, who);
    const [, during] = await send(
      database,
      { text: "select set_config('role', $1, true), set_config('app.user', $2, true)", values: ["reader", "ann"] },
      { text: who },
    );
    expect(during?.rows).toEqual([{ role: "reader", setting: "ann" }]);
    for (const after of await Promise.all(Array.from({ length: 6 }, () => rows(database, who)))) {
      expect(after).toEqual([before]);
    }
    expect(before).toMatchObject({ setting: null });
  });

  it("applies SET LOCAL of the first statement in the same way", async () => {
    const who = { text: "select current_user::text as role" };
    const [, during] = await send(database, { text: "set local role reader" }, who);
    expect(during?.rows).toEqual([{ role: "reader" }]);
    expect(await rows(database, who.text)).not.toEqual([{ role: "reader" }]);
  });

  it("drops a role and a setting when the call fails", async () => {
    await failure(
      database,
      { text: "select set_config('role', 'reader', true), set_config('app.user', 'ann', true)" },
      { text: "select 1 / 0" },
    );
    const who = "select current_user::text as role, nullif(current_setting('app.user', true), '') as setting";
    for (const [after] of await Promise.all(Array.from({ length: 6 }, () => rows(database, who)))) {
      expect(after).toMatchObject({ setting: null });
      expect(after).not.toMatchObject({ role: "reader" });
    }
  });

  it("runs no statement when the one that sets the context is refused", async () => {
    const error = await refusal(
      database,
      { text: "select set_config('role', $1, true)", values: ["no_such_role"] },
      { text: "insert into notes (id, body) values (12, 'as the owner')" },
    );
    expect(error.sqlState).toBe("22023");
    expect(await rows(database, "select 1 from notes where id = 12")).toEqual([]);
  });

  it("names the constraint, table and detail of a duplicate", async () => {
    const insert = { text: "insert into notes (id, body) values (20, 'same'), (21, 'same')" };
    expect(await refusal(database, insert)).toMatchObject({
      _tag: "SqlError",
      sqlState: "23505",
      constraint: "notes_body_key",
      table: "notes",
      schema: "public",
      detail: "Key (body)=(same) already exists.",
    });
  });

  it("names the column that must not be null", async () => {
    const error = await refusal(database, { text: "insert into notes (id, body) values (22, $1)", values: [null] });
    expect(error).toMatchObject({ sqlState: "23502", column: "body", table: "notes" });
  });

  it("tells a missing grant from a refused row by the routine", async () => {
    const as = { text: "select set_config('role', 'reader', true), set_config('app.user', 'ann', true)" };
    const missing = await refusal(database, as, { text: "select * from locked" });
    const refused = await refusal(database, as, { text: "insert into notes values (23, 'hers', 'eve')" });
    expect(missing).toMatchObject({ sqlState: "42501", routine: "aclcheck_error" });
    expect(refused).toMatchObject({ sqlState: "42501", routine: "ExecWithCheckOptions" });
  });

  it("reports a syntax error like any other refusal and stays usable", async () => {
    expect((await refusal(database, { text: "selec 1" })).sqlState).toBe("42601");
    expect(await rows(database, "select 1 as one")).toEqual([{ one: 1 }]);
  });

  it("reports a wrong number of values", async () => {
    const { sqlState } = await refusal(database, { text: "select $1::text", values: ["a", "b"] });
    // postgres.js declares its values, and Postgres then misses the placeholder.
    expect(sqlState).toBe(name === "postgres-js" ? "42P18" : "08P01");
    expect(await rows(database, "select 1 as one")).toEqual([{ one: 1 }]);
  });

  it("does not mix concurrent calls", async () => {
    const call = (n: number): Promise<ReadonlyArray<Result>> =>
      send(
        database,
        { text: "select set_config('app.user', $1, true)", values: [`user-${n}`] },
        { text: "select $1::int / ($1::int % 5) as refused_by_every_fifth", values: [n] },
        { text: "select current_setting('app.user') as who, $1::int as n", values: [n] },
      );
    const calls = await Promise.allSettled(Array.from({ length: 50 }, (_, n) => call(n)));
    calls.forEach((outcome, n) => {
      if (n % 5 === 0) expect(outcome).toMatchObject({ status: "rejected", reason: { sqlState: "22012" } });
      else expect(outcome).toMatchObject({ value: [{}, {}, { rows: [{ who: `user-${n}`, n }] }] });
    });
  });

  it("lets a call that is interrupted run to its end, and makes who interrupts wait for it", async () => {
    const fiber = Effect.runFork(
      database.transact([
        { text: "select pg_sleep(2)" },
        { text: "insert into notes (id, body) values (30, 'written')" },
      ]),
    );
    // PGlite has nobody who could look whether it runs by now.
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    await Effect.runPromise(Fiber.interrupt(fiber));
    expect(await rows(database, "select body from notes where id = 30")).toEqual([{ body: "written" }]);
  });

  it("gives rows as lists with both of two columns of one name, and instants as text", async () => {
    const [result] = await send(database, {
      text: "select 1 as a, 2 as a, null as none, timestamptz '2026-01-02 03:04:05+00' at time zone 'UTC' as at, array[1, 2] as list, '{\"b\": 1}'::jsonb as json, 9007199254740993 as large",
      listed: true,
    });
    expect(result).toMatchObject({ rows: [], count: 1, command: "SELECT" });
    expect(result?.listed).toEqual({
      columns: ["a", "a", "none", "at", "list", "json", "large"],
      rows: [[1, 2, null, "2026-01-02 03:04:05", [1, 2], { b: 1 }, "9007199254740993"]],
    });
  });

  if (name === "neon-http") {
    it("cannot hold a transaction open, and says what can", () => {
      expect(database.interactive).toEqual({ supported: false, reason: expect.stringContaining('mode: "websocket"') });
    });
    return;
  }

  describe("a transaction that stays open", () => {
    it("sees its own statements, keeps what BEGIN came with, and commits when its body ends", async () => {
      const seen = await Effect.runPromise(
        interact(
          database,
          async (own, first) => {
            await own("insert into notes (id, body) values ($1, $2)", [200, "open"]);
            const [note] = await own("select body, current_setting('app.user', true) as who from notes where id = 200");
            return { note, first: first.map(({ rows: [row] }) => row?.who) };
          },
          { first: [{ text: "select set_config('app.user', 'ann', true) as who" }] },
        ),
      );
      expect(seen).toEqual({ note: { body: "open", who: "ann" }, first: ["ann"] });
      expect(await rows(database, "select body from notes where id = 200")).toEqual([{ body: "open" }]);
      expect(await rows(database, "select nullif(current_setting('app.user', true), '') as who")).toEqual([
        { who: null },
      ]);
    });

    it("rolls back and gives the error on when its body fails, is refused, or swallows a refusal", async () => {
      const own = new RangeError("the body's own");
      const throwing = interact(database, async (run) => {
        await run("insert into notes (id, body) values (201, 'thrown')");
        throw own;
      });
      expect(await Effect.runPromise(Effect.flip(throwing))).toBe(own);
      const refused = interact(database, async (run) => {
        await run("insert into notes (id, body) values (201, 'refused')");
        await run("select 1 / 0");
      });
      expect(await Effect.runPromise(Effect.flip(refused))).toMatchObject({ _tag: "SqlError", sqlState: "22012" });
      const swallowed = interact(
        database,
        async (run) => {
          await run("insert into notes (id, body) values (201, 'swallowed')");
          await run("select 1 / 0").catch(() => {});
        },
        { last: [{ text: "select 1" }] },
      );
      expect(await Effect.runPromise(Effect.flip(swallowed))).toMatchObject({ sqlState: "25P02" });
      const late = interact(database, (run) => run("insert into children values (201, 404)"));
      expect(await Effect.runPromise(Effect.flip(late))).toMatchObject({ sqlState: "23503" });
      expect(await rows(database, "select id from notes where id = 201")).toEqual([]);
    });

    it("does not begin where its first statements are refused", async () => {
      let begun = false;
      const effect = interact(
        database,
        async () => {
          begun = true;
        },
        { first: [{ text: "select 1 / 0" }] },
      );
      expect(await Effect.runPromise(Effect.flip(effect))).toMatchObject({ sqlState: "22012" });
      expect(begun).toBe(false);
      expect(await rows(database, "select 1 as one")).toEqual([{ one: 1 }]);
    });

    it("rolls back when it is interrupted, and sends nothing any more", async () => {
      let kept: ((text: string) => Promise<unknown>) | undefined;
      const fiber = Effect.runFork(
        interact(database, async (run) => {
          await run("insert into notes (id, body) values (202, 'abandoned')");
          kept = run;
          await new Promise(() => {});
        }),
      );
      await eventually("the row is written", () => expect(kept).toBeDefined());
      await Effect.runPromise(Fiber.interrupt(fiber));
      await expect(kept?.("insert into notes (id, body) values (203, 'afterwards')")).rejects.toBeInstanceOf(
        TransactionEnded,
      );
      expect(await rows(database, "select id from notes where id in (202, 203)")).toEqual([]);
    });

    it("cannot be used once it has ended", async () => {
      const kept = await Effect.runPromise(interact(database, async (_run, _first, transaction) => transaction));
      const error = await Effect.runPromise(
        Effect.flip(kept.send([{ text: "insert into notes (id, body) values (204, 'late')" }])),
      );
      expect(error).toBeInstanceOf(TransactionEnded);
      expect(await rows(database, "select id from notes where id = 204")).toEqual([]);
    });

    it.each(["commit", "rollback", "/* x */ commit and chain", "rollback and chain", "abort", "end"])(
      "stops at a statement that ends it: %s",
      async (text) => {
        const effect = interact(database, async (run) => {
          const ending = run(text);
          const behind = run("insert into notes (id, body) values (205, 'behind')");
          await Promise.allSettled([ending, behind]);
          await expect(behind).rejects.toBeInstanceOf(TransactionEnded);
          await ending;
        });
        expect(await Effect.runPromise(Effect.flip(effect))).toBeInstanceOf(TransactionEnded);
        expect(await rows(database, "select id from notes where id = 205")).toEqual([]);
      },
    );

    it("goes back to a savepoint, and sends statements of one moment one after the other", async () => {
      await Effect.runPromise(
        interact(database, async (run) => {
          await run("savepoint one");
          await run("insert into notes (id, body) values (206, 'undone')");
          await run("select 1 / 0").catch(() => {});
          await run("rollback to savepoint one");
          await Promise.all(
            [207, 208, 209].map((n) => run("insert into notes (id, body) values ($1, $2)", [n, `${n}`])),
          );
        }),
      );
      expect(await rows(database, "select id from notes where id between 206 and 209 order by id")).toEqual([
        { id: 207 },
        { id: 208 },
        { id: 209 },
      ]);
    });

    it.each<[TransactionMode, object]>([
      [{}, { level: "read committed", only: "off" }],
      [
        { isolationLevel: "serializable", accessMode: "read only", deferrable: true },
        { level: "serializable", only: "on" },
      ],
      [
        { isolationLevel: "repeatable read", accessMode: "read write" },
        { level: "repeatable read", only: "off" },
      ],
    ])("runs in the mode %o", async (mode, expected) => {
      const [seen] = await Effect.runPromise(
        interact(
          database,
          (run) =>
            run(
              "select current_setting('transaction_isolation') as level, current_setting('transaction_read_only') as only",
            ),
          { mode },
        ),
      );
      expect(seen).toEqual(expected);
    });
  });
});

describe("PGlite alone", () => {
  it("is not reachable after it was closed", async () => {
    const client = await freshPglite();
    await client.close();
    expect(await failure(pglite(client), { text: "select 1" })).toBeInstanceOf(ConnectionError);
  });
});

describe("a server alone", () => {
  let postgres: FreshPostgres;

  beforeAll(async () => {
    postgres = await freshPostgres();
    await send(nodePostgres(postgres.ownerPool), ...schema);
  });
  afterAll(() => postgres.close());

  /** One connection, so that the next call meets whatever the last one left behind. */
  const single = (config: pg.PoolConfig = {}): pg.Pool => postgres.pool(postgres.ownerUrl, { max: 1, ...config });

  const terminate = (pid: unknown): Promise<ReadonlyArray<Result>> =>
    send(nodePostgres(postgres.pool(postgres.superuserUrl, { max: 1 })), {
      text: "select pg_terminate_backend($1)",
      values: [Number(pid)],
    });

  const backend = "select pg_backend_pid() as pid";

  /** Until the session is asleep in `pg_sleep`. */
  const sleeps = async (pid: unknown): Promise<void> => {
    const database = nodePostgres(postgres.pool(postgres.superuserUrl, { max: 1 }));
    const asleep = "select pid from pg_stat_activity where pid = $1 and wait_event = 'PgSleep'";
    await eventually("the session sleeps", async () =>
      expect(await rows(database, asleep, [Number(pid)])).toHaveLength(1),
    );
  };

  it("keeps its connection over successes and refusals", async () => {
    const database = nodePostgres(single());
    const [first] = await rows(database, backend);
    await failure(database, { text: "select 1 / 0" });
    await failure(database, { text: "selec" });
    await failure(database, { text: "insert into children values (2, 404)" });
    expect(await rows(database, backend)).toEqual([first]);
  });

  it("sends all statements of a call in one write and needs one answer", async () => {
    const pool = single();
    const client = await pool.connect();
    const writes: Array<string> = [];
    const { stream } = client.connection;
    const write = stream.write.bind(stream);
    let readies = 0;
    client.connection.on("readyForQuery", () => {
      readies += 1;
    });
    stream.write = (chunk: Uint8Array): boolean => {
      writes.push(String.fromCharCode(chunk[0] ?? 0));
      return write(chunk);
    };
    client.release();
    await send(nodePostgres(pool), { text: "select 1" }, { text: "select $1::int", values: [2] });
    expect(writes.join("")).toBe("PBDEPBDES");
    expect(readies).toBe(1);
  });

  it("needs one round trip to begin a transaction, one for each statement and one to end it", async () => {
    const pool = single();
    const client = await pool.connect();
    let readies = 0;
    client.connection.on("readyForQuery", () => {
      readies += 1;
    });
    client.release();
    const database = nodePostgres(pool);
    await Effect.runPromise(
      interact(database, (run) => run("select 1"), { first: [{ text: "select 2" }], last: [{ text: "select 3" }] }),
    );
    expect(readies).toBe(3);
    expect(pool.idleCount).toBe(1);
  });

  it("rolls an interrupted transaction back behind the statement that is under way", async () => {
    const pool = single();
    const database = nodePostgres(pool);
    let later: Promise<unknown> | undefined;
    const fiber = Effect.runFork(
      interact(database, async (run) => {
        await run("insert into notes (id, body) values (210, 'abandoned')");
        later = run("select pg_sleep(0.3)").then(() => run("insert into notes (id, body) values (211, 'afterwards')"));
        await later;
      }),
    );
    await eventually("the row is written", () => expect(later).toBeDefined());
    await Effect.runPromise(Fiber.interrupt(fiber));
    await expect(later).rejects.toBeInstanceOf(TransactionEnded);
    expect(await rows(database, "select id from notes where id in (210, 211)")).toEqual([]);
    expect(pool.idleCount).toBe(1);
  });

  it("gives the connection of an open transaction back whatever happens to it", async () => {
    const pool = single();
    const database = nodePostgres(pool);
    const [first] = await rows(database, backend);
    await Effect.runPromise(Effect.exit(interact(database, () => Promise.reject(new Error("no")))));
    await Effect.runPromise(Effect.exit(interact(database, (run) => run("selec"))));
    await Effect.runPromise(Effect.exit(interact(database, (run) => run("commit"))));
    expect(await rows(database, backend)).toEqual([first]);
    const lost = Effect.runPromise(Effect.flip(interact(database, (run) => run("select pg_sleep(300)"))));
    await sleeps(first?.pid);
    await terminate(first?.pid);
    expect(await lost).toBeInstanceOf(ConnectionError);
    expect(await rows(database, `select pg_backend_pid() <> ${first?.pid} as other`)).toEqual([{ other: true }]);
    expect([pool.totalCount, pool.idleCount]).toEqual([1, 1]);
  });

  it("fails with a ConnectionError where nobody listens, or no login is possible", async () => {
    const port = await new Promise<number>((resolve) => {
      const probe = createServer().listen(0, "127.0.0.1", () => {
        const address = probe.address();
        probe.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
      });
    });
    for (const connectionString of [
      `postgres://nobody@127.0.0.1:${port}/nothing`,
      `postgres://nobody@localhost:${port}/nothing`,
      postgres.url("hedgerow_owner", "wrong"),
      postgres.ownerUrl.replace(/app$/, "no_such_database"),
    ]) {
      const error = await failure(nodePostgres(postgres.pool(connectionString)), { text: "select 1" });
      expect(error).toBeInstanceOf(ConnectionError);
      expect(error.message).not.toBe("");
    }
  });

  it("checks the password of a role that is no superuser", async () => {
    await send(nodePostgres(postgres.ownerPool), { text: "create role visitor login password 'right'" });
    const login = (password: string): DatabaseShape => nodePostgres(postgres.pool(postgres.url("visitor", password)));
    expect(await rows(login("right"), "select session_user::text as who")).toEqual([{ who: "visitor" }]);
    expect(await failure(login("wrong"), { text: "select 1" })).toBeInstanceOf(ConnectionError);
  });

  it("fails with a ConnectionError when its session is terminated, and the pool goes on", async () => {
    const database = nodePostgres(single());
    const [{ pid } = {}] = await rows(database, backend);
    const call = failure(
      database,
      { text: "insert into notes (id, body) values (40, 'lost')" },
      { text: "select pg_sleep(300)" },
      { text: "select 1" },
    );
    await sleeps(pid);
    await terminate(pid);
    expect(await call).toBeInstanceOf(ConnectionError);
    const [after] = await rows(database, `select pg_backend_pid() <> ${pid} as other, count(*)::int as n from notes`);
    expect(after).toEqual({ other: true, n: 0 });
  });

  it("survives a server that says goodbye together with its last answer, and does not use that connection again", async () => {
    const pool = single();
    const database = nodePostgres(pool);
    const client = await pool.connect();
    client.connection.on("readyForQuery", () => client.emit("error", new Error("goodbye")));
    client.release();
    const [{ pid } = {}] = await rows(database, backend);
    expect(await rows(database, `select pg_backend_pid() <> ${pid} as other`)).toEqual([{ other: true }]);
  });

  it("survives that an idle connection is terminated", async () => {
    const pool = new pg.Pool({ connectionString: postgres.ownerUrl, max: 1 });
    try {
      const database = nodePostgres(pool);
      const [{ pid } = {}] = await rows(database, backend);
      const removed = new Promise((resolve) => pool.once("remove", resolve));
      await terminate(pid);
      await removed;
      expect(await rows(database, "select 1 as one")).toEqual([{ one: 1 }]);
    } finally {
      await pool.end();
    }
  });

  it("gives up a connection whose answer did not come in time", async () => {
    const database = nodePostgres(single({ query_timeout: 2_000 }));
    const [{ pid } = {}] = await rows(database, backend);
    expect(await failure(database, { text: "select pg_sleep(300)" })).toBeInstanceOf(ConnectionError);
    expect(await rows(database, `select pg_backend_pid() <> ${pid} as other`)).toEqual([{ other: true }]);
  });

  it("gives up a connection on which a list left its own transaction open", async () => {
    const database = nodePostgres(single());
    await send(database, { text: "begin" }, { text: "insert into notes (id, body) values (50, 'open')" });
    await failure(
      database,
      { text: "begin" },
      { text: "insert into notes (id, body) values (51, 'failed')" },
      { text: "x" },
    );
    expect(await rows(database, "select id from notes where id in (50, 51)")).toEqual([]);
  });

  it("does not let code in a statement commit in the middle of a call", async () => {
    const error = await refusal(
      nodePostgres(single()),
      { text: "insert into notes (id, body) values (60, 'half')" },
      { text: "do $$ begin commit; end $$" },
    );
    expect(error.sqlState).toBe("2D000");
    expect(await rows(nodePostgres(postgres.ownerPool), "select id from notes where id = 60")).toEqual([]);
  });

  it("refuses COPY FROM STDIN, which cannot be pipelined, and goes on", async () => {
    const database = nodePostgres(single());
    const error = await failure(database, { text: "copy notes from stdin" }, { text: "select 1" });
    expect(error).toMatchObject({ _tag: "ConnectionError", message: "COPY FROM STDIN cannot run in a pipeline" });
    expect(await rows(database, "select 1 as one")).toEqual([{ one: 1 }]);
  });

  it("sends nothing for a call that was interrupted while it waited for a connection", async () => {
    const pool = single();
    const database = nodePostgres(pool);
    const busy = send(database, { text: "select pg_sleep(3)" });
    const waiting = Effect.runFork(database.transact([{ text: "insert into notes (id, body) values (70, 'late')" }]));
    await new Promise((resolve) => setTimeout(resolve, 100));
    await Effect.runPromise(Fiber.interrupt(waiting));
    expect(Exit.hasInterrupts(await Effect.runPromise(Fiber.await(waiting)))).toBe(true);
    await busy;
    expect(await rows(database, "select id from notes where id = 70")).toEqual([]);
    expect(pool.idleCount).toBe(1);
  });

  it("reads values with the parsers that the pool was given, and releases the connection when one throws", async () => {
    const types: pg.CustomTypesConfig = {
      getTypeParser: (oid: number) => (text: string) => {
        if (text === "bad") throw new RangeError("a parser's own error");
        return `${oid}:${text}`;
      },
    };
    const pool = single({ types });
    const database = nodePostgres(pool);
    expect(await rows(database, "select 1 as one, null as none")).toEqual([{ one: "23:1", none: null }]);
    await expect(send(database, { text: "select 'bad'" })).rejects.toThrow("a parser's own error");
    expect(pool.idleCount).toBe(1);
  });

  it("refuses a pool that pipelines by itself", () => {
    expect(() => nodePostgres(single({ pipeline: true }))).toThrow(TypeError);
  });
});
