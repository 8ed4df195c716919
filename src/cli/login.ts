/**
 * As whom a database was asked that refused.
 *
 * Invariant: asks nothing unless the refusal is about rights, and never hides the refusal itself.
 */
import * as Effect from "effect/Effect";
import { type DatabaseError, type DatabaseShape, SqlError } from "../database/database.js";
import { aboutLogin } from "./failure.js";

const isText = (value: unknown): value is string => typeof value === "string";

const loginAt = (database: DatabaseShape): Effect.Effect<string | undefined> =>
  database.transact([{ text: "select session_user::text as login" }]).pipe(
    Effect.map((results) => [results.at(-1)?.rows[0]?.login].find(isText)),
    Effect.catch(() => Effect.succeed(undefined)),
  );

/** @returns which login this is and which is wanted, where rights are what is missing. */
export const loginHints = (database: DatabaseShape, cause: unknown): Effect.Effect<ReadonlyArray<string>> =>
  cause instanceof SqlError && aboutLogin(cause, "").length > 0
    ? Effect.map(loginAt(database), (login) => aboutLogin(cause, login))
    : Effect.succeed([]);

/** The same for a command that has nothing to add to what the database says. */
export const withLogin =
  (database: DatabaseShape) =>
  <E>(error: E | DatabaseError): Effect.Effect<never, E | DatabaseError | Error> =>
    Effect.flatMap(loginHints(database, error), (hints) =>
      Effect.fail(
        hints.length === 0 || !(error instanceof SqlError)
          ? error
          : new Error([`${error.message}.`, ...hints].join(" "), { cause: error }),
      ),
    );
