/**
 * Asking Postgres to stop what a connection is doing, for the clients of node-postgres and of `@neondatabase/serverless`.
 *
 * Invariant: it is asked only about a connection that serves nobody any more, because the request may arrive late. Nobody waits
 * for it, and it takes no place in the pool. Closing the connection would not do: Postgres notices that only when it has
 * something to say (https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-CANCELING-REQUESTS).
 */

/** The part of a client's connection that speaks before there is a session. */
interface Opening {
  ssl: unknown;
  readonly sslNegotiation?: unknown;
  readonly stream: { destroy(): unknown };
  connect(portOrPath: number | string, host?: string): void;
  requestSsl(): void;
  cancel(processId: unknown, secret: unknown): void;
  on(event: "connect" | "sslconnect" | "error" | "end", listener: () => void): unknown;
}

interface Connecting {
  readonly host: string;
  readonly port: number;
  readonly connection: Opening;
}

/** Types do not say what of their clients is meant for others; each has all of this. */
const isConnecting = (client: object): client is Connecting =>
  "host" in client && "port" in client && "connection" in client;

const isConstructor = (value: unknown): value is new (options: unknown) => object => typeof value === "function";

/** How long the request may take to be delivered. */
const deliveryMs = 5_000;

/** @param pool whose client it is: another of its clients carries the request. */
export const cancel = (pool: object, client: object): void => {
  const secret: unknown = Reflect.get(client, "secretKey");
  const Client: unknown = Reflect.get(pool, "Client");
  if (secret === undefined || secret === null || !isConstructor(Client) || !isConnecting(client)) return;
  const carrier = new Client(Reflect.get(pool, "options"));
  if (!isConnecting(carrier)) return;
  const { connection } = carrier;
  const end = (): void => {
    clearTimeout(timer);
    connection.stream.destroy();
  };
  const timer = setTimeout(end, deliveryMs);
  const ask = (): void => connection.cancel(Reflect.get(client, "processID"), secret);
  connection.on("error", end);
  connection.on("end", end);
  connection.on("sslconnect", ask);
  connection.on("connect", () => {
    if (!connection.ssl) ask();
    else if (connection.sslNegotiation !== "direct") connection.requestSsl();
  });
  // As the connection that is to be stopped speaks.
  connection.ssl = client.connection.ssl;
  if (client.host.startsWith("/")) connection.connect(`${client.host}/.s.PGSQL.${client.port}`);
  else connection.connect(client.port, client.host);
};
