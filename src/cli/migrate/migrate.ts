/**
 * `migrate()`: the migrations of a folder, applied and verified.
 *
 * Invariant: one at a time works on a database, under the lock that pushes take as well. Each migration and the row that
 * records it are one transaction, so a process that dies leaves the state before or after one; running again goes on from
 * there. The rows are drizzle-orm's own, so its migrator and this one see each other's work.
 */
import * as Data from "effect/Data";
import * as Effect from "effect/Effect";
import type { DefinitionError } from "../../condition/problem.js";
import { databaseError } from "../../database/protocol.js";
import { postgresTarget } from "../../database/target.js";
import { compileEffect } from "../../postgres/compile.js";
import type { Expectation } from "../../postgres/expectation.js";
import { demandSecurity, demandStructure } from "../../postgres/inspect.js";
import { lockStatement } from "../../postgres/security.js";
import { dialectLayer } from "../../postgres/supabase.js";
import { type Connection, withoutSecrets } from "../connection.js";
import { describeFailure, problemsOf } from "../failure.js";
import { draftsFor } from "../generate/generate.js";
import { openFolder } from "../generate/open.js";
import { installedLine } from "../line.js";
import type { Guard } from "../plan.js";
import { Overtaken } from "./batch-session.js";
import { historyOf, type Migration, migrationOf } from "./history.js";
import { appliedOf, readRecords, readShape, record, recordTable, upgrade } from "./records.js";
import { openSession, type Session } from "./session.js";

export interface MigrateOptions extends Guard {
  /** The folder of the migrations. */
  readonly out: string;
  /** The database, reached as the owner of its tables. */
  readonly connection: Connection;
  /**
   * Records what the database has not seen as applied, without running it: for a database that a push has made. Only where
   * the folder says what the schema says, and the database is as declared.
   */
  readonly baseline?: boolean;
  /** Told after each migration. */
  readonly onApplied?: (tag: string) => void;
}

/** Rejects the promise of `migrate()`. */
export class MigrateError extends Data.TaggedError("MigrateError")<{
  readonly message: string;
  readonly problems: ReadonlyArray<string>;
  readonly cause?: unknown;
}> {}

const failed = (what: string, problems: ReadonlyArray<string>, cause?: unknown): MigrateError =>
  new MigrateError({ message: describeFailure(what, problems), problems, cause });

const nothing = "Nothing was migrated.";
const unrecorded = "Nothing was recorded.";

/** The same lock, held until the session ends. */
const lockSession = lockStatement.replace("pg_advisory_xact_lock", "pg_advisory_lock");

const readFolder = (out: string): Effect.Effect<ReadonlyArray<Migration>, MigrateError> =>
  Effect.try({
    try: () => {
      const folder = openFolder(out);
      const entries = folder.entries();
      if (entries.length === 0) throw new Error(`${out} has no migrations. Run \`hedgerow generate\` first.`);
      return entries.map((entry) => migrationOf(entry, folder.read(entry)));
    },
    catch: (cause) => failed(nothing, [cause instanceof Error ? cause.message : String(cause)], cause),
  });

/** The sentences of an error of the driver's, without the password. */
const sentences = (connection: Connection, cause: unknown): ReadonlyArray<string> =>
  problemsOf(databaseError(cause)).map((problem) => withoutSecrets(connection, problem));

const open = (connection: Connection) =>
  Effect.tryPromise({
    try: () => openSession(connection),
    catch: (cause) =>
      failed(
        nothing,
        [
          withoutSecrets(
            connection,
            `The database cannot be reached: ${cause instanceof Error && cause.message !== "" ? cause.message : String(cause)}`,
          ),
        ],
        cause,
      ),
  });

/** A problem in one statement, for whoever has to find it. */
const at = (migration: Migration, position: number, problems: ReadonlyArray<string>): ReadonlyArray<string> => [
  `${migration.file}, statement ${position + 1} of ${migration.statements.length}: ${problems.join("; ")}`,
];

const run =
  (session: Session, connection: Connection, what: string) =>
  (
    text: string,
    values?: ReadonlyArray<string>,
    place: (problems: ReadonlyArray<string>) => ReadonlyArray<string> = (problems) => problems,
  ) =>
    Effect.tryPromise({
      try: () => session.query(text, values),
      catch: (cause) => failed(what, place(sentences(connection, cause)), cause),
    });

const apply = (session: Session, connection: Connection, migration: Migration): Effect.Effect<void, MigrateError> => {
  const query = run(session, connection, `${migration.tag} was not applied, and nothing of it is left. What is wrong:`);
  const work = Effect.gen(function* () {
    yield* query("begin");
    yield* query("set local lock_timeout = '30s'");
    for (const [position, statement] of migration.statements.entries()) {
      yield* query(statement, undefined, (problems) => at(migration, position, problems));
    }
    const { text, values } = record(installedLine, migration);
    yield* query(text, values);
    yield* query("commit");
  });
  return Effect.onError(work, () => Effect.ignore(query("rollback")));
};

const verify = (session: Session, connection: Connection, expected: Expectation) => {
  const query = run(
    session,
    connection,
    "The migrations are applied, but the database is not as declared. Is everything generated (`hedgerow generate`)? What is wrong:",
  );
  return Effect.gen(function* () {
    yield* query(demandStructure(expected));
    yield* query(demandSecurity(expected));
  });
};

/** Makes drizzle-orm's table, or brings it to the form of the installed line. What is read decides, so it is read first. */
const prepareRecords = (
  session: Session,
  connection: Connection,
  migrations: ReadonlyArray<Migration>,
): Effect.Effect<void, MigrateError> => {
  const query = run(session, connection, nothing);
  return Effect.gen(function* () {
    for (const statement of recordTable(installedLine)) yield* query(statement);
    const named = (yield* query(readShape)).length > 0;
    if (installedLine !== "1.0" || named) return;
    const upgraded = upgrade(migrations, yield* query(readRecords));
    if (upgraded._tag === "Broken") return yield* failed(nothing, upgraded.problems);
    const work = Effect.gen(function* () {
      yield* query("begin");
      for (const { text, values } of upgraded.statements) yield* query(text, values);
      yield* query("commit");
    });
    yield* Effect.onError(work, () => Effect.ignore(query("rollback")));
  });
};

/** A folder that lags behind the schema would be recorded as what it is not. */
const demandCurrent = (guard: Guard, out: string): Effect.Effect<void, MigrateError> =>
  Effect.tryPromise({
    try: async () => {
      const missing = await draftsFor(guard, openFolder(out), "tables", false);
      if (missing.length > 0)
        throw new Error(`${out} does not say what the schema says. Run \`hedgerow generate\` first.`);
    },
    catch: (cause) => failed(unrecorded, [cause instanceof Error ? cause.message : String(cause)], cause),
  });

/** Records migrations that a database does not need, because it is as they would have made it; in one transaction. */
const recordAll = (
  session: Session,
  connection: Connection,
  migrations: ReadonlyArray<Migration>,
  expected: Expectation,
): Effect.Effect<void, MigrateError> => {
  const query = run(
    session,
    connection,
    `${unrecorded} The database is not as declared, so something of the migrations is missing in it; \`hedgerow push\` brings it there. What is wrong:`,
  );
  const work = Effect.gen(function* () {
    yield* query("begin");
    yield* query(demandStructure(expected));
    yield* query(demandSecurity(expected));
    for (const migration of migrations) {
      const { text, values } = record(installedLine, migration);
      yield* query(text, values);
    }
    yield* query("commit");
  });
  return Effect.onError(work, () => Effect.ignore(query("rollback")));
};

/** The program behind `migrate`, for those who use Effect. */
export const migrateEffect = ({
  out,
  connection,
  baseline = false,
  onApplied = () => {},
  ...guard
}: MigrateOptions): Effect.Effect<ReadonlyArray<string>, MigrateError | DefinitionError> =>
  Effect.gen(function* () {
    const { expected } = yield* Effect.provide(
      compileEffect(guard.schema, guard.identity),
      dialectLayer(guard.target ?? postgresTarget),
    );
    const migrations = yield* readFolder(out);
    if (baseline) yield* demandCurrent(guard, out);
    const tags: Array<string> = [];
    const work = Effect.acquireUseRelease(
      open(connection),
      (session) =>
        Effect.gen(function* () {
          const query = run(session, connection, nothing);
          yield* query(lockSession);
          yield* prepareRecords(session, connection, migrations);
          const history = historyOf(installedLine, migrations, appliedOf(yield* query(readRecords)));
          if (history._tag === "Broken") return yield* failed(nothing, history.problems);
          if (baseline) {
            yield* recordAll(session, connection, history.migrations, expected);
            return history.migrations.map(({ tag }) => tag);
          }
          for (const migration of history.migrations) {
            yield* apply(session, connection, migration);
            tags.push(migration.tag);
            onApplied(migration.tag);
          }
          yield* verify(session, connection, expected);
          return tags;
        }),
      (session) => Effect.ignore(Effect.tryPromise(() => session.close())),
    );
    // Each time somebody else has applied one more, so this comes to an end.
    return yield* Effect.retry(work, {
      times: migrations.length,
      while: (error) => error.cause instanceof Overtaken,
    });
  });

/**
 * Applies all migrations of a folder that a database has not seen, and verifies the database against the schema.
 *
 * @param options the schema, the identity provider, the folder, the database.
 * @returns the tags of the migrations that were applied now.
 * @throws DefinitionError with all problems of all tables.
 * @throws MigrateError where the folder and the database do not fit, a statement fails, or the database is not as declared
 * afterwards. The migration that failed has changed nothing; those before it stand.
 *
 * @example
 * ```ts
 * await migrate({ schema, identity, out: "./drizzle", connection: { driver: "pg", options: { connectionString: url } } });
 * ```
 */
export const migrate = async (options: MigrateOptions): Promise<ReadonlyArray<string>> =>
  Effect.runPromise(migrateEffect(options));
