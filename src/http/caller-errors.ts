/**
 * What a handler behind `withCaller` can be told beside what the database says.
 *
 * Invariant: each is a value with a tag, whose message is for whoever wrote the handler.
 */
import * as Data from "effect/Data";

/** The driver cannot hold a transaction open between statements; the message says why. */
export class TransactionsUnsupported extends Data.TaggedError("TransactionsUnsupported")<{
  readonly message: string;
}> {}

/**
 * The isolation level would keep the caller as they were when the transaction began. Take `read committed`, and lock what must not
 * change meanwhile: `.for("update")`.
 */
export class IsolationUnsupported extends Data.TaggedError("IsolationUnsupported")<{ readonly message: string }> {}

/** The callback of a transaction took longer than `timeouts.transactionMs`. Everything in it was rolled back. */
export class TransactionTimeout extends Data.TaggedError("TransactionTimeout")<{ readonly message: string }> {}

/**
 * The client has gone. What was not sent to the database yet is not sent; an open transaction is rolled back. Of what was sent, a
 * request that reads (GET, HEAD, OPTIONS) stops it, and in any other it runs to its end.
 */
export class RequestAborted extends Data.TaggedError("RequestAborted")<{ readonly message: string }> {}

/** A callback's own error, on its way around what can go wrong with the transaction. */
export class Thrown extends Data.TaggedError("Thrown")<{ readonly error: unknown }> {}
