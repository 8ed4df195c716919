/**
 * A connection of postgres.js, from the moment it is reserved until it is given back or lost.
 *
 * Invariant: nothing is sent through a reservation whose connection was lost. postgres.js would hand it to whatever has taken
 * the connection's place: a statement of one caller would run in the transaction of another. And everybody who waits for an
 * answer hears of the loss, also for what postgres.js had not sent yet, of which it tells nobody.
 */
import type { ReservedSql } from "postgres";
import { ConnectionError } from "./database.js";

export type Settled<A> =
  | { readonly status: "fulfilled"; readonly value: A; readonly reason?: undefined }
  | { readonly status: "rejected"; readonly value?: undefined; readonly reason: unknown };

/** What postgres.js calls back with, for its own transactions: it calls `onclose` once, when the connection is lost. */
interface Connection {
  onclose?: (() => void) | null;
}

const cancelAgainMs = 250;

const lost = (): ConnectionError => new ConnectionError({ message: "The connection was lost." });

export class Reservation {
  readonly #sql: ReservedSql;
  #connection: Connection | undefined;
  #isLost = false;
  #isUsed = false;
  /** How many calls of `send` wait for answers. */
  #owed = 0;
  /** A query of postgres.js that was sent through it: it knows the session. */
  #sent: object | undefined;
  #announce = (): void => {};
  /** Behind whatever the loss itself has told. */
  readonly #loss: Promise<void> = new Promise((resolve) => {
    this.#announce = () => setTimeout(resolve, 0);
  });

  constructor(sql: ReservedSql) {
    this.#sql = sql;
  }

  get isLost(): boolean {
    return this.#isLost;
  }

  /** What the options of the first statement must hold: from then on a loss is noticed, and not before. */
  readonly watching = {
    onexecute: (connection: Connection): true => {
      this.#connection = connection;
      connection.onclose = () => {
        this.#isLost = true;
        this.#announce();
      };
      return true;
    },
  };

  /** To be called as soon as it is reserved where the first statement comes later. */
  watch(): void {
    const sent = this.#sql.unsafe("select", [], { prepare: false, ...this.watching }).execute();
    this.#sent = sent;
    sent.catch(() => {});
  }

  /**
   * Asks Postgres to stop what it is doing for this connection, which must serve nobody afterwards: the request may arrive
   * late. It is asked until it has answered, because SQL can catch one cancellation. What postgres.js itself would do with
   * a query is done with the session, because it may be at any of the statements; and an error of it, which postgres.js
   * tells nobody, is none here.
   */
  cancel(): void {
    const session: unknown = this.#sent && Reflect.get(this.#sent, "state");
    const canceller: unknown = this.#sent && Reflect.get(this.#sent, "canceller");
    if (this.#isLost || this.#owed === 0 || !session || typeof canceller !== "function") return;
    const again = (): void => {
      setTimeout(() => this.cancel(), cancelAgainMs);
    };
    Promise.resolve(canceller({ state: session, active: true })).then(again, again);
  }

  /**
   * Hands statements over, all at once, and waits until each was answered or cannot be any more. Must be called right behind
   * the reservation, an answer of it, or `writePhase`.
   */
  async send<A>(begin: (sql: ReservedSql) => ReadonlyArray<PromiseLike<A>>): Promise<ReadonlyArray<Settled<A>>> {
    // One that nobody watches may be lost without anybody knowing.
    if (this.#isLost || (this.#isUsed && this.#connection === undefined))
      return [{ status: "rejected", reason: lost() }];
    const settled: Array<Settled<A>> = [];
    const begun = begin(this.#sql);
    this.#sent ??= begun[0];
    const answers = begun.map((answer, index) => {
      settled.push({ status: "rejected", reason: lost() });
      return answer.then(
        (value) => {
          settled[index] = { status: "fulfilled", value };
        },
        (reason: unknown) => {
          settled[index] = { status: "rejected", reason };
        },
      );
    });
    this.#owed += 1;
    await Promise.race([Promise.all(answers), this.#loss]);
    this.#owed -= 1;
    this.#isUsed = true;
    return [...settled];
  }

  async succeeds(text: string): Promise<boolean> {
    const [answer] = await this.send((sql) => [sql.unsafe(text)]);
    return answer?.status === "fulfilled";
  }

  /** Gives it back; one that was lost is back already. Must be called when `send` may be: others are sent then. */
  release(): void {
    if (this.#isLost) return;
    if (this.#connection !== undefined) this.#connection.onclose = null;
    this.#sql.release();
  }
}
