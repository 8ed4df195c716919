/**
 * The journal of what a database has applied, read and written by several who take turns.
 *
 * Invariant: what is written depends on what was read, so it is written only where the journal is still as it was; looked at in the
 * same transaction, under the lock. Of two at once the later one is told so by `Overtaken`, and nothing of it has run.
 */
import type { Rows } from "./client.js";
import type { Statement } from "./records.js";
import { type Session, StatementFailed } from "./session.js";

/** Somebody else has applied a migration since the journal was read. */
export class Overtaken extends Error {}

/** What the journal holds, as one text. */
const fingerprint =
  "coalesce((select pg_catalog.string_agg(id || ':' || hash, ',' order by id) from drizzle.__drizzle_migrations), '')";

const moved = "HR409";

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

const unchanged = (seen: string): string => `do $hedgerow$ begin
  if ${fingerprint} <> ${quoted(seen)} then
    raise exception 'another migration was applied meanwhile' using errcode = '${moved}';
  end if;
end $hedgerow$`;

const isMoved = ({ cause }: StatementFailed): boolean =>
  cause instanceof Error && "code" in cause && cause.code === moved;

const look: Statement = { text: `select ${fingerprint} as seen` };

export class Journal {
  readonly #session: Session;
  #seen = "";

  constructor(session: Session) {
    this.#session = session;
  }

  /** @returns the rows of each statement; the journal is taken for what it is at this moment. */
  async read(...statements: ReadonlyArray<Statement>): Promise<ReadonlyArray<Rows>> {
    return this.#noted([...statements, look]);
  }

  /** @throws Overtaken where it is not as it was read. */
  async write(statements: ReadonlyArray<Statement>): Promise<void> {
    const before = [{ text: unchanged(this.#seen) }];
    try {
      await this.#noted([...before, ...statements, look]);
    } catch (cause) {
      if (!(cause instanceof StatementFailed)) throw cause;
      if (isMoved(cause)) throw new Overtaken(cause.message);
      throw new StatementFailed(cause.cause, cause.position === undefined ? undefined : cause.position - before.length);
    }
  }

  async #noted(statements: ReadonlyArray<Statement>): Promise<ReadonlyArray<Rows>> {
    const results = await this.#session.transact(statements);
    this.#seen = String(results.at(-1)?.[0]?.seen ?? "");
    return results.slice(0, -1);
  }
}
