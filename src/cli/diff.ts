/**
 * drizzle-kit's own diff between a schema and a database, as statements.
 *
 * Invariant: it only reads. What it would change comes back as data, and an error of the database comes back as itself.
 */
import * as Effect from "effect/Effect";
import type { TableName } from "../condition/condition.js";
import type { DatabaseError, DatabaseShape } from "../database/database.js";
import type { SchemaModule } from "../table/schema.js";
import { PushError } from "./failure.js";
import { isQuestion, type KitDiff, loadKit, plain, type Query, questionText } from "./kit.js";
import { quietly } from "./quiet.js";

export type Diff = KitDiff;

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

/** drizzle-kit counts the rows that a change would lose. */
const isCount = (query: string): boolean => /^\s*select count\(/i.test(query);

/** How a diff may ask whether something is new or renamed. */
export interface Asking {
  /** The query with what lets the owner see all rows, and with what undoes it: an answer can take long. */
  readonly seeing: (query: string) => ReadonlyArray<string>;
}

/**
 * @param asking lets drizzle-kit 0.31 ask on this terminal.
 * @returns an effect that fails with the database's own error, or with a `PushError` where drizzle-kit would have to ask,
 * for example whether a column is new or renamed.
 */
export const diff = (
  schema: SchemaModule,
  database: DatabaseShape,
  schemas: ReadonlyArray<string>,
  guarded: ReadonlyArray<TableName>,
  asking?: Asking,
): Effect.Effect<Diff, DatabaseError | PushError> =>
  Effect.suspend(() => {
    let refused: DatabaseError | undefined;
    const query: Query = async (text) => {
      const statements = asking === undefined || !isCount(text) ? [text] : asking.seeing(text);
      const results = await Effect.runPromise(
        Effect.tapError(database.transact(statements.map((each) => ({ text: each }))), (error) =>
          Effect.sync(() => {
            refused = error;
          }),
        ),
      );
      return (results[statements.indexOf(text)]?.rows ?? []).filter((row) => !isPolicyOn(guarded, text, row));
    };
    return Effect.tryPromise({
      try: async () => {
        const kit = await loadKit();
        const { statements, losses } = await (asking === undefined
          ? quietly(() => kit(schema, query, schemas))
          : kit(schema, query, schemas));
        return { statements: statements.filter((statement) => !createsPolicyOn(guarded, statement)), losses };
      },
      catch: (cause) => refused ?? unanswered(cause),
    });
  });

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
