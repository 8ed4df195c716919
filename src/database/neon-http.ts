/**
 * `hedgerow/neon-http`: `neon()` of `hedgerow/neon` where it speaks HTTP and nothing else, as in a Worker.
 *
 * Invariant: nothing that only a connection needs is imported, so that a Worker does not carry it.
 */
import { addressOf } from "./neon-address.js";
import { type NeonDatabase, type NeonHttpOptions, overHttp } from "./sql-over-http.js";

export type { NeonDatabase, NeonHttpOptions } from "./sql-over-http.js";

/**
 * @param options the url, and how to reach it: those of `neon()` of `hedgerow/neon` that are about HTTP.
 * @returns a database for `createRouter` and `withCaller`.
 * @throws TypeError for a url that is none of PostgreSQL or does not fit the other options, and for `mode: "websocket"`, which
 * `hedgerow/neon` has.
 *
 * @example
 * ```ts
 * import { neon } from "hedgerow/neon-http";
 *
 * const database = neon({ url: env.DATABASE_URL });
 * ```
 */
export const neon = (options: NeonHttpOptions & { readonly mode?: "auto" | "http" }): NeonDatabase => {
  const mode: unknown = options.mode;
  if (mode === "websocket") {
    throw new TypeError('neon() of "hedgerow/neon-http" has no mode "websocket": import it from "hedgerow/neon"');
  }
  return overHttp(options, addressOf(options));
};
