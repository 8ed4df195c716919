/**
 * Databases for tests: real, empty, and nobody else's.
 *
 * Invariant: what one call returns shares nothing with what another returned, roles included (see postgres-server.ts). A
 * test file may therefore create roles, change passwords and drop anything, whatever runs beside it. Within one
 * database the usual races remain: two sessions that alter the same role at once can get `tuple concurrently updated`,
 * so set a database up before using it from several connections.
 */
import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { inject } from "vitest";
import { connectTo, type FreshPostgres, startCluster } from "./cluster.js";
import { fifteen, installFor } from "./postgres-server.js";

export type { FreshPostgres } from "./cluster.js";

/** A new PostgreSQL 18 with the empty database `app`, which `hedgerow_owner` owns. */
export const freshPostgres = async (): Promise<FreshPostgres> => {
  const installation = inject("postgres");
  return connectTo(installation, await startCluster(installation, forTests));
};

/** The oldest PostgreSQL that is supported, made like that of `freshPostgres`. */
export const freshPostgres15 = async (): Promise<FreshPostgres> => {
  const installation = await installFor(fifteen);
  const known = forTests.replace(/^io_method.*\n/m, "");
  const connected = connectTo(installation, await startCluster(installation, known));
  return {
    ...connected,
    close: async () => {
      await connected.close();
      await installation.remove();
    },
  };
};

/**
 * A PostgreSQL like that of `freshPostgres`, and a physical replica that streams from it: a copy of the same beginning, so
 * that no base backup is needed.
 */
export const freshReplicated = async (): Promise<{
  readonly primary: FreshPostgres;
  readonly replica: FreshPostgres;
}> => {
  const installation = inject("postgres");
  const replicating = `${forTests}wal_level = replica\nmax_wal_senders = 10\nwal_keep_size = 256MB\n`;
  const primary = await startCluster(installation, replicating);
  const source = `host=127.0.0.1 port=${primary.port} user=postgres password=${installation.password}`;
  const follows = `${replicating}primary_conninfo = '${source}'\n`;
  const replica = await startCluster(installation, follows, "standby.signal");
  return { primary: connectTo(installation, primary), replica: connectTo(installation, replica) };
};

/** Nothing here has to survive a crash. UTC, because a test must not depend on where it runs. */
const forTests = `
max_connections = 100
shared_buffers = 16MB
fsync = off
synchronous_commit = off
full_page_writes = off
wal_level = minimal
max_wal_senders = 0
max_logical_replication_workers = 0
io_method = sync
autovacuum = off
timezone = 'UTC'
log_timezone = 'UTC'
`;

/**
 * A new PGlite. To initialise one takes 3 s and to load a dump 0.5 s, so the first call of a run writes a dump for all
 * others. Two may both be first; then the later one replaces the dump by another like it.
 */
export const freshPglite = async (): Promise<PGlite> => {
  const path = join(inject("postgres").directory, "pglite.tar");
  const dump = (await readFile(path).catch(() => null)) ?? (await writeDump(path));
  return PGlite.create({ loadDataDir: new Blob([new Uint8Array(dump)]) });
};

const writeDump = async (path: string): Promise<Buffer> => {
  const original = await PGlite.create();
  const dump = Buffer.from(await (await original.dumpDataDir("none")).arrayBuffer());
  await original.close();
  const draft = `${path}.${crypto.randomUUID()}`;
  await writeFile(draft, dump);
  await rename(draft, path);
  return dump;
};
