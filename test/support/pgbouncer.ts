/**
 * A real PgBouncer in front of a test's PostgreSQL.
 *
 * Invariant: it belongs to the test that started it, listens on the loopback interface alone, and is gone after `stop`. Where the
 * machine has none there is none: whoever asks says so and passes the test over.
 */
import { execFileSync, spawn } from "node:child_process";
import { access, chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./cluster.js";

const places = [process.env.PGBOUNCER, "/usr/sbin/pgbouncer", "/usr/bin/pgbouncer", "/usr/local/bin/pgbouncer"];

/** @returns where PgBouncer is: what PGBOUNCER says, or where packages put it; undefined where it is nowhere. */
export const findPgBouncer = async (): Promise<string | undefined> => {
  for (const place of places) {
    if (place === undefined) continue;
    const isThere = await access(place).then(
      () => true,
      () => false,
    );
    if (isThere) return place;
  }
  return undefined;
};

export interface PgBouncer {
  readonly url: (role: string, password: string) => string;
  readonly stop: () => Promise<void>;
}

export interface PgBouncerOptions {
  /** What a session of PostgreSQL is given for (`transaction`). */
  readonly mode?: "transaction" | "session";
  /** Whether the session that was idle longest comes next (it does), or the one that was used last. */
  readonly roundRobin?: boolean;
}

/** It refuses to run as root. */
const nobody = () => {
  if (process.getuid?.() !== 0) return {};
  const id = (flag: string): number => Number(execFileSync("id", [flag, "nobody"]).toString());
  return { uid: id("-u"), gid: id("-g") };
};

/**
 * @param server the url of the PostgreSQL behind it.
 * @param logins the roles that log in through it, with their passwords.
 * @param size how many sessions of PostgreSQL it keeps for each login.
 * @returns a pooler that gives each transaction whichever session is free, or each client one of its own.
 */
export const startPgBouncer = async (
  program: string,
  server: string,
  logins: Readonly<Record<string, string>>,
  size: number,
  { mode = "transaction", roundRobin = true }: PgBouncerOptions = {},
): Promise<PgBouncer> => {
  const directory = await mkdtemp(join(tmpdir(), "hedgerow-pgbouncer-"));
  const port = await freePort();
  const behind = new URL(server);
  const users = join(directory, "users.txt");
  const config = join(directory, "pgbouncer.ini");
  await writeFile(
    users,
    Object.entries(logins)
      .map(([role, password]) => `"${role}" "${password}"\n`)
      .join(""),
  );
  await writeFile(
    config,
    `[databases]
app = host=${behind.hostname} port=${behind.port} dbname=app
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = ${users}
pool_mode = ${mode}
default_pool_size = ${size}
max_client_conn = 200
ignore_startup_parameters = extra_float_digits
server_round_robin = ${roundRobin ? 1 : 0}
`,
  );
  await chmod(directory, 0o755);
  const child = spawn(program, [config], { ...nobody(), stdio: ["ignore", "ignore", "pipe"] });
  const exited = new Promise((resolve) => child.once("exit", resolve));
  await new Promise<void>((resolve, reject) => {
    let output = "";
    child.stderr.on("data", (chunk) => {
      output += chunk;
      if (/process up/.test(output)) resolve();
    });
    child.once("error", reject);
    child.once("exit", () => reject(new Error(`PgBouncer did not start: ${output}`)));
  });
  return {
    url: (role, password) => `postgres://${role}:${encodeURIComponent(password)}@127.0.0.1:${port}/app`,
    stop: async () => {
      child.kill("SIGQUIT");
      await exited;
      await rm(directory, { recursive: true, force: true });
    },
  };
};
