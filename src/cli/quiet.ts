/**
 * drizzle-kit's functions as a library: without its terminal.
 *
 * Invariant: what runs inside neither draws, nor asks, nor ends the process, and an error that it only prints is thrown;
 * everything else in the process notices nothing. The two are told apart by the asynchronous context, because both share
 * one stdout, and several may run at once.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { contained } from "./contained.js";

interface Inside {
  /** What drizzle-kit printed as an error, which it may or may not have thrown as well. */
  printed: Error | undefined;
}

const inside = new AsyncLocalStorage<Inside>();

const fail = (): never => {
  throw inside.getStore()?.printed ?? new Error("it gave up without a reason");
};

const noteError = (args: ReadonlyArray<unknown>): void => {
  const store = inside.getStore();
  const error = args.find((arg) => arg instanceof Error);
  if (store && error) store.printed ??= error;
};

/** Replaces a function for those who are inside. */
const wrap = <F extends (...args: never) => unknown>(
  original: F,
  instead: (args: ReadonlyArray<unknown>) => unknown,
): F =>
  new Proxy(original, {
    apply: (target, self, args) => (inside.getStore() ? instead(args) : Reflect.apply(target, self, args)),
  });

let running = 0;
let restore = (): void => {};

const install = (): (() => void) => {
  const { stdout } = process;
  const { write } = stdout;
  const { exit } = process;
  const { error } = console;
  const terminal = Object.getOwnPropertyDescriptor(stdout, "isTTY");
  const isTerminal = stdout.isTTY;
  stdout.write = wrap(write, () => true);
  // It ends the process when it cannot read the database.
  process.exit = wrap(exit, fail);
  console.error = wrap(error, noteError);
  // Without a terminal it refuses to ask.
  Object.defineProperty(stdout, "isTTY", {
    configurable: true,
    get: () => (inside.getStore() ? false : isTerminal),
  });
  return () => {
    stdout.write = write;
    process.exit = exit;
    console.error = error;
    if (terminal) Object.defineProperty(stdout, "isTTY", terminal);
    else Reflect.deleteProperty(stdout, "isTTY");
  };
};

/**
 * @returns what `run` returns.
 * @throws what `run` throws or prints as an error; also where it would have asked a question or ended the process.
 */
export const quietly = async <A>(run: () => Promise<A>): Promise<A> => {
  running += 1;
  if (running === 1) restore = install();
  const store: Inside = { printed: undefined };
  try {
    const result = await contained(() => inside.run(store, run));
    if (store.printed) throw store.printed;
    return result;
  } finally {
    running -= 1;
    if (running === 0) restore();
  }
};
