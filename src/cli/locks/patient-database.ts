/**
 * A database for whoever changes its tables: nobody waits behind it for long.
 *
 * Invariant: every call has the limits of `limits.ts`, and one that others were in the way of is tried again as a whole. The
 * results are those of the statements that were given. A list that begins with `lockStatement` waits for its turn.
 */
import * as Effect from "effect/Effect";
import { type DatabaseError, type DatabaseShape, SqlError, type Statement } from "../../database/database.js";
import { lockStatement } from "../../postgres/security.js";
import { inTurn, limited, sessionName } from "./limits.js";
import { findObstacles } from "./obstacles.js";
import { isInTheWay, patiently, type Waiting } from "./patience.js";

const givenUp = (error: DatabaseError, problem: string): DatabaseError =>
  error._tag === "SqlError" ? new SqlError({ message: problem, sqlState: error.sqlState, cause: error }) : error;

export const patientDatabase = (
  database: DatabaseShape,
  { waitMs, onWait }: Pick<Waiting, "waitMs" | "onWait">,
): DatabaseShape => {
  const name = sessionName("push");
  const waiting: Waiting = {
    waitMs,
    onWait,
    // Where there is a single session, nobody is in its way.
    look: async () =>
      database.rolesAreBoundary
        ? ((await Effect.runPromise(database.transact([{ text: findObstacles(name) }])))[0]?.rows ?? [])
        : [],
  };
  const framed = ([first, ...rest]: ReadonlyArray<Statement>) => {
    const texts = first?.text === lockStatement ? inTurn(name, waitMs) : limited(name);
    const given = first === undefined || first.text === lockStatement ? rest : [first, ...rest];
    return { frame: texts.map((text): Statement => ({ text })), given };
  };
  return {
    ...database,
    transact: (statements, giveUp) => {
      const { frame, given } = framed(statements);
      const once = Effect.map(database.transact([...frame, ...given], giveUp), (results) => {
        const own = results.slice(frame.length);
        const lock = results[frame.findIndex(({ text }) => text === lockStatement)];
        return lock === undefined ? own : [lock, ...own];
      });
      return patiently(once, isInTheWay, givenUp, waiting);
    },
  };
};
