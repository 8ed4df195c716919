/**
 * Questions on a terminal.
 *
 * Invariant: only the answers that are offered count; the end of the input is the answer that changes nothing.
 */
import { createInterface } from "node:readline";

/** One line of the terminal; undefined at the end of the input, or when the command is stopped. */
const readLine = (question: string, signal: AbortSignal): Promise<string | undefined> =>
  new Promise((resolve) => {
    // The terminal itself edits the line, and sends Ctrl-C as a signal.
    const lines = createInterface({ input: process.stdin, output: process.stdout, terminal: false });
    let answer: string | undefined;
    const stop = (): void => lines.close();
    signal.addEventListener("abort", stop, { once: true });
    lines.once("line", (line) => {
      answer = line;
      lines.close();
    });
    lines.once("close", () => {
      signal.removeEventListener("abort", stop);
      if (answer === undefined) process.stdout.write("\n");
      resolve(answer);
    });
    process.stdout.write(question);
  });

/** @returns whether the answer was yes; Enter is no. */
export const confirm = async (question: string, signal: AbortSignal): Promise<boolean> =>
  /^\s*y(es)?\s*$/i.test((await readLine(`${question} [y/N] `, signal)) ?? "");

/** @returns the chosen one; Enter and the end of the input are the first. */
export const choose = async <A extends string>(
  question: string,
  [first, ...others]: readonly [A, ...ReadonlyArray<A>],
  signal: AbortSignal,
): Promise<A> => {
  const words = [first, ...others];
  for (;;) {
    const line = await readLine(`${question} ${words.join(", ")} [${first}] `, signal);
    const answer = (line ?? "").trim().toLowerCase();
    const found = answer === "" ? first : words.find((word) => word === answer);
    if (found !== undefined) return found;
    process.stdout.write(`${JSON.stringify(answer)} is none of them.\n`);
  }
};
