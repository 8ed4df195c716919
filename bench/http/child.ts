/**
 * A target in a process of its own.
 *
 * Invariant: it is ready when this returns, and ends with `stop` or with this process.
 */
import { fork } from "node:child_process";
import { join } from "node:path";
import { built } from "./build.js";
import type { Send } from "./isolation.js";
import { lastWords } from "./last-words.js";
import type { Shares } from "./profile.js";
import type { Connections } from "./target.js";
import type { Target } from "./targets.js";

export interface Running {
  readonly target: Target;
  readonly pid: number;
  readonly port: number;
  readonly send: Send;
  /** Samples what its process does while something runs. */
  readonly profile: (during: () => Promise<void>) => Promise<Shares>;
  readonly stop: () => Promise<void>;
}

/**
 * @param node the Node.js that it runs on.
 * @throws Error with the last words of the process when it ends before it serves.
 */
export const start = async (target: Target, connections: Connections, node = process.execPath): Promise<Running> => {
  const child = fork(join(built, "serve.js"), [target.module, JSON.stringify(connections)], {
    execPath: node,
    stdio: ["ignore", "ignore", "pipe", "ipc"],
    env: { ...process.env, NODE_ENV: "production" },
  });
  let output = "";
  child.stderr?.on("data", (chunk) => {
    output = (output + chunk).slice(-2000);
  });
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const port = await new Promise<number>((resolve, reject) => {
    child.once("message", (message: { readonly port: number }) => resolve(message.port));
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`${target.name} ended with ${code}: ${lastWords(output)}`)));
  });
  const reply = <A>(message: string): Promise<A> =>
    new Promise((resolve, reject) => {
      const ended = (): void => reject(new Error(`${target.name} ended: ${lastWords(output)}`));
      child.once("exit", ended);
      child.once("message", (answer: A) => {
        child.off("exit", ended);
        resolve(answer);
      });
      child.send(message);
    });
  return {
    target,
    pid: child.pid ?? 0,
    port,
    send: async ({ method, path, headers, body }) => {
      const response = await fetch(`http://127.0.0.1:${port}${path}`, {
        method,
        headers: { ...headers },
        ...(body !== undefined && { body }),
      });
      return { status: response.status, text: await response.text() };
    },
    profile: async (during) => {
      await reply("profile");
      await during();
      return (await reply<{ readonly shares: Shares }>("shares")).shares;
    },
    stop: async () => {
      child.kill();
      await exited;
    },
  };
};
