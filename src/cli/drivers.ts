/**
 * The drivers of PostgreSQL that a project may have installed.
 *
 * Invariant: `pg` is used where it is there and `postgres` is not asked for; that it is missing is no error as long as
 * `postgres` is there.
 */
import type { Sql } from "postgres";
import type { PgOptions } from "./connection.js";

/** A database that does not answer must not hold up a build for long. */
export const connectionTimeoutMillis = 15_000;

const isMissing = (cause: unknown): boolean =>
  cause instanceof Error && "code" in cause && cause.code === "ERR_MODULE_NOT_FOUND";

/** @returns `pg`; undefined where only `postgres` is installed. */
export const loadPg = async (): Promise<typeof import("pg").default | undefined> => {
  try {
    return (await import("pg")).default;
  } catch (cause) {
    if (!isMissing(cause)) throw cause;
    try {
      await import("postgres");
      return undefined;
    } catch {
      throw new Error('To reach PostgreSQL, install "pg" or "postgres".', { cause });
    }
  }
};

/** As many connections as are needed, up to `max`, without a word on the terminal. */
export const openPostgresJs = async ({ connectionString, ...options }: PgOptions, max: number): Promise<Sql> => {
  const { default: postgres } = await import("postgres");
  const settings = { max, onnotice: () => {}, connect_timeout: connectionTimeoutMillis / 1000 };
  return connectionString === undefined ? postgres({ ...options, ...settings }) : postgres(connectionString, settings);
};
