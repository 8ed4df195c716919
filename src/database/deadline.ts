/**
 * No request waits for the database for ever.
 *
 * Invariant: whoever waits for one answer waits at most as long as the deadline says: for a connection, for the server,
 * for what is repeated. Postgres's own timeouts do not do this: they say nothing while a pool is exhausted, while a network
 * drops packets, or while a server starts.
 */
import * as Effect from "effect/Effect";
import type { DatabaseShape, GiveUp, Interactive } from "./database.js";

/**
 * @returns the time that was given.
 * @throws RangeError for one that is no time.
 */
export const checkedMs = (name: string, ms: number): number => {
  if (Number.isInteger(ms) && ms >= 0 && ms <= 2_147_483_647) return ms;
  throw new RangeError(`timeouts.${name} must be a whole number of milliseconds; 0 is no limit`);
};

/**
 * @returns how long to wait for an answer: what Postgres may take for a statement and some more, so that it is Postgres who
 * speaks first. Where a statement has no limit there is none.
 * @throws RangeError for one that is no time.
 */
export const answerMsOf = (timeouts: {
  readonly statementMs: number;
  readonly lockMs?: number;
  readonly answerMs?: number | undefined;
}): number => {
  for (const name of ["statementMs", "lockMs"] as const) checkedMs(name, timeouts[name] ?? 0);
  const { statementMs, answerMs = statementMs === 0 ? 0 : statementMs + 5_000 } = timeouts;
  return checkedMs("answerMs", answerMs);
};

class Watch implements GiveUp {
  aborted = false;
  readonly #ms: number;
  readonly #listeners = new Set<() => void>();
  #pending = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(ms: number) {
    this.#ms = ms;
  }

  addEventListener(_: "abort", listener: () => void): void {
    this.#listeners.add(listener);
  }

  removeEventListener(_: "abort", listener: () => void): void {
    this.#listeners.delete(listener);
  }

  readonly begin = (): void => {
    this.#pending += 1;
    if (this.#pending === 1) this.#wait();
  };

  readonly end = (): void => {
    this.#pending -= 1;
    this.#wait();
  };

  /** Every answer gives what is still waited for its full time again. */
  #wait(): void {
    clearTimeout(this.#timer);
    if (this.#pending > 0) this.#timer = setTimeout(this.abort, this.#ms);
  }

  readonly abort = (): void => {
    if (this.aborted) return;
    this.aborted = true;
    for (const listener of [...this.#listeners]) listener();
  };
}

/** A call that is given up after so long, or where its caller gives it up before. */
const within = <A, E>(
  ms: number,
  giveUp: GiveUp | undefined,
  call: (watch: Watch) => Effect.Effect<A, E>,
): Effect.Effect<A, E> =>
  Effect.suspend(() => {
    const watch = new Watch(ms);
    if (giveUp === undefined) return call(watch);
    if (giveUp.aborted) watch.abort();
    giveUp.addEventListener("abort", watch.abort);
    return Effect.ensuring(
      call(watch),
      Effect.sync(() => giveUp.removeEventListener("abort", watch.abort)),
    );
  });

/** @param ms how long one answer may take, the wait for a connection included. */
export const interactiveWithin = (interactive: Interactive, ms: number): Interactive => {
  if (!interactive.supported) return interactive;
  return {
    supported: true,
    transaction: (options, use) =>
      within(ms, options.giveUp, (watch) => {
        const { begin, end } = watch;
        begin();
        const transaction = interactive.transaction({ ...options, giveUp: watch }, (open, first) => {
          // Between two statements it is the application that takes its time.
          end();
          const send: typeof open.send = (statements) =>
            Effect.suspend(() => {
              begin();
              return Effect.ensuring(open.send(statements), Effect.sync(end));
            });
          return Effect.ensuring(use({ send }, first), Effect.sync(begin));
        });
        return Effect.ensuring(transaction, Effect.sync(end));
      }),
  };
};

/**
 * @param ms how long one answer may take, after which a `ConnectionError` comes instead; 0 for as long as it takes.
 * @returns the same database, on which every call ends; one that is given up before, then.
 */
export const withDeadline = (database: DatabaseShape, ms: number): DatabaseShape => {
  if (ms === 0) return database;
  const { withToken, reading } = database;
  return {
    ...database,
    ...(withToken && { withToken: (token) => withDeadline(withToken(token), ms) }),
    ...(reading && { reading: withDeadline(reading, ms) }),
    transact: (statements, giveUp) =>
      within(ms, giveUp, (watch) => {
        watch.begin();
        return Effect.ensuring(database.transact(statements, watch), Effect.sync(watch.end));
      }),
  };
};
