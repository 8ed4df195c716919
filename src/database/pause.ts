/**
 * Waiting for a moment.
 *
 * Invariant: whoever is interrupted waits no longer. A bare timer, because `Effect.sleep` brings Effect's clock and its
 * arithmetic of durations, which every Worker would carry.
 */
import * as Effect from "effect/Effect";

/** @param ms milliseconds. */
export const pause = (ms: number): Effect.Effect<void> =>
  Effect.callback((resume) => {
    const timer = setTimeout(() => resume(Effect.void), ms);
    return Effect.sync(() => clearTimeout(timer));
  });
