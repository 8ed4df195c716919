/**
 * The credentials of a drizzle-kit config, understood once.
 *
 * Invariant: a `Connection` is plain data that reaches the same database as drizzle-kit does. Nothing here prints it.
 */
import type { ConnectionOptions } from "node:tls";

export type Connection =
  | { readonly driver: "pglite"; readonly dataDir: string }
  /** PostgreSQL by `pg`; where that is not installed, by `postgres`. */
  | {
      readonly driver: "pg" | "postgres-js";
      readonly options: PgOptions;
      /** The address looks like a pooler's, and is that of the server all the same. */
      readonly direct?: boolean;
    }
  /** Neon by its own driver. */
  | { readonly driver: "neon"; readonly url: string; readonly mode: NeonMode; readonly local: boolean };

export type NeonMode = "auto" | "http" | "websocket";

export interface PgOptions {
  readonly connectionString?: string;
  readonly host?: string;
  readonly port?: number;
  readonly user?: string;
  readonly password?: string;
  readonly database?: string;
  readonly ssl?: boolean | ConnectionOptions;
}

/** What of a config matters here; drizzle-kit's own type is a union over all databases. */
interface Config {
  readonly driver?: unknown;
  readonly dbCredentials?: unknown;
  readonly dialect: string;
}

const property = (of: unknown, name: string): unknown =>
  typeof of === "object" && of !== null ? Reflect.get(of, name) : undefined;

const filled = (value: unknown): string | undefined => (typeof value === "string" && value !== "" ? value : undefined);

const isOptions = (value: unknown): value is ConnectionOptions => typeof value === "object" && value !== null;

/**
 * What a driver would read as the name of a host otherwise, or not at all. A path is that of a socket, and drivers read more
 * than one host, or none behind an `@`.
 *
 * @returns what is wrong with a url, as the rest of a sentence without any part of it; undefined where nothing is.
 */
export const urlProblem = (url: string): string | undefined => {
  if (url.startsWith("/") || url.startsWith("socket:")) return undefined;
  if (!/^postgres(ql)?:\/\//.test(url))
    return "is no url of a PostgreSQL: one begins with postgres:// or postgresql://. Is the environment variable that it comes from set, without quotes around it?";
  if (URL.canParse(url.replace(/@(?=\/|$)/, "@none")) || /@[^@]*,/.test(url)) return undefined;
  return "cannot be read. Is each character of its password that is no letter or digit encoded, as encodeURIComponent does?";
};

/** As drizzle-kit reads the words of libpq. */
const sslOf = (value: unknown): boolean | ConnectionOptions | undefined => {
  if (value === "require" || value === "allow" || value === "prefer") return { rejectUnauthorized: false };
  if (value === "verify-full") return {};
  return typeof value === "boolean" || isOptions(value) ? value : undefined;
};

/**
 * @returns how to reach the database.
 * @throws Error with the name of what is missing.
 */
export const connectionOf = ({ driver, dbCredentials }: Config): Connection => {
  const url = filled(property(dbCredentials, "url"));
  if (driver === "pglite") {
    const dataDir = url?.replace(/^file:(\/\/)?/, "");
    if (dataDir === undefined || dataDir.startsWith("memory:")) {
      throw new Error(
        "dbCredentials.url must be the folder of a PGlite database. One in memory lives in your own process: call push() there.",
      );
    }
    return { driver, dataDir };
  }
  if (driver !== undefined)
    throw new Error(`push cannot use the driver "${String(driver)}"; leave it out, or use "pglite".`);
  if (url !== undefined) {
    const problem = urlProblem(url);
    if (problem !== undefined) throw new Error(`dbCredentials.url ${problem}`);
    return { driver: "pg", options: { connectionString: url } };
  }
  const host = filled(property(dbCredentials, "host"));
  const database = filled(property(dbCredentials, "database"));
  if (host === undefined || database === undefined) {
    throw new Error(
      "dbCredentials.url is empty, so there is no database to push to. Is the environment variable that it comes from (DATABASE_URL?) set?",
    );
  }
  const port = Number(property(dbCredentials, "port") ?? 5432);
  const user = filled(property(dbCredentials, "user"));
  const password = filled(property(dbCredentials, "password"));
  const ssl = sslOf(property(dbCredentials, "ssl"));
  return {
    driver: "pg",
    options: {
      host,
      database,
      port,
      ...(user !== undefined && { user }),
      ...(password !== undefined && { password }),
      ...(ssl !== undefined && { ssl }),
    },
  };
};

/** @returns the login that a connection names; undefined where its driver would have to be asked. */
export const loginOf = (connection: Connection): string | undefined => {
  if (connection.driver === "pglite") return undefined;
  const { user, connectionString } =
    connection.driver === "neon" ? { user: undefined, connectionString: connection.url } : connection.options;
  const inUrl = /^[^:]+:\/\/([^:@/]+)[^@/]*@/.exec(connectionString ?? "")?.[1];
  return user ?? (inUrl && safelyDecoded(inUrl));
};

/** The parts of a connection that must not be read by anybody. */
const secretsOf = (connection: Connection): ReadonlyArray<string> => {
  if (connection.driver === "pglite") return [];
  const { connectionString, password } =
    connection.driver === "neon" ? { connectionString: connection.url, password: undefined } : connection.options;
  const inUrl = /^[^:]+:\/\/[^:@/]*:([^@]*)@/.exec(connectionString ?? "")?.[1];
  return [password, inUrl, inUrl && safelyDecoded(inUrl)].flatMap((secret) => (secret ? [secret] : []));
};

const safelyDecoded = (encoded: string): string => {
  try {
    return decodeURIComponent(encoded);
  } catch {
    return encoded;
  }
};

/** @returns the message without the password, should a driver have put it there. */
export const withoutSecrets = (connection: Connection, message: string): string =>
  secretsOf(connection).reduce((rest, secret) => rest.replaceAll(secret, "***"), message);
