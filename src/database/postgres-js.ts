/**
 * PostgreSQL through postgres.js.
 *
 * Invariant: one call is one transaction on one reserved connection, and nothing of it runs outside of that transaction.
 *
 * postgres.js ends every statement with a Sync of its own, so BEGIN, the statements and COMMIT are sent without waiting
 * for each other: one round trip, once the connection knows the statements. After a statement that fails Postgres refuses
 * the rest. Only a BEGIN that fails by itself, because somebody cancelled it, would leave the rest without a transaction;
 * so the statement behind it looks whether there is one, and ends the session where there is not.
 *
 * For the same reason postgres.js must not send a prepared statement again whose plan has become invalid: that would be
 * behind the COMMIT. The whole call is sent again instead, after Postgres has said that the first was rolled back.
 *
 * postgres.js also keeps statements prepared. SQL of an application's own sees their names, and what it prepares under one
 * of them survives a rollback; so nothing that was prepared by SQL is on a connection that goes back.
 */
import * as Effect from "effect/Effect";
import type { Sql } from "postgres";
import {
  ConnectionError,
  type DatabaseError,
  type DatabaseShape,
  type GiveUp,
  type Result,
  SqlError,
  type Statement,
} from "./database.js";
import { aborted, inFlight, unlessAborted } from "./in-flight.js";
import { type Address, looksPooled } from "./pooler.js";
import { type Answer, answerOf, type Client } from "./postgres-js-statement.js";
import { connectionError, databaseError, isRefusal } from "./protocol.js";
import { Reservation, type Settled } from "./reservation.js";
import { distrust, reserve } from "./reserve.js";
import { resultOf } from "./rows.js";
import { type HeldConnection, holdOpen } from "./turns.js";
import { writePhase } from "./write-phase.js";

export type { DatabaseShape } from "./database.js";

export interface PostgresJsOptions {
  /**
   * Whether connections keep statements prepared. Say `false` behind a pooler that gives each transaction another session, where what
   * one has prepared another does not know. Unless given it is `true`, but for addresses that look like such a pooler's: a host with
   * `-pooler`, the ports 6432 and 6543. `postgres(url, { prepare: false })` says the same.
   */
  readonly prepare?: boolean;
}

/**
 * @param sql as `postgres(url)` made it. It stays open.
 * @throws TypeError for one that renames columns, or that was made with `fetch_types: false`.
 *
 * @example
 * ```ts
 * import postgres from "postgres";
 * import { postgresJs } from "hedgerow/postgres-js";
 *
 * const database = postgresJs(postgres(process.env.DATABASE_URL!));
 * ```
 */
export const postgresJs = (sql: Sql, options: PostgresJsOptions = {}): DatabaseShape => {
  if (sql.options.transform.column.from !== undefined) {
    throw new TypeError("postgresJs() needs the columns under their own names: make the sql without `transform`");
  }
  // Without it postgres.js opens a connection for a reservation and never hands it over.
  if (!sql.options.fetch_types) {
    throw new TypeError("postgresJs() would wait for ever for a connection: make the sql without `fetch_types: false`");
  }
  const client: Client = { sql, prepares: options.prepare ?? !addressesOf(sql).some(looksPooled) };
  return {
    driver: "postgres-js",
    rolesAreBoundary: true,
    transact: (statements, giveUp) =>
      statements.length === 0
        ? Effect.succeed([])
        : inFlight((abandoned) => transact(client, statements, abandoned, giveUp), giveUp),
    interactive: {
      supported: true,
      transaction: (transaction, use) => holdOpen(hold(client, transaction.giveUp), transaction, use),
    },
  };
};

/** postgres.js tries several servers in turn. */
const addressesOf = ({ options: { host, port } }: Sql): ReadonlyArray<Address> =>
  host.map((name, index) => ({ host: name, port: port[index] ?? port[0] }));

/** The protocol counts them with 16 bits. */
const maxValues = 65_533;

type Outcome = Effect.Effect<ReadonlyArray<Result>, DatabaseError>;

const transact = async (
  client: Client,
  statements: ReadonlyArray<Statement>,
  abandoned: () => boolean,
  giveUp: GiveUp | undefined,
): Promise<Outcome> => {
  const { sql } = client;
  if (statements.some(({ values = [] }) => values.length > maxValues)) {
    return Effect.fail(new SqlError({ message: `more than ${maxValues} values`, sqlState: "54023" }));
  }
  const reserved = await reservationOf(sql);
  if (reserved instanceof ConnectionError) return Effect.fail(reserved);
  if (abandoned()) {
    reserved.release();
    return Effect.interrupt;
  }
  const onGivenUp = (): void => reserved.cancel();
  giveUp?.addEventListener("abort", onGivenUp);
  // Each time one more statement is known to be outdated.
  for (let left = statements.length; ; left -= 1) {
    const exchanged = await exchange(client, reserved, statements);
    if (giveUp?.aborted) {
      await ended(sql, reserved);
      return outcomeOf(sql, statements, exchanged);
    }
    const idle = await isIdle(reserved, exchanged.commit);
    const isCommitted = exchanged.commit.value === "COMMIT";
    if (idle && left > 0 && exchanged.outdated && !isCommitted) continue;
    const isClean = isCommitted || areOwn(statements);
    const isFree = idle && (isClean || (await succeedsOrEnds(reserved, forgetPrepared)));
    giveUp?.removeEventListener("abort", onGivenUp);
    if (giveUp?.aborted) await ended(sql, reserved);
    else if (isFree) reserved.release();
    else distrust(sql);
    return outcomeOf(sql, statements, exchanged);
  }
};

const areOwn = (statements: ReadonlyArray<Statement>): boolean => statements.every(({ prepared }) => prepared);

/** Always in quotes: `deallocate prepare` would be a syntax error, and `deallocate all` would be all. */
const forgetPrepared = `do $$ declare prepared pg_catalog.text; begin
  for prepared in select p.name from pg_catalog.pg_prepared_statements p where p.from_sql loop
    execute pg_catalog.concat('deallocate "', pg_catalog.replace(prepared, '"', '""'), '"');
  end loop;
end $$`;

/**
 * All of DISCARD ALL but DEALLOCATE ALL: postgres.js would go on to use the names of what it has prepared.
 * https://www.postgresql.org/docs/current/sql-discard.html
 */
const discardState =
  "close all; set session authorization default; reset all; unlisten *; select pg_catalog.pg_advisory_unlock_all(); discard plans; discard temp; discard sequences";

const endSession = "select pg_catalog.pg_terminate_backend(pg_catalog.pg_backend_pid())";

/** Twice, because the first may be what a late cancellation hits. */
const ended = async (sql: Sql, reserved: Reservation): Promise<void> => {
  distrust(sql);
  await reserved.succeeds(endSession);
  await reserved.succeeds(endSession);
};

const reservationOf = async (sql: Sql): Promise<Reservation | ConnectionError> => {
  try {
    return new Reservation(await reserve(sql));
  } catch (cause) {
    return connectionError(cleaned(cause));
  }
};

/** A connection for a transaction that stays open. Nothing is sent before BEGIN has been answered. */
const hold = (client: Client, giveUp: GiveUp | undefined): Effect.Effect<HeldConnection, DatabaseError> =>
  Effect.flatMap(
    Effect.promise(() => unlessAborted(watchedReservationOf(client.sql), giveUp, releaseLate).catch(connectionError)),
    (reserved) =>
      reserved instanceof ConnectionError ? Effect.fail(reserved) : Effect.succeed(held(client, reserved, giveUp)),
  );

/** Whatever comes first comes later: fibers are run in turns. */
const watchedReservationOf = async (sql: Sql): Promise<Reservation | ConnectionError> => {
  const reserved = await reservationOf(sql);
  if (reserved instanceof Reservation) reserved.watch();
  return reserved;
};

const releaseLate = (reserved: Reservation | ConnectionError): void => {
  if (!(reserved instanceof ConnectionError)) reserved.release();
};

const held = (client: Client, reserved: Reservation, giveUp: GiveUp | undefined): HeldConnection => {
  const { sql } = client;
  let isOver = false;
  let hasBegun = false;
  const onGivenUp = (): void => reserved.cancel();
  giveUp?.addEventListener("abort", onGivenUp);
  const send = async (statements: ReadonlyArray<Statement>): Promise<Outcome> => {
    await writePhase();
    const outcome = await (hasBegun ? converse(client, reserved, statements) : begin(client, reserved, statements));
    hasBegun = true;
    isOver = statements.at(-1)?.text === "commit" && Effect.runSync(Effect.isSuccess(outcome));
    return outcome;
  };
  const leaving = async (isBroken: boolean): Promise<void> => {
    await writePhase();
    // Twice, because the first may be what somebody cancelled.
    const isIdle = isOver || (await reserved.succeeds("rollback")) || (await reserved.succeeds("rollback"));
    const isClean = isBroken
      ? isIdle && (await reserved.succeeds(discardState)) && (await reserved.succeeds(forgetPrepared))
      : isOver || (isIdle && (await reserved.succeeds(forgetPrepared)));
    giveUp?.removeEventListener("abort", onGivenUp);
    if (isClean && !giveUp?.aborted) reserved.release();
    else await ended(sql, reserved);
  };
  return {
    exchange: (statements) =>
      inFlight((abandoned) => (abandoned() ? Promise.resolve(Effect.interrupt) : send(statements)), giveUp),
    // One that owes an answer cannot be ended from here. It is left when it answers, and nobody waits for that.
    leave: (isBroken) => Promise.race([leaving(isBroken), aborted(giveUp)]),
  };
};

/**
 * BEGIN, and what goes with it. All of that is Hedgerow's own, so it may be sent again where a statement of it was outdated.
 */
const begin = async (client: Client, reserved: Reservation, statements: ReadonlyArray<Statement>): Promise<Outcome> => {
  for (let left = statements.length; ; left -= 1) {
    let outdated = false;
    const outcome = await converse(client, reserved, statements, {
      beginning: true,
      onOutdated: () => {
        outdated = true;
      },
    });
    if (left > 0 && outdated && (await reserved.succeeds("rollback"))) continue;
    return outcome;
  }
};

/** Postgres refuses what stands behind a statement that failed, so all but BEGIN can be handed over at once. */
const converse = async (
  client: Client,
  reserved: Reservation,
  statements: ReadonlyArray<Statement>,
  { beginning = false, onOutdated = () => {} }: { readonly beginning?: boolean; readonly onOutdated?: () => void } = {},
): Promise<Outcome> => {
  const parts = beginning ? [statements.slice(0, 1), statements.slice(1)] : [statements];
  const settled: Array<Settled<Answer>> = [];
  const forgetting: Array<Settled<unknown>> = [];
  for (const [index, part] of parts.entries()) {
    const watching = beginning && index === 0 ? reserved.watching : {};
    const forget = part.at(-1)?.text === "commit" ? [forgetPrepared] : [];
    const [first, forgotten, last] = await Promise.all([
      reserved.send((own) =>
        part
          .slice(0, part.length - forget.length)
          .map((statement) => answerOf(client, own, statement, onOutdated, watching)),
      ),
      reserved.send<unknown>((own) => forget.map((text) => own.unsafe(text).execute())),
      reserved.send((own) =>
        part.slice(part.length - forget.length).map((statement) => answerOf(client, own, statement, onOutdated)),
      ),
    ]);
    settled.push(...first, ...last);
    forgetting.push(...forgotten);
    if (settled.some(({ status }) => status === "rejected")) break;
  }
  const failed = [...settled, ...forgetting].find(({ status }) => status === "rejected");
  if (failed !== undefined) return Effect.fail(databaseError(cleaned(failed.reason)));
  return Effect.succeed(resultsOf(client.sql, statements, settled));
};

interface Exchange {
  readonly before: ReadonlyArray<Settled<unknown>>;
  readonly answers: ReadonlyArray<Settled<Answer>>;
  readonly after: ReadonlyArray<Settled<unknown>>;
  /** What COMMIT did, in Postgres's word. */
  readonly commit: Settled<string>;
  /** A statement was refused because it had been prepared before a change of the tables. */
  readonly outdated: boolean;
}

/** Everything is handed over before anything is waited for. */
const exchange = async (
  client: Client,
  reserved: Reservation,
  statements: ReadonlyArray<Statement>,
): Promise<Exchange> => {
  const mark = crypto.randomUUID();
  let outdated = false;
  const before = [
    `begin; select pg_catalog.set_config('hedgerow.transaction', '${mark}', true)`,
    `select pg_catalog.pg_terminate_backend(pg_catalog.pg_backend_pid()) where pg_catalog.current_setting('hedgerow.transaction', true) is distinct from '${mark}'`,
  ];
  const onOutdated = (): void => {
    outdated = true;
  };
  const forget = areOwn(statements) ? [] : [forgetPrepared];
  const [settledBefore, settledAnswers, after, [settledCommit]] = await Promise.all([
    reserved.send<unknown>((sql) =>
      before.map((text) => sql.unsafe(text, [], { prepare: false, ...reserved.watching }).execute()),
    ),
    reserved.send((sql) => statements.map((statement) => answerOf(client, sql, statement, onOutdated))),
    reserved.send<unknown>((sql) => forget.map((text) => sql.unsafe(text).execute())),
    reserved.send((sql) => [
      sql
        .unsafe("commit")
        .execute()
        .then(({ command }) => String(command)),
    ]),
  ]);
  const commit = settledCommit ?? { status: "rejected", reason: new Error("COMMIT was not answered.") };
  return { before: settledBefore, answers: settledAnswers, after, commit, outdated };
};

/**
 * Whether the connection may serve somebody else. Where that is uncertain it is ended, and its loss is enough for
 * postgres.js to give its place to a new one.
 */
const isIdle = async (reserved: Reservation, commit: Settled<string>): Promise<boolean> => {
  if (reserved.isLost) return false;
  if (commit.status === "fulfilled") return true;
  if (!isRefusal(cleaned(commit.reason))) return false;
  // A COMMIT that was cancelled before it began leaves the failed transaction open; only then is this refused.
  return (await reserved.succeeds("select")) || (await succeedsOrEnds(reserved, "rollback"));
};

/** Whether it succeeds; where it does not, nobody may use the connection again. */
const succeedsOrEnds = async (reserved: Reservation, text: string): Promise<boolean> => {
  if (await reserved.succeeds(text)) return true;
  await reserved.succeeds(endSession);
  return false;
};

const outcomeOf = (
  sql: Sql,
  statements: ReadonlyArray<Statement>,
  { before, answers, after, commit }: Exchange,
): Outcome => {
  const failed = [...before, ...answers, ...after, commit].find(({ status }) => status === "rejected");
  if (failed !== undefined) return Effect.fail(databaseError(cleaned(failed.reason)));
  if (commit.value !== "COMMIT") {
    return Effect.fail(new ConnectionError({ message: `COMMIT was answered with ${commit.value}` }));
  }
  return Effect.succeed(resultsOf(sql, statements, answers));
};

/** A byte order mark at the beginning of a text is a part of it. */
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

const resultsOf = (
  sql: Sql,
  statements: ReadonlyArray<Statement>,
  answers: ReadonlyArray<Settled<Answer>>,
): ReadonlyArray<Result> =>
  answers.flatMap(({ value }, index) => {
    if (value === undefined) return [];
    const { columns, rows, count, command } = value;
    const texts = {
      count,
      command,
      fields: columns.map(({ name, type }) => ({ name, dataTypeID: type })),
      rows: rows.map((row) => row.map((each) => (each === null ? null : decoder.decode(each)))),
    };
    return [resultOf(statements[index], texts, (oid) => parserOf(sql.options.parsers, oid))];
  });

/** Those of postgres.js, or what the user has put there. It calls its own parsers of arrays behind the first brace. */
const parserOf = (parsers: object, oid: number): ((text: string) => unknown) => {
  const parser: unknown = Reflect.get(parsers, oid);
  if (typeof parser !== "function") return (text) => text;
  return "array" in parser && parser.array === true ? (text) => parser(text.slice(1)) : (text) => parser(text);
};

/** postgres.js has its own names for the fields of an error, and hangs the statement with its values on it. */
const cleaned = (cause: unknown): unknown => {
  if (!(cause instanceof Error) || cause.name !== "PostgresError") return cause;
  const field = (name: string): unknown => Reflect.get(cause, name);
  return Object.assign(new Error(cause.message), {
    code: field("code"),
    severity: field("severity") ?? field("severity_local"),
    detail: field("detail"),
    schema: field("schema_name"),
    table: field("table_name"),
    column: field("column_name"),
    constraint: field("constraint_name"),
    routine: field("routine"),
  });
};
