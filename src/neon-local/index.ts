/**
 * `hedgerow/neon-local`: what Neon's driver talks to, without Neon.
 *
 * Invariant: `@neondatabase/serverless` runs as it is, over HTTP and WebSockets, in front of a PostgreSQL or a PGlite. It is
 * for development and tests: it listens to this machine only unless told otherwise, and speaks without TLS.
 */
import { createServer } from "node:http";
import type { Socket } from "node:net";
import { WebSocketServer } from "ws";
import { serveHttp } from "./http.js";
import { type JwtOptions, verifier } from "./jwt.js";
import { doorTo, type Target } from "./target.js";
import { webSocketServer } from "./web-socket.js";

export type { JwtOptions } from "./jwt.js";
export type { Target } from "./target.js";

export interface NeonLocalOptions {
  /** The database behind it. */
  readonly target: Target;
  /** A free one unless given. */
  readonly port?: number;
  /** The address to listen on (`127.0.0.1`). */
  readonly host?: string;
  /** Accepts tokens as Neon does, beside passwords. */
  readonly jwt?: JwtOptions;
  /** How many requests over HTTP have a session at once (20); others wait. */
  readonly maxSessions?: number;
  /** Of the body of a request over HTTP (10 MiB); more is answered with 413. */
  readonly maxBodyBytes?: number;
}

export interface NeonLocal {
  readonly host: string;
  readonly port: number;
  /** For `neonConfig.fetchEndpoint`. */
  readonly fetchEndpoint: string;
  /** For `neonConfig.wsProxy`; `neonConfig.useSecureWebSocket` must be false. */
  readonly wsProxy: string;
  /** @returns the url of a login, for `neon({ url, local: true })`. */
  readonly url: (role: string, password: string, database?: string) => string;
  /** Ends what is running, and stops to listen. The database stays open. */
  readonly close: () => Promise<void>;
}

/**
 * @param options the database, and where to listen.
 * @returns the addresses, once it listens.
 * @throws Error where the port is taken.
 *
 * @example
 * ```ts
 * import { PGlite } from "@electric-sql/pglite";
 * import { neon } from "hedgerow/neon";
 * import { startNeonLocal } from "hedgerow/neon-local";
 *
 * const local = await startNeonLocal({ target: { pglite: await PGlite.create() } });
 * const database = neon({ url: local.url("hedgerow_api", password), local: true });
 * ```
 */
export const startNeonLocal = async ({
  target,
  port = 0,
  host = "127.0.0.1",
  jwt,
  maxSessions = 20,
  maxBodyBytes = 10 * 1024 * 1024,
}: NeonLocalOptions): Promise<NeonLocal> => {
  const door = doorTo(target);
  const verify = jwt === undefined ? undefined : verifier(jwt);
  const serve = serveHttp({ ...door, verify, maxBodyBytes, admit: room(maxSessions) });
  const server = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy());
  });
  // Who is about to send on a connection must not find that it is just being closed.
  server.keepAliveTimeout = 0;
  const serveSocket = webSocketServer(door);
  const webSockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  server.on("upgrade", (request, socket, head) => {
    webSockets.handleUpgrade(request, socket, head, serveSocket);
  });
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  const bound = await new Promise<number>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : port);
    });
  });
  const authority = `${host.includes(":") ? `[${host}]` : host}:${bound}`;
  return {
    host,
    port: bound,
    fetchEndpoint: `http://${authority}/sql`,
    wsProxy: `${authority}/v2`,
    url: (role, password, database = "postgres") =>
      `postgres://${encodeURIComponent(role)}:${encodeURIComponent(password)}@${authority}/${encodeURIComponent(database)}`,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      webSockets.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
};

/** First come, first served. */
const room = (size: number): (() => Promise<() => void>) => {
  let free = size;
  const waiting: Array<() => void> = [];
  const leave = (): void => {
    const next = waiting.shift();
    if (next === undefined) free += 1;
    else next();
  };
  return async () => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    return leave;
  };
};
