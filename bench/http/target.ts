/**
 * What a target is: a program that serves the documents, in a process of its own.
 *
 * Invariant: a target knows nothing of the measurement. How a request to it looks and where its answer has the rows is said
 * beside it, in `targets.ts`.
 */

/** Where a target finds its data; each connects with the rights that it would have in production. */
export interface Connections {
  /** The tables without any protection, Better Auth's included. */
  readonly plain: string;
  /** The tables with policies that somebody wrote by hand; connects as a role that becomes `app_user`. */
  readonly policies: string;
  /** Hedgerow's, where a claim names the caller. */
  readonly claims: string;
  /** Hedgerow's, where a session does; and Better Auth beside it. */
  readonly session: string;
  readonly sessionAuth: string;
}

export interface Served {
  readonly fetch: (request: Request) => Response | Promise<Response>;
  readonly close: () => Promise<void>;
}

/** What the module of a target exports as `open`. */
export type Open = (connections: Connections) => Served | Promise<Served>;

/** How many connections each target may have; all have the same. */
const poolSize = 10;

/**
 * Connections stay open while another target has its slice, as they do under load: a process of Postgres that has just begun
 * finds no page of the shared memory mapped, and every request of its first seconds pays for that.
 */
export const poolOptions = { max: poolSize, idleTimeoutMillis: 0 };
