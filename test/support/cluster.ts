/**
 * A PostgreSQL 18 that runs as a process of its own, and connections to it.
 *
 * Invariant: each is a copy of the installation's template (see postgres-server.ts), in its folder, and listens on the
 * loopback interface alone. It is gone after `stop`.
 */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { appendFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import pg from "pg";
import type { PostgresInstallation } from "./postgres-server.js";

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

/** The database `app` of a cluster, as its owner, as the superuser and as whoever else has a login. */
export const connectTo = ({ password }: PostgresInstallation, cluster: Cluster): FreshPostgres => {
  const { port, stop, start, asStandby, remove } = cluster;
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

/** A server that runs. */
export interface Cluster {
  readonly port: number;
  readonly stop: FreshPostgres["stop"];
  readonly start: FreshPostgres["start"];
  readonly asStandby: FreshPostgres["asStandby"];
  /** Stops it at once, as in a crash: nothing of it is needed any more. */
  readonly remove: () => Promise<void>;
}

let clusters = 0;

/** In front of the settings that a cluster is started with. */
const local = `
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
`;

/**
 * @param settings lines of `postgresql.conf`.
 * @param signal an empty file that tells the server what it is: `standby.signal`.
 */
export const startCluster = async (
  { server, template, user }: PostgresInstallation,
  settings: string,
  signal?: string,
): Promise<Cluster> => {
  clusters += 1;
  const directory = join(template, "..", `${process.pid}-${clusters}`);
  // `cp` and not Node's, because the files must belong to the user that the server runs as.
  await promisify(execFile)("cp", ["-R", template, directory], { ...user });
  await appendFile(join(directory, "postgresql.conf"), `${local}${settings}`);
  if (signal !== undefined) await writeFile(join(directory, signal), "");
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
          const file = join(directory, "standby.signal");
          return standby ? writeFile(file, "") : rm(file);
        },
        remove: async () => {
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

export const freePort = (): Promise<number> =>
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
      if (/ready to accept (read-only )?connections|entering standby mode/.test(output)) resolve();
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
