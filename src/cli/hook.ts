/**
 * Hedgerow's part of a `drizzle-kit push`: before it, while its config loads, and after it, when its process ends.
 *
 * Invariant: nothing that drizzle-kit says about its own success is believed. 0.31 prints an error and exits with 0, so an
 * error that it printed fails the process, and so does anything that the catalog lacks. Whoever has failed gets no grant.
 */
import { type Connection, loginOf } from "./connection.js";
import { aboutLogin, describeFailure, notFinished, notPrepared, problemsOf } from "./failure.js";
import { runJob } from "./job.js";
import { type Lifted, liftedBy, limitBy, type Plan } from "./plan.js";

/** A config can be loaded more than once, by two copies of this module. */
const begun = Symbol.for("hedgerow:push");

/** The exit code of 1.0 where it may not ask; what it would ask stands in its output. */
const question = 2;
const asked =
  "it has a question, for example whether a table or column is new or renamed. Run it in a terminal, or answer it with --hints";

const isLockTimeout = (error: unknown): boolean =>
  error instanceof Error && (("code" in error && error.code === "55P03") || isLockTimeout(error.cause));

const lockTimeout =
  "somebody held a table for longer than it may wait, and it does not try again; what it had changed by then stands. Run it again later, or run `hedgerow push`, which is one transaction and tries again";

/** Collects the errors that drizzle-kit prints; they are printed as before. */
const collectErrors = (): Array<string> => {
  const errors: Array<string> = [];
  const print = console.error;
  console.error = (...args) => {
    for (const arg of args) if (arg instanceof Error) errors.push(isLockTimeout(arg) ? lockTimeout : arg.message);
    print(...args);
  };
  return errors;
};

/** Everybody queues behind a statement that waits for a table, and drizzle-kit sets no limit of its own. `pg` reads this. */
const limitLocks = (limit: string | undefined): void => {
  if (limit === undefined) return;
  process.env.PGOPTIONS = [process.env.PGOPTIONS, `-c lock_timeout=${limit}`].filter(Boolean).join(" ");
};

/** Whether somebody answered a question of drizzle-kit's with no: it says so and exits with 0. */
const watchForNo = (): (() => boolean) => {
  let declined = false;
  const { stdout } = process;
  stdout.write = new Proxy(stdout.write, {
    apply: (write, self, args: ReadonlyArray<unknown>) => {
      declined ||= String(args[0]).includes("All changes were aborted");
      return Reflect.apply(write, self, args);
    },
  });
  return () => declined;
};

const finish = (plan: Plan, connection: Connection, lifted: ReadonlyArray<Lifted>): ReadonlyArray<string> => {
  const done = runJob({ connection, statements: plan.finish(lifted, []) });
  return done.ok ? [] : [...problemsOf(done.failure), ...close(plan, connection, lifted)];
};

const close = (plan: Plan, connection: Connection, lifted: ReadonlyArray<Lifted>): ReadonlyArray<string> => {
  const closed = runJob({ connection, statements: plan.close(lifted) });
  return closed.ok ? [] : problemsOf(closed.failure);
};

/** What drizzle-kit said, and what is missing because of it. */
const abandon = (
  plan: Plan,
  connection: Connection,
  lifted: ReadonlyArray<Lifted>,
  errors: ReadonlyArray<string>,
): ReadonlyArray<string> => {
  const failures = close(plan, connection, lifted);
  const missing = failures.length > 0 ? failures : inspect(plan, connection);
  return [...errors.map((error) => `drizzle-kit: ${error.trim()}`), ...missing];
};

const inspect = (plan: Plan, connection: Connection): ReadonlyArray<string> => {
  const seen = runJob({ connection, statements: plan.inspect });
  return seen.ok ? [] : problemsOf(seen.failure);
};

/**
 * Prepares the database and arranges for the rest to run when this process ends.
 *
 * @throws Error when the database could not be prepared; drizzle-kit must not go on then.
 */
export const hookPush = (plan: Plan, connection: Connection): void => {
  if (Reflect.has(globalThis, begun)) return;
  Reflect.set(globalThis, begun, true);
  // A PGlite has one session, which no policy binds.
  const prepared = runJob({ connection, statements: plan.prepare(connection.driver !== "pglite") });
  if (!prepared.ok) {
    const { failure } = prepared;
    throw new Error(
      describeFailure(notPrepared, [...problemsOf(failure), ...aboutLogin(failure, loginOf(connection))]),
    );
  }
  const lifted = liftedBy(prepared.results);
  limitLocks(limitBy(prepared.results));
  const errors = collectErrors();
  const declined = watchForNo();
  // Without a listener a signal would end the process at once, and FORCE would stay lifted.
  process.once("SIGINT", () => process.exit(130));
  process.once("SIGTERM", () => process.exit(143));
  process.once("exit", (code) => {
    // Where it cannot read the database it ends without a word.
    if (code !== 0 && errors.length === 0)
      errors.push(code === question ? asked : `it ended with the exit code ${code}`);
    const failed = errors.length > 0;
    const problems = failed ? abandon(plan, connection, lifted, errors) : finish(plan, connection, lifted);
    if (!failed && problems.length === 0 && declined()) {
      console.error(
        `[x] Hedgerow: The changes were declined, so the tables are as they were. Row-level security of ${plan.tables} tables is applied and verified.`,
      );
      process.exitCode = 1;
      return;
    }
    if (!failed && problems.length === 0) {
      console.log(`[✓] Hedgerow: row-level security of ${plan.tables} tables applied and verified`);
      return;
    }
    console.error(describeFailure(`[x] Hedgerow: ${notFinished}`, [...new Set(problems)]));
    if (code === 0) process.exitCode = 1;
  });
};
