/**
 * `withCaller`: a route of the application's own, with a database that acts as whoever sent the request.
 *
 * Invariant: every statement that leaves through it runs in a transaction that was first told who is calling, exactly as the
 * router's own. There is no way from a handler's database to the connection, and nothing that its SQL does to
 * the connection outlives the transaction.
 */
import * as Cause from "effect/Cause";
import * as Effect from "effect/Effect";
import * as Exit from "effect/Exit";
import type { MiddlewareHandler } from "hono";
import type { Authenticator, Credential } from "../auth/authenticator.js";
import type { Caller } from "../condition/caller.js";
import { endingAbandoned } from "../database/abandoned.js";
import type { DatabaseShape, OpenTransaction, Result, Statement, TransactionMode } from "../database/database.js";
import { answerMsOf, withDeadline } from "../database/deadline.js";
import { withTransactions } from "../database/interactive.js";
import { withRetry } from "../database/retry.js";
import { leaveSession, type Timeouts } from "../database/session.js";
import { postgresTarget, type Target } from "../database/target.js";
import { modeText } from "../database/turns.js";
import { understandNow } from "../table/schema.js";
import { actingAs } from "./acting-as.js";
import { answerErrors, replace } from "./answered.js";
import {
  IsolationUnsupported,
  RequestAborted,
  Thrown,
  TransactionsUnsupported,
  TransactionTimeout,
} from "./caller-errors.js";
import { crossSiteCheck, type TrustedOrigins } from "./cross-site.js";
import {
  type ActingDatabase,
  type ActingTransaction,
  type DrizzleOptions,
  type DrizzleSetup,
  databaseOver,
  type Queried,
  type Queryable,
  type Relations,
  transactionOver,
} from "./drizzle.js";
import { handlerFailure } from "./failure.js";
import { type Prelude, preludeFor } from "./prelude.js";
import { answerPrivately, keepPrivate, varyOf } from "./privately.js";
import { hasTag, problem, problemResponse, type RequestProblem } from "./problem.js";
import { explained, safetyCheck } from "./safety.js";
import { type OlderVersions, verifyConnection } from "./startup.js";

/** A caller who is signed in. */
export type SignedInCaller = Caller & { readonly userId: string };

/** What a handler behind `withCaller` finds in `c.var.hedgerow`. */
export interface Acting<Q extends Queryable = Record<string, never>, C extends Caller = Caller> {
  /**
   * Who is calling, as the database answered with the last statement. Asks it, in one round trip, only where there was
   * none yet: call it first where a handler does something beside the database.
   *
   * @throws SqlError (`HR401`) where `signIn` is required and the session has ended; uncaught, it becomes a 401.
   */
  readonly caller: () => Promise<C>;
  /**
   * A Drizzle database that acts as the caller. Each statement is a transaction of its own, in one round trip; with `schema`
   * it has `db.query`.
   *
   * Its errors are Drizzle's own, with the `SqlError` or `RequestAborted` as the cause: `error.cause.sqlState`.
   */
  readonly db: ActingDatabase<Q>;
  /**
   * Several statements as one transaction, which commits when the callback returns and rolls back when it throws. BEGIN and
   * the caller are one round trip, COMMIT is another. Inside, `tx.transaction()` is a savepoint.
   *
   * A request has one transaction at a time, and `db` refuses to be used meanwhile: it would not be part of it.
   *
   * @param use gets the transaction and the caller.
   * @param mode isolation level, access mode, deferrable. A caller who is found live is found anew for each statement, which a
   * snapshot would hide: for them `repeatable read` and `serializable` are refused. A verified token allows them.
   * @throws what `use` throws; RequestAborted, TransactionEnded, TransactionTimeout, TransactionsUnsupported or
   * IsolationUnsupported.
   *
   * @example
   * ```ts
   * await transaction(async (tx, caller) => {
   *   const [project] = await tx.insert(projects).values({ name: "Apollo" }).returning();
   *   await tx.insert(documents).values({ projectId: project.id, userId: caller.userId, title: "Plan" });
   * });
   * ```
   */
  readonly transaction: <A>(
    use: (tx: ActingTransaction<Q>, caller: C) => Promise<A>,
    mode?: TransactionMode,
  ) => Promise<A>;
}

export interface WithCallerOptions<
  S,
  SignIn extends "required" | "optional" = "required",
  R extends Relations = Relations,
> {
  /** As for `createRouter`. */
  readonly auth: Authenticator;
  /** As for `createRouter`. */
  readonly database: DatabaseShape;
  /**
   * The module of tables. With it `db.query` works, and a database whose policies are not those of the schema is refused, as
   * by `createRouter`. Without it the connection alone is verified.
   */
  readonly schema?: S;
  /**
   * What Drizzle's own `drizzle()` takes beside the schema, for example `casing` or `logger`. Drizzle 1.0 reads instants as dates
   * with `codecs: nodePgCodecs` of `drizzle-orm/node-postgres/codecs`.
   */
  readonly drizzle?: DrizzleOptions<R>;
  /** As for `createRouter`. */
  readonly target?: Target;
  /**
   * How long Postgres may work on a statement (15,000) and wait for a lock (5,000), how long to wait for an answer in all
   * (`statementMs` + 5,000), and how long a transaction may stay open (30,000), in milliseconds.
   */
  readonly timeouts?: Timeouts & { readonly answerMs?: number; readonly transactionMs?: number };
  /**
   * `"required"`, which is the default, answers 401 to a request without a live session or a valid token. The session is
   * looked up by the first statement; the answer of a handler that sends none waits until it was looked up.
   */
  readonly signIn?: SignIn;
  /** As for `createRouter`. */
  readonly trustedOrigins?: TrustedOrigins;
  /** As for `createRouter`. */
  readonly onError?: (error: unknown) => void;
  /** As for `createRouter`. */
  readonly olderVersions?: OlderVersions;
  /** As for `createRouter`. */
  readonly dangerouslyServeWithoutRowLevelSecurity?: boolean;
}

type CallerFor<SignIn> = SignIn extends "required" ? SignedInCaller : Caller;

const settle = async <A, E>(effect: Effect.Effect<A, E>, signal: AbortSignal): Promise<A> => {
  const aborted = (): RequestAborted => new RequestAborted({ message: "The client has gone." });
  if (signal.aborted) throw aborted();
  const exit = await Effect.runPromiseExit(effect, { signal });
  if (Exit.isSuccess(exit)) return exit.value;
  const error = Cause.squash(exit.cause);
  throw signal.aborted && !(error instanceof Thrown) ? aborted() : error;
};

interface Session {
  readonly database: DatabaseShape;
  readonly prelude: Prelude;
  readonly transactionMs: number;
  /** Aborts when the client has gone. */
  readonly signal: AbortSignal;
  /** Whether it changes nothing, so that nobody misses what is stopped half-way. */
  readonly reads: boolean;
}

/** What one request may do, whether the database has said who sent it, and which errors are none of the handler's own. */
const actingFor = <S extends Record<string, unknown>>(
  { database, prelude, transactionMs, signal, reads }: Session,
  setup: DrizzleSetup<S>,
): { readonly acting: Acting<S>; readonly isKnown: () => boolean; readonly isOurs: (error: unknown) => boolean } => {
  const leave = database.rolesAreBoundary ? leaveSession : [];
  const giveUp = reads ? signal : undefined;
  let latest = prelude.known;
  let isInTransaction = false;
  const ours = new Set<unknown>();

  const outside = (): void => {
    if (isInTransaction) {
      throw new Error(
        "This request has a transaction open: use the `tx` that its callback gets. `db` and a second transaction() would not be part of it.",
      );
    }
  };

  const send = async (...own: ReadonlyArray<Statement>): Promise<ReadonlyArray<Result>> => {
    outside();
    const statements = [...prelude.statements, ...own, ...(own.length > 0 ? leave : [])];
    const results = await settle(database.transact(statements, giveUp), signal);
    latest = prelude.callerOf(results.slice(0, prelude.statements.length));
    return results.slice(prelude.statements.length);
  };

  const one = async (statement: Statement): Promise<Result> => only(await send(statement));

  const inside =
    (transaction: OpenTransaction) =>
    async (statement: Statement): Promise<Result> => {
      // Who is calling is asked anew for each statement; not for one that a failed transaction must still take.
      const renewal = isAboutSavepoints(statement) ? [] : prelude.renewal;
      return only((await settle(transaction.send([...renewal, statement]), signal)).slice(renewal.length));
    };

  const noting = async <A>(answer: Promise<A>): Promise<A> => {
    try {
      return await answer;
    } catch (error) {
      if (error instanceof Thrown) throw error.error;
      ours.add(error);
      throw error;
    }
  };

  const inOne = async <A>(
    use: (tx: ActingTransaction<S>, caller: Caller) => Promise<A>,
    mode: TransactionMode,
  ): Promise<A> => {
    const { interactive } = database;
    if (!interactive.supported) {
      throw new TransactionsUnsupported({
        message: `${database.driver} cannot hold a transaction open: ${interactive.reason}.`,
      });
    }
    modeText(mode);
    const isolationLevel = mode.isolationLevel ?? (prelude.known === undefined ? "read committed" : undefined);
    if (prelude.known === undefined && (isolationLevel === "repeatable read" || isolationLevel === "serializable")) {
      throw new IsolationUnsupported({
        message: `A transaction that is ${isolationLevel} would not see that its caller was removed or signed out meanwhile. Take "read committed", and lock what must not change: .for("update").`,
      });
    }
    outside();
    isInTransaction = true;
    try {
      return await settle(
        interactive.transaction(
          {
            mode: { ...mode, ...(isolationLevel && { isolationLevel }) },
            first: prelude.statements,
            last: leave,
            giveUp,
          },
          (open, first) => {
            const caller = prelude.callerOf(first);
            latest = caller;
            return Effect.tryPromise({
              try: () => use(transactionOver(setup, inside(open)), caller),
              catch: (error) => new Thrown({ error }),
            }).pipe(
              Effect.timeoutOrElse({
                duration: transactionMs,
                orElse: () =>
                  Effect.fail(
                    new TransactionTimeout({ message: `The transaction was still open after ${transactionMs} ms.` }),
                  ),
              }),
            );
          },
        ),
        signal,
      );
    } finally {
      isInTransaction = false;
    }
  };

  const transaction: Acting<S>["transaction"] = (use, mode = {}) => noting(inOne(use, mode));

  let db: ActingDatabase<S> | undefined;
  return {
    isKnown: () => latest !== undefined,
    isOurs: (error) => ours.has(error),
    acting: {
      caller: async () => {
        if (latest === undefined) await noting(send());
        return latest ?? prelude.callerOf([]);
      },
      get db() {
        db ??= databaseOver(setup, one, transaction);
        return db;
      },
      transaction,
    },
  };
};

const isAboutSavepoints = ({ text }: Statement): boolean => /^\s*(?:savepoint|release|rollback)\b/i.test(text);

const only = ([result]: ReadonlyArray<Result>): Result => {
  if (result === undefined) throw new Error("The driver answered a statement with nothing.");
  return result;
};

/**
 * A Hono middleware behind which a handler has the caller, and a Drizzle database that already acts as them.
 *
 * The handler runs under the same rules as the router: what a policy hides is not there, what it refuses is an error, and an
 * error of the database that the handler does not catch becomes the same problem details, without a word of SQL. Credentials
 * in a cookie may write (any method but GET, HEAD and OPTIONS) only from a page of this or a trusted origin. No cache keeps
 * what it answers, unless the handler sets a `Cache-Control` of its own.
 *
 * @param options who asks, which database, and whether somebody must be signed in.
 * @returns a middleware; `c.var.hedgerow` is an `Acting`.
 * @throws DefinitionError with every problem that a request could meet; `hedgerow check` and a push find the others.
 * @throws TypeError for `trustedOrigins` that no browser would send.
 *
 * @example
 * ```ts
 * const acting = withCaller({ auth: sessionAuthenticator(auth), database: nodePostgres(pool) });
 *
 * app.get("/titles", acting, async (c) => {
 *   const { db } = c.var.hedgerow;
 *   return c.json(await db.select({ title: documents.title }).from(documents));
 * });
 * ```
 */
export const withCaller = <
  S extends Record<string, unknown> = Record<string, never>,
  const SignIn extends "required" | "optional" = "required",
  R extends Relations = never,
>(
  options: WithCallerOptions<S, SignIn, R>,
): MiddlewareHandler<{ Variables: { hedgerow: Acting<Queried<S, R>, CallerFor<SignIn>> } }> => {
  const { auth, target = postgresTarget } = options;
  const schema = options.schema === undefined ? undefined : understandNow({ ...options.schema });
  const report = options.onError ?? ((error: unknown) => console.error(error));
  const isRequired = options.signIn !== "optional";
  const { transactionMs = 30_000, ...timeouts } = options.timeouts ?? { statementMs: 15_000, lockMs: 5_000 };
  const answerMs = answerMsOf(timeouts);
  const database = withTransactions(
    withDeadline(withRetry(endingAbandoned(options.database, report), "writes"), answerMs),
    answerMs,
  );
  const crossSite = crossSiteCheck(options.trustedOrigins);
  const vary = varyOf(auth);
  const isSafe = options.dangerouslyServeWithoutRowLevelSecurity
    ? () => undefined
    : safetyCheck(
        verifyConnection(
          schema,
          withDeadline(withRetry(options.database, "reads"), answerMs),
          target,
          options.olderVersions,
        ),
        report,
      );

  const answer = async (thrown: RequestProblem): Promise<Response> => {
    const failure = await explained(thrown, isSafe);
    if (failure.hidden !== undefined) report(failure.hidden);
    return problemResponse(failure);
  };

  const identify = async (request: Request): Promise<Credential | RequestProblem> => {
    try {
      const credential = await auth.identify(request);
      return (await crossSite(request, credential)) ?? credential;
    } catch (hidden) {
      return problem(hasTag(hidden, "IdentityUnavailable") ? "unavailable" : "internal", { hidden });
    }
  };

  return async (context, next) => {
    const refuse = async (failure: RequestProblem): Promise<Response> =>
      answerPrivately(context, await answer(failure), vary);
    const unsafe = await isSafe();
    if (unsafe !== undefined) return refuse(unsafe);
    const credential = await identify(context.req.raw);
    if (credential._tag === "RequestProblem") return refuse(credential);
    const asked = actingAs(database, credential);
    if (asked._tag === "RequestProblem") return refuse(asked);
    const prelude = preludeFor(asked.credential, timeouts, target, {
      longestMs: timeouts.statementMs === 0 ? 0 : Math.max(timeouts.statementMs, transactionMs),
      signedIn: isRequired,
    });
    if (isRequired && prelude.known?.userId === null) return refuse(problem("authentication_required"));
    const operation = /^(GET|HEAD|OPTIONS)$/.test(context.req.method) ? "read" : "create";
    const { acting, isKnown, isOurs } = actingFor(
      {
        database: asked.database,
        prelude,
        transactionMs,
        signal: context.req.raw.signal,
        reads: operation === "read",
      },
      { schema: options.schema, options: options.drizzle },
    );
    // Where sign-in is required, nothing gets past the prelude without a user.
    context.set("hedgerow", acting as Acting<Queried<S, R>, CallerFor<SignIn>>);
    const failureOf = (error: unknown): RequestProblem | undefined =>
      handlerFailure(error, operation) ?? (isOurs(error) ? problem("internal", { hidden: error }) : undefined);
    answerErrors(context, failureOf);
    await next();
    if (context.error !== undefined) {
      const failure = failureOf(context.error);
      if (failure !== undefined) replace(context, await answer(failure));
    } else if (isRequired && !isKnown()) {
      try {
        await acting.caller();
      } catch (error) {
        replace(context, await answer(handlerFailure(error, operation) ?? problem("internal", { hidden: error })));
      }
    }
    keepPrivate(context, vary);
    return undefined;
  };
};
