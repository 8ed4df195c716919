/**
 * A list of statements as node-postgres and its port in `@neondatabase/serverless` send it: every message of the extended protocol at once, and one Sync.
 *
 *     Parse Bind Describe Execute | Parse Bind Describe Execute | ... | Sync
 *
 * What a connection keeps prepared (prepared.ts) goes without Parse, and rows that stay texts go without Describe.
 *
 * Up to the Sync Postgres runs them in one implicit transaction. It skips to the Sync at the first error, so that no
 * later statement runs, and no ROLLBACK has to follow. This costs one round trip, however many statements there are.
 *
 * Invariant: a pipeline settles once, and not before it is known what became of the connection: at ReadyForQuery, or
 * when the connection is lost.
 */
import type { Statement } from "./database.js";
import type { Naming, PreparedStatements, Sending } from "./prepared.js";
import { isRefusal, toText } from "./protocol.js";

/** What Postgres answered to one statement, before the values are read. */
export interface Answer {
  fields: ReadonlyArray<{ readonly name: string; readonly dataTypeID: number }>;
  readonly rows: Array<ReadonlyArray<string | null>>;
  count: number;
  command: string;
}

/** The part of a client's connection that is used; both drivers have it. */
export interface Wire {
  readonly stream: { cork?(): void; uncork?(): void };
  parse(message: { name: string; text: string; types: Array<number> }, more: boolean): void;
  bind(message: { statement: string; portal: string; values: Array<string | null> }, more: boolean): void;
  describe(message: { type: "P"; name: string }, more: boolean): void;
  execute(message: { portal: string }, more: boolean): void;
  close(message: { type: "S"; name: string }, more: boolean): void;
  sync(): void;
  once(event: "readyForQuery", listener: (message: ReadyForQuery) => void): unknown;
  prependOnceListener(event: "readyForQuery", listener: (message: ReadyForQuery) => void): unknown;
}

/** `I`: no transaction is open; `T`: one is; `E`: one is, and it has failed. */
interface ReadyForQuery {
  readonly status?: string;
}

type Settle = (error: unknown, answers: ReadonlyArray<Answer>) => void;

const unanswered = (): Answer => ({ fields: [], rows: [], count: 0, command: "" });

/** The last number of a command tag: `INSERT 0 5`, `SELECT 2`, `CREATE TABLE`. */
const countOf = (tag: string): number => Number(/\d+$/.exec(tag)?.[0] ?? 0);

/** The words before the numbers. */
const commandOf = (tag: string): string => tag.replace(/[\d\s]+$/, "");

/** The methods are those that `pg.Client` calls on the query that it is running. */
export class Pipeline {
  /** `pg.Client` wraps it when the pool has a `query_timeout`. */
  callback: Settle;
  #statements: ReadonlyArray<Statement>;
  #prepared: PreparedStatements;
  #naming: Naming | undefined;
  /** Answers to what is not the caller's. */
  #own = 0;
  #answers: Array<Answer> = [];
  #current = unanswered();
  #settled = false;
  #refusal: unknown = null;
  #status: string | undefined;

  constructor(statements: ReadonlyArray<Statement>, prepared: PreparedStatements, settle: Settle) {
    this.#statements = statements;
    this.#prepared = prepared;
    this.callback = settle;
  }

  /** Whether the server has said that no transaction is open any more. */
  get isIdle(): boolean {
    return this.#status === "I";
  }

  /** Whether the server has said that one is. */
  get isOpen(): boolean {
    return this.#status === "T" || this.#status === "E";
  }

  submit(connection: Wire): null {
    // Before the client hears of it and settles this.
    connection.prependOnceListener("readyForQuery", ({ status }) => {
      this.#status = status;
    });
    // The sockets of some edge runtimes have no cork; it only saves packets.
    connection.stream.cork?.();
    const naming = this.#prepared.for(connection, this.#statements);
    this.#naming = naming;
    for (const name of naming.evicted) connection.close({ type: "S", name }, true);
    if (naming.reset) {
      this.#own = 1;
      this.#send(connection, { text: "deallocate all", raw: true }, { name: "", parse: true });
    }
    for (const statement of this.#statements) this.#send(connection, statement, naming.of(statement));
    connection.sync();
    connection.stream.uncork?.();
    return null;
  }

  /** The portal is unnamed: each replaces the one before it, so nothing is left on the server but what is kept. */
  #send(connection: Wire, { text, values = [], raw }: Statement, { name, parse, close }: Sending): void {
    if (close) connection.close({ type: "S", name }, true);
    if (parse) connection.parse({ name, text, types: [] }, true);
    connection.bind({ statement: name, portal: "", values: values.map(toText) }, true);
    if (!raw) connection.describe({ type: "P", name: "" }, true);
    connection.execute({ portal: "" }, true);
  }

  handleRowDescription(message: { readonly fields: Answer["fields"] }): void {
    this.#current.fields = message.fields;
  }

  handleDataRow(message: { readonly fields: ReadonlyArray<string | null> }): void {
    this.#current.rows.push(message.fields);
  }

  handleCommandComplete(message: { readonly text: string }): void {
    this.#current.count = countOf(message.text);
    this.#current.command = commandOf(message.text);
    this.#next();
  }

  handleEmptyQuery(): void {
    this.#next();
  }

  /**
   * While it copies in, Postgres ignores the Sync that was already sent, so the exchange cannot be brought to an end.
   */
  handleCopyInResponse(): void {
    this.#settle(new Error("COPY FROM STDIN cannot run in a pipeline"));
  }

  handleCopyData(): void {}

  handleReadyForQuery(): void {
    this.#settle(null);
  }

  /**
   * `pg.Client` forgets the query at an error. After a refusal the ReadyForQuery still comes, and only then may another
   * query use the connection; anything else is the end of the connection.
   */
  handleError(error: unknown, connection: Wire): void {
    if (isRefusal(error) && this.#refusal === null) {
      this.#refusal = error;
      connection.once("readyForQuery", () => this.#settle(error));
    } else {
      this.#settle(this.#refusal ?? error);
    }
  }

  #next(): void {
    if (this.#own > 0) this.#own -= 1;
    else this.#answers.push(this.#current);
    this.#current = unanswered();
  }

  #settle(error: unknown): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#naming?.settle(this.#answers.length, this.#own === 0);
    this.callback(error, this.#answers);
  }
}
