/**
 * Postgres in this process, through PGlite.
 *
 * Invariant: one call, one transaction, as on a server. There is a single session and it belongs to a superuser, so a
 * role that is set for a transaction shows which rules apply, but RESET ROLE leads back: it is no boundary.
 */
import type { PGlite } from "@electric-sql/pglite";
import * as Effect from "effect/Effect";
import type { DatabaseError, DatabaseShape, Result, Statement } from "./database.js";
import { inFlight } from "./in-flight.js";
import { databaseError, toText } from "./protocol.js";

/** The part of a PGlite that is used, so that one with extensions or in a worker fits as well. */
type Client = Pick<PGlite, "transaction">;

/**
 * @example
 * ```ts
 * import { PGlite } from "@electric-sql/pglite";
 * import { pglite } from "hedgerow/pglite";
 *
 * const database = pglite(new PGlite());
 * ```
 */
export const pglite = (client: Client): DatabaseShape => ({
  driver: "pglite",
  rolesAreBoundary: false,
  transact: (statements) =>
    statements.length === 0 ? Effect.succeed([]) : inFlight((abandoned) => transact(client, statements, abandoned)),
});

/** PGlite would refuse a text for some types; the values are text already, and it is Postgres that reads them. */
const asTheyAre: Record<number, (value: string) => string> = new Proxy({}, { get: () => (value: string) => value });

/** node-postgres leaves an int8 as text, because not every one fits a number; PGlite would return a number or a bigint. */
const parsers = { 20: (text: string) => text };

const transact = async (
  client: Client,
  statements: ReadonlyArray<Statement>,
  abandoned: () => boolean,
): Promise<Effect.Effect<ReadonlyArray<Result>, DatabaseError>> => {
  try {
    return await client.transaction(async (transaction) => {
      if (abandoned()) return Effect.interrupt;
      const results: Array<Result> = [];
      for (const { text, values = [] } of statements) {
        const { rows, rowCount = 0 } = await transaction.query<Record<string, unknown>>(text, values.map(toText), {
          serializers: asTheyAre,
          parsers,
        });
        results.push({ rows, count: rowCount });
      }
      return Effect.succeed(results);
    });
  } catch (cause) {
    return Effect.fail(databaseError(cause));
  }
};
