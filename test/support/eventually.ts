/**
 * How tests wait for what others do: servers, processes, timers.
 *
 * Invariant: how fast a machine is decides on nothing. A wait ends when what it waits for is so; its limit only ends what
 * hangs, and then says what was awaited. `waits.test.ts` sees to it that tests wait in no other way.
 */
import { setTimeout as sleep } from "node:timers/promises";

/** Only what never ends takes as long: where an elapsed time is compared, it is compared with this. */
export const hangMs = 30_000;

/**
 * Asks again and again until nothing is thrown.
 *
 * @param awaited what is awaited, in words, for whoever reads that it did not come.
 * @returns what the last attempt returned.
 */
export const eventually = async <A>(awaited: string, attempt: () => A | Promise<A>): Promise<A> => {
  const begun = performance.now();
  for (;;) {
    try {
      return await attempt();
    } catch (cause) {
      if (performance.now() - begun > hangMs) {
        const last = cause instanceof Error ? cause.message : String(cause);
        throw new Error(`Not in ${hangMs / 1_000} seconds: ${awaited}. At last: ${last}`, { cause });
      }
      await sleep(20);
    }
  }
};
