/**
 * `/v2`: the protocol of PostgreSQL in binary frames.
 *
 * Invariant: whoever connects has given their own password, in clear text because that is what Neon's driver sends ahead;
 * from then on bytes are passed on unread, and when either side ends so does the other.
 */
import type { Duplex } from "node:stream";
import type pg from "pg";
import type { RawData, WebSocket } from "ws";
import type { Door } from "./target.js";
import { errorResponse, type Message, MessageReader, message, texts } from "./wire.js";

const toBuffer = (data: RawData): Buffer =>
  Buffer.isBuffer(data) ? data : Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data);

/** A startup message of protocol 3. */
const protocol3 = 196_608;
/** In place of one: the key of a session follows, which is to stop what it does. */
const cancelRequest = 80_877_102;

/** By the key that its client was given, in hexadecimal digits. */
type Sessions = Map<string, pg.Client>;

/** @returns what serves one WebSocket until it closes. */
export const webSocketServer = (door: Door): ((socket: WebSocket) => void) => {
  const sessions: Sessions = new Map();
  return (socket) => serveWebSocket(socket, door, sessions);
};

const serveWebSocket = (socket: WebSocket, door: Door, sessions: Sessions): void => {
  let portions: Promise<void> = Promise.resolve();
  const relay = new Relay(socket, door, sessions);
  socket.on("message", (data, isBinary) => {
    if (!isBinary) socket.close(1003, "binary frames only");
    else portions = portions.then(() => relay.take(toBuffer(data))).catch(() => socket.terminate());
  });
  socket.on("error", () => socket.terminate());
  socket.on("close", () => {
    portions = portions.then(() => relay.end());
  });
};

/** What a client is told to stop its session by: as the server told us. PGlite tells nothing, and cannot be stopped. */
const keyOf = (client: object): Buffer => {
  const key = Buffer.alloc(8);
  for (const [index, name] of ["processID", "secretKey"].entries())
    key.writeInt32BE(Number(Reflect.get(client, name)), index * 4);
  return key;
};

class Relay {
  readonly #socket: WebSocket;
  readonly #door: Door;
  readonly #sessions: Sessions;
  readonly #reader = new MessageReader();
  #startup: ReadonlyMap<string, string> | null = null;
  #server: Duplex | null = null;
  #ended = false;

  constructor(socket: WebSocket, door: Door, sessions: Sessions) {
    this.#socket = socket;
    this.#door = door;
    this.#sessions = sessions;
  }

  async take(chunk: Buffer): Promise<void> {
    if (this.#ended) return;
    if (this.#server !== null) return this.#forward(chunk);
    for (const each of this.#reader.read(chunk, this.#startup === null)) {
      if (this.#startup === null) this.#start(each);
      else if (await this.#authenticate(each)) return this.#forward(this.#reader.rest);
      if (this.#ended) return;
    }
  }

  end(): void {
    this.#ended = true;
    this.#server?.end(message("X", Buffer.alloc(0)));
  }

  #forward(chunk: Buffer): void {
    if (chunk.length > 0) this.#server?.write(chunk);
  }

  #start({ bytes }: Message): void {
    if (bytes.length === 16 && bytes.readUInt32BE(4) === cancelRequest) {
      const client = this.#sessions.get(bytes.subarray(8).toString("hex"));
      if (client !== undefined) this.#door.stop(client);
      this.#ended = true;
      this.#socket.close();
      return;
    }
    if (bytes.length < 8 || bytes.readUInt32BE(4) !== protocol3) {
      this.#refuse("08P01", "only protocol 3 is spoken here, and without TLS inside of the WebSocket");
      return;
    }
    const words = texts(bytes.subarray(8));
    const pairs = words.flatMap(
      (word, index): ReadonlyArray<[string, string]> =>
        index % 2 === 0 && word !== "" ? [[word, words[index + 1] ?? ""]] : [],
    );
    this.#startup = new Map(pairs);
    if (this.#startup.has("replication")) this.#refuse("0A000", "no replication here");
    else this.#socket.send(message("R", Buffer.from([0, 0, 0, 3])));
  }

  /** @returns whether the session has begun. */
  async #authenticate({ type, bytes }: Message): Promise<boolean> {
    if (type !== "p") {
      this.#refuse("08P01", "a password was expected");
      return false;
    }
    const { user = "", database = user, ...parameters } = Object.fromEntries(this.#startup ?? []);
    try {
      const client = await this.#door.logIn({
        user,
        password: texts(bytes.subarray(5))[0] ?? "",
        database,
        parameters,
      });
      if (this.#ended) {
        client.end().catch(() => {});
        return false;
      }
      this.#take(client);
      return true;
    } catch (cause) {
      const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
      this.#refuse(/^[0-9A-Z]{5}$/.test(code) ? code : "08006", cause instanceof Error ? cause.message : String(cause));
      return false;
    }
  }

  /** The client has logged in and been told so; from now on its stream is ours. */
  #take(client: pg.Client): void {
    const stream: Duplex = client.connection.stream;
    stream.removeAllListeners("data");
    stream.on("data", (chunk: Buffer) => this.#socket.send(chunk));
    stream.on("end", () => this.#socket.close());
    const key = keyOf(client);
    this.#sessions.set(key.toString("hex"), client);
    stream.on("close", () => {
      this.#sessions.delete(key.toString("hex"));
      this.#socket.close();
    });
    stream.on("error", () => this.#socket.terminate());
    this.#server = stream;
    const status = (name: string, value: string): Buffer => message("S", Buffer.from(`${name}\0${value}\0`));
    this.#socket.send(
      Buffer.concat([
        message("R", Buffer.alloc(4)),
        status("server_version", "18.0"),
        status("client_encoding", "UTF8"),
        status("standard_conforming_strings", "on"),
        status("integer_datetimes", "on"),
        message("K", key),
        message("Z", Buffer.from("I")),
      ]),
    );
  }

  #refuse(code: string, text: string): void {
    this.#ended = true;
    this.#socket.send(errorResponse("FATAL", code, text));
    this.#socket.close();
  }
}
