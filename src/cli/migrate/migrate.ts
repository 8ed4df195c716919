/**
 * `migrate()`: the migrations of a folder, applied and verified.
 *
 * Invariant: one at a time works on a database, under the lock that pushes take as well. Each migration and the row that
 * records it are one transaction, so a process that dies leaves the state before or after one; running again goes on from
 * there. A transaction that others are in the way of is undone and tried again, so nobody waits behind it for long. The rows
 * are drizzle-orm's own, so its migrator and this one see each other's work.
 */
import * as Data from "effect/Data";
import * as Effect from "effect/Effect";
import type { DefinitionError } from "../../condition/problem.js";
import { FolderTaken } from "../../database/folder-claim.js";
import { databaseError } from "../../database/protocol.js";
import { postgresTarget } from "../../database/target.js";
import { demandGuarded } from "../../postgres/auth-guard.js";
import { compileEffect } from "../../postgres/compile.js";
import type { Expectation } from "../../postgres/expectation.js";
import { authPolicy } from "../../postgres/identity.js";
import { demandSecurity, demandStructure } from "../../postgres/inspect.js";
import { dialectLayer } from "../../postgres/supabase.js";
import { type Connection, loginOf, withoutSecrets } from "../connection.js";
import { refusedAddress } from "../direct.js";
import { aboutLogin, aboutPush, describeFailure, problemsOf } from "../failure.js";
import { draftsFor } from "../generate/generate.js";
import { openFolder } from "../generate/open.js";
import { installedLine } from "../line.js";
import { defaultWaitMs, sessionName, waitProblem } from "../locks/limits.js";
import { isInTheWay, patiently, type Waiting } from "../locks/patience.js";
import type { Guard } from "../plan.js";
import type { Rows } from "./client.js";
import { historyOf, type Migration, migrationOf } from "./history.js";
import { Journal, Overtaken } from "./journal.js";
import { appliedOf, readRecords, readShape, record, recordTable, type Statement, upgrade } from "./records.js";
import { openSession, type Session, SharedSession, StatementFailed } from "./session.js";

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
  /** Without this, a migration fails that would guard tables of Better Auth which have rows and were open before; as for `push`. */
  readonly acceptAuthGuard?: boolean;
  /** Told after each migration. */
  readonly onApplied?: (tag: string) => void;
  /**
   * For how many milliseconds in all a transaction of the migration waits for others (60,000): for its turn, and for tables
   * that somebody holds. It never holds up whoever comes behind it for longer than a second at once, but lets go and tries again.
   */
  readonly waitMs?: number;
  /** Told now and then what is waited for, and which process has it. */
  readonly onWait?: (message: string) => void;
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

/** What the user may have overlooked. */
const hints = (connection: Connection, cause: unknown): ReadonlyArray<string> => {
  const error = databaseError(cause);
  return [...aboutLogin(error, loginOf(connection)), ...aboutPush(error)];
};

/** What every step of one run has in common. */
interface Run {
  readonly session: Session;
  readonly journal: Journal;
  readonly connection: Connection;
  readonly waiting: Waiting;
}

const unreachable = (connection: Connection, cause: unknown): string =>
  cause instanceof SharedSession || cause instanceof FolderTaken
    ? cause.message
    : withoutSecrets(
        connection,
        `The database cannot be reached: ${cause instanceof Error && cause.message !== "" ? cause.message : String(cause)}`,
      );

const open = (connection: Connection, options: Pick<Waiting, "waitMs" | "onWait">): Effect.Effect<Run, MigrateError> =>
  Effect.tryPromise({
    try: async () => {
      const session = await openSession(connection, { name: sessionName("migrate"), ...options });
      return { session, journal: new Journal(session), connection, waiting: { ...options, look: session.look } };
    },
    catch: (cause) => failed(nothing, [unreachable(connection, cause)], cause),
  });

/** A problem in one statement, for whoever has to find it. */
const at = (migration: Migration, position: number, problems: ReadonlyArray<string>): ReadonlyArray<string> => [
  `${migration.file}, statement ${position + 1} of ${migration.statements.length}: ${problems.join("; ")}`,
];

type Place = (problems: ReadonlyArray<string>, position: number) => ReadonlyArray<string>;

/** One transaction, as often as it takes. What it says when it fails begins with `what`. */
const attempt = <A>(
  { connection, waiting }: Run,
  what: string,
  once: () => Promise<A>,
  place: Place = (problems) => problems,
): Effect.Effect<A, MigrateError> =>
  patiently(
    Effect.tryPromise({
      try: once,
      catch: (cause) => {
        if (cause instanceof SharedSession) return failed(what, [cause.message], cause);
        if (!(cause instanceof StatementFailed))
          return failed(what, [...sentences(connection, cause), ...hints(connection, cause)], cause);
        const problems = sentences(connection, cause.cause);
        const placed = cause.position === undefined ? problems : place(problems, cause.position);
        return failed(what, [...placed, ...hints(connection, cause.cause)], cause.cause);
      },
    }),
    ({ cause }) => isInTheWay(databaseError(cause)),
    ({ cause }, problem) => failed(what, [problem], cause),
    waiting,
  );

const apply = (run: Run, migration: Migration): Effect.Effect<void, MigrateError> =>
  attempt(
    run,
    `${migration.tag} was not applied, and nothing of it is left. What is wrong:`,
    () => run.journal.write([...migration.statements.map((text) => ({ text })), record(installedLine, migration)]),
    (problems, position) => (position < migration.statements.length ? at(migration, position, problems) : problems),
  );

const demands = (expected: Expectation): ReadonlyArray<Statement> => [
  { text: demandStructure(expected) },
  { text: demandSecurity(expected) },
];

const verify = (run: Run, expected: Expectation) =>
  attempt(
    run,
    "The migrations are applied, but the database is not as declared. Is everything generated (`hedgerow generate`)? What is wrong:",
    () => run.session.transact(demands(expected)),
  );

/**
 * Makes drizzle-orm's table, or brings it to the form of the installed line. What is read decides, so it is read first.
 *
 * @returns its rows.
 */
const readJournal = (run: Run, migrations: ReadonlyArray<Migration>): Effect.Effect<Rows, MigrateError> =>
  Effect.gen(function* () {
    const { session, journal } = run;
    yield* attempt(run, nothing, () => session.transact(recordTable(installedLine).map((text) => ({ text }))));
    const read = () => journal.read({ text: readShape }, { text: readRecords });
    const [shape = [], records = []] = yield* attempt(run, nothing, read);
    if (installedLine !== "1.0" || shape.length > 0) return records;
    const upgraded = upgrade(migrations, records);
    if (upgraded._tag === "Broken") return yield* failed(nothing, upgraded.problems);
    yield* attempt(run, nothing, () => journal.write(upgraded.statements));
    const [, named = []] = yield* attempt(run, nothing, read);
    return named;
  });

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
const recordAll = (run: Run, migrations: ReadonlyArray<Migration>, expected: Expectation) =>
  attempt(
    run,
    `${unrecorded} The database is not as declared, so something of the migrations is missing in it; \`hedgerow push\` brings it there. What is wrong:`,
    () => run.journal.write([...demands(expected), ...migrations.map((migration) => record(installedLine, migration))]),
  );

/** The program behind `migrate`, for those who use Effect. */
export const migrateEffect = ({
  out,
  connection,
  baseline = false,
  acceptAuthGuard = false,
  onApplied = () => {},
  waitMs = defaultWaitMs,
  onWait = () => {},
  ...guard
}: MigrateOptions): Effect.Effect<ReadonlyArray<string>, MigrateError | DefinitionError> =>
  Effect.gen(function* () {
    const { expected } = yield* Effect.provide(
      compileEffect(guard.schema, guard.identity),
      dialectLayer(guard.target ?? postgresTarget),
    );
    const migrations = yield* readFolder(out);
    if (baseline) yield* demandCurrent(guard, out);
    const refused = waitProblem(waitMs) ?? refusedAddress(connection);
    if (refused !== undefined) return yield* failed(nothing, [refused]);
    const tags: Array<string> = [];
    const work = Effect.acquireUseRelease(
      open(connection, { waitMs, onWait }),
      (run) =>
        Effect.gen(function* () {
          yield* attempt(run, nothing, run.session.hold);
          const history = historyOf(installedLine, migrations, appliedOf(yield* readJournal(run, migrations)));
          if (history._tag === "Broken") return yield* failed(nothing, history.problems);
          if (baseline) {
            yield* recordAll(run, history.migrations, expected);
            return history.migrations.map(({ tag }) => tag);
          }
          const first = demandGuarded(guard.identity);
          const guards = history.migrations.some(({ statements }) =>
            statements.some((statement) => statement.includes(authPolicy)),
          );
          if (first !== undefined && guards && !acceptAuthGuard && connection.driver !== "pglite") {
            yield* attempt(run, nothing, () => run.session.transact([{ text: first }]));
          }
          for (const migration of history.migrations) {
            yield* apply(run, migration);
            tags.push(migration.tag);
            onApplied(migration.tag);
          }
          yield* verify(run, expected);
          return tags;
        }),
      ({ session }) => Effect.ignore(Effect.tryPromise(() => session.close())),
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
