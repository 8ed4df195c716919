/**
 * What is sent again by itself.
 *
 * Invariant: a call takes effect at most once. A call is repeated where Postgres has said that it rolled it back, where
 * nothing of it was sent, or where it only reads; one that writes and whose answer was lost is never repeated, because
 * nobody knows whether it took effect.
 */
import * as Effect from "effect/Effect";
import { ConnectionError, type DatabaseError, type DatabaseShape, type GiveUp, type Interactive } from "./database.js";
import { pause } from "./pause.js";

/** Whether the statements of a call may be run twice. */
export type Effects = "reads" | "writes";

/** Two transactions that could not both commit, or that waited for each other: this one was undone as a whole. */
const undone: ReadonlySet<string> = new Set(["40001", "40P01"]);

/** How often at most a call is sent again. A connection that is lost twice is a database that is away. */
const limits = { lost: 1, undone: 2 };

/** Random, so that two that were in each other's way are not again; and the pool hears meanwhile of what else was lost. */
const apart = (repetition: number): Effect.Effect<void> => pause(10 + Math.random() * 40 * repetition);

const repeated = <A, E>(
  once: Effect.Effect<A, E>,
  kindOf: (error: E) => keyof typeof limits | undefined,
  giveUp: GiveUp | undefined,
): Effect.Effect<A, E> => {
  const attempt = (count: number): Effect.Effect<A, E> =>
    Effect.catch(once, (error) => {
      const kind = kindOf(error);
      return kind === undefined || count > limits[kind] || giveUp?.aborted
        ? Effect.fail(error)
        : Effect.flatMap(apart(count), () => attempt(count + 1));
    });
  return attempt(1);
};

/** Up to its callback a transaction has done nothing that could be kept. */
export const interactiveRepeated = (interactive: Interactive): Interactive => {
  if (!interactive.supported) return interactive;
  return {
    supported: true,
    transaction: (options, use) =>
      Effect.suspend(() => {
        let begun = false;
        const once = interactive.transaction(options, (transaction, first) => {
          begun = true;
          return use(transaction, first);
        });
        return repeated(
          once,
          (error) => (!begun && error instanceof ConnectionError ? "lost" : undefined),
          options.giveUp,
        );
      }),
  };
};

/**
 * @param effects `"reads"` only where every call could be run twice without harm.
 * @returns the same database, which sends again what is safe to send again; `withTransactions` is for those that stay open.
 */
export const withRetry = (database: DatabaseShape, effects: Effects): DatabaseShape => {
  const kindOf = (error: DatabaseError): keyof typeof limits | undefined => {
    if (error._tag === "SqlError") return undone.has(error.sqlState) ? "undone" : undefined;
    return effects === "reads" || error.unsent ? "lost" : undefined;
  };
  const { withToken, reading } = database;
  return {
    ...database,
    ...(withToken && { withToken: (token) => withRetry(withToken(token), effects) }),
    ...(reading && { reading: withRetry(reading, effects) }),
    transact: (statements, giveUp) => repeated(database.transact(statements, giveUp), kindOf, giveUp),
  };
};
