/**
 * The statements of a transaction that stays open, from several places of an application at once.
 *
 * Invariant: one exchange at a time, in the order of the calls; and once the transaction has begun to end, nothing is sent any
 * more that was not sent before, whoever still holds it.
 */
import * as Effect from "effect/Effect";
import * as Semaphore from "effect/Semaphore";
import {
  type DatabaseError,
  type InteractiveOptions,
  type OpenTransaction,
  type Result,
  type Statement,
  TransactionEnded,
  type TransactionMode,
} from "./database.js";

type Sent = Effect.Effect<ReadonlyArray<Result>, DatabaseError | TransactionEnded>;
type Exchange = (statements: ReadonlyArray<Statement>) => Effect.Effect<ReadonlyArray<Result>, DatabaseError>;

export interface Turns extends OpenTransaction {
  /** Whether a statement has ended the transaction, so that nothing of it was cleared. */
  readonly isBroken: () => boolean;
  /** The last exchange. */
  readonly end: OpenTransaction["send"];
  /** Runs behind whatever is under way. Nothing is sent after it has begun. */
  readonly close: (then: Effect.Effect<void>) => Effect.Effect<void>;
}

/** What an open transaction's statement must not have done: the role and the caller end with the transaction. */
const ends: ReadonlySet<string> = new Set(["COMMIT", "ROLLBACK", "PREPARE TRANSACTION"]);

/** Of the two things that Postgres calls ROLLBACK, the one that leaves the transaction open. */
const isToSavepoint = ({ text }: Statement): boolean => /^rollback to savepoint [a-z_]\w*$/i.test(text);

const ended = (): Effect.Effect<never, TransactionEnded> =>
  Effect.fail(
    new TransactionEnded({ message: "The transaction has ended; what was kept of it cannot be used any more." }),
  );

export const takeTurns = (exchange: Exchange): Turns => {
  const turn = Semaphore.makeUnsafe(1);
  let isOpen = true;
  let isBroken = false;
  const checked = (statements: ReadonlyArray<Statement>): Sent =>
    Effect.flatMap(exchange(statements), (results): Sent => {
      const index = results.findIndex(({ command }) => ends.has(command));
      const statement = statements[index];
      if (statement === undefined || isToSavepoint(statement)) return Effect.succeed(results);
      isOpen = false;
      isBroken = true;
      return Effect.fail(
        new TransactionEnded({
          message: `${results[index]?.command} ended the transaction; return from it, or throw, instead.`,
        }),
      );
    });
  const send: OpenTransaction["send"] = (statements) =>
    turn.withPermit(Effect.suspend((): Sent => (isOpen ? checked(statements) : ended())));
  return {
    isBroken: () => isBroken,
    send,
    end: (statements) =>
      Effect.suspend((): Sent => {
        const wasOpen = isOpen;
        isOpen = false;
        return wasOpen ? turn.withPermit(exchange(statements)) : ended();
      }),
    close: (then) =>
      Effect.suspend(() => {
        isOpen = false;
        return turn.withPermit(then);
      }),
  };
};

/** A connection that is one transaction's alone. */
export interface HeldConnection {
  readonly exchange: Exchange;
  /** Rolls back what is still open and gives the connection back; `isBroken`: discards also what a statement left on it. */
  readonly leave: (isBroken: boolean) => Promise<void>;
}

/** `Interactive.transaction` over connections that can be held: BEGIN goes with the first statements, COMMIT with the last. */
export const holdOpen = <A, E>(
  hold: Effect.Effect<HeldConnection, DatabaseError>,
  { mode, first, last }: InteractiveOptions,
  use: (transaction: OpenTransaction, first: ReadonlyArray<Result>) => Effect.Effect<A, E>,
): Effect.Effect<A, E | DatabaseError | TransactionEnded> =>
  Effect.acquireUseRelease(
    Effect.map(hold, ({ exchange, leave }) => ({ leave, turns: takeTurns(exchange) })),
    ({ turns }) =>
      Effect.gen(function* () {
        const [, ...results] = yield* turns.send([{ text: `begin${modeText(mode)}` }, ...first]);
        const value = yield* use(turns, results);
        const ending = yield* turns.end([...last, { text: "commit" }]);
        if (ending.at(-1)?.command !== "COMMIT") {
          yield* new TransactionEnded({ message: "Postgres rolled the transaction back instead of committing it." });
        }
        return value;
      }),
    // Whatever is still under way comes first: the rollback would be answered by its answer otherwise.
    ({ leave, turns }) => turns.close(Effect.promise(() => leave(turns.isBroken()))),
  );

const isolationLevels: ReadonlyArray<unknown> = [
  "read uncommitted",
  "read committed",
  "repeatable read",
  "serializable",
];

/**
 * @returns what stands behind BEGIN or SET TRANSACTION, with a space in front; the empty text where nothing is said.
 * @throws TypeError for a word that is not one of Postgres's: these are the only texts of a caller that become SQL.
 */
export const modeText = ({ isolationLevel, accessMode, deferrable }: TransactionMode): string => {
  if (isolationLevel !== undefined && !isolationLevels.includes(isolationLevel)) {
    throw new TypeError(`isolationLevel must be one of ${isolationLevels.join(", ")}`);
  }
  if (accessMode !== undefined && accessMode !== "read only" && accessMode !== "read write") {
    throw new TypeError('accessMode must be "read only" or "read write"');
  }
  return [
    ...(isolationLevel === undefined ? [] : [` isolation level ${isolationLevel}`]),
    ...(accessMode === undefined ? [] : [` ${accessMode}`]),
    ...(deferrable === undefined ? [] : [deferrable ? " deferrable" : " not deferrable"]),
  ].join("");
};
