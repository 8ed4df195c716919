/**
 * The one way in which Hedgerow reaches Postgres.
 *
 * Invariant: all statements of one call run in one transaction, in order, on one connection. Either all of them took
 * effect or none did, and nothing that was set for the transaction outlives it.
 */
import * as Data from "effect/Data";
import type * as Effect from "effect/Effect";

/** A value that is bound to a placeholder; everything else is rendered to text before it comes here. */
export type Bound = string | number | boolean | null;

export interface Statement {
  readonly text: string;
  readonly values?: ReadonlyArray<Bound>;
  /**
   * Rows as lists in the order of the columns, of which two may have one name. They are in `Result.listed` then, and
   * instants, dates and intervals in them are the text that Postgres wrote.
   */
  readonly listed?: true;
  /** Rows as the texts that Postgres wrote, in the order of the columns. They are in `Result.texts` then, and nothing reads them. */
  readonly raw?: true;
  /**
   * The text is Hedgerow's own and one of few, so a driver may keep it prepared on a connection. Only calls whose every
   * statement is such use what is kept: SQL of an application's own could have put something else under the same name.
   */
  readonly prepared?: true;
}

export interface Listed {
  readonly columns: ReadonlyArray<string>;
  readonly rows: ReadonlyArray<ReadonlyArray<unknown>>;
}

export interface Result {
  /** Empty where the statement asked for lists or texts. */
  readonly rows: ReadonlyArray<Readonly<Record<string, unknown>>>;
  /** Rows that the statement returned or changed, as Postgres counts them. */
  readonly count: number;
  /**
   * What Postgres says it did: `SELECT`, `INSERT`, `COMMIT`. Of several words a driver may know only the first. Empty for a
   * statement without a command.
   */
  readonly command: string;
  readonly listed?: Listed;
  readonly texts?: ReadonlyArray<ReadonlyArray<string | null>>;
}

/** A statement that Postgres refused. The message is for logs; it must never reach a client. */
export class SqlError extends Data.TaggedError("SqlError")<{
  readonly message: string;
  /** Five characters, https://www.postgresql.org/docs/current/errcodes-appendix.html */
  readonly sqlState: string;
  readonly detail?: string | undefined;
  readonly schema?: string | undefined;
  readonly table?: string | undefined;
  readonly column?: string | undefined;
  readonly constraint?: string | undefined;
  /** The C function that raised it: tells a missing grant (`aclcheck_error`) from a refused row (`ExecWithCheckOptions`). */
  readonly routine?: string | undefined;
  readonly cause?: unknown;
}> {}

/**
 * The database could not be reached, the connection was lost before an answer came, or the answer was given up. Unless
 * nothing was sent, nobody knows whether the call took effect, so only one that reads is ever repeated by itself.
 */
export class ConnectionError extends Data.TaggedError("ConnectionError")<{
  readonly message: string;
  /** Nothing of the call can have reached a session, so it had no effect. */
  readonly unsent?: true | undefined;
  readonly cause?: unknown;
}> {}

export type DatabaseError = SqlError | ConnectionError;

/** A transaction was used after it had ended, or a statement of its user ended it. */
export class TransactionEnded extends Data.TaggedError("TransactionEnded")<{ readonly message: string }> {}

/** How Postgres runs a transaction; what is missing is as the database's defaults have it. */
export interface TransactionMode {
  readonly isolationLevel?: "read uncommitted" | "read committed" | "repeatable read" | "serializable";
  readonly accessMode?: "read only" | "read write";
  readonly deferrable?: boolean;
}

/** A transaction that is open: statements can be sent one after the other, each knowing the answers before it. */
export interface OpenTransaction {
  /** One round trip. Calls wait for each other. A refusal leaves the transaction as Postgres does: nothing but a rollback is left. */
  readonly send: (
    statements: ReadonlyArray<Statement>,
  ) => Effect.Effect<ReadonlyArray<Result>, DatabaseError | TransactionEnded>;
}

/**
 * Says when a call is given up. An `AbortSignal` is one; but every call needs one, and to make an `AbortSignal` takes ten times
 * as long as what drivers need of it.
 */
export interface GiveUp {
  readonly aborted: boolean;
  addEventListener(type: "abort", listener: () => void): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

export interface InteractiveOptions {
  readonly mode: TransactionMode;
  /** Sent together with BEGIN. */
  readonly first: ReadonlyArray<Statement>;
  /** Sent together with COMMIT. */
  readonly last: ReadonlyArray<Statement>;
  /** As for `transact`. */
  readonly giveUp?: GiveUp | undefined;
}

/**
 * Whether a driver can hold a transaction open between calls.
 *
 * `transaction` commits when `use` succeeds, rolls back when it fails or is interrupted, and has given the connection back
 * when it ends, whatever happened. `use` gets the results of `first`.
 */
export interface OpensTransactions {
  readonly supported: true;
  readonly transaction: <A, E>(
    options: InteractiveOptions,
    use: (transaction: OpenTransaction, first: ReadonlyArray<Result>) => Effect.Effect<A, E>,
  ) => Effect.Effect<A, E | DatabaseError | TransactionEnded>;
}

export type Interactive =
  | OpensTransactions
  | {
      readonly supported: false;
      /** Why not, for whoever asks for one: "each request to Neon over HTTP is a transaction of its own". */
      readonly reason: string;
    };

export interface DatabaseShape {
  /** The name of the driver, for messages. */
  readonly driver: string;
  /** False where every statement runs in one superuser session (PGlite): roles then show the rules but are no boundary. */
  readonly rolesAreBoundary: boolean;
  /**
   * @param giveUp when it aborts, the call fails at once, whatever the server does. What was not sent is not sent any more,
   * and a connection that owes an answer serves nobody else.
   */
  readonly transact: (
    statements: ReadonlyArray<Statement>,
    giveUp?: GiveUp,
  ) => Effect.Effect<ReadonlyArray<Result>, DatabaseError>;
  readonly interactive: Interactive;
  /**
   * Where the database itself verifies who is calling: the same database, reached with a caller's own token instead of a
   * password. Its statements run as the role that policies name, and nothing but the token says whose they are.
   */
  readonly withToken?: (token: string) => DatabaseShape;
  /** In front of it stands a program for development (`hedgerow neon-local`), which logs in where a platform need not. */
  readonly local?: true;
  /** Where the router sends what only reads, if that is not here: to a replica that is not stale. */
  readonly reading?: DatabaseShape;
}
