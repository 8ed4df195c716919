/** Which statements a connection keeps prepared, as Postgres counts them. */
import * as Effect from "effect/Effect";
import fc from "fast-check";
import { nodePostgres } from "hedgerow/node-postgres";
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DatabaseError, DatabaseShape, Result, Statement } from "../../src/database/database.js";
import { PreparedStatements } from "../../src/database/prepared.js";
import { type FreshPostgres, freshPostgres } from "../support/databases.js";

const capacity = 200;

describe("node-postgres", () => {
  let server: FreshPostgres;
  let pool: pg.Pool;
  let database: DatabaseShape;

  beforeAll(async () => {
    server = await freshPostgres();
    pool = server.pool(server.ownerUrl, { max: 1 });
    database = nodePostgres(pool);
    await pool.query("create table notes (id int primary key, word text)");
  });
  afterAll(() => server.close());

  const own = (text: string): Statement => ({ text, raw: true, prepared: true });
  const send = (...statements: ReadonlyArray<Statement>): Promise<ReadonlyArray<Result>> =>
    Effect.runPromise(database.transact(statements));
  const failure = (...statements: ReadonlyArray<Statement>): Promise<DatabaseError> =>
    Effect.runPromise(Effect.flip(database.transact(statements)));
  const one = async (text: string): Promise<unknown> => (await send(own(text)))[0]?.texts?.[0]?.[0];
  const count = async (): Promise<number> =>
    Number((await pool.query("select count(*) from pg_prepared_statements")).rows[0].count);

  it("keeps the few texts that are Hedgerow's own, under names of their own", async () => {
    await pool.query("deallocate all");
    await send({ text: "select 'foreign'" });
    for (let turn = 0; turn < 3; turn++) await send(own("select 1"), own("select 2"));
    await send({ text: "select 'foreign'" }, own("select 3"));
    expect(await count()).toBe(2);
    await send(own("select 4"));
    expect(await count(), "what SQL of an application's own could have replaced is given up").toBe(1);
  });

  it("keeps at most so many, also where calls fail before they reach what they prepare", async () => {
    for (let number = 0; number < capacity + 50; number++) {
      expect(await one(`select ${number}`)).toBe(String(number));
    }
    expect(await count()).toBeLessThanOrEqual(capacity + 1);
    for (let round = 0; round < 3; round++) {
      for (let number = 0; number < capacity; number++) {
        await failure(own("select 1 / 0"), own(`select ${round * capacity + number} as skipped`));
      }
      for (let number = 0; number < capacity; number++) await one(`select '${round}-${number}'`);
    }
    expect(await count()).toBeLessThanOrEqual(capacity + 2);
  });

  it("piles nothing up where a statement fails again and again", async () => {
    const before = await count();
    for (const text of ["select 1 / 0", "select nothing", "selec", "insert into notes values (null)"]) {
      for (let turn = 0; turn < 50; turn++) expect((await failure(own(text)))._tag).toBe("SqlError");
    }
    expect(await count()).toBeLessThanOrEqual(Math.max(before, capacity) + 1);
    expect(
      (await pool.query("select 1 from pg_prepared_statements where statement ~ '^(selec$|select nothing)'")).rowCount,
    ).toBe(0);
  });

  it("writes once where a table has changed in between", async () => {
    const insert = own("insert into notes (id) select count(*) from notes returning *");
    await send(insert);
    await server.ownerPool.query("alter table notes add column more int");
    expect((await send(insert))[0]?.texts).toEqual([["1", null, null]]);
    await server.ownerPool.query("alter table notes alter column word type varchar");
    expect((await send(own("select 1"), insert))[1]?.texts).toEqual([["2", null, null]]);
    expect(await one("select count(*) from notes")).toBe("3");
  });

  it.each(["discard all", "deallocate all"])("goes on after %s by somebody else", async (text) => {
    const fresh = nodePostgres(pool);
    const insert = own("insert into notes (id) select count(*) from notes returning id");
    const next = async () => Number((await Effect.runPromise(fresh.transact([insert])))[0]?.texts?.[0]?.[0]);
    const first = await next();
    await pool.query(text);
    expect([await next(), await next()]).toEqual([first + 1, first + 2]);
  });

  it("tells what was lost from an error of the same code that a statement raises", async () => {
    const fresh = nodePostgres(pool);
    const raise = own("do $$ begin raise exception using errcode = '26000'; end $$");
    const refused = await Effect.runPromise(Effect.flip(fresh.transact([own("select 1"), raise])));
    expect(refused).toMatchObject({ sqlState: "26000" });
    expect((await Effect.runPromise(fresh.transact([own("select 1")])))[0]?.texts).toEqual([["1"]]);
  });

  it("prepares none where it is told so", async () => {
    await pool.query("deallocate all");
    const plain = nodePostgres(pool, { prepare: false });
    for (let turn = 0; turn < 3; turn++) await Effect.runPromise(plain.transact([own("select 1"), own("select 2")]));
    expect(await count()).toBe(0);
  });
});

/** A server that knows what is prepared, and skips what is behind an error. */
class Session {
  readonly prepared = new Map<string, string>();

  /** @param failing the index of the statement that fails when it runs, or -1. */
  run(
    names: PreparedStatements,
    connection: object,
    texts: ReadonlyArray<string>,
    failing: number,
    isReset: boolean,
  ): ReadonlyArray<string> {
    const statements = texts.map((text) => ({ text, prepared: true as const }));
    const naming = names.for(connection, statements);
    for (const name of naming.evicted) this.prepared.delete(name);
    const sendings = statements.map((statement) => naming.of(statement));
    const ran: Array<string> = [];
    if (naming.reset && !isReset) {
      naming.settle(0, false);
      return ran;
    }
    if (naming.reset) this.prepared.clear();
    for (const [index, { name, parse, close }] of sendings.entries()) {
      if (close) this.prepared.delete(name);
      if (parse) {
        if (this.prepared.has(name)) throw new Error(`42P05: ${name}`);
        this.prepared.set(name, texts[index] ?? "");
      }
      const runs = this.prepared.get(name);
      if (runs === undefined) throw new Error(`26000: ${name}`);
      if (index === failing) break;
      ran.push(runs);
    }
    naming.settle(ran.length, true);
    return ran;
  }
}

it("a name stands for one text whatever happens on a connection, and so many are kept at most", () => {
  const text = fc.nat({ max: 400 }).map((number) => `select ${number}`);
  const call = fc.record({
    foreign: fc.boolean(),
    database: fc.nat({ max: 1 }),
    texts: fc.array(text, { minLength: 1, maxLength: 3 }),
    failing: fc.integer({ min: -1, max: 2 }),
    isReset: fc.boolean(),
  });
  const calls = fc.oneof(
    fc.array(call, { maxLength: 60 }),
    // Long ones without foreign SQL, so that statements are given up.
    fc.array(
      call.map((each) => ({ ...each, foreign: false, isReset: true })),
      { minLength: 300, maxLength: 400 },
    ),
  );
  fc.assert(
    fc.property(calls, (made) => {
      const databases = [new PreparedStatements(true), new PreparedStatements(true)];
      const connection = {};
      const session = new Session();
      for (const { foreign, database, texts, failing, isReset } of made) {
        const names = databases[database] ?? new PreparedStatements(true);
        if (foreign) {
          const naming = names.for(connection, [{ text: "foreign" }]);
          if (naming.reset || naming.of({ text: "foreign" }).name !== "") throw new Error("foreign SQL has a name");
          for (const name of session.prepared.keys()) session.prepared.set(name, "taken");
          continue;
        }
        const ran = session.run(names, connection, texts, failing, isReset);
        expect(ran).toEqual(texts.slice(0, ran.length));
        expect(session.prepared.size).toBeLessThanOrEqual(capacity + texts.length);
      }
    }),
    { numRuns: 60 },
  );
});
