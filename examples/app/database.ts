/**
 * Where the example's data are: a folder with an embedded PGlite, or a PostgreSQL.
 *
 * Invariant: on PostgreSQL the router and Better Auth connect as two different roles, and neither owns a table.
 */
import { drizzle as drizzlePostgres } from "drizzle-orm/node-postgres";
import { drizzle as drizzlePglite } from "drizzle-orm/pglite";
import type { DatabaseShape } from "hedgerow/hono";
import { nodePostgres } from "hedgerow/node-postgres";
import { openPglite, pglite } from "hedgerow/pglite";
import pg from "pg";
import type { createAuth } from "./auth.js";

export interface ExampleDatabase {
  /** What the router queries. */
  readonly api: DatabaseShape;
  /** What Better Auth queries. */
  readonly auth: Parameters<typeof createAuth>[0];
  /** Whether this process sets the database up itself; a PostgreSQL is set up by `drizzle-kit push`. */
  readonly embedded: boolean;
  readonly close: () => Promise<void>;
}

/**
 * @param folder where PGlite keeps its files; they survive a restart.
 * @throws FolderTaken where another process has it open.
 */
export const openEmbedded = async (folder: string): Promise<ExampleDatabase> => {
  const client = await openPglite(folder);
  return { api: pglite(client), auth: drizzlePglite({ client }), embedded: true, close: () => client.close() };
};

/**
 * @param apiUrl connects as `hedgerow_api`.
 * @param authUrl connects as `hedgerow_auth`.
 */
export const openPostgres = (apiUrl: string, authUrl: string): ExampleDatabase => {
  // Without it a connection that cannot be made holds its place in the pool until the network gives it up.
  const connectionTimeoutMillis = 5_000;
  const api = new pg.Pool({ connectionString: apiUrl, connectionTimeoutMillis });
  const auth = new pg.Pool({ connectionString: authUrl, connectionTimeoutMillis });
  return {
    api: nodePostgres(api),
    auth: drizzlePostgres({ client: auth }),
    embedded: false,
    close: async () => {
      await Promise.all([api.end(), auth.end()]);
    },
  };
};
