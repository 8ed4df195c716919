/**
 * The protocol of PostgreSQL in front of PGlite, which has one session for everybody.
 *
 * Invariant: each connection has PGlite to itself from the first message of a transaction to its end, the users of this
 * process included, and runs as the role that it logged in with. What it set or opened meanwhile is undone before anybody
 * else gets a turn, so a session setting lasts for a transaction only, as behind a pooler. The names of prepared
 * statements are a connection's own.
 */
import { createHash, createHmac, pbkdf2Sync, timingSafeEqual } from "node:crypto";
import { Duplex } from "node:stream";
import type { PGlite } from "@electric-sql/pglite";
import { errorResponse, MessageReader, message, texts } from "./wire.js";

export class PgliteServer {
  readonly #pglite: PGlite;
  #connections = 0;

  constructor(pglite: PGlite) {
    this.#pglite = pglite;
  }

  connect(exclusive: boolean): Duplex {
    this.#connections += 1;
    return new Session(this.#pglite, `c${this.#connections}_`, exclusive);
  }
}

/** Run as the superuser again. What a transaction has left behind that is not in the database. */
const cleaning = (superuser: string): ReadonlyArray<string> => [
  "rollback",
  // RESET does not lead back: a server of one user does not note who that was.
  `set session authorization ${quoted(superuser)}`,
  "reset all",
  "close all",
  "unlisten *",
  "select pg_catalog.pg_advisory_unlock_all()",
  "discard temp",
  "discard sequences",
];

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

type State = "startup" | "password" | "ready" | "ended";

class Session extends Duplex {
  readonly #pglite: PGlite;
  readonly #prefix: string;
  readonly #exclusive: boolean;
  readonly #reader = new MessageReader();
  /** Messages that wait for the Sync or Flush after them. */
  #pending: Array<Buffer> = [];
  #state: State = "startup";
  #role = "";
  #superuser = "";
  #prepared = new Set<string>();
  /** Ends this connection's turn; null while it has none. */
  #leave: (() => Promise<void>) | null = null;

  constructor(pglite: PGlite, prefix: string, exclusive: boolean) {
    super();
    this.#pglite = pglite;
    this.#prefix = prefix;
    this.#exclusive = exclusive;
  }

  /** What a client calls on a socket. */
  connect(): this {
    queueMicrotask(() => this.emit("connect"));
    return this;
  }
  setNoDelay(): void {}
  setKeepAlive(): void {}
  ref(): void {}
  unref(): void {}

  override _read(): void {}

  override _write(chunk: Buffer, _: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#take(chunk).then(
      () => done(),
      (cause: unknown) => done(cause instanceof Error ? cause : new Error(String(cause))),
    );
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#end().then(() => done(), done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#end().then(
      () => done(error),
      () => done(error),
    );
  }

  async #take(chunk: Buffer): Promise<void> {
    for (const { type, bytes } of this.#reader.read(chunk, this.#state === "startup")) {
      if (this.#state === "startup") this.#startup(bytes);
      else if (this.#state === "password") await this.#authenticate(type, bytes);
      else if (this.#state === "ready") await this.#handle(type, bytes);
    }
  }

  #startup(bytes: Buffer): void {
    const parameters = texts(bytes.subarray(8));
    this.#role = parameters[parameters.indexOf("user") + 1] ?? "";
    this.#state = "password";
    this.push(message("R", Buffer.from([0, 0, 0, 3])));
  }

  async #authenticate(type: string, bytes: Buffer): Promise<void> {
    const password = texts(bytes.subarray(5))[0] ?? "";
    const { rows } = await this.#pglite.query<{ superuser: string; rolpassword: string | null }>(
      `select session_user::text as superuser,
        (select rolpassword from pg_catalog.pg_authid where rolname = $1 and rolcanlogin) as rolpassword`,
      [this.#role],
    );
    this.#superuser = rows[0]?.superuser ?? "";
    if (type !== "p" || !matches(password, rows[0]?.rolpassword ?? null)) {
      this.push(errorResponse("FATAL", "28P01", `password authentication failed for user "${this.#role}"`));
      this.push(null);
      this.#state = "ended";
      return;
    }
    this.#state = "ready";
    const status = (name: string, value: string): Buffer => message("S", Buffer.from(`${name}\0${value}\0`));
    this.push(
      Buffer.concat([
        message("R", Buffer.alloc(4)),
        status("server_version", "18.0"),
        status("server_encoding", "UTF8"),
        status("client_encoding", "UTF8"),
        status("standard_conforming_strings", "on"),
        status("integer_datetimes", "on"),
        status("DateStyle", "ISO, MDY"),
        message("K", Buffer.alloc(8)),
        message("Z", Buffer.from("I")),
      ]),
    );
  }

  async #handle(type: string, bytes: Buffer): Promise<void> {
    if (type === "X") {
      await this.#end();
      this.push(null);
      return;
    }
    this.#pending.push(this.#renamed(type, bytes));
    if (!"QSHFdcf".includes(type)) return;
    const batch = Buffer.concat(this.#pending);
    this.#pending = [];
    await this.#enter();
    const answer = Buffer.from(await this.#pglite.execProtocolRaw(batch, { syncToFs: true }));
    const status = lastStatus(answer);
    // Before the answer: who has it may go on, and find nothing of this one.
    if (status === "I" && !this.#exclusive) await this.#leaveNow();
    this.push(answer);
  }

  /** Parse, Bind, Describe and Close name prepared statements, which all connections would share. */
  #renamed(type: string, bytes: Buffer): Buffer {
    const body = bytes.subarray(5);
    if (type === "P") {
      const end = body.indexOf(0);
      if (end > 0) this.#prepared.add(`${this.#prefix}${body.toString("utf8", 0, end)}`);
      return end === 0 ? bytes : message(type, Buffer.concat([Buffer.from(this.#prefix), body]));
    }
    if (type === "B") {
      const portal = body.indexOf(0) + 1;
      if (body[portal] === 0) return bytes;
      return message(type, Buffer.concat([body.subarray(0, portal), Buffer.from(this.#prefix), body.subarray(portal)]));
    }
    if ((type === "D" || type === "C") && body[0] === 0x53 && body[1] !== 0) {
      return message(type, Buffer.concat([body.subarray(0, 1), Buffer.from(this.#prefix), body.subarray(1)]));
    }
    return bytes;
  }

  /** Waits for a turn. */
  async #enter(): Promise<void> {
    if (this.#leave !== null) return;
    await new Promise<void>((entered, failed) => {
      const turn = new Promise<void>((left) => {
        this.#pglite
          ._runExclusiveTransaction(async () => {
            await this.#run([`set session authorization ${quoted(this.#role)}`]);
            let end = (): void => {};
            const ended = new Promise<void>((resolve) => {
              end = resolve;
            });
            this.#leave = async () => {
              end();
              await turn;
            };
            entered();
            await ended;
            await this.#run(cleaning(this.#superuser));
          })
          .then(left, (cause: unknown) => {
            left();
            failed(cause);
          });
      });
    });
  }

  async #leaveNow(): Promise<void> {
    const leave = this.#leave;
    this.#leave = null;
    await leave?.();
  }

  async #end(): Promise<void> {
    if (this.#state === "ended") return;
    this.#state = "ended";
    await this.#leaveNow();
    const names = [...this.#prepared];
    this.#prepared.clear();
    if (names.length === 0 || this.#pglite.closed) return;
    await this.#pglite._runExclusiveTransaction(() => this.#run(names.map((name) => `deallocate ${quoted(name)}`)));
  }

  /** Each by itself, because some cannot run in a transaction; one that fails has nothing to undo. */
  async #run(statements: ReadonlyArray<string>): Promise<void> {
    for (const statement of statements) {
      await this.#pglite.execProtocolRaw(message("Q", Buffer.from(`${statement}\0`)), { syncToFs: false });
    }
  }
}

/** What the last ReadyForQuery says of the transaction, if there is one. */
const lastStatus = (answer: Buffer): string | undefined => {
  let status: string | undefined;
  for (let at = 0; at + 5 <= answer.length; at += 1 + answer.readUInt32BE(at + 1)) {
    if (answer[at] === 0x5a) status = String.fromCharCode(answer[at + 5] ?? 0);
  }
  return status;
};

/** A password against what Postgres keeps of it: `SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey`. */
const matches = (password: string, verifier: string | null): boolean => {
  const parts = /^SCRAM-SHA-256\$(\d+):([^$]+)\$([^:]+):(.+)$/.exec(verifier ?? "");
  const [, iterations, salt, storedKey] = parts ?? [];
  if (iterations === undefined || salt === undefined || storedKey === undefined) return false;
  const salted = pbkdf2Sync(password.normalize("NFKC"), Buffer.from(salt, "base64"), Number(iterations), 32, "sha256");
  const clientKey = createHmac("sha256", salted).update("Client Key").digest();
  const expected = Buffer.from(storedKey, "base64");
  const actual = createHash("sha256").update(clientKey).digest();
  return actual.length === expected.length && timingSafeEqual(actual, expected);
};
