/**
 * Hono with one matcher.
 *
 * Invariant: what the application does with it is what Hono's own class does: that one matches by a trie, too, where its
 * regular expressions cannot. They are left out because they weigh in every Worker and have to be built at its first request;
 * for routes like ours the trie is as fast.
 */
import { HonoBase } from "hono/hono-base";
import { TrieRouter } from "hono/router/trie-router";
import type { BlankSchema, Env } from "hono/types";

/** @returns an empty application. */
export const makeHono = <E extends Env>(): HonoBase<E, BlankSchema, "/"> => new HonoBase({ router: new TrieRouter() });
