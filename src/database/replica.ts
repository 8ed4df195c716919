/**
 * `hedgerow/replica`: what only reads, from a replica that is no staler than the primary.
 *
 * Invariant: a replica answers only after it has replayed everything that the primary had written when the request asked.
 * So whoever was removed, demoted or signed out by then is so on the replica too, and everybody reads what they wrote: no
 * mark has to travel with the client. Whatever else happens, the primary answers.
 */
import * as Effect from "effect/Effect";
import {
  ConnectionError,
  type DatabaseError,
  type DatabaseShape,
  type GiveUp,
  type Result,
  type Statement,
} from "./database.js";
import { pause } from "./pause.js";

export type { DatabaseShape } from "./database.js";

/** Why the primary answered what a replica could have. */
export type ReplicaMiss =
  /** It had not yet replayed what the primary had written. */
  | "behind"
  /** It could not be reached, or the connection was lost. */
  | "unreachable"
  /** It stopped the statement, because what it reads was being changed by the replay. */
  | "conflict"
  /** It is no replica any more. */
  | "promoted";

export interface ReplicaOptions {
  /** What writes, what looks at the catalog, and handlers of the application's own go here. */
  readonly primary: DatabaseShape;
  /** A physical replica of the same server, reached with the same login. */
  readonly replica: DatabaseShape;
  /** For how many milliseconds to wait for a replica that is behind (25), before the primary is asked instead. */
  readonly waitMs?: number;
  /** Told when the primary has answered in the replica's place; for counters. */
  readonly onMiss?: (reason: ReplicaMiss) => void;
}

/** A connection is to the same database as another where these agree; on Neon a branch is a timeline. */
const place = `pg_catalog.concat_ws(' ', (select system_identifier from pg_catalog.pg_control_system()),
  pg_catalog.current_setting('neon.timeline_id', true), pg_catalog.current_database(), session_user)`;

/** Also what is visible and not yet on disk, as with `synchronous_commit = off`. */
const fence: Statement = {
  text: `select pg_catalog.pg_current_wal_insert_lsn()::text as lsn, ${place} as place`,
  prepared: true,
};

const answer = { elsewhere: "HR-elsewhere", promoted: "HR-promoted", behind: "HR-behind" } as const;

/** A cast that fails ends the transaction before anything is read; its message quotes the word. */
const unlessCaughtUp = (lsn: string, expected: string): ReadonlyArray<Statement> => [
  // Under any other level the snapshot would be older than the question.
  { text: "set transaction isolation level read committed", prepared: true },
  {
    text: `select (case when ${place} <> $1 then '${answer.elsewhere}'
      when not pg_catalog.pg_is_in_recovery() then '${answer.promoted}'
      when pg_catalog.pg_last_wal_replay_lsn() >= ($2::text)::pg_catalog.pg_lsn then '0' else '${answer.behind}' end)::int`,
    values: [expected, lsn],
    prepared: true,
  },
];

type Missed = { readonly _tag: "Missed"; readonly reason: ReplicaMiss };

const missOf = (error: DatabaseError): DatabaseError | Missed => {
  const missed = (reason: ReplicaMiss): Missed => ({ _tag: "Missed", reason });
  if (error._tag === "ConnectionError") return missed("unreachable");
  if (error.sqlState === "22P02") {
    if (error.message.includes(answer.behind)) return missed("behind");
    if (error.message.includes(answer.promoted)) return missed("promoted");
    if (error.message.includes(answer.elsewhere)) {
      return new ConnectionError({
        message: "The replica is none of this primary, or is reached with another login or database.",
        cause: error,
      });
    }
  }
  // On a replica nothing else is in the way: nobody writes there.
  return error.sqlState === "40001" || error.sqlState === "40P01" ? missed("conflict") : error;
};

const textOf = (result: Result | undefined, name: string): string => String(result?.rows[0]?.[name] ?? "");

const firstPause = 5;

/**
 * Lets a router read from a replica, without becoming stale.
 *
 * For list and get the router asks the primary how far it has written, which touches no table, and then the replica, whose
 * transaction stops unless it has replayed as much. So a replica takes work from the primary; it cannot save the way to
 * it, because who may read is decided there.
 *
 * @param options the primary and a replica, of the same driver or of two.
 * @returns a database for `createRouter`; everywhere else it is the primary.
 * @throws RangeError for a `waitMs` that is no time.
 *
 * @example
 * ```ts
 * import { nodePostgres } from "hedgerow/node-postgres";
 * import { withReplica } from "hedgerow/replica";
 *
 * const database = withReplica({ primary: nodePostgres(pool), replica: nodePostgres(replicaPool) });
 * ```
 */
export const withReplica = ({ primary, replica, waitMs = 25, onMiss }: ReplicaOptions): DatabaseShape => {
  if (!(Number.isFinite(waitMs) && waitMs >= 0)) throw new RangeError("withReplica: waitMs must be 0 or more.");
  const { withToken } = primary;
  const ofToken = replica.withToken;
  if ((withToken === undefined) !== (ofToken === undefined)) {
    throw new TypeError("withReplica: primary and replica must both take tokens, or neither.");
  }

  const fromReplica = (
    statements: ReadonlyArray<Statement>,
    lsn: string,
    expected: string,
    waited: number,
    giveUp: GiveUp | undefined,
  ): Effect.Effect<ReadonlyArray<Result>, DatabaseError | Missed> => {
    const first = unlessCaughtUp(lsn, expected);
    const asked = Effect.mapError(replica.transact([...first, ...statements], giveUp), missOf);
    return Effect.catch(
      Effect.map(asked, (results) => results.slice(first.length)),
      (error) => {
        const ms = Math.min(Math.max(firstPause, waited), waitMs - waited);
        return error._tag === "Missed" && error.reason === "behind" && ms > 0
          ? Effect.andThen(pause(ms), fromReplica(statements, lsn, expected, waited + ms, giveUp))
          : Effect.fail(error);
      },
    );
  };

  const transact: DatabaseShape["transact"] = (statements, giveUp) =>
    Effect.flatMap(primary.transact([fence], giveUp), ([written]) =>
      Effect.catch(
        fromReplica(statements, textOf(written, "lsn"), textOf(written, "place"), 0, giveUp),
        (error): Effect.Effect<ReadonlyArray<Result>, DatabaseError> => {
          if (error._tag !== "Missed") return Effect.fail(error);
          onMiss?.(error.reason);
          return primary.transact(statements, giveUp);
        },
      ),
    );

  return {
    ...primary,
    reading: { ...primary, transact },
    ...(withToken !== undefined &&
      ofToken !== undefined && {
        withToken: (token: string) =>
          withReplica({
            primary: withToken(token),
            replica: ofToken(token),
            waitMs,
            ...(onMiss !== undefined && { onMiss }),
          }),
      }),
  };
};
