/**
 * A database of Neon, through `@neondatabase/serverless`: over HTTP, or over a WebSocket.
 *
 * Invariant: one call is one transaction and one round trip either way. Over HTTP it is one request with a batch, which
 * Neon runs between BEGIN and COMMIT; over a WebSocket it is the pipeline of node-postgres with its one Sync.
 *
 * The driver's global `neonConfig` is left as it is, so that a local database and one in the cloud fit in one process.
 */
import { Client, neon as client, neonConfig, Pool, types } from "@neondatabase/serverless";
import * as Effect from "effect/Effect";
import type { DatabaseError, DatabaseShape, GiveUp, Result, Statement } from "./database.js";
import { inFlight } from "./in-flight.js";
import { interactOver, transactOver } from "./lease.js";
import { addressOf, type NeonAddress } from "./neon-address.js";
import { looksPooled } from "./pooler.js";
import { PreparedStatements } from "./prepared.js";
import { databaseError, toText } from "./protocol.js";
import { resultOf } from "./rows.js";

export interface NeonOptions {
  /** `postgres://role:password@host/database`. One with `-pooler` is fine: nothing is kept for longer than a transaction. */
  readonly url: string;
  /**
   * Whether WebSockets go through Neon's pooler, whichever host the `url` names: `true` puts `-pooler` behind the endpoint,
   * `false` takes it away. Without it the host is the one that the `url` names. Over HTTP Neon pools by itself, and `local` has
   * no pooler: there it changes nothing.
   */
  readonly pooled?: boolean;
  /**
   * Neon Authorize: Neon verifies each caller's token as well, and nothing but the token says whose statements they are.
   * `url` has no password, `postgres://authenticated@host/database`: a request's token is sent in its place, over HTTP only.
   * The other `url` remains for who has no token, and for the check before the first request.
   *
   * Needs a `jwt()` authenticator, helpers that read the token (`by: "verified-token"`), the issuer's key set in Neon's
   * settings, and a role `authenticated` that logs in and never by a password:
   * `alter role authenticated login valid until '-infinity'`.
   */
  readonly authorize?: { readonly url: string };
  /**
   * `http` needs no connection to be set up; `websocket` keeps some. `auto`, which is the default, takes `websocket` in Node
   * and Bun and `http` elsewhere, where a connection cannot outlive a request.
   */
  readonly mode?: "auto" | "http" | "websocket";
  /** The `url` is that of `hedgerow neon-local`, port included: it is spoken to without TLS. */
  readonly local?: boolean;
  /** How many connections to keep over WebSockets (10). */
  readonly max?: number;
  /** For how many milliseconds to wait for a connection over a WebSocket (0: until it fails). */
  readonly connectionTimeoutMillis?: number;
  /**
   * As for `nodePostgres`: whether connections over a WebSocket keep the router's statements prepared. `true` unless given, and
   * `false` for a host with `-pooler`.
   */
  readonly prepare?: boolean;
  /** What `fetch` is given beside method, headers and body. */
  readonly fetchOptions?: Readonly<Record<string, unknown>>;
  /** For a runtime that has no `WebSocket`. In Node before 22 it is `ws` unless given. */
  readonly webSocketConstructor?: unknown;
}

export interface NeonDatabase extends DatabaseShape {
  /** Ends the connections that are kept; over HTTP there are none. */
  readonly close: () => Promise<void>;
}

/**
 * @param options the url, and how to reach it.
 * @returns a database for `createRouter` and the functions of `hedgerow/drizzle-kit`.
 * @throws TypeError for a url that is none of PostgreSQL or does not fit the other options.
 *
 * @example
 * ```ts
 * import { neon } from "hedgerow/neon";
 *
 * const database = neon({ url: env.DATABASE_URL });
 * ```
 */
export const neon = (options: NeonOptions): NeonDatabase => {
  const address = addressOf(options);
  const { mode = "auto" } = options;
  if (address.tokenUrl !== undefined && mode === "websocket") {
    throw new TypeError('neon() takes tokens over HTTP only: leave mode out, or make it "http"');
  }
  const chosen = mode === "auto" && address.tokenUrl === undefined ? modeOfRuntime(globalThis) : mode;
  return chosen === "websocket" ? overWebSocket(options, address) : overHttp(options, address);
};

/** @returns what suits a runtime, told by its globals. Workers and Deno also have Node's `process`. */
export const modeOfRuntime = (globals: object): "http" | "websocket" => {
  const property = (of: unknown, name: string): unknown =>
    typeof of === "object" && of !== null ? Reflect.get(of, name) : undefined;
  if (property(property(globals, "navigator"), "userAgent") === "Cloudflare-Workers") return "http";
  if ("EdgeRuntime" in globals || "Deno" in globals) return "http";
  return property(property(property(globals, "process"), "versions"), "node") === undefined ? "http" : "websocket";
};

const overHttp = (
  { local = false, fetchOptions = {} }: NeonOptions,
  { url, host, tokenUrl }: NeonAddress,
): NeonDatabase => {
  const settings = { arrayMode: true, fullResults: true, fetchOptions } as const;
  const endpoint = local ? `http://${host}/sql` : undefined;
  const own = httpDatabase(client(url, settings), endpoint, fetchOptions);
  if (tokenUrl === undefined) return own;
  return {
    ...own,
    ...(local && { local }),
    // A client of its own for each token: given with a batch, the driver would ignore it and send none.
    withToken: (authToken) => httpDatabase(client(tokenUrl, { ...settings, authToken }), endpoint, fetchOptions),
  };
};

const httpDatabase = (
  sql: Http,
  endpoint: string | undefined,
  fetchOptions: Readonly<Record<string, unknown>>,
): NeonDatabase => {
  return {
    driver: "neon-http",
    rolesAreBoundary: true,
    transact: (statements, giveUp) =>
      statements.length === 0
        ? Effect.succeed([])
        : inFlight(
            async (abandoned) =>
              abandoned() ? Effect.interrupt : batch(sql, statements, endpoint, endedBy(fetchOptions, giveUp)),
            giveUp,
          ),
    interactive: {
      supported: false,
      reason: 'each request to Neon over HTTP is a transaction of its own; use neon({ url, mode: "websocket" })',
    },
    close: async () => {},
  };
};

type Http = ReturnType<typeof client<true, true>>;

/** The values stay as Postgres wrote them, until they are read like those of any other driver. */
const asTheyAre = { getTypeParser: () => (text: string) => text };

const batch = async (
  sql: Http,
  statements: ReadonlyArray<Statement>,
  endpoint: string | undefined,
  fetchOptions: Readonly<Record<string, unknown>>,
): Promise<Effect.Effect<ReadonlyArray<Result>, DatabaseError>> => {
  try {
    const queries = statements.map(({ text, values = [] }) =>
      sql.query(text, values.map(toText), { types: asTheyAre }),
    );
    const results = await sendTo(endpoint, () => sql.transaction(queries, { fetchOptions }));
    return Effect.succeed(
      results.map((result, index) =>
        resultOf(statements[index], { ...result, count: result.rowCount ?? 0 }, (oid) =>
          types.getTypeParser(oid, "text"),
        ),
      ),
    );
  } catch (cause) {
    return Effect.fail(databaseError(cause));
  }
};

/** A request that is given up is ended, and one that the application's own signal ends as well. */
const endedBy = (
  options: Readonly<Record<string, unknown>>,
  giveUp: GiveUp | undefined,
): Readonly<Record<string, unknown>> => {
  if (giveUp === undefined) return {};
  const ended = new AbortController();
  giveUp.addEventListener("abort", () => ended.abort());
  const { signal } = ended;
  return { signal: options.signal instanceof AbortSignal ? AbortSignal.any([options.signal, signal]) : signal };
};

/** The driver reads its global setting while it is called and not later, so nobody else can see this one. */
const sendTo = <A>(endpoint: string | undefined, send: () => A): A => {
  if (endpoint === undefined) return send();
  const { fetchEndpoint } = neonConfig;
  neonConfig.fetchEndpoint = endpoint;
  try {
    return send();
  } finally {
    neonConfig.fetchEndpoint = fetchEndpoint;
  }
};

const overWebSocket = (options: NeonOptions, address: NeonAddress): NeonDatabase => {
  let opened: Promise<Pool> | undefined;
  const open = (): Promise<Pool> => {
    opened ??= makePool(options, address);
    return opened;
  };
  const prepared = new PreparedStatements(options.prepare ?? !looksPooled({ host: address.host }));
  return {
    driver: "neon-websocket",
    rolesAreBoundary: true,
    transact: (statements, giveUp) =>
      Effect.flatMap(Effect.promise(open), (pool) => transactOver(pool, prepared)(statements, giveUp)),
    interactive: {
      supported: true,
      transaction: (transaction, use) =>
        Effect.flatMap(Effect.promise(open), (pool) => interactOver(pool, prepared)(transaction, use)),
    },
    close: async () => (await opened)?.end(),
  };
};

const makePool = async (options: NeonOptions, { url, host }: NeonAddress): Promise<Pool> => {
  const { local = false, max, connectionTimeoutMillis } = options;
  const webSocket = options.webSocketConstructor ?? (await ownWebSocket());
  /** Its settings are its own; only what is not set here comes from the global ones. */
  class NeonClient extends Client {
    constructor(config?: ConstructorParameters<typeof Client>[0]) {
      super(config);
      if (webSocket !== undefined) Reflect.set(this.neonConfig, "webSocketConstructor", webSocket);
      if (!local) return;
      this.neonConfig.wsProxy = `${host}/v2`;
      this.neonConfig.useSecureWebSocket = false;
    }
  }
  const pool = new Pool({
    connectionString: url,
    ...(max !== undefined && { max }),
    ...(connectionTimeoutMillis !== undefined && { connectionTimeoutMillis }),
  });
  Reflect.set(pool, "Client", NeonClient);
  // A pool drops an idle connection that was lost. Without a listener Node would then end the whole process.
  pool.on("error", () => {});
  return pool;
};

const ownWebSocket = async (): Promise<unknown> => {
  if (typeof WebSocket !== "undefined" || neonConfig.webSocketConstructor !== undefined) return undefined;
  const { WebSocket: ws } = await import("ws");
  return ws;
};
