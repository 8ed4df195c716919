/**
 * A project of a user: a folder with the packed package installed, and drizzle-kit as the command that it is.
 *
 * Invariant: the package is built and packed once per test run and unpacked for each project, so nothing is resolved that
 * the tarball does not hold or package.json does not export.
 */
import { type ChildProcess, execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { inject } from "vitest";

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcess;
  readonly ran: Promise<Ran>;
}

export interface Project {
  readonly directory: string;
  readonly write: (file: string, text: string) => Promise<void>;
  /** Runs `drizzle-kit` as npx does, without a terminal. */
  readonly drizzleKit: (args: ReadonlyArray<string>, environment?: NodeJS.ProcessEnv) => Promise<Ran>;
  /** Runs `hedgerow` as npx does, without a terminal. */
  readonly hedgerow: (args: ReadonlyArray<string>, environment?: NodeJS.ProcessEnv) => Promise<Ran>;
  /** The same, with the process in hand. */
  readonly start: (args: ReadonlyArray<string>, environment?: NodeJS.ProcessEnv) => Running;
  readonly remove: () => Promise<void>;
}

const repository = fileURLToPath(new URL("../..", import.meta.url));
const dependencies = [
  ".bin",
  "@effect",
  "@electric-sql",
  "@hono",
  "@neondatabase",
  "better-auth",
  "drizzle-kit",
  "drizzle-orm",
  "effect",
  "hono",
  "jiti",
  "jose",
  "pg",
  "postgres",
  "tsx",
  "ws",
];
const run = promisify(execFile);

/** Builds and packs the package as `npm publish` would: once per test run, by whoever needs it first. */
const pack = async (): Promise<string> => {
  const packed = join(inject("postgres").directory, "hedgerow.tgz");
  if (existsSync(packed)) return packed;
  const staging = await mkdtemp(join(tmpdir(), "hedgerow-package-"));
  for (const file of ["package.json", "README.md", "LICENSE"]) await cp(join(repository, file), join(staging, file));
  const compiler = join(repository, "node_modules", "typescript", "bin", "tsc");
  const config = join(repository, "tsconfig.build.json");
  await run(process.execPath, [compiler, "-p", config, "--outDir", join(staging, "dist")]);
  await run("npm", ["pack", "--ignore-scripts", "--silent"], { cwd: staging });
  const tarball = (await readdir(staging)).find((file) => file.endsWith(".tgz"));
  if (tarball === undefined) throw new Error("npm packed nothing.");
  // Two at once make the same file, and the second replaces the first in one step.
  const own = `${packed}.${process.pid}`;
  await cp(join(staging, tarball), own);
  await rename(own, packed);
  await rm(staging, { recursive: true });
  return packed;
};

/** Unpacks it where `npm install` would. */
const install = async (modules: string): Promise<void> => {
  await run("tar", ["-xzf", await pack(), "-C", modules]);
  await rename(join(modules, "package"), join(modules, "hedgerow"));
};

/** The line of Drizzle that a project has installed. */
export type DrizzleLine = "0.45" | "1.0";

/**
 * Puts Drizzle 1.0 where 0.45 would be. A copy, because a link would be followed back to a folder beside 0.45, and
 * drizzle-kit would then load that one.
 */
const installDrizzle1 = async (modules: string): Promise<void> => {
  for (const name of ["drizzle-orm", "drizzle-kit"]) {
    await rm(join(modules, name));
    await cp(join(repository, "node_modules", `${name}-1`), join(modules, name), { recursive: true });
  }
};

export const makeProject = async (line: DrizzleLine = "0.45"): Promise<Project> => {
  const directory = await mkdtemp(join(tmpdir(), "hedgerow-project-"));
  const modules = join(directory, "node_modules");
  await mkdir(modules);
  await Promise.all(
    dependencies.map((name) => symlink(join(repository, "node_modules", name), join(modules, name), "junction")),
  );
  if (line === "1.0") await installDrizzle1(modules);
  await install(modules);
  const start =
    (script: string) =>
    (args: ReadonlyArray<string>, environment: NodeJS.ProcessEnv = {}): Running => {
      const { NODE_OPTIONS: _, VITEST: __, ...env } = process.env;
      let end = (_: Ran): void => {};
      const ran = new Promise<Ran>((resolve) => {
        end = resolve;
      });
      const child = execFile(
        process.execPath,
        [script, ...args],
        { cwd: directory, env: { ...env, ...environment } },
        (error, stdout, stderr) =>
          end({ code: error === null ? 0 : typeof error.code === "number" ? error.code : -1, stdout, stderr }),
      );
      child.stdin?.end();
      return { child, ran };
    };
  const drizzleKit = start(join(modules, "drizzle-kit", "bin.cjs"));
  const hedgerow = start(join(modules, "hedgerow", "dist", "cli", "bin.js"));
  return {
    directory,
    write: (file, text) => writeFile(join(directory, file), text),
    drizzleKit: (args, environment) => drizzleKit(args, environment).ran,
    hedgerow: (args, environment) => hedgerow(args, environment).ran,
    start: hedgerow,
    remove: () => rm(directory, { recursive: true, force: true }),
  };
};
