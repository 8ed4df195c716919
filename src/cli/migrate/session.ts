/**
 * One connection, kept: what a migration needs and a pool does not promise.
 *
 * Invariant: one session from `open` to `close`, so a lock that it takes is held until it is closed or its process dies.
 * A folder of PGlite is claimed instead, because one process at a time may open it; Neon's driver sends whole transactions.
 */
import type { Connection } from "../connection.js";
import { connectionTimeoutMillis, loadPg, openPostgresJs } from "../drivers.js";
import { claimFolder } from "../folder-lock.js";
import { batchSession } from "./batch-session.js";

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
    const release = await claimFolder(connection.dataDir);
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
  if (connection.driver === "neon") {
    const { neon } = await import("../../database/neon.js");
    return batchSession(neon({ ...connection, connectionTimeoutMillis }));
  }
  const pg = connection.driver === "pg" ? await loadPg() : undefined;
  if (pg === undefined) {
    const sql = await openPostgresJs(connection.options);
    const reserved = await sql.reserve();
    return {
      query: async (text, values) => [...(await reserved.unsafe(text, values && [...values]))],
      close: async () => {
        reserved.release();
        await sql.end({ timeout: 5 });
      },
    };
  }
  const client = new pg.Client({ ...connection.options, connectionTimeoutMillis });
  // A connection that is lost is the error of the query that waits; without a listener it would end the process as well.
  client.on("error", () => {});
  await client.connect();
  return {
    query: async (text, values) =>
      (await (values === undefined ? client.query(text) : client.query(text, [...values]))).rows,
    close: () => client.end(),
  };
};
