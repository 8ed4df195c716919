/**
 * A wire between a client and a server that can be shut, as a network that drops packets: nobody is told.
 *
 * Invariant: bytes pass unchanged and in order. What comes while it is shut passes once it is open again, unless the wire was
 * cut meanwhile.
 */
import { connect, createServer, type Socket } from "node:net";

export interface Valve {
  readonly port: number;
  /** The same url, through the wire. */
  readonly through: (url: string) => string;
  /** From now on nothing passes, new connections included, for so many milliseconds or until it is opened. */
  readonly shut: (ms?: number) => void;
  readonly open: () => void;
  /** From now on nothing passes on the connections that there are; new ones are as good as ever. */
  readonly stall: () => void;
  /** Ends every connection on both sides. */
  readonly cut: () => void;
  /** Ends a share (0 to 1) of the connections, chosen by a number between 0 and 1 for each. */
  readonly cutSome: (share: number, random: () => number) => void;
  /** How many connections clients have open. */
  readonly connections: () => number;
  /** Calls back once, at the first bytes of a server that contain this text, and passes them on afterwards. */
  readonly onAnswer: (text: string, act: () => void) => void;
  readonly close: () => Promise<void>;
}

export const openValve = async (target: number): Promise<Valve> => {
  const pairs = new Set<readonly [Socket, Socket]>();
  const stalled = new WeakSet<readonly [Socket, Socket]>();
  let waiting: Array<() => void> = [];
  let isShut = false;
  let watched: { readonly text: string; readonly act: () => void } | undefined;
  const pass = (action: () => void): void => {
    if (isShut) waiting.push(action);
    else action();
  };
  const open = (): void => {
    isShut = false;
    const actions = waiting;
    waiting = [];
    for (const action of actions) action();
  };
  const server = createServer((client) => {
    const upstream = connect(target, "127.0.0.1");
    const pair = [client, upstream] as const;
    pairs.add(pair);
    const wire = (from: Socket, to: Socket, isServer: boolean): void => {
      from.setNoDelay(true);
      from.on("data", (chunk) => {
        if (stalled.has(pair)) return;
        if (isServer && watched !== undefined && chunk.includes(watched.text)) {
          const { act } = watched;
          watched = undefined;
          act();
          if (stalled.has(pair)) return;
        }
        pass(() => to.write(chunk));
      });
      from.on("error", () => {});
      from.on("close", () => {
        // A client that goes away is forgotten at once; the server hears of it as the client would hear of the server.
        if (!isServer) pairs.delete(pair);
        pass(() => to.destroy());
      });
    };
    wire(client, upstream, false);
    wire(upstream, client, true);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address !== "object") throw new Error("No port");
  const { port } = address;
  const destroy = (pair: readonly [Socket, Socket]): void => {
    for (const socket of pair) socket.destroy();
    pairs.delete(pair);
  };
  const cut = (): void => {
    for (const pair of pairs) destroy(pair);
  };
  return {
    port,
    through: (url) => {
      const changed = new URL(url);
      changed.port = String(port);
      return changed.href;
    },
    shut: (ms) => {
      isShut = true;
      if (ms !== undefined) setTimeout(open, ms);
    },
    open,
    stall: () => {
      for (const pair of pairs) stalled.add(pair);
    },
    cut,
    cutSome: (share, random) => {
      for (const pair of pairs) if (random() < share) destroy(pair);
    },
    connections: () => pairs.size,
    onAnswer: (text, act) => {
      watched = { text, act };
    },
    close: async () => {
      cut();
      open();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};
