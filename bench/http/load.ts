/**
 * Asks a server as fast as it answers, over connections that stay open.
 *
 * Invariant: each connection has one request under way, and every answer is read to its end and checked. It is written on
 * sockets because a client that makes objects of answers would take the processor from what is measured.
 */
import { connect, type Socket } from "node:net";
import type { Asked } from "./targets.js";

/** What was sent and answered. */
export interface Load {
  readonly requests: number;
  readonly seconds: number;
  /** Milliseconds, ascending. */
  readonly latencies: Float64Array;
}

export interface Client {
  /** @throws Error for the first answer that is not the expected one. */
  readonly run: (seconds: number) => Promise<Load>;
  readonly close: () => void;
}

export const encode = ({ method, path, headers, body }: Asked): Buffer => {
  const lines = Object.entries({
    host: "127.0.0.1",
    ...headers,
    ...(body !== undefined && { "content-length": String(Buffer.byteLength(body)) }),
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join("")}\r\n${body ?? ""}`);
};

const headEnd = Buffer.from("\r\n\r\n");
const lastChunk = Buffer.from("0\r\n\r\n");

/**
 * @returns the length of the body when the answer is complete, undefined while it is not.
 * @throws Error for an answer that is none.
 */
export const bodyLength = (answer: Buffer): number | undefined => {
  const end = answer.indexOf(headEnd);
  if (end < 0) return undefined;
  const head = answer.toString("latin1", 0, end);
  if (!head.startsWith("HTTP/1.1 200 ")) throw new Error(`Not a success: ${answer.toString().slice(0, 500)}`);
  const received = answer.length - end - headEnd.length;
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  if (length !== undefined) {
    if (received > Number(length)) throw new Error(`More than an answer: ${answer.toString().slice(0, 500)}`);
    return received === Number(length) ? received : undefined;
  }
  if (!/\r\ntransfer-encoding: *chunked/i.test(head)) throw new Error(`An answer without a length: ${head}`);
  return answer.subarray(-lastChunk.length).equals(lastChunk) ? received : undefined;
};

const open = (port: number): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true }, () => resolve(socket));
    socket.once("error", reject);
  });

/**
 * @param requests are sent in turn, by whichever connection is free.
 * @param minimumBytes that the body of every answer has.
 */
export const openClient = async (
  port: number,
  requests: ReadonlyArray<Buffer>,
  minimumBytes: number,
  connections = 32,
): Promise<Client> => {
  const sockets = await Promise.all(Array.from({ length: connections }, () => open(port)));
  let next = 0;
  const work = (socket: Socket, deadline: number, latencies: Array<number>): Promise<void> =>
    new Promise((resolve, reject) => {
      let parts: Array<Buffer> = [];
      let sent = 0;
      const send = (): void => {
        const request = requests[next++ % requests.length];
        sent = performance.now();
        if (request !== undefined) socket.write(request);
      };
      const finish = (fault?: Error): void => {
        socket.off("data", read).off("error", finish).off("close", lost);
        if (fault === undefined) resolve();
        else reject(fault);
      };
      const lost = (): void => finish(new Error("The server closed a connection."));
      const read = (chunk: Buffer): void => {
        parts.push(chunk);
        try {
          const length = bodyLength(parts.length === 1 ? chunk : Buffer.concat(parts));
          if (length === undefined) return;
          if (length < minimumBytes) throw new Error(`Only ${length} bytes: ${Buffer.concat(parts).toString()}`);
        } catch (cause) {
          finish(cause instanceof Error ? cause : new Error(String(cause)));
          return;
        }
        const now = performance.now();
        latencies.push(now - sent);
        parts = [];
        if (now < deadline) send();
        else finish();
      };
      socket.on("data", read).on("error", finish).on("close", lost);
      send();
    });
  return {
    run: async (seconds) => {
      const latencies: Array<number> = [];
      const start = performance.now();
      await Promise.all(sockets.map((socket) => work(socket, start + seconds * 1000, latencies)));
      const elapsed = (performance.now() - start) / 1000;
      return { requests: latencies.length, seconds: elapsed, latencies: Float64Array.from(latencies).sort() };
    },
    close: () => {
      for (const socket of sockets) socket.destroy();
    },
  };
};
