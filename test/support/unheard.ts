/**
 * postgres.js asks each new connection for the types of the database and listens to no answer but a good one. Where that
 * connection is lost, the rejection is nobody's; whoever uses postgres.js must expect it (docs/faults.md).
 *
 * Invariant: only rejections of that question are passed over; every other reaches whoever listened before.
 */
const isUnheard = (reason: unknown): boolean =>
  reason instanceof Error && String(Reflect.get(reason, "query")).includes("typarray");

/** @returns what puts the listeners back. */
export const expectUnheard = (): (() => void) => {
  const listeners = process.listeners("unhandledRejection");
  const hear = (reason: unknown, promise: Promise<unknown>): void => {
    if (!isUnheard(reason)) for (const listener of listeners) listener(reason, promise);
  };
  process.removeAllListeners("unhandledRejection");
  process.on("unhandledRejection", hear);
  return () => {
    process.removeListener("unhandledRejection", hear);
    for (const listener of listeners) process.on("unhandledRejection", listener);
  };
};
