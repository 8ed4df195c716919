/**
 * Waiting for a connection of postgres.js.
 *
 * Invariant: whoever waits hears in the end. When a connection closes, postgres.js opens another for the first in its queue,
 * and forgets that one where it waits for a reservation; a reservation that fails to connect stays in the queue and takes a
 * connection later, for nobody. Nobody can say whom it has forgotten, so after a loss everybody who waits asks again; and a
 * plain statement, which has neither trouble, goes ahead of whoever asks first or after a loss. A reservation comes in the phase
 * in which it may be written to, so what is handed over at once is not lost with the connection of somebody else.
 */
import type { ReservedSql, Sql } from "postgres";
import { writePhase } from "./write-phase.js";

interface Pool {
  /** It has connected, and lost no connection since. */
  isSound: boolean;
  /** Connections were lost, and who waits has not asked again yet. */
  hasLost: boolean;
  /** Who waits. */
  readonly waiting: Set<Waiting>;
}

interface Waiting {
  readonly ask: () => void;
}

const pools = new WeakMap<Sql, Pool>();

const poolOf = (sql: Sql): Pool => {
  const known = pools.get(sql);
  if (known) return known;
  const pool: Pool = { isSound: false, hasLost: false, waiting: new Set() };
  pools.set(sql, pool);
  const { onclose } = sql.options;
  sql.options.onclose = (id) => {
    pool.isSound = false;
    // By then postgres.js has taken the first out of its queue, and of connections that are lost together each has said so.
    if (!pool.hasLost) setTimeout(() => askAgain(pool), 0);
    pool.hasLost = true;
    onclose?.(id);
  };
  return pool;
};

const askAgain = (pool: Pool): void => {
  pool.hasLost = false;
  for (const each of [...pool.waiting]) each.ask();
};

const heal = async (sql: Sql, pool: Pool): Promise<void> => {
  if (pool.isSound) return;
  const select = async (): Promise<void> => {
    await writePhase();
    await sql.unsafe("select");
  };
  // The last words of a lost connection are told to whoever connects next.
  await select().catch(select);
  pool.isSound = true;
};

/**
 * @returns a connection that nobody else uses until it is released.
 * @throws whatever postgres.js says where it cannot connect.
 */
export const reserve = (sql: Sql): Promise<ReservedSql> => {
  const pool = poolOf(sql);
  return new Promise((resolve, reject) => {
    let isOver = false;
    let wasRefused = false;
    const over = (): boolean => {
      const wasOver = isOver;
      isOver = true;
      pool.waiting.delete(waiting);
      return wasOver;
    };
    const waiting: Waiting = {
      ask: () => {
        heal(sql, pool)
          .then(writePhase)
          .then(() => sql.reserve())
          .then(
            (reserved) => {
              // What was not forgotten comes twice.
              if (over()) reserved.release();
              else resolve(reserved);
            },
            (cause: unknown) => {
              pool.isSound = false;
              const isFirst = !wasRefused;
              wasRefused = true;
              // It may have been the last words of a connection that was lost; a plain statement is told whether it was.
              if (isFirst && !isOver) waiting.ask();
              else if (!over()) reject(cause);
            },
          );
      },
    };
    pool.waiting.add(waiting);
    waiting.ask();
  });
};

/** To be said of a pool one of whose connections was ended, before postgres.js has seen it. */
export const distrust = (sql: Sql): void => {
  poolOf(sql).isSound = false;
};
