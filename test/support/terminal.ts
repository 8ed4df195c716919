/**
 * A command on a real terminal: util-linux's `script` (part of Debian's essential `bsdutils`) gives it a pseudo-terminal.
 *
 * Invariant: an answer is sent when its question is on the screen, so nothing depends on how fast a machine is; a question
 * that never comes ends the test with what was on the screen.
 */
import { spawn } from "node:child_process";

export interface Answer {
  /** What is on the screen when the answer is due, behind what was there at the answer before. */
  readonly when: string | RegExp;
  /** The keys. */
  readonly keys: string;
}

export const keys = { enter: "\r", down: "\u001b[B", interrupt: "\u0003", end: "\u0004" } as const;

export interface Session {
  readonly code: number;
  /** Everything that was shown, without colours and movements of the cursor. */
  readonly screen: string;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that a terminal obeys.
const control = /\u001b\[[0-9;?]*[A-Za-z]|\u001b[78=>]|\r/g;

/** Only what hangs is silent for so long. */
const silenceMs = 60_000;

const quoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;

/** Runs `node script …args` in a folder, on a terminal, and answers its questions in order. */
export const onTerminal = (
  [file, ...args]: readonly [string, ...ReadonlyArray<string>],
  cwd: string,
  answers: ReadonlyArray<Answer>,
  environment: NodeJS.ProcessEnv = {},
): Promise<Session> => {
  const { NODE_OPTIONS: _, VITEST: __, CI: ___, ...env } = process.env;
  const command = [process.execPath, file, ...args].map(quoted).join(" ");
  const child = spawn("script", ["--quiet", "--return", "--command", command, "/dev/null"], {
    cwd,
    env: { ...env, TERM: "xterm", ...environment },
    stdio: ["pipe", "pipe", "pipe"],
  });
  let screen = "";
  let seen = 0;
  let late: NodeJS.Timeout | undefined;
  const left = [...answers];
  const look = (): void => {
    const [next] = left;
    if (next === undefined) return;
    const text = screen.slice(seen);
    const found = typeof next.when === "string" ? text.includes(next.when) : next.when.test(text);
    if (!found) return;
    seen = screen.length;
    left.shift();
    child.stdin.write(next.keys);
  };
  child.stdout.on("data", (data: Buffer) => {
    late?.refresh();
    screen += data.toString().replace(control, "");
    look();
  });
  child.stderr.on("data", (data: Buffer) => {
    screen += data.toString();
  });
  return new Promise((resolve, reject) => {
    late = setTimeout(() => {
      child.kill("SIGKILL");
      reject(
        new Error(`Nothing was shown for ${silenceMs / 1_000} seconds, and no answer was due. The screen:\n${screen}`),
      );
    }, silenceMs);
    child.once("error", (cause) => {
      clearTimeout(late);
      reject(cause);
    });
    child.once("close", (code) => {
      clearTimeout(late);
      resolve({ code: code ?? -1, screen });
    });
  });
};
