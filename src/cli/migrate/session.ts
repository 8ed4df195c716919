/**
 * One connection, kept: what a migration needs and a pool does not promise.
 *
 * Invariant: one session from `open` to `close`, so a lock that it takes is held until it is closed or its process dies.
 * For a folder of PGlite, which one process may open at a time, the lock is a file beside it.
 */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { Connection } from "../connection.js";

export interface Session {
  /** Runs one statement; `values` are texts. */
  readonly query: (
    text: string,
    values?: ReadonlyArray<string>,
  ) => Promise<ReadonlyArray<Readonly<Record<string, unknown>>>>;
  readonly close: () => Promise<void>;
}

/** @throws the driver's own error where there is no such database. */
export const openSession = async (connection: Connection): Promise<Session> => {
  if (connection.driver === "pglite") {
    const release = await claim(`${connection.dataDir.replace(/[\\/]+$/, "")}.lock`);
    try {
      const { PGlite } = await import("@electric-sql/pglite");
      const client = await PGlite.create(connection.dataDir);
      return {
        query: async (text, values) => (await client.query<Record<string, unknown>>(text, values && [...values])).rows,
        close: () => client.close().finally(release),
      };
    } catch (cause) {
      release();
      throw cause;
    }
  }
  const { default: pg } = await import("pg");
  const client = new pg.Client({ ...connection.options, connectionTimeoutMillis: 15_000 });
  // A connection that is lost is the error of the query that waits; without a listener it would end the process as well.
  client.on("error", () => {});
  await client.connect();
  return {
    query: async (text, values) =>
      (await (values === undefined ? client.query(text) : client.query(text, [...values]))).rows,
    close: () => client.end(),
  };
};

const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (cause) {
    return cause instanceof Error && "code" in cause && cause.code === "EPERM";
  }
};

const holder = (lock: string): number => {
  try {
    return Number(readFileSync(lock, "utf8"));
  } catch {
    return 0;
  }
};

/** Waits for the folder; one that a dead process left is taken over. */
const claim = async (lock: string): Promise<() => void> => {
  const release = (): void => {
    process.off("exit", release);
    if (holder(lock) === process.pid) rmSync(lock, { force: true });
  };
  for (let attempt = 0; attempt < 600; attempt += 1) {
    try {
      writeFileSync(lock, String(process.pid), { flag: "wx" });
      process.once("exit", release);
      // Who saw the same dead process may have removed this file instead of that one's.
      await sleep(attempt === 0 ? 0 : 50);
      if (holder(lock) === process.pid) return release;
    } catch (cause) {
      if (!(cause instanceof Error && "code" in cause && cause.code === "EEXIST")) throw cause;
      const pid = holder(lock);
      if (pid !== 0 && !isRunning(pid)) rmSync(lock, { force: true });
    }
    await sleep(100);
  }
  throw new Error(`process ${holder(lock)} has had the folder for a minute. If that is no migration, remove ${lock}.`);
};
