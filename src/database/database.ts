/**
 * The one service through which Hedgerow reaches Postgres.
 *
 * Invariant: all statements of one call run in one transaction, in order, on one connection. Either all of them took
 * effect or none did, and nothing that was set for the transaction outlives it.
 */
import * as Context from "effect/Context";
import * as Data from "effect/Data";
import type * as Effect from "effect/Effect";

/** A value that is bound to a placeholder; everything else is rendered to text before it comes here. */
export type Bound = string | number | boolean | null;

export interface Statement {
  readonly text: string;
  readonly values?: ReadonlyArray<Bound>;
}

export interface Result {
  readonly rows: ReadonlyArray<Readonly<Record<string, unknown>>>;
  /** Rows that the statement returned or changed, as Postgres counts them. */
  readonly count: number;
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
 * The database could not be reached, or the connection was lost before an answer came. In the second case nobody knows
 * whether the call took effect, so it is never repeated by itself.
 */
export class ConnectionError extends Data.TaggedError("ConnectionError")<{
  readonly message: string;
  readonly cause?: unknown;
}> {}

export type DatabaseError = SqlError | ConnectionError;

export interface DatabaseShape {
  /** The name of the driver, for messages. */
  readonly driver: string;
  /** False where every statement runs in one superuser session (PGlite): roles then show the rules but are no boundary. */
  readonly rolesAreBoundary: boolean;
  readonly transact: (statements: ReadonlyArray<Statement>) => Effect.Effect<ReadonlyArray<Result>, DatabaseError>;
}

export class Database extends Context.Service<Database, DatabaseShape>()("hedgerow/Database") {}
