/**
 * What a call goes on doing when nobody waits for it any more.
 *
 * Invariant: a call that was given up is ended on the server too, whatever its SQL does. A statement timeout is no end: a DO block
 * can catch it. Closing the connection is none either: Postgres notices only when it has something to say. So every
 * transaction holds a lock of a random name, which no SQL in it can let go, and by which another connection finds its session
 * and terminates it. Postgres lets a login do that to its own sessions.
 */
import * as Effect from "effect/Effect";
import type { DatabaseShape, GiveUp, Interactive, Statement } from "./database.js";
import { withDeadline } from "./deadline.js";

interface Mark {
  readonly hold: Statement;
  readonly end: Statement;
}

const newMark = (): Mark => {
  // Two positive integers: what `pg_locks` shows of them is then the same number. As literals: the statement is prepared by nobody.
  const [first, second] = [...crypto.getRandomValues(new Uint32Array(2))].map((value) => value >>> 1);
  return {
    hold: { text: `select pg_catalog.pg_advisory_xact_lock(${first}, ${second})`, raw: true },
    end: {
      text: `select pg_catalog.pg_terminate_backend(l.pid) from pg_catalog.pg_locks l
where l.locktype = 'advisory' and l.granted and l.objsubid = 2 and l.classid = ${first} and l.objid = ${second}
  and l.database = (select d.oid from pg_catalog.pg_database d where d.datname = pg_catalog.current_database())`,
    },
  };
};

/** How long to wait for a connection that ends another's session. */
const endingMs = 10_000;

/**
 * @param report gets why a session could not be ended.
 * @returns the same database, on which nothing goes on behind a call that was given up.
 */
export const endingAbandoned = (database: DatabaseShape, report: (error: unknown) => void): DatabaseShape => {
  // One session does everything here, so there is no other that could end it.
  if (!database.rolesAreBoundary) return database;
  const bounded = withDeadline(database, endingMs);
  const watched = <A, E>(giveUp: GiveUp | undefined, call: (mark: Mark) => Effect.Effect<A, E>): Effect.Effect<A, E> =>
    Effect.suspend(() => {
      const mark = newMark();
      const end = (): void => {
        void Effect.runPromise(Effect.match(bounded.transact([mark.end]), { onFailure: report, onSuccess: () => {} }));
      };
      giveUp?.addEventListener("abort", end);
      return Effect.ensuring(
        call(mark),
        Effect.sync(() => giveUp?.removeEventListener("abort", end)),
      );
    });
  const { interactive, withToken } = database;
  const held: Interactive = interactive.supported
    ? {
        supported: true,
        transaction: (options, use) =>
          watched(options.giveUp, ({ hold }) =>
            interactive.transaction({ ...options, first: [hold, ...options.first] }, (open, [, ...first]) =>
              use(open, first),
            ),
          ),
      }
    : interactive;
  return {
    ...database,
    ...(withToken && { withToken: (token) => endingAbandoned(withToken(token), report) }),
    transact: (statements, giveUp) =>
      statements.length === 0
        ? database.transact(statements, giveUp)
        : watched(giveUp, ({ hold }) =>
            Effect.map(database.transact([hold, ...statements], giveUp), ([, ...results]) => results),
          ),
    interactive: held,
  };
};
