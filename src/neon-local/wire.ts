/**
 * The frames of PostgreSQL's protocol.
 *
 * Invariant: bytes in any portions give the same messages; one that is larger than anything sensible is an error.
 */

/** A type byte, a length that counts itself, a body. */
export const message = (type: string, body: Buffer): Buffer => {
  const head = Buffer.alloc(5);
  head.write(type, "latin1");
  head.writeUInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
};

/** Texts that each end with a zero. */
export const texts = (body: Buffer): ReadonlyArray<string> => body.toString("utf8").split("\0");

/** @returns the ErrorResponse with these fields. */
export const errorResponse = (severity: string, code: string, text: string): Buffer =>
  message("E", Buffer.from(`S${severity}\0V${severity}\0C${code}\0M${text}\0\0`));

export interface Message {
  /** Empty for the startup message, which has none. */
  readonly type: string;
  /** The whole message. */
  readonly bytes: Buffer;
}

const largest = 256 * 1024 * 1024;
const largestStartup = 10_000;

/** Puts messages together. */
export class MessageReader {
  #rest: Buffer = Buffer.alloc(0);

  /** @throws RangeError for a length that is none. */
  *read(chunk: Buffer, startup: boolean): Generator<Message> {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    for (let first = startup; ; first = false) {
      const head = first ? 0 : 1;
      if (this.#rest.length < head + 4) return;
      const length = this.#rest.readUInt32BE(head);
      if (length < 4 || length > (first ? largestStartup : largest)) throw new RangeError("No message of PostgreSQL");
      if (this.#rest.length < head + length) return;
      const bytes = this.#rest.subarray(0, head + length);
      this.#rest = this.#rest.subarray(head + length);
      yield { type: first ? "" : String.fromCharCode(bytes[0] ?? 0), bytes };
    }
  }

  /** What has come and is no whole message yet. */
  get rest(): Buffer {
    return this.#rest;
  }
}
