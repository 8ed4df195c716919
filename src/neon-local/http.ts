/**
 * `POST /sql`: Neon's SQL over HTTP. As there, what runs for a client that goes away is stopped.
 *
 * Invariant: a request has a session of its own, in which it is nobody but the role that it proved to be, and which ends
 * before the answer is sent. Claims are set in that session only.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import pg from "pg";
import { TokenRefused, type Verified } from "./jwt.js";
import { BadRequest, parseBody, runBody } from "./queries.js";
import type { Door, Login } from "./target.js";

export interface HttpOptions extends Door {
  readonly verify: ((token: string, role: string) => Promise<Verified>) | undefined;
  readonly maxBodyBytes: number;
  /** Waits until there is room for one more session; the result gives the room back. */
  readonly admit: () => Promise<() => void>;
}

const cors = {
  "access-control-allow-origin": "*",
  "access-control-allow-methods": "POST, OPTIONS",
  "access-control-allow-headers":
    "Authorization, Content-Type, Neon-Connection-String, Neon-Raw-Text-Output, Neon-Array-Mode, Neon-Pool-Opt-In, Neon-Batch-Isolation-Level, Neon-Batch-Read-Only, Neon-Batch-Deferrable",
  "access-control-expose-headers": "Neon-Request-Id",
  "access-control-max-age": "86400",
};

/** What a token says, and that it was verified: connections with a password have no key. */
const claim =
  "select set_config('request.jwt.claims', $1, false), set_config('pg_session_jwt.jwk', 'of neon-local', false)";

class TooLarge extends Error {}

export const serveHttp =
  (options: HttpOptions) =>
  async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { status, body } = await answer(request, options);
    const headers = { ...cors, "neon-request-id": crypto.randomUUID(), "content-type": "application/json" };
    // What was not read of a body that is too large cannot be followed by another request.
    response.writeHead(status, status === 413 ? { ...headers, connection: "close" } : headers);
    response.end(body === undefined ? "" : JSON.stringify(body));
  };

interface Answer {
  readonly status: number;
  readonly body?: object;
}

const answer = async (request: IncomingMessage, options: HttpOptions): Promise<Answer> => {
  const path = request.url?.replace(/\?.*$/, "");
  if (path === "/sql" && request.method === "OPTIONS") return { status: 204 };
  if (path !== "/sql" || request.method !== "POST") return { status: 400, body: problem("query is not supported") };
  try {
    const text = await read(request, options.maxBodyBytes);
    return { status: 200, body: await execute(request, text, options) };
  } catch (cause) {
    return failure(cause);
  }
};

const execute = async (request: IncomingMessage, text: string, options: HttpOptions): Promise<object> => {
  const header = (name: string): string | undefined => {
    const value = request.headers[name];
    return typeof value === "string" ? value : undefined;
  };
  const body = parseBody(text);
  const { login, claims } = await identify(header, options);
  const leave = await options.admit();
  try {
    const client = await options.logIn({ ...login, exclusive: true });
    // Nothing that comes behind it is run either.
    const stop = (): void => {
      options.stop(client);
      client.connection.stream.destroy();
    };
    request.socket.once("close", stop);
    try {
      if (request.socket.destroyed) throw new BadRequest("the client has gone");
      if (claims !== undefined) await client.query(claim, [claims]);
      const isTrue = (name: string): boolean => header(name) === "true";
      return await runBody(
        client,
        body,
        {
          isolation: header("neon-batch-isolation-level"),
          readOnly: isTrue("neon-batch-read-only"),
          deferrable: isTrue("neon-batch-deferrable"),
        },
        { raw: isTrue("neon-raw-text-output"), array: isTrue("neon-array-mode") },
      );
    } finally {
      request.socket.removeListener("close", stop);
      await client.end();
    }
  } finally {
    leave();
  }
};

const identify = async (
  header: (name: string) => string | undefined,
  { verify }: HttpOptions,
): Promise<{ readonly login: Login; readonly claims?: string }> => {
  const login = loginOf(header("neon-connection-string"));
  const authorization = header("authorization");
  if (authorization === undefined) {
    if (login.password !== "") return { login };
    throw new BadRequest(
      verify === undefined
        ? "missing authentication credentials: required password"
        : "missing authentication credentials: required authorization bearer token in JWT format",
    );
  }
  if (verify === undefined) throw new BadRequest("missing authentication credentials: required password");
  const token = /^Bearer (.+)$/i.exec(authorization)?.[1];
  if (token === undefined) {
    throw new BadRequest("missing authentication credentials: required authorization bearer token in JWT format");
  }
  const { password, claims } = await verify(token, login.user);
  return { login: { ...login, password }, claims };
};

/** @throws BadRequest in Neon's words. */
const loginOf = (connectionString: string | undefined): Login => {
  if (connectionString === undefined || !URL.canParse(connectionString)) {
    throw new BadRequest("invalid connection string: failed to parse");
  }
  const { protocol, username, password, pathname, searchParams } = new URL(connectionString);
  if (!/^postgres(ql)?:$/.test(protocol)) throw new BadRequest("invalid connection string: invalid protocol");
  if (username === "") throw new BadRequest("invalid connection string: missing username");
  const database = pathname.split("/")[1];
  if (database === undefined || database === "")
    throw new BadRequest("invalid connection string: missing database name");
  const applicationName = searchParams.get("application_name");
  try {
    return {
      user: decodeURIComponent(username),
      password: decodeURIComponent(password),
      database: decodeURIComponent(database),
      parameters: applicationName === null ? {} : { application_name: applicationName },
    };
  } catch {
    throw new BadRequest("invalid connection string: failed to parse");
  }
};

const read = (request: IncomingMessage, limit: number): Promise<string> =>
  new Promise((resolve, reject) => {
    const chunks: Array<Buffer> = [];
    let length = 0;
    request.on("data", (chunk: Buffer) => {
      length += chunk.length;
      if (length <= limit) chunks.push(chunk);
      else {
        request.pause();
        reject(new TooLarge());
      }
    });
    request.on("end", () => resolve(Buffer.concat(chunks).toString("utf8")));
    request.on("error", reject);
  });

const problem = (text: string): object => ({ message: text, code: "", severity: "" });

const failure = (cause: unknown): Answer => {
  if (cause instanceof TooLarge) return { status: 413, body: problem("request is too large") };
  if (cause instanceof BadRequest || cause instanceof TokenRefused)
    return { status: 400, body: problem(cause.message) };
  if (!(cause instanceof pg.DatabaseError)) {
    return { status: 500, body: problem(cause instanceof Error ? cause.message : String(cause)) };
  }
  const { message, code, detail, hint, position, internalPosition, internalQuery, severity, where } = cause;
  const { table, column, schema, dataType, constraint, file, line, routine } = cause;
  const nothing = null;
  return {
    status: 400,
    body: {
      message,
      code: code ?? "",
      detail: detail ?? nothing,
      hint: hint ?? nothing,
      position: position ?? nothing,
      internalPosition: internalPosition ?? nothing,
      internalQuery: internalQuery ?? nothing,
      severity: severity ?? "",
      where: where ?? nothing,
      table: table ?? nothing,
      column: column ?? nothing,
      schema: schema ?? nothing,
      dataType: dataType ?? nothing,
      constraint: constraint ?? nothing,
      file: file ?? nothing,
      line: line ?? nothing,
      routine: routine ?? nothing,
    },
  };
};
