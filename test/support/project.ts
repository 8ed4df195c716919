/**
 * A project of a user: a folder with the packed package installed, and drizzle-kit as the command that it is.
 *
 * Invariant: the package is built and packed once per test run and unpacked for each project, so nothing is resolved that
 * the tarball does not hold or package.json does not export.
 */
import { type ChildProcess, execFile, fork, spawn } from "node:child_process";
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
  /** The same, with the process in hand. It leads a process group, so that `kill(-pid)` reaches what it has started. */
  readonly start: (args: ReadonlyArray<string>, environment?: NodeJS.ProcessEnv) => Running;
  /** Copies files of this folder, for what a test and a project share. */
  readonly share: (...files: ReadonlyArray<string>) => Promise<void>;
  /** Compiles TypeScript files of the project, with declarations and all; nothing is written. */
  readonly compile: (files: ReadonlyArray<string>) => Promise<Ran>;
  /** Runs a script of this repository in the folder. */
  readonly node: (script: string, args: ReadonlyArray<string>) => Promise<Ran>;
  /** What npm finds wrong with what is installed: a version that somebody's range leaves out. */
  readonly misfits: () => Promise<ReadonlyArray<string>>;
  /** Starts a TypeScript file of the project that talks over IPC. */
  readonly fork: (file: string, environment?: NodeJS.ProcessEnv) => ChildProcess;
  readonly startDrizzleKit: (args: ReadonlyArray<string>, environment?: NodeJS.ProcessEnv) => Running;
  /** The process in which a push changes the catalog: statements on stdin, one transaction. */
  readonly startJob: (input: string) => Running;
  readonly remove: () => Promise<void>;
}

const repository = fileURLToPath(new URL("../..", import.meta.url));
const dependencies = [
  ".bin",
  "@electric-sql",
  "@hono",
  "@neondatabase",
  "@types",
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
    (args: ReadonlyArray<string>, environment: NodeJS.ProcessEnv = {}, input = ""): Running => {
      const { NODE_OPTIONS: _, VITEST: __, ...env } = process.env;
      const child = spawn(process.execPath, [script, ...args], {
        cwd: directory,
        env: { ...env, ...environment },
        detached: true,
      });
      const output = { stdout: "", stderr: "" };
      for (const name of ["stdout", "stderr"] as const) {
        child[name].setEncoding("utf8").on("data", (text: string) => {
          output[name] += text;
        });
      }
      const ran = new Promise<Ran>((resolve, reject) => {
        child.once("error", reject);
        child.once("close", (code) => resolve({ code: code ?? -1, ...output }));
      });
      // It may be killed before it has read everything.
      child.stdin.on("error", () => {}).end(input);
      return { child, ran };
    };
  const drizzleKit = start(join(modules, "drizzle-kit", "bin.cjs"));
  const compiler = start(join(repository, "node_modules", "typescript", "bin", "tsc"));
  const hedgerow = start(join(modules, "hedgerow", "dist", "cli", "bin.js"));
  const job = start(join(modules, "hedgerow", "dist", "cli", "child.js"));
  return {
    directory,
    write: (file, text) => writeFile(join(directory, file), text),
    drizzleKit: (args, environment) => drizzleKit(args, environment).ran,
    hedgerow: (args, environment) => hedgerow(args, environment).ran,
    start: hedgerow,
    share: async (...files) => {
      for (const file of files) await cp(fileURLToPath(new URL(file, import.meta.url)), join(directory, file));
    },
    compile: async (given) => {
      const compilerOptions = {
        ...{ target: "es2022", module: "nodenext", moduleResolution: "nodenext", noEmit: true },
        ...{ strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true, types: ["node"] },
      };
      await writeFile(join(directory, "tsconfig.json"), JSON.stringify({ compilerOptions, files: given }));
      return await compiler(["-p", "tsconfig.json", "--pretty", "false"]).ran;
    },
    node: (script, args) => start(script)(args).ran,
    misfits: async () => {
      const asked = ["ls", "drizzle-orm", "drizzle-kit", "--json", "--offline"];
      // It fails where it finds something, and finds much in a folder that it has not filled itself.
      const { stdout } = await run("npm", asked, { cwd: directory }).catch((failure: { stdout: string }) => failure);
      const { problems = [] }: { problems?: ReadonlyArray<string> } = JSON.parse(stdout);
      return problems.filter((found) => found.startsWith("invalid:"));
    },
    fork: (file, environment) =>
      fork(join(directory, file), [], {
        cwd: directory,
        env: { ...process.env, ...environment },
        execArgv: ["--import", "tsx"],
      }),
    startDrizzleKit: drizzleKit,
    startJob: (input) => job([], {}, input),
    remove: () => rm(directory, { recursive: true, force: true }),
  };
};
