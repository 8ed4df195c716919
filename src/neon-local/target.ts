/**
 * The database behind `neon-local`, as somewhere to log in.
 *
 * Invariant: every login is a session of its own with the credentials that the caller brought; neon-local has none. A
 * session ends with whoever asked for it, so nothing of it survives.
 */
import type { PGlite } from "@electric-sql/pglite";
import pg from "pg";
import { cancel } from "../database/cancel.js";
import { PgliteServer } from "./pglite-server.js";

export type Target =
  /** A server; host, port and TLS of the url are used, and a login that it names is not. */
  | { readonly url: string }
  /** A PGlite of this process. Roles log in with their passwords, but in its one session they are no boundary. */
  | { readonly pglite: PGlite };

export interface Login {
  readonly user: string;
  readonly password: string;
  readonly database: string;
  /** Of the startup message: `application_name`, `options`. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** Nobody else gets a turn before it ends. Only PGlite needs it. */
  readonly exclusive?: boolean;
}

export interface Door {
  /** @returns a client that is connected, whose loss is heard by its `error` listeners. */
  readonly logIn: (login: Login) => Promise<pg.Client>;
  /** Asks the server to stop what it is doing for a client. A PGlite cannot be stopped while it works. */
  readonly stop: (client: pg.Client) => void;
}

export const doorTo = (target: Target): Door => {
  if ("pglite" in target) return { logIn: logInBy(pgliteConfig(new PgliteServer(target.pglite))), stop: () => {} };
  const config = serverConfig(target.url);
  return { logIn: logInBy(config), stop: (client) => cancel({ Client: pg.Client, options: config() }, client) };
};

const logInBy =
  (configOf: (login: Login) => pg.ClientConfig): Door["logIn"] =>
  async (login) => {
    const { user, password, database, parameters = {} } = login;
    const client = new pg.Client({
      ...configOf(login),
      user,
      password,
      database,
      connectionTimeoutMillis: 15_000,
      ...(parameters.application_name !== undefined && { application_name: parameters.application_name }),
      ...(parameters.options !== undefined && { options: parameters.options }),
    });
    // Without a listener the loss of a session would end the process.
    client.on("error", () => {});
    try {
      await client.connect();
    } catch (cause) {
      client.end().catch(() => {});
      throw cause;
    }
    return client;
  };

const serverConfig = (url: string): (() => pg.ClientConfig) => {
  const { hostname, port, searchParams } = new URL(url);
  const sslmode = searchParams.get("sslmode") ?? "disable";
  return () => ({
    host: decodeURIComponent(hostname) || "127.0.0.1",
    port: port === "" ? 5432 : Number(port),
    ssl: sslmode === "disable" ? false : sslmode.startsWith("verify") ? true : { rejectUnauthorized: false },
  });
};

const pgliteConfig =
  (server: PgliteServer) =>
  ({ exclusive = false }: Login): pg.ClientConfig => ({ ssl: false, stream: () => server.connect(exclusive) });
