/**
 * The edge between a driver's promise and an effect that may be interrupted.
 *
 * Invariant: a call that was interrupted either never sent anything or ran to its end. The interrupted fiber waits for
 * it, so whoever interrupted knows that nothing is still being written behind their back.
 */
import * as Effect from "effect/Effect";

/**
 * `run` asks `abandoned` right before it sends. It answers with an effect, so that the driver says which of its
 * failures are errors; a promise that rejects is a defect.
 */
export const inFlight = <A, E>(run: (abandoned: () => boolean) => Promise<Effect.Effect<A, E>>): Effect.Effect<A, E> =>
  Effect.callback<A, E>((resume) => {
    let interrupted = false;
    const ended = run(() => interrupted)
      .catch((defect: unknown) => Effect.die(defect))
      .then(resume);
    return Effect.suspend(() => {
      interrupted = true;
      return Effect.promise(() => ended);
    });
  });
