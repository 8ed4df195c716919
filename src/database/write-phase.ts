/**
 * The moment of the event loop in which postgres.js may write.
 *
 * Invariant: what runs behind `writePhase()` without waiting is flushed before any socket's loss is told. postgres.js 3.4 gathers
 * small writes until `setImmediate`; a connection that closes before that keeps the gathered bytes and never writes again, not even
 * the greeting of its next session, so everybody who waits for it waits until `connect_timeout`, several times over. Node tells of
 * closed sockets behind the immediates of the same turn, so a write is safe while messages and sockets are read, and not in
 * an immediate, where Effect runs its fibers, nor when another socket has just closed.
 * (https://nodejs.org/en/learn/asynchronous-work/event-loop-timers-and-nexttick)
 */

/** As of Node: one that is counted keeps the process alive. */
interface Counted {
  readonly ref: () => void;
  readonly unref: () => void;
}

const isCounted = (port: object): port is Counted => "ref" in port && "unref" in port;

const newGate = (): (() => Promise<void>) => {
  const here = (): Promise<void> => Promise.resolve();
  if (typeof MessageChannel === "undefined") return here;
  const { port1, port2 } = new MessageChannel();
  // Workers have no such phases, and a message of one request must not wake another.
  if (!isCounted(port1)) return here;
  const waiting: Array<() => void> = [];
  port1.onmessage = () => {
    const next = waiting.shift();
    if (waiting.length === 0) port1.unref();
    next?.();
  };
  port1.unref();
  return () =>
    new Promise((resolve) => {
      waiting.push(resolve);
      port1.ref();
      port2.postMessage(undefined);
    });
};

let gate: (() => Promise<void>) | undefined;

/** Resolves about a microsecond later, in the phase in which sockets are read. */
export const writePhase = (): Promise<void> => {
  gate ??= newGate();
  return gate();
};
