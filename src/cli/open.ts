/**
 * A connection, opened.
 *
 * Invariant: only the driver that is asked for is loaded.
 */
import type { DatabaseShape } from "../database/database.js";
import type { Connection } from "./connection.js";
import { connectionTimeoutMillis, loadPg, openPostgresJs } from "./drivers.js";
import { claimFolder } from "./folder-lock.js";

export interface Opened {
  readonly database: DatabaseShape;
  readonly close: () => Promise<void>;
}

export const openDatabase = async (connection: Connection): Promise<Opened> => {
  if (connection.driver === "pglite") {
    const { PGlite } = await import("@electric-sql/pglite");
    const { pglite } = await import("../database/pglite.js");
    const release = await claimFolder(connection.dataDir);
    try {
      const client = await PGlite.create(connection.dataDir);
      return { database: pglite(client), close: () => client.close().finally(release) };
    } catch (cause) {
      release();
      throw cause;
    }
  }
  if (connection.driver === "neon") {
    const { neon } = await import("../database/neon.js");
    const database = neon({ ...connection, connectionTimeoutMillis });
    return { database, close: database.close };
  }
  const pg = connection.driver === "pg" ? await loadPg() : undefined;
  if (pg === undefined) {
    const sql = await openPostgresJs(connection.options);
    const { postgresJs } = await import("../database/postgres-js.js");
    return { database: postgresJs(sql), close: () => sql.end({ timeout: 5 }) };
  }
  const { nodePostgres } = await import("../database/node-postgres.js");
  const pool = new pg.Pool({ ...connection.options, max: 1, connectionTimeoutMillis });
  return { database: nodePostgres(pool), close: () => pool.end() };
};
