/**
 * drizzle-kit's own diff between a schema and a database, as statements.
 *
 * Invariant: it only reads. What it would change comes back as data, and an error of the database comes back as itself.
 */
import * as Effect from "effect/Effect";
import type { TableName } from "../condition/condition.js";
import type { DatabaseError, DatabaseShape } from "../database/database.js";
import type { SchemaModule } from "../table/schema.js";
import { contained } from "./contained.js";
import { PushError } from "./failure.js";
import { isQuestion, type KitDiff, loadKit, plain, type Query, questionText } from "./kit.js";
import { quietly } from "./quiet.js";
import { idleCounts, settling } from "./settled.js";

export interface Diff extends KitDiff {
  /** Runs drizzle-kit again with the rows counted, which the first look has not done. */
  readonly counted: Effect.Effect<KitDiff, DatabaseError | PushError>;
}

/**
 * The policies of guarded tables are made without drizzle-kit, so it is not shown any: then it wants to create all of
 * them, and does not ask whether one is another's new name. What it would create is left out.
 */
const isPolicyOn = (
  guarded: ReadonlyArray<TableName>,
  query: string,
  row: Readonly<Record<string, unknown>>,
): boolean =>
  /\bfrom (?:pg_catalog\.)?pg_policies\b/i.test(query) &&
  // 1.0 calls the columns by other names.
  guarded.some(
    ({ schema, name }) => (row.schemaname ?? row.schema) === schema && (row.tablename ?? row.table) === name,
  );

const createsPolicyOn = (guarded: ReadonlyArray<TableName>, statement: string): boolean =>
  statement.startsWith("CREATE POLICY ") && guarded.some(({ name }) => statement.includes(` ON "${name}" AS `));

/** drizzle-kit counts the rows that a change would lose; 1.0 looks for one. */
const isCount = (query: string): boolean => /^\s*select (?:count\(|1 from )/i.test(query);

/** How a diff may ask whether something is new or renamed. */
export interface Asking {
  /** The query with what lets the owner see all rows, and with what undoes it: an answer can take long. */
  readonly seeing: (query: string) => ReadonlyArray<string>;
}

type Rows = ReadonlyArray<Readonly<Record<string, unknown>>>;

/**
 * Takes away what would change nothing. Rows are counted only for what changes something: a push that changes nothing
 * must neither ask whether they may be lost nor need them.
 *
 * @param asking lets drizzle-kit 0.31 ask on this terminal; rows are counted then at once.
 * @returns an effect that fails with the database's own error, or with a `PushError` where drizzle-kit would have to ask,
 * for example whether a column is new or renamed.
 */
export const diff = (
  schema: SchemaModule,
  database: DatabaseShape,
  schemas: ReadonlyArray<string>,
  guarded: ReadonlyArray<TableName>,
  asking?: Asking,
): Effect.Effect<Diff, DatabaseError | PushError> => {
  const transact = (statements: ReadonlyArray<string>) =>
    Effect.map(database.transact(statements.map((each) => ({ text: each }))), (results) =>
      results.map(({ rows }) => rows),
    );
  const run = (
    answer: (text: string) => Effect.Effect<Rows, DatabaseError>,
  ): Effect.Effect<KitDiff, DatabaseError | PushError> =>
    Effect.suspend(() => {
      let refused: DatabaseError | undefined;
      const query: Query = async (text) => {
        const rows = await Effect.runPromise(
          Effect.tapError(answer(text), (error) =>
            Effect.sync(() => {
              refused ??= error;
            }),
          ),
        );
        return rows.filter((row) => !isPolicyOn(guarded, text, row));
      };
      return Effect.tryPromise({
        try: async () => {
          const kit = await loadKit();
          const found = () => kit(schema, query, schemas);
          const { statements, losses } = await (asking === undefined ? quietly(found) : contained(found));
          return { statements: statements.filter((statement) => !createsPolicyOn(guarded, statement)), losses };
        },
        catch: (cause) => refused ?? unanswered(cause),
      });
    });
  const one = (text: string) => Effect.map(transact([text]), ([rows = []]) => rows);
  const settledOf = (statements: ReadonlyArray<string>) => {
    const { queries, settledBy } = settling(statements);
    return queries.length === 0
      ? Effect.succeed<ReadonlySet<string>>(new Set())
      : Effect.map(transact(queries), (results) => settledBy(results.at(-1) ?? []));
  };
  const without = (found: KitDiff, settled: ReadonlySet<string>): KitDiff => {
    const statements = found.statements.filter((statement) => !settled.has(statement));
    return { statements, losses: statements.length === 0 ? [] : found.losses };
  };
  if (asking !== undefined) {
    const all = run((text) => {
      const statements = isCount(text) ? asking.seeing(text) : [text];
      return Effect.map(transact(statements), (results) => results[statements.indexOf(text)] ?? []);
    });
    return Effect.flatMap(all, (found) =>
      Effect.map(settledOf(found.statements), (settled) => {
        const rest = without(found, settled);
        return { ...rest, counted: Effect.succeed(rest) };
      }),
    );
  }
  return Effect.suspend(() => {
    const counts: Array<string> = [];
    const uncounted = run((text) => {
      if (!isCount(text)) return one(text);
      counts.push(text);
      return Effect.succeed(text.includes("count(") ? [{ count: 0 }] : []);
    });
    return Effect.flatMap(uncounted, (found) =>
      Effect.map(settledOf(found.statements), (settled) => ({
        ...without(found, settled),
        counted: Effect.suspend(() => {
          const idle = idleCounts(counts, found.statements, settled);
          let asked = 0;
          const again = run((text) => {
            if (!isCount(text)) return one(text);
            const position = asked++;
            return counts[position] === text && idle[position] ? Effect.succeed([{ count: 0 }]) : one(text);
          });
          return Effect.map(again, (counted) => without(counted, settled));
        }),
      })),
    );
  });
};

/** Whether a diff would succeed if somebody answered. */
export const needsAnswer = (error: DatabaseError | PushError): boolean =>
  error._tag === "PushError" && isQuestion(error.cause);

const unanswered = (cause: unknown): PushError => {
  const message = cause instanceof Error ? plain(cause.message) : String(cause);
  return new PushError({
    message: isQuestion(cause)
      ? `Nothing was pushed: ${questionText(cause)} Run \`hedgerow push\` in a terminal; with Drizzle 1.0, \`drizzle-kit push\`.`
      : `Nothing was pushed: drizzle-kit failed: ${message}`,
    problems: [message],
    cause,
  });
};
