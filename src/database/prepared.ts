/**
 * Which statements a connection has prepared, and under which names.
 *
 * Invariant: a name stands for one text. SQL of an application's own can replace what stands behind a name that it finds in
 * `pg_prepared_statements`, and a PREPARE survives a rollback; so once such SQL ran on a connection, all names of it are
 * given up, on the server too, before the next one is used.
 */
import type { Statement } from "./database.js";

/** How many statements a connection keeps; what was used longest ago goes first. */
const capacity = 200;

/** What one statement of a pipeline is sent with. */
export interface Sending {
  /** Empty: for this time only. */
  readonly name: string;
  readonly parse: boolean;
  /** Whether the server may or may not know the name, so that it has to be closed first. */
  readonly close?: true;
}

interface Kept {
  readonly name: string;
  /** False while nobody knows whether the server has prepared it. */
  certain: boolean;
}

let prefix = "";
let issued = 0;

/**
 * A name that no other connection uses, of this process or another. Behind a pooler that gives each transaction another session a
 * name is then unknown there, and never another's statement. Random only when the first one is needed: a Worker may not
 * ask for randomness while it is loaded.
 */
const issueName = (): string => {
  prefix ||= crypto.randomUUID().slice(0, 8);
  issued += 1;
  return `hedgerow_${prefix}_${issued}`;
};

class Names {
  readonly #kept = new Map<string, Kept>();
  /** Given up, and still on the server. */
  #evicted: Array<string> = [];
  /** SQL that is not Hedgerow's may have prepared something. */
  isSuspect = false;

  forget(): void {
    this.#kept.clear();
    this.#evicted = [];
    this.isSuspect = false;
  }

  /** They go in front of everything that can fail: behind an error Postgres would skip them. */
  takeEvicted(): ReadonlyArray<string> {
    const evicted = this.#evicted;
    this.#evicted = [];
    return evicted;
  }

  take(text: string): Sending {
    const kept = this.#kept.get(text);
    if (kept !== undefined) {
      this.#kept.delete(text);
      this.#kept.set(text, kept);
      if (kept.certain) return { name: kept.name, parse: false };
      return { name: kept.name, parse: true, close: true };
    }
    const made = { name: issueName(), certain: false };
    this.#kept.set(text, made);
    this.#evict();
    return { name: made.name, parse: true };
  }

  #evict(): void {
    const oldest = this.#kept.entries().next().value;
    if (this.#kept.size <= capacity || oldest === undefined) return;
    this.#kept.delete(oldest[0]);
    this.#evicted.push(oldest[1].name);
  }

  confirm(text: string): void {
    const kept = this.#kept.get(text);
    if (kept !== undefined) kept.certain = true;
  }
}

/** What a pipeline does about names on one connection. */
export interface Naming {
  /** Whether `deallocate all` goes first. */
  readonly reset: boolean;
  /** Names to close before anything else. */
  readonly evicted: ReadonlyArray<string>;
  readonly of: (statement: Statement) => Sending;
  /**
   * @param answered how many statements Postgres answered: those are prepared now.
   * @param isReset whether it answered `deallocate all`.
   */
  readonly settle: (answered: number, isReset: boolean) => void;
}

const allUnnamed: Naming = { reset: false, evicted: [], of: () => ({ name: "", parse: true }), settle: () => {} };

/** Of all pools together: several databases may share a connection, and what one of them runs is suspect to the others. */
const namesOf = new WeakMap<object, Names>();

/** The prepared statements of a pool's connections, as one database uses them. */
export class PreparedStatements {
  #enabled: boolean;

  /** @param enabled false where a connection is not the same one each time (PgBouncer before 1.21). */
  constructor(enabled: boolean) {
    this.#enabled = enabled;
  }

  for(connection: object, statements: ReadonlyArray<Statement>): Naming {
    const names = this.#of(connection);
    if (statements.some(({ prepared }) => !prepared)) {
      names.isSuspect = true;
      return allUnnamed;
    }
    if (!this.#enabled) return allUnnamed;
    const reset = names.isSuspect;
    if (reset) names.forget();
    return {
      reset,
      evicted: names.takeEvicted(),
      of: ({ text }) => names.take(text),
      settle: (answered, isReset) => {
        if (reset && !isReset) names.isSuspect = true;
        for (const { text } of statements.slice(0, answered)) names.confirm(text);
      },
    };
  }

  #of(connection: object): Names {
    const names = namesOf.get(connection) ?? new Names();
    namesOf.set(connection, names);
    return names;
  }

  /**
   * Whether Postgres refused a call because of what was prepared, and not of what it asked: then nothing of it took effect,
   * and it may be sent again.
   */
  isOutdated(
    connection: object,
    statements: ReadonlyArray<Statement>,
    { code, routine }: { readonly code: string; readonly routine?: string | undefined },
  ): boolean {
    if (statements.some(({ prepared }) => !prepared)) return false;
    // A table has changed.
    const isChanged = this.#enabled && code === "0A000" && routine === "RevalidateCachedQuery";
    // Whoever stands between this process and the server does not keep a session for a connection. Of calls that were under
    // way together each hears of it, also when the first has seen to it that nothing is kept any more.
    const isLost = code === "26000" || code === "42P05";
    if (!isChanged && !isLost) return false;
    if (isLost) this.#enabled = false;
    this.#of(connection).isSuspect = true;
    return true;
  }
}
