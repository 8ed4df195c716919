/** postgres.js, and connections that are lost or slow at the worst moment: nobody waits without end. */
import { setTimeout as sleep } from "node:timers/promises";
import * as Effect from "effect/Effect";
import { postgresJs } from "hedgerow/postgres-js";
import postgres, { type Sql } from "postgres";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Reservation } from "../../src/database/reservation.js";
import { reserve } from "../../src/database/reserve.js";
import { type FreshPostgres, freshPostgres } from "../support/databases.js";
import { hangMs } from "../support/eventually.js";
import { expectUnheard } from "../support/unheard.js";
import { openValve, type Valve } from "../support/valve.js";

let server: FreshPostgres;
let valve: Valve;
let listenAgain: (() => void) | undefined;

beforeAll(async () => {
  listenAgain = expectUnheard();
  server = await freshPostgres();
  valve = await openValve(Number(new URL(server.ownerUrl).port));
});
afterAll(async () => {
  listenAgain?.();
  await valve.close();
  await server.close();
});

let opened: Array<Sql> = [];
const open = (max: number): Sql => {
  // Longer than any test: what is told only then was told by nobody.
  const options = { max, onnotice: () => {}, backoff: () => 0.01, connect_timeout: 300 };
  const sql = postgres(valve.through(server.ownerUrl), options);
  opened.push(sql);
  return sql;
};
afterEach(async () => {
  valve.open();
  await Promise.all(opened.map((sql) => sql.end({ timeout: 0 })));
  opened = [];
});

/** Also where the question for types is what was lost: the name of one of its columns. */
const types = "typarray";

/** Ends what hangs, and says so. */
const inTime = async <A>(promise: Promise<A>): Promise<A | "nothing"> => {
  const done = new AbortController();
  const late = sleep(hangMs, "nothing" as const, { signal: done.signal }).catch(() => "nothing" as const);
  return Promise.race([promise, late]).finally(() => done.abort());
};

const ways = ["one transaction", "transaction()"] as const;

describe.each(ways)("a call of postgres.js, as %s,", (way) => {
  let database: ReturnType<typeof postgresJs>;
  const answer = (): Promise<string> => {
    const statements = [{ text: "select 'answered' as word" }];
    const { interactive } = database;
    if (!interactive.supported) throw new Error(interactive.reason);
    const call =
      way === "one transaction"
        ? database.transact(statements)
        : interactive.transaction({ mode: {}, first: [], last: [] }, (transaction) => transaction.send(statements));
    return Effect.runPromise(
      Effect.match(call, {
        onFailure: ({ _tag }) => _tag,
        onSuccess: ([result]) => String(result?.rows[0]?.word),
      }),
    );
  };
  const answers = (count: number): Promise<ReadonlyArray<string>> =>
    Promise.all(Array.from({ length: count }, () => answer()));

  it.each([1, 2, 4])("connects again at once, whatever was about to be written when %i were lost", async (max) => {
    database = postgresJs(open(max));
    for (let round = 0; round < 8; round += 1) {
      await answers(max);
      valve.cut();
      // In each phase of the event loop's turns in which the losses are told.
      let isCut = true;
      const all: Array<Promise<unknown>> = [];
      const again = (): void => {
        if (!isCut) return;
        all.push(answer());
        setImmediate(again);
      };
      again();
      await sleep(8);
      isCut = false;
      expect(await inTime(answers(2 * max))).toEqual(Array.from({ length: 2 * max }, () => "answered"));
      expect(await inTime(Promise.all(all))).not.toBe("nothing");
    }
  });

  it.each([
    [1, "lost"],
    [2, "lost"],
    [4, "lost"],
    [1, "slow"],
    [3, "slow"],
  ])("is answered where all wait and one of %i connections is %s while its types are asked for", async (max, fate) => {
    database = postgresJs(open(max));
    for (let round = 0; round < 6; round += 1) {
      // Which of them is lost first, and who waits for it, differs from round to round.
      for (let later = 0; later < round; later += 1) valve.onAnswer(types, () => valve.cutSome(0.5, Math.random));
      const spoil = (): void => {
        if (fate === "slow") valve.shut(120);
        else valve.cut();
      };
      const waiting = Array.from({ length: 3 * max + 2 }, async (_, index) => {
        await sleep(index % 3);
        return answer();
      });
      valve.onAnswer(types, () => {
        spoil();
        valve.onAnswer(types, spoil);
      });
      const all = await inTime(Promise.all(waiting));
      expect(all).not.toBe("nothing");
      expect(new Set(all)).toEqual(new Set(["answered"]));
      valve.onAnswer("no server says this", () => {});
      valve.cut();
      await sleep(5);
    }
  });

  it("hears of the end where the sql is ended", async () => {
    const sql = open(2);
    database = postgresJs(sql);
    await answers(2);
    const ended = sql.end({ timeout: 1 });
    expect(await inTime(answers(4))).toEqual(Array.from({ length: 4 }, () => "ConnectionError"));
    await ended;
    expect(await inTime(answers(4))).toEqual(Array.from({ length: 4 }, () => "ConnectionError"));
  });
});

describe("a reservation", () => {
  let sql: Sql;
  beforeEach(() => {
    sql = open(1);
  });

  it("sends nothing where its connection was lost before its first statement", async () => {
    const reserved = new Reservation(await reserve(sql));
    reserved.watch();
    valve.cut();
    await sleep(20);
    // Somebody else has the connection's place by now.
    const other = await reserve(sql);
    const [answer] = await reserved.send((own) => [own.unsafe("select 1").execute()]);
    expect(answer).toMatchObject({ status: "rejected", reason: { _tag: "ConnectionError" } });
    other.release();
  });
});
