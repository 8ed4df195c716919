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
import {
  type DatabaseError,
  type DatabaseShape,
  type InteractiveOptions,
  type OpenTransaction,
  type Result,
  type Statement,
  TransactionEnded,
} from "./database.js";
import { inFlight } from "./in-flight.js";
import { type Lease, lease } from "./lease.js";
import type { Answer } from "./pipeline.js";
import { connectionError, databaseError, leftAsText } from "./protocol.js";
import { modeText, takeTurns } from "./turns.js";

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
    interactive: { supported: true, transaction: (options, use) => interact(pool, options, use) },
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
    return await exchange(connection, statements);
  } finally {
    connection.release();
  }
};

const exchange = async (
  connection: Lease,
  statements: ReadonlyArray<Statement>,
): Promise<Effect.Effect<ReadonlyArray<Result>, DatabaseError>> => {
  const { error, answers } = await connection.run(statements);
  if (error !== null) return Effect.fail(databaseError(error));
  return Effect.succeed(answers.map((answer, index) => resultOf(connection.client, statements[index], answer)));
};

/** BEGIN and the first statements are one round trip, and so are the last ones and COMMIT. */
const interact = <A, E>(
  pool: Pool,
  { mode, first, last }: InteractiveOptions,
  use: (transaction: OpenTransaction, first: ReadonlyArray<Result>) => Effect.Effect<A, E>,
): Effect.Effect<A, E | DatabaseError | TransactionEnded> =>
  Effect.acquireUseRelease(
    Effect.mapError(
      Effect.tryPromise(() => lease(pool)),
      ({ cause }) => connectionError(cause),
    ).pipe(
      Effect.map((connection) => ({
        connection,
        turns: takeTurns((statements) =>
          inFlight((abandoned) => (abandoned() ? Promise.resolve(Effect.interrupt) : exchange(connection, statements))),
        ),
      })),
    ),
    ({ turns }) =>
      Effect.gen(function* () {
        const [, ...results] = yield* turns.send([{ text: `begin${modeText(mode)}` }, ...first]);
        const value = yield* use(turns, results);
        const ending = yield* turns.end([...last, { text: "commit" }]);
        if (ending.at(-1)?.command !== "COMMIT") {
          yield* new TransactionEnded({ message: "Postgres rolled the transaction back instead of committing it." });
        }
        return value;
      }),
    ({ connection, turns }) =>
      // Whatever is still under way comes first: the rollback would be answered by its answer otherwise.
      turns.close(
        Effect.promise(async () => {
          try {
            if (connection.isOpen) await connection.run([{ text: "rollback" }]);
          } finally {
            connection.release();
          }
        }),
      ),
  );

const resultOf = (client: PoolClient, statement: Statement | undefined, answer: Answer): Result => {
  const { count, command, fields } = answer;
  if (!statement?.listed) return { rows: readRows(client, answer), count, command };
  const parsers = parsersOf(client, fields, leftAsText);
  const rows = answer.rows.map((values) =>
    values.map((text, index) => (text === null ? null : (parsers[index]?.(text) ?? null))),
  );
  return { rows: [], count, command, listed: { columns: fields.map(({ name }) => name), rows } };
};

type Parser = (text: string) => unknown;

const parsersOf = (client: PoolClient, fields: Answer["fields"], asText?: ReadonlySet<number>): ReadonlyArray<Parser> =>
  fields.map(({ dataTypeID }) => (asText?.has(dataTypeID) ? (text) => text : client.getTypeParser(dataTypeID, "text")));

/** The values as the pool's own type parsers read them; those are node-postgres's unless the pool was given others. */
const readRows = (client: PoolClient, { fields, rows }: Answer): Result["rows"] => {
  const parsers = parsersOf(client, fields);
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
