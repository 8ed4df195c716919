/**
 * Serving only through a connection that was found safe.
 *
 * Invariant: asked until it was answered well, and again when a statement fails as it would after a change of the tables.
 * Requests do not wait for each other's answer: on a Worker that of a request which was given up never comes.
 */
import * as Effect from "effect/Effect";
import * as Exit from "effect/Exit";
import { thrownIn } from "../database/in-flight.js";
import { hasTag, problem, type RequestProblem } from "./problem.js";
import { NewerRules } from "./refusal.js";
import type { Verify } from "./startup.js";

/** Asks the catalog again where it is in `doubt`, and otherwise until it was found safe once. */
export type SafetyCheck = (doubt?: boolean) => Promise<RequestProblem | undefined> | undefined;

/**
 * @param report gets what an operator should know though it is safe.
 * @returns a function that answers with undefined where it is safe to serve, and with a problem for the log otherwise; at once
 * where it is known.
 */
export const safetyCheck = (verify: Verify, report: (error: unknown) => void): SafetyCheck => {
  let safe = false;
  const ask = async (): Promise<RequestProblem | undefined> => {
    const exit = await Effect.runPromiseExit(await verify());
    if (Exit.isFailure(exit)) {
      const hidden = thrownIn(exit.cause);
      return problem(
        hasTag(hidden, "UnsafeDatabase")
          ? "unsafe_database"
          : hasTag(hidden, "DatabaseDiffers")
            ? "database_differs"
            : "unavailable",
        { hidden },
      );
    }
    if (!safe && exit.value !== "") report(new NewerRules({ rules: exit.value }));
    safe = true;
    return undefined;
  };
  return (doubt) => (safe && !doubt ? undefined : ask());
};

/**
 * A statement that Postgres does not understand any more (SQLSTATE 42…: no such column, no such table, another type) may be that
 * of a version whose tables have changed since. Only the catalog knows.
 *
 * @returns the problem to answer with.
 */
export const explained = async (failure: RequestProblem, isSafe: SafetyCheck): Promise<RequestProblem> => {
  return /^42/.test(Reflect.get(Object(failure.hidden), "sqlState")) ? ((await isSafe(true)) ?? failure) : failure;
};
