/**
 * Serving only through a connection that was found safe.
 *
 * Invariant: asked once; what could not be asked, or was not safe, is asked again by the next request.
 */
import * as Cause from "effect/Cause";
import * as Effect from "effect/Effect";
import * as Exit from "effect/Exit";
import { Database, type DatabaseError, type DatabaseShape } from "../database/database.js";
import { hasTag, problem, type RequestProblem } from "./problem.js";
import type { UnsafeDatabase } from "./startup.js";

/** @returns a function that answers with undefined where it is safe to serve, and with a problem for the log otherwise. */
export const safetyCheck = (
  database: DatabaseShape,
  verify: Effect.Effect<void, UnsafeDatabase | DatabaseError, Database>,
): (() => Promise<RequestProblem | undefined>) => {
  let asked: Promise<RequestProblem | undefined> | undefined;
  return () => {
    asked ??= Effect.runPromiseExit(Effect.provideService(verify, Database, database)).then((exit) => {
      if (Exit.isSuccess(exit)) return undefined;
      asked = undefined;
      const hidden = Cause.squash(exit.cause);
      return problem(hasTag(hidden, "UnsafeDatabase") ? "unsafe_database" : "unavailable", { hidden });
    });
    return asked;
  };
};
