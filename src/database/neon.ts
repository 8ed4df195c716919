/**
 * A database of Neon, through `@neondatabase/serverless`: over HTTP, or over a WebSocket.
 *
 * Invariant: one call is one transaction and one round trip either way. Over HTTP it is one request with a batch, which
 * Neon runs between BEGIN and COMMIT; over a WebSocket it is the pipeline of node-postgres with its one Sync.
 *
 * The driver's global `neonConfig` is left as it is, so that a local database and one in the cloud fit in one process.
 */
import { Client, neonConfig, Pool } from "@neondatabase/serverless";
import * as Effect from "effect/Effect";
import { interactOver, transactOver } from "./lease.js";
import type { NeonAddress } from "./neon-address.js";
import { addressThrough } from "./neon-pooler.js";
import { looksPooled } from "./pooler.js";
import { PreparedStatements } from "./prepared.js";
import { type NeonDatabase, type NeonHttpOptions, overHttp } from "./sql-over-http.js";

export type { NeonDatabase } from "./sql-over-http.js";

export interface NeonOptions extends NeonHttpOptions {
  /**
   * Whether WebSockets go through Neon's pooler, whichever host the `url` names: `true` puts `-pooler` behind the endpoint,
   * `false` takes it away. Without it the host is the one that the `url` names. Over HTTP Neon pools by itself, and `local` has
   * no pooler: there it changes nothing.
   */
  readonly pooled?: boolean;
  /**
   * `http` needs no connection to be set up; `websocket` keeps some. `auto`, which is the default, takes `websocket` in Node
   * and Bun and `http` elsewhere, where a connection cannot outlive a request.
   */
  readonly mode?: "auto" | "http" | "websocket";
  /** How many connections to keep over WebSockets (10). */
  readonly max?: number;
  /** For how many milliseconds to wait for a connection over a WebSocket (0: until it fails). */
  readonly connectionTimeoutMillis?: number;
  /**
   * As for `nodePostgres`: whether connections over a WebSocket keep the router's statements prepared. `true` unless given, and
   * `false` for a host with `-pooler`.
   */
  readonly prepare?: boolean;
  /** For a runtime that has no `WebSocket`. In Node before 22 it is `ws` unless given. */
  readonly webSocketConstructor?: unknown;
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
  const address = addressThrough(options);
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
