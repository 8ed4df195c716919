/**
 * The process that `job.ts` starts: one transaction, read from stdin, answered on stdout.
 *
 * Invariant: it knows SQL and nothing of the schema, and it loads only the driver that the job asks for.
 */
import { text } from "node:stream/consumers";
import * as Effect from "effect/Effect";
import type { DatabaseShape } from "../database/database.js";
import type { Connection } from "./connection.js";
import type { Answer, Job } from "./job.js";

interface Opened {
  readonly database: DatabaseShape;
  readonly close: () => Promise<void>;
}

const open = async (connection: Connection): Promise<Opened> => {
  if (connection.driver === "pglite") {
    const { PGlite } = await import("@electric-sql/pglite");
    const { pglite } = await import("../database/pglite.js");
    const client = await PGlite.create(connection.dataDir);
    return { database: pglite(client), close: () => client.close() };
  }
  const { default: pg } = await import("pg");
  const { nodePostgres } = await import("../database/node-postgres.js");
  const pool = new pg.Pool({ ...connection.options, max: 1, connectionTimeoutMillis: 15_000 });
  return { database: nodePostgres(pool), close: () => pool.end() };
};

const run = async ({ connection, statements }: Job): Promise<Answer> => {
  const { database, close } = await open(connection);
  const answer = await Effect.runPromise(
    Effect.match(database.transact(statements.map((text) => ({ text }))), {
      onSuccess: (results): Answer => ({ ok: true, results }),
      onFailure: (error): Answer => ({
        ok: false,
        failure: {
          _tag: error._tag,
          message: error.message,
          ...(error._tag === "SqlError" && {
            sqlState: error.sqlState,
            ...(error.detail !== undefined && { detail: error.detail }),
          }),
        },
      }),
    }),
  );
  await close();
  return answer;
};

const failed = (cause: unknown): Answer => ({
  ok: false,
  failure: { _tag: "ConnectionError", message: cause instanceof Error ? cause.message : String(cause) },
});

const job: Job = JSON.parse(await text(process.stdin));
process.stdout.write(JSON.stringify(await run(job).catch(failed)));
