/**
 * The example application as a process.
 *
 * Invariant: whatever a test starts here has ended when `stopAll` returns.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";

const running = new Set<ChildProcess>();

export interface Started {
  readonly output: string;
  readonly url: string;
  readonly stop: () => Promise<void>;
  readonly signal: (name: "SIGINT" | "SIGTERM") => void;
  /** The code with which it ends. */
  readonly exit: Promise<number | null>;
}

export interface ExampleOptions {
  /** A folder that has node_modules and examples/app. */
  readonly directory: string;
  readonly environment: Readonly<Record<string, string>>;
}

interface Process {
  readonly child: ChildProcess;
  readonly output: () => string;
  readonly exit: Promise<number | null>;
}

export const runExample = ({ directory, environment }: ExampleOptions): Process => {
  const child = spawn(process.execPath, [join("node_modules", "tsx", "dist", "cli.mjs"), "examples/app/server.ts"], {
    cwd: directory,
    env: { ...process.env, ...environment },
  });
  running.add(child);
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (data: Buffer) => {
      text += data.toString();
    });
  }
  const exit = new Promise<number | null>((resolve) => {
    child.once("exit", (code) => {
      running.delete(child);
      resolve(code);
    });
  });
  return { child, output: () => text, exit };
};

/** Waits for the lines to try, which are the last that it prints. */
export const startExample = async (options: ExampleOptions): Promise<Started> => {
  const { child, output, exit } = runExample(options);
  for (;;) {
    const url = /runs at (http:\/\/localhost:\d+)/.exec(output())?.[1];
    if (url && output().includes("total=true")) {
      return {
        output: output(),
        url,
        signal: (name) => child.kill(name),
        exit,
        stop: async () => {
          child.kill("SIGTERM");
          await exit;
        },
      };
    }
    const pause = new Promise<false>((resolve) => setTimeout(() => resolve(false), 50));
    const ended = await Promise.race([exit.then(() => true), pause]);
    if (ended) throw new Error(`The example ended:\n${output()}`);
  }
};

export const stopAll = (): void => {
  for (const child of running) child.kill("SIGKILL");
};

const json = { "content-type": "application/json" };

/** @returns the cookies of a session. */
export const signInAt = async (url: string, email: string): Promise<string> => {
  const response = await fetch(`${url}/auth/v1/sign-in/email`, {
    method: "POST",
    headers: json,
    body: JSON.stringify({ email, password: "correct horse battery staple" }),
  });
  if (!response.ok) throw new Error(`${email} could not sign in: ${response.status}`);
  return response.headers
    .getSetCookie()
    .map((cookie) => cookie.split(";")[0])
    .join("; ");
};

export const chooseAt = async (url: string, cookie: string, organizationSlug: string): Promise<void> => {
  const response = await fetch(`${url}/auth/v1/organization/set-active`, {
    method: "POST",
    headers: { ...json, cookie, origin: url },
    body: JSON.stringify({ organizationSlug }),
  });
  if (!response.ok) throw new Error(`${organizationSlug} could not be chosen: ${response.status}`);
};
