/**
 * One connection, kept: what a migration needs and a pool does not promise.
 *
 * Invariant: one session from `open` to `close`, so a lock that it takes is held until it is closed or its process dies.
 * A folder of PGlite is claimed instead, because one process at a time may open it.
 */
import type { Connection } from "../connection.js";
import { claimFolder } from "../folder-lock.js";

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
