/**
 * One connection of a pool, from the moment it is taken until it is given back.
 *
 * Invariant: it goes back only when the server has said that no transaction is open on it; whenever that is uncertain it
 * is destroyed instead, and Postgres rolls back. And at every moment somebody listens for its loss, because Node ends
 * the process at an error that nobody hears: the server can say goodbye in the same packet as its last answer, before a
 * promise has told anyone that there was one.
 */
import type { Pool, PoolClient } from "pg";
import type { Statement } from "./database.js";
import { type Answer, Pipeline } from "./pipeline.js";
import { isRefusal } from "./protocol.js";

export interface Outcome {
  /** Null when every statement was answered. */
  readonly error: unknown;
  readonly answers: ReadonlyArray<Answer>;
}

export class Lease {
  readonly client: PoolClient;
  #running: Pipeline | null = null;
  /** A connection that was never used is as good as it was. */
  #inStep = true;
  #lost = false;

  constructor(client: PoolClient) {
    this.client = client;
    client.on("error", this.#onLost);
  }

  run(statements: ReadonlyArray<Statement>): Promise<Outcome> {
    this.#inStep = false;
    return new Promise((resolve) => {
      this.#running = new Pipeline(statements, (error, answers) => {
        this.#inStep = (error === null || isRefusal(error)) && this.client.getTransactionStatus() === "I";
        resolve({ error, answers });
      });
      this.client.query(this.#running);
    });
  }

  /** Whether a transaction is open on a connection that can still be used. */
  get isOpen(): boolean {
    const status = this.client.getTransactionStatus();
    return !this.#lost && (status === "T" || status === "E");
  }

  release(): void {
    // The pool starts to listen before this stops.
    this.client.release(this.#lost || !this.#inStep);
    this.client.removeListener("error", this.#onLost);
  }

  #onLost = (error: Error): void => {
    this.#lost = true;
    this.#running?.handleError(error, this.client.connection);
  };
}

/** By callback: between the pool's promise and whoever awaits it nobody would listen. */
export const lease = (pool: Pool): Promise<Lease> =>
  new Promise((resolve, reject) => {
    pool.connect((error, client) => (client === undefined ? reject(error) : resolve(new Lease(client))));
  });
