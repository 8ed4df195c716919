/**
 * Databases for tests: real, empty, and nobody else's.
 *
 * Invariant: what one call returns shares nothing with what another returned, roles included (see postgres-server.ts). A
 * test file may therefore create roles, change passwords and drop anything, whatever runs beside it. Within one
 * database the usual races remain: two sessions that alter the same role at once can get `tuple concurrently updated`,
 * so set a database up before using it from several connections.
 */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { appendFile, readFile, rename, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { PGlite } from "@electric-sql/pglite";
import pg from "pg";
import { inject } from "vitest";

export interface FreshPostgres {
  /** Connects as `hedgerow_owner`: owns the database, NOSUPERUSER, CREATEROLE, NOBYPASSRLS. */
  readonly ownerUrl: string;
  /** Connects as the superuser. For setting a test up, never for what it proves. */
  readonly superuserUrl: string;
  /** A real login with a password, of a role that the test has made. */
  readonly url: (role: string, password: string) => string;
  readonly ownerPool: pg.Pool;
  /** A pool of the test's own, which `close` ends as well. */
  readonly pool: (url: string, config?: pg.PoolConfig) => pg.Pool;
  /** Stops the server: `fast` tells its clients goodbye, `immediate` is a crash. Its data stay. */
  readonly stop: (how: "fast" | "immediate") => Promise<void>;
  /** Starts it again, on the same port, with these settings beside its own. */
  readonly start: (settings?: ReadonlyArray<string>) => Promise<void>;
  /** Whether it is a standby when it starts, one that waits for a primary that never says anything. */
  readonly asStandby: (standby: boolean) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** A new PostgreSQL 18 with the empty database `app`, which `hedgerow_owner` owns. */
export const freshPostgres = async (): Promise<FreshPostgres> => {
  const { password } = inject("postgres");
  const { port, stop, start, asStandby, remove } = await startCluster();
  const url = (role: string, secret: string): string =>
    `postgres://${encodeURIComponent(role)}:${encodeURIComponent(secret)}@127.0.0.1:${port}/app`;
  const pools: Array<pg.Pool> = [];
  const pool = (connectionString: string, config: pg.PoolConfig = {}): pg.Pool => {
    const made = new pg.Pool({ connectionString, ...config });
    // A test may stop the server, or terminate a connection that is idle.
    made.on("error", () => {});
    pools.push(made);
    return made;
  };
  const ownerUrl = url("hedgerow_owner", password);
  return {
    ownerUrl,
    superuserUrl: url("postgres", password),
    url,
    ownerPool: pool(ownerUrl),
    pool,
    stop,
    start,
    asStandby,
    close: async () => {
      await Promise.all(pools.filter((each) => !each.ending).map((each) => each.end()));
      await remove();
    },
  };
};

interface Cluster {
  readonly port: number;
  readonly stop: FreshPostgres["stop"];
  readonly start: FreshPostgres["start"];
  readonly asStandby: FreshPostgres["asStandby"];
  readonly remove: () => Promise<void>;
}

let clusters = 0;

const startCluster = async (): Promise<Cluster> => {
  const { server, template, user } = inject("postgres");
  clusters += 1;
  const directory = join(template, "..", `${process.pid}-${clusters}`);
  // `cp` and not Node's, because the files must belong to the user that the server runs as.
  await promisify(execFile)("cp", ["-R", template, directory], { ...user });
  await appendFile(join(directory, "postgresql.conf"), settings);
  const run = async (port: number, own: ReadonlyArray<string> = []): Promise<ChildProcess> => {
    const options = own.flatMap((setting) => ["-c", setting]);
    const child = spawn(server, ["-D", directory, "-p", String(port), ...options], {
      ...user,
      stdio: ["ignore", "ignore", "pipe"],
    });
    await ready(child);
    return child;
  };
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort();
    try {
      let child = await run(port);
      return {
        port,
        stop: (how) => stopServer(child, how),
        start: async (own) => {
          child = await run(port, own);
        },
        asStandby: (standby) => {
          const signal = join(directory, "standby.signal");
          return standby ? writeFile(signal, "") : rm(signal);
        },
        remove: async () => {
          // At once, as in a crash: nothing of it is needed any more.
          await stopServer(child, "immediate");
          await rm(directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
        },
      };
    } catch (cause) {
      // Another process may have taken the port in between.
      if (attempt === 5) throw cause;
    }
  }
};

/** Nothing here has to survive a crash. UTC, because a test must not depend on where it runs. */
const settings = `
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
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

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() =>
        address !== null && typeof address === "object" ? resolve(address.port) : reject(new Error("No port")),
      );
    });
  });

const ready = (child: ChildProcess): Promise<void> =>
  new Promise((resolve, reject) => {
    let output = "";
    // It keeps listening afterwards: a pipe that nobody reads would stop the server when it is full.
    child.stderr?.on("data", (chunk) => {
      output = (output + chunk).slice(-4000);
      if (/ready to accept connections|entering standby mode/.test(output)) resolve();
    });
    child.once("error", reject);
    child.once("exit", () => reject(new Error(`PostgreSQL did not start: ${output}`)));
  });

const stopServer = async (child: ChildProcess, how: "fast" | "immediate"): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise((resolve) => child.once("exit", resolve));
  child.kill(how === "fast" ? "SIGINT" : "SIGQUIT");
  await exited;
};

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
