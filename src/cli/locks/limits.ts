/**
 * How long a push or a migration waits for a lock that somebody else holds.
 *
 * Invariant: whoever waits for the lock of a table holds up everybody who comes after, readers too. So no statement waits for
 * one longer than `lockMs`, or than the role's own `lock_timeout` where that is less; then the whole transaction is undone,
 * lets the others pass, and is tried again. The limits are set for the transaction alone.
 */
import { lockStatement } from "../../postgres/security.js";

/**
 * For the lock of a table. Far below the 5 s that requests wait for a lock unless told otherwise, so that those behind it are
 * late and not refused; and above what an ordinary request holds one for, so that a push gets its turn between them.
 */
export const lockMs = 1_000;

/** For the turn of a push or a migration: nobody but another of them waits behind it. */
export const turnMs = 5_000;

/** For everything that one transaction waits, over all its attempts. */
export const defaultWaitMs = 60_000;

/** @returns what is wrong with a time to wait; an endless one would be none. */
export const waitProblem = (waitMs: number): string | undefined =>
  Number.isSafeInteger(waitMs) && waitMs > 0
    ? undefined
    : `waitMs must be a whole number of milliseconds, at least 1, not ${waitMs}.`;

/** The smaller one wins, and 0 is none. */
const limitLocks = (ms: number): string =>
  `select pg_catalog.set_config('lock_timeout', least(nullif(setting::pg_catalog.int8, 0), ${ms})::pg_catalog.text, true) as lock_timeout
from pg_catalog.pg_settings where name = 'lock_timeout'`;

/** The name by which others see the session, and by which `obstacles.ts` finds it. */
const nameSession = (name: string): string => `select pg_catalog.set_config('application_name', '${name}', true)`;

/** @returns a name for one run, which has nothing in it that SQL would read. */
export const sessionName = (command: "push" | "migrate"): string =>
  `hedgerow ${command} ${crypto.randomUUID().slice(0, 8)}`;

/** @returns the first statements of a transaction that takes no turn. */
export const limited = (name: string): ReadonlyArray<string> => [nameSession(name), limitLocks(lockMs)];

/** @returns the first statements of a transaction under the lock of pushes and migrations, which it holds to its end. */
export const inTurn = (name: string, waitMs: number, lock: string = lockStatement): ReadonlyArray<string> => [
  nameSession(name),
  limitLocks(Math.max(1, Math.min(turnMs, waitMs))),
  lock,
  limitLocks(lockMs),
];
