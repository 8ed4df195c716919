/**
 * A wire between a client and PostgreSQL that can do something at an exact message.
 *
 * Invariant: messages pass unchanged and in order, up to the one at which it acts; that one and all later ones of the
 * connection are never delivered when it cuts. Messages of queries that only read are passed and not counted.
 */
import { connect as connectTo, createServer, type Socket } from "node:net";

export interface Tap {
  /** The same database, through the wire. */
  readonly url: string;
  /** How many messages have passed since the last `at`, in both directions, of statements that may change something. */
  readonly passed: () => number;
  /** Counts from zero, and acts once, at the message with this number or this text. With `cut`, that message is lost. */
  readonly at: (message: number | string, act: () => void, cut: boolean) => void;
  readonly close: () => Promise<void>;
}

interface Frame {
  /** Empty for the first message of a connection, which has no type. */
  readonly type: string;
  readonly bytes: Buffer;
}

/** Splits a stream into the messages of the protocol. */
const framesOf = (startup: boolean): ((chunk: Buffer) => ReadonlyArray<Frame>) => {
  let rest: Buffer = Buffer.alloc(0);
  let first = startup;
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    const frames: Array<Frame> = [];
    for (;;) {
      const head = first ? 0 : 1;
      if (rest.length < head + 4) return frames;
      const length = head + rest.readInt32BE(head);
      if (rest.length < length) return frames;
      frames.push({ type: first ? "" : String.fromCharCode(rest[0] ?? 0), bytes: rest.subarray(0, length) });
      rest = rest.subarray(length);
      first = false;
    }
  };
};

/** Whether a message of the client begins a statement, and one that only reads. */
const reads = ({ type, bytes }: Frame): boolean | undefined => {
  if (type !== "P" && type !== "Q") return undefined;
  const text = bytes.subarray(5).toString("utf8").replace(/^\0/, "").trimStart();
  return /^(select|with)\b/i.test(text) && !/advisory/.test(text);
};

export const openTap = async (databaseUrl: string): Promise<Tap> => {
  const target = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  let count = 0;
  let action: { readonly message: number | string; readonly act: () => void; readonly cut: boolean } | undefined;

  /** @returns whether the message may pass. */
  const pass = ({ bytes }: Frame): boolean => {
    count += 1;
    const { message } = action ?? {};
    const now = typeof message === "string" ? bytes.includes(message) : count === message;
    if (action === undefined || !now) return true;
    const { act, cut } = action;
    action = undefined;
    act();
    return !cut;
  };

  const server = createServer((client) => {
    const upstream = connectTo(Number(target.port), target.hostname);
    let reading = false;
    let lost = false;
    const wire = (from: Socket, to: Socket, split: (chunk: Buffer) => ReadonlyArray<Frame>, fromClient: boolean) => {
      from.setNoDelay(true);
      from.on("data", (chunk) => {
        const passing: Array<Buffer> = [];
        for (const frame of split(chunk)) {
          if (fromClient) reading = reads(frame) ?? reading;
          if (!lost && !reading && !pass(frame)) lost = true;
          if (!lost) passing.push(frame.bytes);
        }
        if (passing.length > 0) to.write(Buffer.concat(passing));
      });
      from.on("error", () => to.destroy());
      from.on("close", () => to.destroy());
      sockets.add(from);
    };
    wire(client, upstream, framesOf(true), true);
    wire(upstream, client, framesOf(false), false);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address !== "object") throw new Error("No port");
  const url = new URL(databaseUrl);
  url.port = String(address.port);
  return {
    url: url.href,
    passed: () => count,
    at: (message, act, cut) => {
      count = 0;
      action = { message, act, cut };
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};
