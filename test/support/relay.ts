/**
 * A wire between a client and a server that knows how often the client waited for an answer.
 *
 * Invariant: bytes pass unchanged and in order. What the server says is held for longer than a client takes to send what
 * it has ready, so that whatever is sent after an answer was sent because of it.
 */
import { connect, createServer, type Socket } from "node:net";

export interface Relay {
  readonly port: number;
  /** The same url, through the wire. */
  readonly through: (url: string) => string;
  /** Counts from zero. */
  readonly reset: () => void;
  /** How often a client has sent something that it had not sent before it got an answer. */
  readonly roundTrips: () => number;
  /** How many requests over HTTP have passed. */
  readonly requests: () => number;
  /** From now on the next connection gets no answer: it stays open until the client closes it, whatever the server does. */
  readonly stallNext: () => void;
  readonly close: () => Promise<void>;
}

/**
 * @param delay for how many milliseconds an answer is held; with 0 round trips cannot be told apart.
 * @param there for how many milliseconds what the client sends is held.
 */
export const openRelay = async (target: number, delay = 40, there = 0): Promise<Relay> => {
  const sockets = new Set<Socket>();
  let roundTrips = 0;
  let requests = 0;
  let stalls = false;
  const server = createServer((client) => {
    const upstream = connect(target, "127.0.0.1");
    const stalled = stalls;
    stalls = false;
    let answered = true;
    client.on("data", (chunk) => {
      if (answered) roundTrips += 1;
      answered = false;
      requests += chunk.toString("latin1").split("POST /sql HTTP").length - 1;
      if (there === 0) upstream.write(chunk);
      else setTimeout(() => upstream.write(chunk), there);
    });
    upstream.on("data", (chunk) => {
      if (stalled) return;
      setTimeout(() => {
        answered = true;
        client.write(chunk);
      }, delay);
    });
    const end = (): void => {
      setTimeout(
        () => {
          client.destroy();
          upstream.destroy();
        },
        (delay + there) * 2,
      );
    };
    for (const socket of [client, upstream]) {
      const ends = !stalled || socket === client;
      socket.setNoDelay(true);
      socket.on("error", ends ? end : () => {});
      socket.on("close", ends ? end : () => {});
      sockets.add(socket);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address !== "object") throw new Error("No port");
  const { port } = address;
  return {
    port,
    through: (url) => {
      const changed = new URL(url);
      changed.port = String(port);
      return changed.href;
    },
    reset: () => {
      roundTrips = 0;
      requests = 0;
    },
    roundTrips: () => roundTrips,
    requests: () => requests,
    stallNext: () => {
      stalls = true;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};
