/**
 * What every driver of PostgreSQL has in common on the wire.
 *
 * Invariant: a value leaves as text (or null), whatever type Postgres infers for its placeholder, and whatever goes
 * wrong comes back as one of the two tagged errors. A driver's own classes never reach a caller, except as `cause`. Neither shows
 * a log what was bound; a `detail`, which can quote it, is there for whoever asks for it by name.
 */
import { type Bound, ConnectionError, type DatabaseError, SqlError } from "./database.js";

/** The fields of an ErrorResponse, as node-postgres and PGlite both name them. */
interface ServerError extends Error {
  readonly code: string;
  readonly severity: string;
  readonly detail?: string | undefined;
  readonly schema?: string | undefined;
  readonly table?: string | undefined;
  readonly column?: string | undefined;
  readonly constraint?: string | undefined;
  readonly routine?: string | undefined;
}

/** Text that Postgres reads as the value: the type's own input function decides what it means. */
export const toText = (value: Bound): string | null => (value === null ? null : String(value));

/** timestamptz, timestamp, date, interval and the arrays of them: what a list of rows leaves as Postgres wrote it. */
export const leftAsText: ReadonlySet<number> = new Set([1184, 1114, 1082, 1186, 1185, 1115, 1182, 1187]);

/** Whether Postgres itself said it, as opposed to the network or the driver. */
const isServerError = (cause: unknown): cause is ServerError =>
  cause instanceof Error &&
  "code" in cause &&
  typeof cause.code === "string" &&
  // The proxy of Neon has errors of its own, with an empty code.
  /^[0-9A-Z]{5}$/.test(cause.code) &&
  "severity" in cause &&
  typeof cause.severity === "string";

/**
 * Whether the session ends with this error. The severity alone does not tell, because the server may translate it: 57P01
 * to 57P05 are a shutdown, a crash, a dropped database and an idle session. Class 08 tells nothing: 08P01 is also what a
 * statement with too many values gets.
 */
const endsSession = (error: ServerError): boolean =>
  error.severity === "FATAL" || error.severity === "PANIC" || /^57P0[1-5]$/.test(error.code);

/** Postgres refused a statement and the session goes on. */
export const isRefusal = (cause: unknown): cause is ServerError => isServerError(cause) && !endsSession(cause);

/** Never empty. A connection refused on several addresses at once carries its words in its parts. */
const messageOf = (cause: unknown): string => {
  if (cause instanceof AggregateError && cause.errors.length > 0) return cause.errors.map(messageOf).join("; ");
  if (typeof cause !== "object" || cause === null) return `The driver failed with ${JSON.stringify(String(cause))}.`;
  const field = (name: string): string => {
    const value: unknown = Reflect.get(cause, name);
    return typeof value === "string" ? value : "";
  };
  return (
    field("message") || `The driver failed with ${field("code") || field("name") || "no error"}, which says nothing.`
  );
};

/** The server starts or has no room; or it does not know the login or the database. Or nobody was reached in time. */
const neverBegun = /^(57P03|53300|28\w{3}|3D000|UND_ERR_CONNECT_TIMEOUT)$/;

/**
 * Whether there cannot have been a session. The driver of Neon keeps the error of `fetch`, which keeps the socket's; and of a
 * socket only connecting tells, because one that was connected can report an unreachable host as well.
 */
const isUnsent = (cause: unknown): boolean => {
  if (!(cause instanceof Error)) return false;
  if (cause instanceof AggregateError) return cause.errors.every(isUnsent);
  const field = (name: string): string => String(Reflect.get(cause, name));
  if (/^(connect|getaddrinfo)$/.test(field("syscall")) || neverBegun.test(field("code"))) return true;
  return isUnsent("sourceError" in cause ? cause.sourceError : cause.cause);
};

export const connectionError = (cause: unknown): ConnectionError =>
  new ConnectionError({ message: messageOf(cause), cause, unsent: isUnsent(cause) || undefined });

export const databaseError = (cause: unknown): DatabaseError => {
  if (!isRefusal(cause)) return connectionError(cause);
  const { message, code, detail, schema, table, column, constraint, routine } = cause;
  const error = new SqlError({ message, sqlState: code, schema, table, column, constraint, routine, cause });
  for (const each of [error, cause]) Object.defineProperty(each, "detail", { value: detail, enumerable: false });
  return error;
};
