/**
 * A transaction in a process of its own, for a process that cannot wait: one that loads a config, or one that ends.
 *
 * Invariant: credentials and statements go through the child's stdin, so that no list of processes shows them; the answer
 * comes back through its stdout.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { type Connection, withoutSecrets } from "./connection.js";

export interface Job {
  readonly connection: Connection;
  readonly statements: ReadonlyArray<string>;
}

export interface Failure {
  readonly _tag: "SqlError" | "ConnectionError";
  readonly message: string;
  readonly sqlState?: string;
  readonly detail?: string;
}

export type Answer =
  | { readonly ok: true; readonly results: ReadonlyArray<{ readonly rows: ReadonlyArray<object> }> }
  | { readonly ok: false; readonly failure: Failure };

const isAnswer = (value: unknown): value is Answer => typeof value === "object" && value !== null && "ok" in value;

const parse = (output: string): Answer | undefined => {
  try {
    const value: unknown = JSON.parse(output);
    return isAnswer(value) ? value : undefined;
  } catch {
    return undefined;
  }
};

const silent = (ending: string | number | null): string => `The process that asks ended (${ending}) and said nothing.`;

/** Runs the statements in one transaction and waits for it. */
export const runJob = (job: Job): Answer => {
  const child = fileURLToPath(new URL("./child.js", import.meta.url));
  const { stdout, stderr, error, status, signal } = spawnSync(process.execPath, [child], {
    input: JSON.stringify(job),
    encoding: "utf8",
    // What it waits for is said at once, on the stderr of this process.
    stdio: ["pipe", "pipe", "pipe", 2],
    maxBuffer: 64 * 1024 * 1024,
    windowsHide: true,
  });
  const answer = parse(stdout) ?? {
    ok: false,
    failure: { _tag: "ConnectionError", message: error?.message || stderr.trim() || silent(signal ?? status) },
  };
  if (answer.ok) return answer;
  const { failure } = answer;
  const clean = (message: string): string => withoutSecrets(job.connection, message);
  return {
    ok: false,
    failure: {
      ...failure,
      message: clean(failure.message),
      ...(failure.detail !== undefined && { detail: clean(failure.detail) }),
    },
  };
};
