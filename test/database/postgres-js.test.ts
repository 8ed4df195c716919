/** What only postgres.js can get wrong. */
import * as Effect from "effect/Effect";
import * as Exit from "effect/Exit";
import { postgresJs } from "hedgerow/postgres-js";
import postgres, { type Sql } from "postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DatabaseError, DatabaseShape, Result, Statement } from "../../src/database/database.js";
import { type FreshPostgres, freshPostgres } from "../support/databases.js";
import { eventually, hangMs } from "../support/eventually.js";

const latch = () => {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
};

describe("postgres.js", () => {
  let server: FreshPostgres;
  let sql: Sql;
  let database: DatabaseShape;

  beforeAll(async () => {
    server = await freshPostgres();
    sql = postgres(server.ownerUrl, { max: 1, onnotice: () => {} });
    database = postgresJs(sql);
    await sql`create table notes (id int primary key)`;
  });
  afterAll(async () => {
    await sql.end({ timeout: 1 });
    await server.close();
  });

  const send = (...texts: ReadonlyArray<string>): Promise<ReadonlyArray<Result>> =>
    Effect.runPromise(database.transact(texts.map((text) => ({ text }))));
  const failure = (...texts: ReadonlyArray<string>): Promise<DatabaseError> =>
    Effect.runPromise(Effect.flip(database.transact(texts.map((text) => ({ text })))));
  const backend = async () => (await send("select pg_backend_pid() as pid"))[0]?.rows[0]?.pid;

  it("runs a call again as a whole, and nothing by itself, where a table has changed under a prepared statement", async () => {
    const call = ["insert into notes select count(*) from notes", "select * from notes"];
    await send(...call);
    await server.ownerPool.query("alter table notes add column word text");
    const [, seen] = await send(...call);
    expect(seen?.rows).toEqual([
      { id: 0, word: null },
      { id: 1, word: null },
    ]);
    await server.ownerPool.query("alter table notes add column more text");
    expect(await failure("select * from notes", "insert into notes values (9)", "select 1 / 0")).toMatchObject({
      sqlState: "22012",
    });
    expect((await send("select id from notes order by id"))[0]?.rows).toEqual([{ id: 0 }, { id: 1 }]);
  });

  it("uses what it has prepared again on a session that it had to clean", async () => {
    const { interactive } = database;
    if (!interactive.supported) throw new Error(interactive.reason);
    const transaction = (...statements: ReadonlyArray<Statement>) =>
      Effect.runPromise(
        Effect.exit(interactive.transaction({ first: [], last: [], mode: {} }, ({ send }) => send(statements))),
      );
    const pid = await backend();
    const prepared = { text: "select $1::int as n", values: [1] };
    expect(Exit.isSuccess(await transaction(prepared))).toBe(true);
    const ended = await transaction(prepared, { text: "set search_path = pg_temp" }, { text: "commit" });
    expect(Exit.isFailure(ended)).toBe(true);
    const next = await transaction(prepared, { text: "show search_path" });
    expect(Exit.isSuccess(next) ? next.value.map(({ rows }) => rows) : next).toEqual([
      [{ n: 1 }],
      [{ search_path: '"$user", public' }],
    ]);
    expect(await backend()).toBe(pid);
  });

  /** Ends a session once it is asleep in `pg_sleep`. */
  const terminateAsleep = (pid: unknown): Promise<void> =>
    eventually("a session is ended in its sleep", async () => {
      const text =
        "select pg_terminate_backend(pid, 5000) from pg_stat_activity where pid = $1 and wait_event = 'PgSleep'";
      expect((await server.ownerPool.query(text, [pid])).rowCount).toBe(1);
    });

  it("keeps its connection over refusals, and replaces one that is lost", async () => {
    const first = await backend();
    await failure("select 1 / 0");
    expect(await backend()).toBe(first);
    const lost = failure("insert into notes values (20)", "select pg_sleep(300)");
    await terminateAsleep(first);
    expect(await lost).toMatchObject({ _tag: "ConnectionError" });
    expect(await backend()).not.toBe(first);
    expect((await send("select id from notes where id = 20"))[0]?.rows).toEqual([]);
  });

  it("answers everybody who waits for a connection that is lost", async () => {
    const numbers = Array.from({ length: 5 }, (_, n) => ({ n }));
    for (let round = 0; round < 3; round += 1) {
      const pid = await backend();
      const lost = failure("select pg_sleep(300)");
      const waiting = Promise.all(numbers.map(({ n }) => send(`select ${n} as n`)));
      await terminateAsleep(pid);
      expect(await lost).toMatchObject({ _tag: "ConnectionError" });
      expect((await waiting).map(([result]) => result?.rows[0])).toEqual(numbers);
      expect(await backend()).not.toBe(pid);
    }
  });

  it("ends the session instead of running anything where BEGIN was lost", async () => {
    const broken = postgres(server.ownerUrl, { max: 1, onnotice: () => {} });
    const reserve = broken.reserve.bind(broken);
    // As after a cancellation of BEGIN alone: it is refused, and the rest has been sent already.
    Object.assign(broken, {
      reserve: async () => {
        const reserved = await reserve();
        const unsafe = reserved.unsafe.bind(reserved);
        return Object.assign(reserved, {
          unsafe: (...[text, ...rest]: Parameters<typeof unsafe>) =>
            unsafe(text.startsWith("begin;") ? "select 1 / 0" : text, ...rest),
        });
      },
    });
    const statements = [{ text: "insert into notes values (30)" }];
    await Effect.runPromise(Effect.flip(postgresJs(broken).transact(statements)));
    expect((await send("select id from notes where id = 30"))[0]?.rows).toEqual([]);
    await broken.end({ timeout: 1 });
  });

  it("refuses COPY FROM STDIN, and a sql that renames columns or does not fetch types", async () => {
    expect(await failure("copy notes from stdin", "select 1")).toMatchObject({ _tag: "ConnectionError" });
    expect((await send("select 1 as one"))[0]?.rows).toEqual([{ one: 1 }]);
    expect(() => postgresJs(postgres(server.ownerUrl, { transform: postgres.camel }))).toThrow(TypeError);
    expect(() => postgresJs(postgres(server.ownerUrl, { fetch_types: false }))).toThrow("`fetch_types: false`");
  });

  /** @param use gets a function that sends one statement and returns the first row. */
  const interact = (use: (run: (text: string) => Promise<Result["rows"][number] | undefined>) => Promise<unknown>) => {
    if (!database.interactive.supported) throw new Error(database.interactive.reason);
    return Effect.runPromise(
      database.interactive.transaction({ mode: {}, first: [], last: [] }, (transaction) =>
        Effect.tryPromise({
          try: () => use(async (text) => (await Effect.runPromise(transaction.send([{ text }])))[0]?.rows[0]),
          catch: (error) => error,
        }),
      ),
    );
  };
  const whose = "select current_setting('app.user', true) as who";

  it("sends nothing of a transaction whose connection is lost to the transaction that has its place now", async () => {
    const ben = latch();
    const done = latch();
    let later: Promise<unknown> | undefined;
    const lost = interact(async (ann) => {
      const pid = (await ann("select pg_backend_pid() as pid, set_config('app.user', 'ann', true)"))?.pid;
      await server.ownerPool.query("select pg_terminate_backend($1, 5000)", [pid]);
      later = interact(async (own) => {
        await own("select set_config('app.user', 'ben', true)");
        ben.open();
        await done.opened;
        return own(whose);
      });
      await ben.opened;
      return ann(whose);
    });
    await expect(lost).rejects.toMatchObject({ _tag: "ConnectionError" });
    done.open();
    expect(await later).toEqual({ who: "ben" });
  });

  it.each([
    ["select pg_terminate_backend(pg_backend_pid())"],
    ["select 1", "select pg_terminate_backend(pg_backend_pid())", "select 'never sent', $1::text"],
  ])("answers at once when its connection is lost, also what was not sent yet", async (...texts) => {
    const values = texts.length > 1 ? ["x"] : [];
    const started = performance.now();
    const call = database.transact(texts.map((text) => ({ text, ...(text.includes("$1") && { values }) })));
    expect(await Effect.runPromise(Effect.flip(call))).toMatchObject({ _tag: "ConnectionError" });
    await expect(
      interact((run) => Promise.all(texts.map((text) => run(text.replace("$1", "'x'"))))),
    ).rejects.toMatchObject({ _tag: "ConnectionError" });
    expect(performance.now() - started).toBeLessThan(hangMs);
    expect((await send("select 1 as one"))[0]?.rows).toEqual([{ one: 1 }]);
  });
});
