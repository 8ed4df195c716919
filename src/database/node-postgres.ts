/**
 * PostgreSQL through a `pg.Pool`.
 *
 * Invariant: one call takes one connection, sends its statements in one round trip, and reads the values only after the
 * transaction has ended.
 *
 * All statements of a call share one implicit transaction (see pipeline.ts). After the first statement Postgres treats it
 * like one that BEGIN opened: a DO block or procedure that commits is refused, and so are VACUUM or CREATE DATABASE. As
 * the first statement they take effect at once, and COMMIT ends the transaction, and with it the role, anywhere.
 */
import type { Pool } from "pg";
import type { DatabaseShape } from "./database.js";
import { interactOver, transactOver } from "./lease.js";

/**
 * @example
 * ```ts
 * import pg from "pg";
 * import { nodePostgres } from "hedgerow/node-postgres";
 *
 * const database = nodePostgres(new pg.Pool({ connectionString: process.env.DATABASE_URL }));
 * ```
 */
export const nodePostgres = (pool: Pool): DatabaseShape => {
  if (pool.options.pipeline === true) {
    throw new TypeError("nodePostgres() pipelines by itself: make the pool without `pipeline: true`");
  }
  // A pool drops an idle connection that was lost. Without a listener Node would then end the whole process.
  if (pool.listenerCount("error") === 0) pool.on("error", () => {});
  return {
    driver: "node-postgres",
    rolesAreBoundary: true,
    transact: transactOver(pool),
    interactive: { supported: true, transaction: interactOver(pool) },
  };
};
