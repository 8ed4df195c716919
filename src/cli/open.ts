/**
 * A connection, opened.
 *
 * Invariant: only the driver that is asked for is loaded.
 */
import type { DatabaseShape } from "../database/database.js";
import type { Connection } from "./connection.js";
import { connectionTimeoutMillis, loadPg, openPostgresJs } from "./drivers.js";

export interface Opened {
  readonly database: DatabaseShape;
  readonly close: () => Promise<void>;
}

/** @throws FolderTaken where another process has the folder of a PGlite open, and what a driver throws. */
export const openDatabase = async (connection: Connection): Promise<Opened> => {
  if (connection.driver === "pglite") {
    const { openPglite, pglite } = await import("../database/pglite.js");
    const client = await openPglite(connection.dataDir);
    return { database: pglite(client), close: () => client.close() };
  }
  if (connection.driver === "neon") {
    const { neon } = await import("../database/neon.js");
    const database = neon({ ...connection, connectionTimeoutMillis });
    return { database, close: database.close };
  }
  const pg = connection.driver === "pg" ? await loadPg() : undefined;
  if (pg === undefined) {
    const sql = await openPostgresJs(connection.options, 2);
    const { postgresJs } = await import("../database/postgres-js.js");
    return { database: postgresJs(sql), close: () => sql.end({ timeout: 5 }) };
  }
  const { nodePostgres } = await import("../database/node-postgres.js");
  // The second one looks who is in the way of the first.
  const pool = new pg.Pool({ ...connection.options, max: 2, connectionTimeoutMillis });
  return { database: nodePostgres(pool), close: () => pool.end() };
};
