/**
 * Serving only through a connection that was found safe.
 *
 * Invariant: asked until it was answered well. Requests do not wait for each other's answer: on a Worker that of a request
 * which was given up never comes.
 */
import * as Cause from "effect/Cause";
import * as Effect from "effect/Effect";
import * as Exit from "effect/Exit";
import { Database, type DatabaseError, type DatabaseShape } from "../database/database.js";
import { hasTag, problem, type RequestProblem } from "./problem.js";
import type { UnsafeDatabase } from "./startup.js";

/**
 * @returns a function that answers with undefined where it is safe to serve, and with a problem for the log otherwise; at once
 * where it is known.
 */
export const safetyCheck = (
  database: DatabaseShape,
  verify: Effect.Effect<void, UnsafeDatabase | DatabaseError, Database>,
): (() => Promise<RequestProblem | undefined> | undefined) => {
  let safe = false;
  const ask = async (): Promise<RequestProblem | undefined> => {
    const exit = await Effect.runPromiseExit(Effect.provideService(verify, Database, database));
    if (Exit.isFailure(exit)) {
      const hidden = Cause.squash(exit.cause);
      return problem(hasTag(hidden, "UnsafeDatabase") ? "unsafe_database" : "unavailable", { hidden });
    }
    safe = true;
    return undefined;
  };
  return () => (safe ? undefined : ask());
};
