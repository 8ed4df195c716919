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
import * as Effect from "effect/Effect";
import type { Pool, PoolClient } from "pg";
import type { DatabaseError, DatabaseShape, Result, Statement } from "./database.js";
import { inFlight } from "./in-flight.js";
import { type Lease, lease } from "./lease.js";
import type { Answer } from "./pipeline.js";
import { connectionError, databaseError } from "./protocol.js";

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
    transact: (statements) =>
      statements.length === 0 ? Effect.succeed([]) : inFlight((abandoned) => transact(pool, statements, abandoned)),
  };
};

const transact = async (
  pool: Pool,
  statements: ReadonlyArray<Statement>,
  abandoned: () => boolean,
): Promise<Effect.Effect<ReadonlyArray<Result>, DatabaseError>> => {
  let connection: Lease;
  try {
    connection = await lease(pool);
  } catch (cause) {
    // Also what Postgres says while it refuses a login: there is no session in which a statement could be refused.
    return Effect.fail(connectionError(cause));
  }
  try {
    if (abandoned()) return Effect.interrupt;
    const { error, answers } = await connection.run(statements);
    if (error !== null) return Effect.fail(databaseError(error));
    return Effect.succeed(
      answers.map((answer) => ({ rows: readRows(connection.client, answer), count: answer.count })),
    );
  } finally {
    connection.release();
  }
};

/** The values as the pool's own type parsers read them; those are node-postgres's unless the pool was given others. */
const readRows = (client: PoolClient, { fields, rows }: Answer): Result["rows"] => {
  const parsers: ReadonlyArray<(text: string) => unknown> = fields.map(({ dataTypeID }) =>
    client.getTypeParser(dataTypeID, "text"),
  );
  // Every row starts as a copy with all its columns, so that V8 gives them one shape and `__proto__` is just a column.
  const blank: Readonly<Record<string, unknown>> = Object.fromEntries(fields.map(({ name }) => [name, null]));
  return rows.map((values) => {
    const row = { ...blank };
    fields.forEach(({ name }, index) => {
      const text = values[index] ?? null;
      row[name] = text === null ? null : parsers[index]?.(text);
    });
    return row;
  });
};
