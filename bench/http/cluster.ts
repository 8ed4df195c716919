/**
 * A PostgreSQL of the benchmark's own.
 *
 * Invariant: nothing outside a temporary directory is written, and neither it nor the server outlives this process.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { appendFile, mkdtemp } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { install } from "../../test/support/postgres-server.js";
import type { Server } from "./databases.js";

export interface Cluster extends Server {
  /** Of the process whose children serve the connections. */
  readonly pid: number;
  readonly stop: () => Promise<void>;
}

/** As for a small server. Autovacuum would work beside a slice or not, as it happens. */
const settings = `
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 300
shared_buffers = 512MB
autovacuum = off
timezone = 'UTC'
log_timezone = 'UTC'
`;

export const startCluster = async (): Promise<Cluster> => {
  const directory = await mkdtemp(join(tmpdir(), "hedgerow-bench-"));
  const remove = (): void => rmSync(directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  try {
    const { server, template, user, password } = await install(directory);
    await appendFile(join(template, "postgresql.conf"), settings);
    const port = await freePort();
    const child = spawn(server, ["-D", template, "-p", String(port)], { ...user, stdio: ["ignore", "ignore", "pipe"] });
    // Also where nobody calls `stop` any more.
    const abandon = (): void => {
      child.kill("SIGQUIT");
      remove();
    };
    process.once("exit", abandon);
    await ready(child);
    return {
      pid: child.pid ?? 0,
      url: (role, database, secret = password) => `postgres://${role}:${secret}@127.0.0.1:${port}/${database}`,
      stop: async () => {
        const exited = new Promise((resolve) => child.once("exit", resolve));
        child.kill("SIGQUIT");
        await exited;
        process.off("exit", abandon);
        remove();
      },
    };
  } catch (cause) {
    remove();
    throw cause;
  }
};

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
    child.stderr?.on("data", (chunk) => {
      output = (output + chunk).slice(-4000);
      if (output.includes("ready to accept connections")) resolve();
    });
    child.once("error", reject);
    child.once("exit", () => reject(new Error(`PostgreSQL did not start: ${output}`)));
  });
