/**
 * A session for a migration where there is none: every transaction is one batch, as over HTTP.
 *
 * Invariant: each batch takes the lock of pushes and migrations for itself, and runs only if the journal is as it was when
 * it was last read here. Of two at once one waits, finds that the journal has moved, and is told so by `Overtaken`.
 */
import * as Effect from "effect/Effect";
import type { DatabaseShape, Statement } from "../../database/database.js";
import { lockStatement } from "../../postgres/security.js";
import type { Session } from "./session.js";

/** Somebody else has applied a migration since the journal was read. Nothing of the batch has run. */
export class Overtaken extends Error {}

const journal = "drizzle.__drizzle_migrations";

/** What the journal holds, as one text. */
const fingerprint = `coalesce((select pg_catalog.string_agg(id || ':' || hash, ',' order by id) from ${journal}), '')`;

const moved = "HR409";

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

const unchanged = (seen: string): string => `do $hedgerow$ begin
  if ${fingerprint} <> ${quoted(seen)} then
    raise exception 'another migration was applied meanwhile' using errcode = '${moved}';
  end if;
end $hedgerow$`;

const isRead = (text: string): boolean => /^select\b/i.test(text) && text.includes(journal);

/** A lock for the session, which every batch takes for itself. */
const isSessionLock = (text: string): boolean => /\bpg_advisory_lock\b/.test(text);

export const batchSession = (database: DatabaseShape & { readonly close: () => Promise<void> }): Session => {
  let batch: Array<Statement> | undefined;
  let seen = "";

  /** @returns the rows of each statement. */
  const send = async (statements: ReadonlyArray<Statement>) => {
    const outcome = await Effect.runPromise(
      Effect.match(database.transact([{ text: lockStatement }, ...statements]), {
        onFailure: (error) => ({ error, results: [] }),
        onSuccess: (results) => ({ error: undefined, results }),
      }),
    );
    if (outcome.error === undefined) return outcome.results.slice(1).map(({ rows }) => rows);
    const { error } = outcome;
    if (error._tag === "SqlError" && error.sqlState === moved) throw new Overtaken(error.message);
    // The driver's own error, as from the other sessions.
    throw error.cause ?? error;
  };

  const note = (rows: ReadonlyArray<Readonly<Record<string, unknown>>> | undefined): void => {
    seen = String(rows?.[0]?.seen ?? "");
  };

  const read = { text: `select ${fingerprint} as seen` };

  return {
    query: async (text, values) => {
      const statement = values === undefined ? { text } : { text, values };
      if (text === "begin") batch = [];
      else if (text === "rollback") batch = undefined;
      else if (text === "commit" && batch !== undefined) {
        const results = await send([{ text: unchanged(seen) }, ...batch, read]);
        batch = undefined;
        note(results.at(-1));
      } else if (batch !== undefined) batch.push(statement);
      else if (isRead(text)) {
        const [rows = [], after] = await send([statement, read]);
        note(after);
        return rows;
      } else if (!isSessionLock(text)) return (await send([statement]))[0] ?? [];
      return [];
    },
    close: database.close,
  };
};
