/**
 * `push()`: what `drizzle-kit push` does with `withHedgerow`, in this process.
 *
 * Invariant: everything that drizzle-kit changes and everything that guards it is one transaction, which ends with the
 * check of the catalog; only new values of enums come before it (one-transaction.ts). Either the database is as declared
 * afterwards, or no table has changed.
 */
import * as Effect from "effect/Effect";
import type { DatabaseError, DatabaseShape } from "../database/database.js";
import { unguardedState } from "../postgres/auth-guard.js";
import { schemasOf } from "../table/schemas.js";
import { diff, needsAnswer } from "./diff.js";
import { describeFailure, notFinished, notPrepared, PushError, problemsOf } from "./failure.js";
import { defaultWaitMs, waitProblem } from "./locks/limits.js";
import { patientDatabase } from "./locks/patient-database.js";
import { loginHints } from "./login.js";
import { valuesFirst, withoutConcurrently } from "./one-transaction.js";
import { type Guard, type Lifted, liftedBy, planPush } from "./plan.js";

export interface PushOptions extends Guard {
  /**
   * The database, reached as the owner of its tables: `nodePostgres(pool)` of `hedgerow/node-postgres`, with a login that
   * has CREATEROLE and CREATE on the database, or `pglite(client)` of `hedgerow/pglite`. It stays open.
   */
  readonly database: DatabaseShape;
  /**
   * Without this, a push that would drop a table or column with rows, or empty a table, fails. A function is asked, with
   * what would be lost, one sentence each; the signal is aborted when the push is interrupted.
   */
  readonly acceptDataLoss?: boolean | ((losses: ReadonlyArray<string>, signal: AbortSignal) => Promise<boolean>);
  /**
   * Without this, a push fails that would guard tables of Better Auth which have rows and were open before, because Better Auth may
   * connect as their owner still. A function is asked, with what it means, one paragraph each.
   */
  readonly acceptAuthGuard?: boolean | ((meaning: ReadonlyArray<string>, signal: AbortSignal) => Promise<boolean>);
  /** Whether drizzle-kit 0.31 may ask on this terminal, for example whether a column is new or renamed. */
  readonly ask?: boolean;
  /**
   * For how many milliseconds in all a transaction of the push waits for others (60,000): for its turn, and for tables that
   * somebody holds. It never holds up whoever comes behind it for longer than a second at once, but lets go and tries again.
   */
  readonly waitMs?: number;
  /** Told now and then what is waited for, and which process has it. */
  readonly onWait?: (message: string) => void;
}

const refused =
  (what: string) =>
  (error: DatabaseError | PushError): PushError =>
    error._tag === "PushError"
      ? error
      : new PushError({
          message: describeFailure(what, problemsOf(error)),
          problems: problemsOf(error),
          cause: error,
        });

/** Somebody may hold the very tables whose FORCE was lifted. Callers are bound by row-level security all the same. */
const notClosed = (
  { message, problems, cause }: PushError,
  lifted: ReadonlyArray<Lifted>,
  left: ReadonlyArray<string>,
): PushError => {
  const names = lifted.map(({ schema, name }) => `${schema}.${name}`).join(", ");
  const also = [
    ...left,
    ...(names === "" ? [] : [`until the next push, row-level security does not bind the owner of ${names}`]),
  ].filter((problem) => !problems.includes(problem));
  return new PushError({ message: describeFailure(message, also), problems: [...problems, ...also], cause });
};

const agreedTo = (
  meaning: ReadonlyArray<string>,
  accept: NonNullable<PushOptions["acceptAuthGuard"]>,
): Effect.Effect<void, PushError> =>
  Effect.gen(function* () {
    const agreed = typeof accept === "function" ? yield* Effect.promise((signal) => accept(meaning, signal)) : accept;
    if (agreed) return;
    return yield* Effect.fail(
      new PushError({ message: describeFailure("Nothing was pushed.", meaning), problems: meaning }),
    );
  });

/** A refusal for want of rights says as whom the database was asked. */
const asWhom =
  (database: DatabaseShape) =>
  (error: PushError): Effect.Effect<never, PushError> =>
    Effect.flatMap(loginHints(database, error.cause), (hints) =>
      Effect.fail(
        hints.length === 0
          ? error
          : new PushError({
              message: describeFailure(error.message, hints),
              problems: [...error.problems, ...hints],
              cause: error.cause,
            }),
      ),
    );

/** The program behind `push`, for those who use Effect. */
export const pushEffect = ({
  database: given,
  acceptDataLoss = false,
  acceptAuthGuard = false,
  ask = false,
  waitMs = defaultWaitMs,
  onWait = () => {},
  ...guard
}: PushOptions): Effect.Effect<void, PushError> =>
  Effect.gen(function* () {
    const wrong = waitProblem(waitMs);
    if (wrong !== undefined) {
      return yield* Effect.fail(new PushError({ message: `Nothing was pushed: ${wrong}`, problems: [wrong] }));
    }
    const database = patientDatabase(given, { waitMs, onWait });
    const schemas = schemasOf(guard.schema);
    const plan = planPush(guard, schemas);
    const run = (statements: ReadonlyArray<string>) => database.transact(statements.map((text) => ({ text })));
    const { demandGuarded } = plan;
    // Where roles are no boundary nobody loses anything.
    if (demandGuarded !== undefined && database.rolesAreBoundary && acceptAuthGuard !== true) {
      yield* Effect.catchIf(
        run([demandGuarded]),
        (error) => error._tag === "SqlError" && error.sqlState === unguardedState,
        (error) => agreedTo(problemsOf(error), acceptAuthGuard),
      ).pipe(Effect.mapError(refused(notPrepared)));
    }
    yield* Effect.mapError(run(plan.bootstrap), refused(notPrepared));
    const look = diff(guard.schema, database, schemas, plan.guarded);
    const asked = ask ? diff(guard.schema, database, schemas, plan.guarded, plan) : look;
    const answered = Effect.map(asked, (found) => ({ ...found, isAnswered: true }));
    const first = yield* look.pipe(
      Effect.map((found) => ({ ...found, isAnswered: false })),
      Effect.catchIf(
        (error) => ask && needsAnswer(error),
        () => answered,
      ),
      Effect.mapError(refused(notFinished)),
    );
    // Rows are counted only for what changes a table, and FORCE is lifted only to count them. Nobody is asked twice.
    const changes = first.statements.length > 0 && !first.isAnswered;
    const lifted = changes ? liftedBy(yield* Effect.mapError(run(plan.lift), refused(notFinished))) : [];
    const apply = Effect.gen(function* () {
      const { statements, losses } = changes ? yield* first.counted : first;
      // Somebody may think for long, and FORCE must not be lifted meanwhile.
      if (losses.length > 0 && typeof acceptDataLoss === "function") yield* run(plan.close(lifted));
      const accepted =
        losses.length === 0 ||
        (typeof acceptDataLoss === "function"
          ? yield* Effect.promise((signal) => acceptDataLoss(losses, signal))
          : acceptDataLoss);
      if (!accepted) {
        return yield* Effect.fail(
          new PushError({
            message: describeFailure(
              "Nothing was pushed, because data would be lost. Pass acceptDataLoss: true (--accept-data-loss) to accept it.",
              losses,
            ),
            problems: losses,
          }),
        );
      }
      const { values, rest } = valuesFirst(statements);
      if (values.length > 0) yield* run(plan.addValues(values));
      yield* run(plan.finish(lifted, rest.map(withoutConcurrently)));
    });
    let left: ReadonlyArray<string> = [];
    const close = Effect.catch(run(plan.close(lifted)), (error) =>
      Effect.sync(() => {
        left = problemsOf(error);
      }),
    );
    // Also where drizzle-kit itself breaks: FORCE must not stay lifted.
    yield* Effect.onError(Effect.mapError(apply, refused(notFinished)), () => close).pipe(
      Effect.mapError((error) => (left.length === 0 ? error : notClosed(error, lifted, left))),
    );
  }).pipe(Effect.catch(asWhom(given)));

/**
 * Brings a database to what the schema declares: roles, helper functions, tables (by drizzle-kit's own diff), row-level
 * security, and the proof that it is there. For development, tests and embedded PGlite; a second call changes nothing.
 *
 * @param options the schema, the identity provider, the database, and whether data may be lost.
 * @returns a promise that is fulfilled when the catalog has been verified.
 * @throws DefinitionError with all problems of all tables.
 * @throws PushError where something could not be applied, would lose data, or needs an answer; no table has changed then.
 *
 * @example
 * ```ts
 * import { PGlite } from "@electric-sql/pglite";
 * import { sessionIdentity } from "hedgerow/better-auth";
 * import { push } from "hedgerow/drizzle-kit";
 * import { pglite } from "hedgerow/pglite";
 *
 * const client = new PGlite("./data");
 * await push({ schema: { ...schema, ...auth }, identity: sessionIdentity(authOptions), database: pglite(client) });
 * ```
 */
export const push = async (options: PushOptions): Promise<void> => {
  await Effect.runPromise(pushEffect(options));
};
