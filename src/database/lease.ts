/**
 * One connection of a pool, from the moment it is taken until it is given back.
 *
 * Invariant: it goes back only when the server has said that no transaction is open on it; whenever that is uncertain it
 * is destroyed instead, and Postgres rolls back. And at every moment somebody listens for its loss, because Node ends
 * the process at an error that nobody hears: the server can say goodbye in the same packet as its last answer, before a
 * promise has told anyone that there was one.
 */
import * as Effect from "effect/Effect";
import { cancel } from "./cancel.js";
import type { DatabaseError, DatabaseShape, GiveUp, OpensTransactions, Result, Statement } from "./database.js";
import { inFlight, unlessAborted } from "./in-flight.js";
import { type Answer, Pipeline, type Wire } from "./pipeline.js";
import type { PreparedStatements } from "./prepared.js";
import { connectionError, databaseError, isRefusal } from "./protocol.js";
import { resultOf } from "./rows.js";
import { holdOpen } from "./turns.js";

/** What the clients of node-postgres and of `@neondatabase/serverless` have in common. */
export interface LeasedClient {
  readonly connection: Wire;
  query(pipeline: Pipeline): unknown;
  getTypeParser(oid: number, format: "text"): (text: string) => unknown;
  on(event: "error", listener: (error: Error) => void): unknown;
  removeListener(event: "error", listener: (error: Error) => void): unknown;
  release(destroy: boolean): void;
}

export interface LeasingPool {
  connect(callback: (error: Error | undefined, client: LeasedClient | undefined) => void): void;
}

export interface Outcome {
  /** Null when every statement was answered. */
  readonly error: unknown;
  readonly answers: ReadonlyArray<Answer>;
}

export class Lease {
  readonly client: LeasedClient;
  readonly #prepared: PreparedStatements;
  #running: Pipeline | null = null;
  /** A connection that was never used is as good as it was. */
  #inStep = true;
  #lost = false;
  readonly #pool: LeasingPool;
  readonly #giveUp: GiveUp | undefined;

  constructor(pool: LeasingPool, client: LeasedClient, prepared: PreparedStatements, giveUp?: GiveUp) {
    this.client = client;
    this.#pool = pool;
    this.#prepared = prepared;
    this.#giveUp = giveUp;
    client.on("error", this.#onLost);
    giveUp?.addEventListener("abort", this.#onGivenUp);
  }

  async run(statements: ReadonlyArray<Statement>): Promise<Outcome> {
    const outcome = await this.#exchange(statements);
    const { error } = outcome;
    if (!isRefusal(error) || this.isOpen) return outcome;
    // Nothing took effect: all of it was one transaction, and that has been rolled back.
    return this.#prepared.isOutdated(this.client.connection, statements, error) ? this.#exchange(statements) : outcome;
  }

  #exchange(statements: ReadonlyArray<Statement>): Promise<Outcome> {
    this.#inStep = false;
    return new Promise((resolve) => {
      const pipeline = new Pipeline(statements, this.#prepared, (error, answers) => {
        this.#inStep = (error === null || isRefusal(error)) && pipeline.isIdle;
        resolve({ error, answers });
      });
      this.#running = pipeline;
      this.client.query(pipeline);
    });
  }

  /** Whether a transaction is open on a connection that can still be used. */
  get isOpen(): boolean {
    return !this.#lost && this.#running?.isOpen === true;
  }

  release(destroy = false): void {
    // The pool starts to listen before this stops.
    this.client.release(destroy || this.#lost || !this.#inStep);
    this.client.removeListener("error", this.#onLost);
    this.#giveUp?.removeEventListener("abort", this.#onGivenUp);
  }

  #onLost = (error: Error): void => {
    this.#lost = true;
    this.#running?.handleError(error, this.client.connection);
  };

  /** A connection that owes no answer is as good as it was. */
  #onGivenUp = (): void => {
    if (this.#inStep) return;
    cancel(this.#pool, this.client);
    this.#onLost(new Error("given up"));
  };
}

/** By callback: between the pool's promise and whoever awaits it nobody would listen. */
export const lease = (pool: LeasingPool, prepared: PreparedStatements, giveUp?: GiveUp): Promise<Lease> =>
  new Promise((resolve, reject) => {
    pool.connect((error, client) =>
      client === undefined ? reject(error) : resolve(new Lease(pool, client, prepared, giveUp)),
    );
  });

const exchange = async (connection: Lease, statements: ReadonlyArray<Statement>) => {
  const { error, answers } = await connection.run(statements);
  if (error !== null) return Effect.fail(databaseError(error));
  const parserOf = (oid: number) => connection.client.getTypeParser(oid, "text");
  return Effect.succeed(answers.map((answer, index) => resultOf(statements[index], answer, parserOf)));
};

/** `transact` over a pool: one call takes one connection, and reads the values after the transaction has ended. */
export const transactOver =
  (pool: LeasingPool, prepared: PreparedStatements): DatabaseShape["transact"] =>
  (statements, giveUp) =>
    statements.length === 0
      ? Effect.succeed([])
      : inFlight((abandoned) => transact(pool, prepared, statements, abandoned, giveUp), giveUp);

const transact = async (
  pool: LeasingPool,
  prepared: PreparedStatements,
  statements: ReadonlyArray<Statement>,
  abandoned: () => boolean,
  giveUp: GiveUp | undefined,
): Promise<Effect.Effect<ReadonlyArray<Result>, DatabaseError>> => {
  let connection: Lease;
  try {
    connection = await lease(pool, prepared, giveUp);
  } catch (cause) {
    // Also what Postgres says while it refuses a login: there is no session in which a statement could be refused.
    return Effect.fail(connectionError(cause));
  }
  try {
    if (abandoned()) return Effect.interrupt;
    return await exchange(connection, statements);
  } finally {
    connection.release();
  }
};

/** An open transaction over a pool: BEGIN and the first statements are one round trip, and so are the last ones and COMMIT. */
export const interactOver =
  (pool: LeasingPool, prepared: PreparedStatements): OpensTransactions["transaction"] =>
  (options, use) =>
    holdOpen(
      Effect.mapError(
        Effect.tryPromise(() =>
          unlessAborted(lease(pool, prepared, options.giveUp), options.giveUp, (connection) => connection.release()),
        ),
        ({ cause }) => connectionError(cause),
      ).pipe(
        Effect.map((connection) => ({
          exchange: (statements) =>
            inFlight(
              (abandoned) => (abandoned() ? Promise.resolve(Effect.interrupt) : exchange(connection, statements)),
              options.giveUp,
            ),
          leave: async (isBroken) => {
            let isClean = !isBroken;
            try {
              if (connection.isOpen) await connection.run([{ text: "rollback" }]);
              if (isBroken) isClean = (await connection.run([{ text: "discard all" }])).error === null;
            } finally {
              connection.release(!isClean);
            }
          },
        })),
      ),
      options,
      use,
    );
