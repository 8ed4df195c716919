/**
 * A PostgreSQL 18 for benchmarks, outside of a test run.
 *
 * Invariant: the same installation as that of the tests, with the memory of a small server and Postgres's own planner
 * settings. Nothing has to survive a crash, so nothing waits for a disk.
 */
import { connectTo, type FreshPostgres, startCluster } from "../../test/support/cluster.js";
import setup, { type PostgresInstallation } from "../../test/support/postgres-server.js";

const settings = `
max_connections = 100
shared_buffers = 256MB
effective_cache_size = 1GB
maintenance_work_mem = 128MB
max_wal_size = 4GB
fsync = off
synchronous_commit = off
full_page_writes = off
autovacuum = off
timezone = 'UTC'
log_timezone = 'UTC'
`;

/** Gives a new, empty cluster to each piece of work that asks for one, and removes all of them at the end. */
export const withPostgres = async <A>(
  use: (open: (extra?: string) => Promise<FreshPostgres>) => Promise<A>,
): Promise<A> => {
  let installation: PostgresInstallation | undefined;
  const remove = await setup({
    provide: (_, value) => {
      installation = value;
    },
  });
  const opened: Array<FreshPostgres> = [];
  try {
    return await use(async (extra = "") => {
      if (installation === undefined) throw new Error("PostgreSQL was not installed.");
      const server = connectTo(installation, await startCluster(installation, `${settings}${extra}`));
      opened.push(server);
      return server;
    });
  } finally {
    await Promise.all(opened.map((server) => server.close().catch(() => {})));
    await remove();
  }
};
