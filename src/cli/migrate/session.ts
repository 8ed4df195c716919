/**
 * What a migration works through: transactions, each under the lock of pushes and migrations.
 *
 * Invariant: nothing depends on a session that outlives a transaction. Each takes the lock for itself, and with it the limits for
 * other locks; its end gives all of them back, whoever has the session next. Where there is a session, it is held to be the
 * one that began: a pooler that gives each transaction another is refused before anything is changed.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { PGlite } from "@electric-sql/pglite";
import * as Effect from "effect/Effect";
import type { DatabaseShape } from "../../database/database.js";
import { isRefusal } from "../../database/protocol.js";
import { lockStatement } from "../../postgres/security.js";
import type { Connection } from "../connection.js";
import { connectionTimeoutMillis } from "../drivers.js";
import { inTurn } from "../locks/limits.js";
import { findObstacles } from "../locks/obstacles.js";
import { type Client, connectClient, type Rows, type ServerConnection } from "./client.js";
import { natureOf, processOf } from "./probe.js";
import type { Statement } from "./records.js";

export interface Session {
  /**
   * Runs the statements in one transaction and under the lock.
   *
   * @returns the rows of each.
   * @throws StatementFailed, and then nothing has been changed.
   */
  readonly transact: (statements: ReadonlyArray<Statement>) => Promise<ReadonlyArray<Rows>>;
  /** Takes the lock until `close`, where that is a promise that the session can keep; elsewhere it does nothing. */
  readonly hold: () => Promise<void>;
  /** Who is in the way of it now, asked through another connection. */
  readonly look: () => Promise<Rows>;
  readonly close: () => Promise<void>;
}

/** What the driver said, and of which statement, where that is known. */
export class StatementFailed extends Error {
  readonly position: number | undefined;

  constructor(cause: unknown, position?: number) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.position = position;
  }
}

/** The address does not lead to a session. */
export class SharedSession extends Error {
  constructor() {
    super(
      "The address of the database is that of a pooler that gives each transaction another session (PgBouncer with pool_mode = transaction): what a migration sets for its session would be somebody else's. Take the address of the server itself, or of a pooler for sessions.",
    );
  }
}

export interface SessionOptions {
  /** By which others see it. */
  readonly name: string;
  readonly waitMs: number;
  readonly onWait: (message: string) => void;
}

type Sought = Pick<SessionOptions, "name" | "waitMs">;

/** The same lock, held until the session ends. */
const lockSession = lockStatement.replace("pg_advisory_xact_lock", "pg_advisory_lock");

const serverSession = async (connection: ServerConnection, { name, waitMs }: Sought): Promise<Session> => {
  const connect = () => connectClient(connection);
  const client = await connect();
  try {
    const own = await processOf(client);
    const nature = await natureOf(client, own, connect);
    if (nature === "shared") throw new SharedSession();
    return sessionOver(client, { name, waitMs, own, holds: nature === "server", watcher: lazily(connect) });
  } catch (cause) {
    await client.close();
    throw cause;
  }
};

interface Watcher {
  readonly query: (text: string) => Promise<Rows>;
  readonly close: () => Promise<void>;
}

/** A connection that is made when it is first needed. */
const lazily = (connect: () => Promise<Client>): Watcher => {
  let opened: Promise<Client> | undefined;
  return {
    query: async (text) => {
      opened ??= connect();
      return (await opened).query(text);
    },
    close: async () => {
      await (await opened?.catch(() => undefined))?.close();
    },
  };
};

interface Over extends Sought {
  /** The process that must answer; undefined where there is but one session. */
  readonly own?: number;
  readonly holds: boolean;
  readonly watcher: Watcher;
}

const sessionOver = (client: Pick<Client, "query" | "close">, { name, waitMs, own, holds, watcher }: Over): Session => {
  const all = async (lock: string, statements: ReadonlyArray<Statement>): Promise<ReadonlyArray<Rows>> => {
    let position: number | undefined;
    const results: Array<Rows> = [];
    try {
      await client.query("begin");
      if (own !== undefined) {
        const [row] = await client.query("select pg_catalog.pg_backend_pid() as pid");
        if (Number(row?.pid) !== own) throw new SharedSession();
      }
      for (const text of inTurn(name, waitMs, lock)) await client.query(text);
      for (const { text, values } of statements) {
        position = results.length;
        results.push(await client.query(text, values));
      }
      position = undefined;
      await client.query("commit");
      return results;
    } catch (cause) {
      // On a connection that is lost there is nothing to undo, and postgres.js would break.
      if (cause instanceof SharedSession || isRefusal(cause)) await client.query("rollback").catch(() => {});
      throw cause instanceof SharedSession ? cause : new StatementFailed(cause, position);
    }
  };
  return {
    transact: (statements) => all(lockStatement, statements),
    hold: async () => {
      if (holds) await all(lockSession, []);
    },
    look: () => watcher.query(findObstacles(name)),
    close: async () => {
      await Promise.allSettled([client.close(), watcher.close()]);
    },
  };
};

/** Neon's driver has no session: each transaction is one batch. */
const batchSession = (
  database: DatabaseShape & { readonly close: () => Promise<void> },
  { name, waitMs }: Sought,
): Session => {
  const send = async (statements: ReadonlyArray<Statement>): Promise<ReadonlyArray<Rows>> => {
    const outcome = await Effect.runPromise(
      Effect.match(database.transact(statements), {
        onFailure: (error) => ({ error, results: [] }),
        onSuccess: (results) => ({ error: undefined, results }),
      }),
    );
    // The driver's own error, as from the other sessions.
    if (outcome.error !== undefined) throw new StatementFailed(outcome.error.cause ?? outcome.error);
    return outcome.results.map(({ rows }) => rows);
  };
  return {
    transact: async (statements) => {
      const frame = inTurn(name, waitMs).map((text) => ({ text }));
      return (await send([...frame, ...statements])).slice(frame.length);
    },
    hold: async () => {},
    look: async () => (await send([{ text: findObstacles(name) }]))[0] ?? [],
    close: database.close,
  };
};

/** Another migration ends soon; a server that has the folder open is named at once. */
const openFolder = async (dataDir: string, { waitMs, onWait }: SessionOptions): Promise<PGlite> => {
  const { FolderTaken, openPglite } = await import("../../database/pglite.js");
  const until = performance.now() + waitMs;
  for (let told = false; ; told = true) {
    try {
      return await openPglite(dataDir);
    } catch (cause) {
      if (!(cause instanceof FolderTaken) || performance.now() > until) throw cause;
      if (!told) onWait(`waiting. ${cause.found}`);
      await sleep(100);
    }
  }
};

/** One process at a time may open a folder, so nobody is ever in its way. */
const folderSession = async (dataDir: string, options: SessionOptions): Promise<Session> => {
  const client = await openFolder(dataDir, options);
  return sessionOver(
    {
      query: async (text, values) => (await client.query<Record<string, unknown>>(text, values && [...values])).rows,
      close: () => client.close(),
    },
    { ...options, holds: false, watcher: { query: async () => [], close: async () => {} } },
  );
};

/** @throws SharedSession, FolderTaken, and the driver's own error where there is no such database. */
export const openSession = async (connection: Connection, options: SessionOptions): Promise<Session> => {
  if (connection.driver === "pglite") return folderSession(connection.dataDir, options);
  if (connection.driver !== "neon") return serverSession(connection, options);
  const { neon } = await import("../../database/neon.js");
  return batchSession(neon({ ...connection, connectionTimeoutMillis }), options);
};
