/**
 * Transactions that stay open while an application works, bounded and begun again like every other call.
 *
 * Invariant: whoever holds one open takes it from here; `withRetry` and `withDeadline` leave it alone. It stands apart, because a
 * router never holds one open.
 */
import type { DatabaseShape } from "./database.js";
import { interactiveWithin } from "./deadline.js";
import { interactiveRepeated } from "./retry.js";

/**
 * @param ms how long one answer may take; 0 for as long as it takes.
 * @returns the same database, whose transactions are sent again up to their callback, and whose every answer comes in time.
 */
export const withTransactions = (database: DatabaseShape, ms: number): DatabaseShape => {
  const { withToken, reading } = database;
  const repeated = interactiveRepeated(database.interactive);
  return {
    ...database,
    ...(withToken && { withToken: (token) => withTransactions(withToken(token), ms) }),
    ...(reading && { reading: withTransactions(reading, ms) }),
    interactive: ms === 0 ? repeated : interactiveWithin(repeated, ms),
  };
};
