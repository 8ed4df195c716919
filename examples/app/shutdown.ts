/**
 * Ending without losing an answer.
 *
 * Invariant: what is running when the signal comes is answered and what comes later is refused. It ends in bounded time: a
 * second signal, or the end of the time, does not wait any longer.
 */
import type { ServerType } from "@hono/node-server";

// #region shutdown
/** @param close ends the pools. It comes last, because requests that are still running need them. */
export const endGracefully = (server: ServerType, close: () => Promise<void>, withinMs: number): void => {
  let isEnding = false;
  const end = async (): Promise<void> => {
    if (isEnding) process.exit(1);
    isEnding = true;
    setTimeout(() => process.exit(1), withinMs).unref();
    // Connections that a browser keeps open for its next request would keep the server open too.
    if ("closeIdleConnections" in server) setInterval(() => server.closeIdleConnections(), 50).unref();
    await new Promise((resolve) => server.close(resolve));
    await close();
    process.exit(0);
  };
  for (const signal of ["SIGINT", "SIGTERM"]) {
    process.on(signal, () => {
      end().catch(() => process.exit(1));
    });
  }
};
// #endregion
