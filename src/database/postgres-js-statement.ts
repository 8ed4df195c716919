/**
 * One statement as postgres.js sends it.
 *
 * Invariant: it is sent once. Whatever postgres.js would send again by itself, and what a session does not know, is refused
 * here, and whoever sent it hears that it may be sent again.
 */
import type { ReservedSql, Sql } from "postgres";
import type { Statement } from "./database.js";
import { toText } from "./protocol.js";

/** What all calls of a database know. */
export interface Client {
  readonly sql: Sql;
  /** False as soon as a session did not know what had been prepared. */
  prepares: boolean;
}

export interface Answer {
  readonly columns: ReadonlyArray<{ readonly name: string; readonly type: number }>;
  readonly rows: ReadonlyArray<ReadonlyArray<Uint8Array | null>>;
  readonly count: number;
  readonly command: string;
}

/** Postgres's words for a session that is not the one in which something was prepared. */
const isUnprepared = (error: unknown): boolean =>
  error instanceof Error && ["26000", "42P05"].includes(String(Reflect.get(error, "code")));

/** The type `unknown`: Postgres infers the real one, and postgres.js leaves the text as it is. */
const inferred = 705;

/**
 * Also without values the extended protocol, which takes one command only. What has values is prepared even where it is an
 * application's, because postgres.js takes another round trip to learn their types.
 */
const extended = (
  { prepares }: Client,
  { values = [], prepared }: Statement,
): { readonly prepare: boolean; readonly simple: boolean } => ({
  prepare: prepares && (prepared === true || values.length > 0),
  simple: false,
});

/** @param onOutdated hears of a statement that was refused because of what a session has prepared, or has not. */
export const answerOf = async (
  client: Client,
  reserved: ReservedSql,
  statement: Statement,
  onOutdated: () => void,
  watching: object = {},
): Promise<Answer> => {
  const { text, values = [] } = statement;
  const typed = values.map((value) => reserved.typed(toText(value), inferred));
  const options = extended(client, statement);
  const query = reserved.unsafe(text, typed, { ...options, ...watching }).raw();
  neverAlone(query, onOutdated);
  try {
    return await answerTo(query.execute());
  } catch (error) {
    if (options.prepare && isUnprepared(error)) {
      client.prepares = false;
      onOutdated();
    }
    throw error;
  }
};

/**
 * Where the plan of a prepared statement is outdated, postgres.js notes the error in `retried` and sends the statement
 * again. Here it is refused instead.
 */
const neverAlone = (query: object, onOutdated: () => void): void => {
  Object.defineProperty(query, "retried", {
    get: () => undefined,
    set: (error: unknown) => {
      onOutdated();
      Reflect.set(query, "cancelled", true);
      const reject: unknown = Reflect.get(query, "reject");
      if (typeof reject === "function") reject(error);
    },
  });
};

interface RawResult {
  readonly columns?: ReadonlyArray<{ readonly name: string; readonly type: number }> | null;
  readonly count: number | null;
  readonly command: string | null;
}

const isRows = (value: unknown): value is ReadonlyArray<ReadonlyArray<Uint8Array | null>> & RawResult =>
  Array.isArray(value);

const answerTo = async (query: PromiseLike<unknown>): Promise<Answer> => {
  const result = await query;
  if (isRows(result)) {
    const { columns, count, command } = result;
    return { columns: columns ?? [], rows: result, count: count ?? 0, command: command ?? "" };
  }
  // It is a stream into COPY FROM STDIN. What has been sent behind it cannot be read any more.
  const error = new Error("COPY FROM STDIN cannot run in a pipeline");
  if (typeof result === "object" && result !== null && "destroy" in result && typeof result.destroy === "function") {
    if ("on" in result && typeof result.on === "function") result.on("error", () => {});
    result.destroy(error);
  }
  throw error;
};
