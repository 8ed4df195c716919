/**
 * The process that `job.ts` starts: one transaction, read from stdin, answered on stdout. What it waits for it says on the
 * third of its outputs.
 *
 * Invariant: it knows SQL and nothing of the schema, and it loads only the driver that the job asks for.
 */
import { writeSync } from "node:fs";
import { text } from "node:stream/consumers";
import * as Effect from "effect/Effect";
import type { Answer, Job } from "./job.js";
import { defaultWaitMs } from "./locks/limits.js";
import { patientDatabase } from "./locks/patient-database.js";
import { openDatabase } from "./open.js";

const say = (message: string): void => {
  try {
    writeSync(3, `[i] Hedgerow: ${message}\n`);
  } catch {
    // Whoever started it does not listen.
  }
};

const run = async ({ connection, statements }: Job): Promise<Answer> => {
  const { database: opened, close } = await openDatabase(connection);
  const database = patientDatabase(opened, { waitMs: defaultWaitMs, onWait: say });
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
