/**
 * Postgres in this process, through PGlite.
 *
 * Invariant: one call, one transaction, as on a server. There is a single session and it belongs to a superuser, so a
 * role that is set for a transaction shows which rules apply, but RESET ROLE leads back: it is no boundary.
 */
import type { PGlite, Transaction } from "@electric-sql/pglite";
import * as Effect from "effect/Effect";
import * as Exit from "effect/Exit";
import type {
  DatabaseError,
  DatabaseShape,
  InteractiveOptions,
  OpenTransaction,
  Result,
  Statement,
  TransactionEnded,
} from "./database.js";
import { claimFolder } from "./folder-claim.js";
import { inFlight } from "./in-flight.js";
import { databaseError, leftAsText, toText } from "./protocol.js";
import { modeText, takeTurns } from "./turns.js";

export type { DatabaseShape } from "./database.js";
export { FolderTaken } from "./folder-claim.js";
export { openPglite } from "./open-pglite.js";

/** The part of a PGlite that is used, so that one with extensions or in a worker fits as well. */
type Client = Pick<PGlite, "transaction"> & Partial<Pick<PGlite, "dataDir" | "closed">>;

/**
 * @param client a PGlite: in memory, or of `openPglite`, which claims a folder before it looks into it.
 * @returns a database for `createRouter`, `withCaller` and `push`.
 * @throws FolderTaken for a client whose folder another process has open, or another PGlite of this one: both would write, and
 * the folder would be lost.
 *
 * @example
 * ```ts
 * import { PGlite } from "@electric-sql/pglite";
 * import { pglite } from "hedgerow/pglite";
 *
 * const database = pglite(new PGlite());
 * ```
 */
export const pglite = (client: Client): DatabaseShape => {
  claimFolder(client.dataDir, client);
  return {
    driver: "pglite",
    rolesAreBoundary: false,
    transact: (statements, giveUp) =>
      statements.length === 0
        ? Effect.succeed([])
        : inFlight((abandoned) => transact(client, statements, abandoned), giveUp),
    interactive: { supported: true, transaction: (options, use) => interact(client, options, use) },
  };
};

/** PGlite would refuse a text for some types; the values are text already, and it is Postgres that reads them. */
const asTheyAre: Record<number, (value: string) => string> = new Proxy({}, { get: () => (value: string) => value });

/** node-postgres leaves an int8 as text, because not every one fits a number; PGlite would return a number or a bigint. */
const parsers = { 20: (text: string) => text };

const listedParsers = {
  ...parsers,
  ...Object.fromEntries([...leftAsText].map((oid) => [oid, (text: string) => text])),
};

/** Every type that PGlite would read: of a list of parsers it takes only what is listed. */
const rawParsers = Object.fromEntries(
  [16, 17, 20, 21, 23, 26, 114, 700, 701, 1082, 1114, 1184, 3802].map((oid) => [oid, (text: string) => text]),
);

const transact = async (
  client: Client,
  statements: ReadonlyArray<Statement>,
  abandoned: () => boolean,
): Promise<Effect.Effect<ReadonlyArray<Result>, DatabaseError>> => {
  try {
    return await client.transaction(async (transaction) => {
      if (abandoned()) return Effect.interrupt;
      return Effect.succeed(await exchange(transaction, statements));
    });
  } catch (cause) {
    return Effect.fail(databaseError(cleaned(cause)));
  }
};

/** PGlite hangs the statement with its values on an error. */
const cleaned = (cause: unknown): unknown => {
  for (const name of ["query", "params"]) Reflect.deleteProperty(Object(cause), name);
  return cause;
};

const exchange = async (
  transaction: Transaction,
  statements: ReadonlyArray<Statement>,
): Promise<ReadonlyArray<Result>> => {
  const results: Array<Result> = [];
  for (const { text, values = [], listed, raw } of statements) {
    const bound = values.map(toText);
    if (raw) {
      const answer = await transaction.query<ReadonlyArray<string | null>>(text, bound, {
        serializers: asTheyAre,
        parsers: rawParsers,
        rowMode: "array",
      });
      results.push({ ...summaryOf(answer), rows: [], texts: answer.rows });
    } else if (listed) {
      const answer = await transaction.query<ReadonlyArray<unknown>>(text, bound, {
        serializers: asTheyAre,
        parsers: listedParsers,
        rowMode: "array",
      });
      const columns = answer.fields.map(({ name }) => name);
      results.push({ ...summaryOf(answer), rows: [], listed: { columns, rows: answer.rows } });
    } else {
      const answer = await transaction.query<Record<string, unknown>>(text, bound, { serializers: asTheyAre, parsers });
      results.push({ ...summaryOf(answer), rows: answer.rows });
    }
  }
  return results;
};

const summaryOf = (answer: {
  readonly rowCount?: number;
  readonly command?: string;
}): Pick<Result, "count" | "command"> => ({ count: answer.rowCount ?? 0, command: answer.command ?? "" });

/** Makes PGlite roll back; what was wrong is in the exit that goes with it. */
class RolledBack extends Error {}

/** PGlite has one session, so until the transaction ends everything else waits. */
const interact = <A, E>(
  client: Client,
  { mode, first, last }: InteractiveOptions,
  use: (transaction: OpenTransaction, first: ReadonlyArray<Result>) => Effect.Effect<A, E>,
): Effect.Effect<A, E | DatabaseError | TransactionEnded> =>
  Effect.callback<A, E | DatabaseError | TransactionEnded>((resume) => {
    const interruption = new AbortController();
    let exit: Exit.Exit<A, E | DatabaseError | TransactionEnded> | undefined;
    const settled = client
      .transaction(async (transaction) => {
        const turns = takeTurns((statements) =>
          inFlight(() =>
            exchange(transaction, statements).then(Effect.succeed, (cause) =>
              Effect.fail(databaseError(cleaned(cause))),
            ),
          ),
        );
        const words = modeText(mode);
        const begin = words === "" ? [] : [{ text: `set transaction${words}` }];
        exit = await Effect.runPromiseExit(
          Effect.gen(function* () {
            const results = yield* turns.send([...begin, ...first]);
            const value = yield* use(turns, results.slice(begin.length));
            yield* turns.end(last);
            return value;
          }),
          { signal: interruption.signal },
        );
        await Effect.runPromise(turns.close(Effect.void));
        if (Exit.isFailure(exit)) throw new RolledBack();
      })
      .then(
        () => exit ?? Exit.die(new Error("PGlite ran no transaction.")),
        (cause) => (cause instanceof RolledBack && exit ? exit : Exit.fail(databaseError(cleaned(cause)))),
      );
    void settled.then((end) => resume(Exit.isSuccess(end) ? Effect.succeed(end.value) : Effect.failCause(end.cause)));
    return Effect.suspend(() => {
      interruption.abort();
      return Effect.promise(() => settled);
    });
  });
