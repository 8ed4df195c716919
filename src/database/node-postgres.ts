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
import { looksPooled } from "./pooler.js";
import { PreparedStatements } from "./prepared.js";

export type { DatabaseShape } from "./database.js";

export interface NodePostgresOptions {
  /**
   * Whether connections keep the statements of the router prepared. Say `false` behind a pooler that gives each transaction another
   * session (PgBouncer with `pool_mode = transaction`): it may not know prepared statements, and where it does, SQL behind
   * `withCaller` could replace what it has prepared in a session that serves somebody else next. Unless given it is `true`,
   * but for addresses that look like such a pooler's: a host with `-pooler`, the ports 6432 and 6543.
   */
  readonly prepare?: boolean;
}

/**
 * @param pool it stays open; its connections must be nobody else's who sets something for a session.
 * @returns a database for `createRouter`, `withCaller` and the functions of `hedgerow/drizzle-kit`.
 * @throws TypeError for a pool that pipelines by itself.
 *
 * @example
 * ```ts
 * import pg from "pg";
 * import { nodePostgres } from "hedgerow/node-postgres";
 *
 * const database = nodePostgres(new pg.Pool({ connectionString: process.env.DATABASE_URL }));
 * ```
 */
export const nodePostgres = (pool: Pool, options: NodePostgresOptions = {}): DatabaseShape => {
  if (pool.options.pipeline === true) {
    throw new TypeError("nodePostgres() pipelines by itself: make the pool without `pipeline: true`");
  }
  // A pool drops an idle connection that was lost. Without a listener Node would then end the whole process.
  if (pool.listenerCount("error") === 0) pool.on("error", () => {});
  const prepared = new PreparedStatements(options.prepare ?? !looksPooled(pool.options));
  return {
    driver: "node-postgres",
    rolesAreBoundary: true,
    transact: transactOver(pool, prepared),
    interactive: { supported: true, transaction: interactOver(pool, prepared) },
  };
};
