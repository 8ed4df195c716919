/**
 * Answers are for whoever asked.
 *
 * Invariant: what depends on a caller is kept by no cache, and says which headers it depends on, for whoever keeps it all the
 * same. Headers that others have set are added to; only a handler of the application's own may say that its answer can be kept.
 */
import type { Context } from "hono";
import type { Authenticator } from "../auth/authenticator.js";

const unkept = "private, no-store";

/**
 * @returns the headers in which an authenticator finds credentials; `*`, which fits no second request, where it does not say.
 * @throws TypeError for what cannot be the name of a header.
 */
export const varyOf = ({ credentialHeaders = [] }: Authenticator): ReadonlyArray<string> => {
  const names = credentialHeaders.length === 0 ? ["*"] : credentialHeaders;
  // What no header can hold is an error here, and not with each request.
  new Headers({ vary: names.join() });
  return names;
};

const addVary = (headers: Headers, names: ReadonlyArray<string>): void => {
  const present = headers.get("vary");
  const known = present === null ? [] : present.split(",").map((name) => name.trim().toLowerCase());
  const missing = known.includes("*") ? [] : names.filter((name) => !known.includes(name.toLowerCase()));
  if (missing.length > 0) headers.append("vary", missing.join(", "));
};

/** Answers with a response of our own, whatever what runs before has said about caches. */
export const answerPrivately = (context: Context, response: Response, vary: ReadonlyArray<string>): Response => {
  // Hono puts headers that were set before over those of a response, so ours come after that.
  context.res = response;
  const { headers } = context.res;
  headers.set("cache-control", unkept);
  addVary(headers, vary);
  return context.res;
};

/** Marks what a handler of the application's own has answered. */
export const keepPrivate = (context: Context, vary: ReadonlyArray<string>): void => {
  const mark = ({ headers }: Response): void => {
    addVary(headers, vary);
    if (!headers.has("cache-control")) headers.set("cache-control", unkept);
  };
  try {
    mark(context.res);
  } catch {
    // The headers of a response that `fetch` gave cannot be changed.
    const copy = new Response(context.res.body, context.res);
    mark(copy);
    context.res = undefined;
    context.res = copy;
  }
};
