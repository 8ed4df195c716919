/**
 * Answers in the place of an application's own, where a handler fails with what the database said.
 *
 * Invariant: Hono's `onError` has run by then, so what it would do is decided before: an error that is answered here says so, in
 * the way that Hono has for it, and is not written into a log.
 */
import type { Context as HonoContext } from "hono";
import { problemResponse, type RequestProblem } from "./problem.js";

/**
 * Tells Hono about an error that is answered here, before it asks the application's `onError`, in its own words: an error that
 * has an answer (`HTTPResponseError`) is written into no log by Hono, as Drizzle's would be with all that it says.
 */
export const answerErrors = (context: HonoContext, failureOf: (error: unknown) => RequestProblem | undefined): void => {
  let error = context.error;
  Object.defineProperty(context, "error", {
    configurable: true,
    enumerable: true,
    get: () => error,
    set: (thrown: Error | undefined) => {
      error = thrown;
      const failure = failureOf(thrown);
      if (thrown === undefined || failure === undefined) return;
      Object.defineProperty(thrown, "getResponse", { configurable: true, value: () => problemResponse(failure) });
    },
  });
};

/** Of an answer that is not given, the headers by which a browser may read the one in its place. */
export const replace = (context: HonoContext, response: Response): void => {
  const kept = [...context.res.headers].filter(([name]) => name.startsWith("access-control-") || name === "vary");
  void context.res.body?.cancel().catch(() => {});
  context.res = undefined;
  for (const [name, value] of kept) response.headers.set(name, value);
  context.res = response;
};
