/**
 * The edge between a driver's promise and an effect that may be interrupted, or given up.
 *
 * Invariant: a call that was interrupted either never sent anything or ran to its end. The interrupted fiber waits for
 * it, so whoever interrupted knows that nothing is still being written behind their back. Only a call that is given up is
 * not waited for, and then it is known whether anything had been sent.
 */
import type * as Cause from "effect/Cause";
import * as Effect from "effect/Effect";
import { ConnectionError, type GiveUp } from "./database.js";

/** Never rejects; never settles without a signal. */
export const aborted = (signal: GiveUp | undefined): Promise<void> =>
  new Promise((resolve) => {
    if (signal?.aborted) resolve();
    else signal?.addEventListener("abort", resolve);
  });

/** Field by field: what an error says is no property that a spread would copy. */
const unsent = <E>(error: E): E | ConnectionError =>
  error instanceof ConnectionError && !error.unsent
    ? new ConnectionError({ message: error.message, cause: error.cause, unsent: true })
    : error;

/**
 * `run` asks `abandoned` right before it sends. It answers with an effect, so that the driver says which of its
 * failures are errors; a promise that rejects is a defect.
 */
export const inFlight = <A, E>(
  run: (abandoned: () => boolean) => Promise<Effect.Effect<A, E>>,
  giveUp?: GiveUp,
): Effect.Effect<A, E | ConnectionError> =>
  Effect.callback<A, E | ConnectionError>((resume) => {
    let interrupted = false;
    let sent = false;
    const abandoned = (): boolean => {
      if (interrupted || giveUp?.aborted) return true;
      sent = true;
      return false;
    };
    const onGiveUp = (): void => {
      const message = sent
        ? "The database has not answered in time."
        : "No connection to the database was free in time.";
      resume(Effect.fail(new ConnectionError({ message, unsent: sent ? undefined : true })));
    };
    if (giveUp?.aborted) onGiveUp();
    giveUp?.addEventListener("abort", onGiveUp);
    const ended = run(abandoned)
      .catch((defect: unknown) => Effect.die(defect))
      .then((outcome) => {
        giveUp?.removeEventListener("abort", onGiveUp);
        resume(sent ? outcome : Effect.catch(outcome, (error) => Effect.fail(unsent(error))));
      });
    return Effect.suspend(() => {
      interrupted = true;
      return Effect.callback<void>((over) => {
        Promise.race([ended, aborted(giveUp)]).then(() => over(Effect.void));
      });
    });
  });

/** @returns what a failed effect failed with: an error, or else a defect. `Cause.squash` brings more than it is worth to a Worker. */
export const thrownIn = ({ reasons }: Cause.Cause<unknown>): unknown => {
  for (const reason of reasons) {
    if (reason._tag !== "Interrupt") return reason._tag === "Fail" ? reason.error : reason.defect;
  }
  return undefined;
};

/** @param late gets what comes when nobody waits for it any more. */
export const unlessAborted = async <A>(
  promise: Promise<A>,
  signal: GiveUp | undefined,
  late: (value: A) => void,
): Promise<A> => {
  if (signal === undefined) return promise;
  const first = await Promise.race([promise.then((value) => ({ value })), aborted(signal)]);
  if (first !== undefined) return first.value;
  promise.then(late, () => {});
  throw new Error("No connection to the database was free in time.");
};
