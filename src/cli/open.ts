/**
 * A connection, opened.
 *
 * Invariant: only the driver that is asked for is loaded.
 */
import type { DatabaseShape } from "../database/database.js";
import type { Connection } from "./connection.js";
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
  const { default: pg } = await import("pg");
  const { nodePostgres } = await import("../database/node-postgres.js");
  const pool = new pg.Pool({ ...connection.options, max: 1, connectionTimeoutMillis: 15_000 });
  return { database: nodePostgres(pool), close: () => pool.end() };
};
