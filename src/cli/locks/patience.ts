/**
 * A transaction that others are in the way of, tried again until it gets through.
 *
 * Invariant: only what Postgres has undone as a whole is tried again, so nothing is done twice or by half. Between two
 * attempts nothing is waited for, so whoever queued behind the last one has passed. It comes to an end, and until then it says
 * now and then what it waits for.
 */
import { setTimeout as sleep } from "node:timers/promises";
import * as Effect from "effect/Effect";
import type { DatabaseError } from "../../database/database.js";
import { pause } from "../../database/pause.js";
import { turnMs } from "./limits.js";
import { describeObstacles } from "./obstacles.js";

export interface Waiting {
  /** How long in all. */
  readonly waitMs: number;
  /** Told what is waited for, now and then. */
  readonly onWait: (message: string) => void;
  /** Asks `findObstacles`, on another connection. */
  readonly look: () => Promise<ReadonlyArray<Readonly<Record<string, unknown>>>>;
}

/** A lock that was not had in time, and two that waited for each other. */
const inTheWay: ReadonlySet<string> = new Set(["55P03", "40P01"]);

export const isInTheWay = (error: DatabaseError): boolean => error._tag === "SqlError" && inTheWay.has(error.sqlState);

const remedy = "Have that end, or wait longer (--wait).";

const lookEveryMs = 500;
const sayEveryMs = 5_000;
const lastLookMs = 2_000;

/** Looks who is in the way, as long as it lives. */
class Watch {
  readonly #waiting: Waiting;
  readonly #timer: NodeJS.Timeout;
  readonly #begun = performance.now();
  #looking: Promise<void> | undefined;
  #seen: string | undefined;
  #sightings = 0;
  #saidAt = Number.NEGATIVE_INFINITY;

  constructor(waiting: Waiting) {
    this.#waiting = waiting;
    // Where the pool has no second connection, the answer comes late; until then nothing more is asked.
    this.#timer = setInterval(() => {
      this.#looking ??= this.#look().finally(() => {
        this.#looking = undefined;
      });
    }, lookEveryMs).unref();
  }

  get what(): string {
    return this.#seen ?? "a lock that somebody else holds";
  }

  async #look(): Promise<void> {
    const found = await this.#waiting.look().then(describeObstacles, () => undefined);
    this.#seen = found ?? this.#seen;
    this.#sightings = found === undefined ? 0 : this.#sightings + 1;
    // The first may be over in a moment.
    if (this.#sightings > 1) this.say();
  }

  say(): void {
    const now = performance.now();
    if (now - this.#saidAt < sayEveryMs) return;
    this.#saidAt = now;
    const seconds = Math.max(1, Math.round((now - this.#begun) / 1_000));
    try {
      this.#waiting.onWait(`waiting for ${this.what}; ${seconds} s so far`);
    } catch {
      // Whoever is told may break; what waits goes on.
    }
  }

  /** Whoever closes the connections next must not find one in use. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.race([this.#looking, sleep(lastLookMs, undefined, { ref: false })]);
  }
}

/** Longer and longer, and random, so that two are not in each other's way again. */
const apart = (attempt: number): number => Math.min(2_000, 250 * 2 ** (attempt - 1)) * (0.75 + Math.random() / 2);

/**
 * @param once a transaction that can be run again after it was undone.
 * @param isBusy whether it failed because others were in the way.
 * @param givenUp makes the last such error one that says what was waited for.
 */
export const patiently = <A, E>(
  once: Effect.Effect<A, E>,
  isBusy: (error: E) => boolean,
  givenUp: (error: E, problem: string) => E,
  waiting: Waiting,
): Effect.Effect<A, E> => {
  const attempt = (watch: Watch, count: number, waitedMs: number): Effect.Effect<A, E> => {
    const begun = performance.now();
    return Effect.catch(once, (error) => {
      if (!isBusy(error)) return Effect.fail(error);
      const resting = apart(count);
      // What an attempt did before it had to wait is no waiting.
      const waited = waitedMs + Math.min(turnMs, performance.now() - begun);
      if (waited + resting >= waiting.waitMs) {
        return Effect.fail(
          givenUp(error, `gave up after ${Math.round(waited / 1_000)} s of waiting for ${watch.what}. ${remedy}`),
        );
      }
      watch.say();
      return Effect.flatMap(pause(resting), () => attempt(watch, count + 1, waited + resting));
    });
  };
  return Effect.acquireUseRelease(
    Effect.sync(() => new Watch(waiting)),
    (watch) => Effect.suspend(() => attempt(watch, 1, 0)),
    (watch) => Effect.promise(() => watch.stop()),
  );
};
