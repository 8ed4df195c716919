/**
 * One connection by a driver of PostgreSQL, as a migration uses it.
 *
 * Invariant: whatever the driver, a statement at a time, and nothing is set but what the statements set.
 */
import type { Connection } from "../connection.js";
import { connectionTimeoutMillis, loadPg, openPostgresJs } from "../drivers.js";

export type Rows = ReadonlyArray<Readonly<Record<string, unknown>>>;

export interface Client {
  /** Runs one statement; `values` are texts. */
  readonly query: (text: string, values?: ReadonlyArray<string>) => Promise<Rows>;
  /** The process that whoever answered has named when it let the client in. A pooler names one of its own making. */
  readonly greetedBy: () => Promise<unknown>;
  readonly close: () => Promise<void>;
}

export type ServerConnection = Extract<Connection, { readonly driver: "pg" | "postgres-js" }>;

/** @throws the driver's own error where there is no such database. */
export const connectClient = async ({ driver, options }: ServerConnection): Promise<Client> => {
  const pg = driver === "pg" ? await loadPg() : undefined;
  if (pg === undefined) {
    const sql = await openPostgresJs(options, 1);
    const reserved = await sql.reserve();
    return {
      query: async (text, values) => [...(await reserved.unsafe(text, values && [...values]))],
      greetedBy: async () => Reflect.get((await reserved.unsafe("select")).state, "pid"),
      close: async () => {
        reserved.release();
        await sql.end({ timeout: 1 });
      },
    };
  }
  const client = new pg.Client({ ...options, connectionTimeoutMillis });
  // A connection that is lost is the error of the query that waits; without a listener it would end the process as well.
  client.on("error", () => {});
  await client.connect();
  return {
    query: async (text, values) =>
      (await (values === undefined ? client.query(text) : client.query(text, [...values]))).rows,
    greetedBy: async () => Reflect.get(client, "processID"),
    close: () => client.end(),
  };
};
