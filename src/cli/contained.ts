/**
 * What drizzle-kit starts and then forgets.
 *
 * Invariant: it reads all tables at once and waits for one after the other, so where two fail, or a later one fails first, a
 * promise is rejected that nobody waits for yet, which would end the process. The failure itself is thrown to whoever runs
 * it all the same, so here it is only kept from doing that; whatever else in the process rejects goes on as before.
 */
import { AsyncLocalStorage } from "node:async_hooks";

const inside = new AsyncLocalStorage<true>();

/** Not every runtime says in which context a promise was rejected. */
const isDrizzleKits = (reason: unknown): boolean =>
  reason instanceof Error && /[\\/]drizzle-kit[\\/]/.test(reason.stack ?? "");

const listen = (reason: unknown): void => {
  if (inside.getStore() || isDrizzleKits(reason)) return;
  // Where nobody else listens, this is what the process would have done without a listener.
  if (process.listenerCount("unhandledRejection") === 1) throw reason;
};

let running = 0;

/** @returns what `run` returns. */
export const contained = async <A>(run: () => Promise<A>): Promise<A> => {
  running += 1;
  if (running === 1) process.on("unhandledRejection", listen);
  try {
    return await inside.run(true, run);
  } finally {
    // What was rejected a moment ago is said once all that waits for it had its turn.
    await new Promise((resolve) => setImmediate(resolve));
    running -= 1;
    if (running === 0) process.off("unhandledRejection", listen);
  }
};
