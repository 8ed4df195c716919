/**
 * The folder of a user's project, beside others under one node_modules.
 *
 * Invariant: what runs in it is the packed package and what a user would type; nothing of the repository is reached but by
 * node_modules.
 */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Project, Ran } from "./project.js";

const repository = fileURLToPath(new URL("../..", import.meta.url));
const run = promisify(execFile);

/** A server that was started by a script. */
export interface Serving {
  readonly url: string;
  /** All that it has written. */
  readonly output: () => string;
  /** Asks it to end as a terminal does, and waits for it. */
  readonly end: () => Promise<void>;
}

export interface Folder {
  readonly path: string;
  readonly hedgerow: (args: ReadonlyArray<string>, environment?: NodeJS.ProcessEnv) => Promise<Ran>;
  /** Runs a script of Node's in it, without a terminal. */
  readonly run: (script: string, args: ReadonlyArray<string>, environment?: NodeJS.ProcessEnv) => Promise<Ran>;
  readonly read: (file: string) => Promise<string>;
  readonly write: (file: string, text: string) => Promise<void>;
  /** Every file with its text. */
  readonly contents: () => Promise<Readonly<Record<string, string>>>;
  /** `npm run <name>`, until it says that it answers. */
  readonly serve: (name: string, port: number, environment?: NodeJS.ProcessEnv) => Promise<Serving>;
}

const plainEnvironment = (): NodeJS.ProcessEnv => {
  const { NODE_OPTIONS: _, VITEST: __, NODE_ENV: ___, ...env } = process.env;
  return env;
};

export const commandOf = (installed: Project): string =>
  join(installed.directory, "node_modules", "hedgerow", "dist", "cli", "bin.js");

const ended = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve();
    else child.once("close", () => resolve());
  });

const serveBy = async (path: string, name: string, port: number, environment: NodeJS.ProcessEnv): Promise<Serving> => {
  const child = spawn("npm", ["run", "--silent", name], {
    cwd: path,
    env: { ...plainEnvironment(), PORT: String(port), ...environment },
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  const end = async (): Promise<void> => {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, "SIGTERM");
    await ended(child);
  };
  await new Promise<void>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        output += text;
        if (output.includes("answers.")) resolve();
      });
    }
    child.once("error", reject);
    child.once("close", (code) => reject(new Error(`It ended with ${code}: ${output}`)));
  });
  return { url: `http://localhost:${port}`, output: () => output, end };
};

export const makeFolder = async (
  installed: Project,
  name: string,
  files: Readonly<Record<string, string>>,
): Promise<Folder> => {
  const path = join(installed.directory, name);
  const write = async (file: string, text: string): Promise<void> => {
    await mkdir(dirname(join(path, file)), { recursive: true });
    await writeFile(join(path, file), text);
  };
  for (const [file, text] of Object.entries(files)) await write(file, text);
  const read = (file: string): Promise<string> => readFile(join(path, file), "utf8");
  const runScript: Folder["run"] = (script, args, environment = {}) =>
    new Promise((resolve) => {
      const child = execFile(
        process.execPath,
        [script, ...args],
        { cwd: path, env: { ...plainEnvironment(), ...environment } },
        (error, stdout, stderr) =>
          resolve({ code: error === null ? 0 : typeof error.code === "number" ? error.code : -1, stdout, stderr }),
      );
      child.stdin?.end();
    });
  return {
    path,
    read,
    write,
    hedgerow: (args, environment) => runScript(commandOf(installed), args, environment),
    run: runScript,
    contents: async () => {
      const entries = await readdir(path, { recursive: true, withFileTypes: true });
      const names = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
      return Object.fromEntries(await Promise.all(names.map(async (file) => [file, await readFile(file, "utf8")])));
    },
    serve: (script, port, environment = {}) => serveBy(path, script, port, environment),
  };
};

export const tsconfig = (module: "nodenext" | "bundler"): string =>
  JSON.stringify({
    compilerOptions: {
      target: "es2022",
      module: module === "bundler" ? "esnext" : module,
      moduleResolution: module,
      strict: true,
      noEmit: true,
      skipLibCheck: true,
      types: ["node"],
    },
  });

export const typeCheck = (path: string): Promise<unknown> =>
  run(process.execPath, [
    join(repository, "node_modules", "typescript", "bin", "tsc"),
    "-p",
    path,
    "--pretty",
    "false",
  ]).catch(({ stdout }: { stdout: string }) => {
    throw new Error(stdout);
  });
