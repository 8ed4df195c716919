/**
 * Neon's SQL over HTTP, by its own driver.
 *
 * Invariant: one call is one request with a batch, which Neon runs between BEGIN and COMMIT.
 *
 * The driver's global `neonConfig` is left as it is, so that a local database and one in the cloud fit in one process.
 */
import { neon as client, neonConfig, types } from "@neondatabase/serverless";
import * as Effect from "effect/Effect";
import type { DatabaseError, DatabaseShape, GiveUp, Result, Statement } from "./database.js";
import { inFlight } from "./in-flight.js";
import type { NeonAddress } from "./neon-address.js";
import { databaseError, toText } from "./protocol.js";
import { resultOf } from "./rows.js";

export interface NeonHttpOptions {
  /** `postgres://role:password@host/database`. One with `-pooler` is fine: nothing is kept for longer than a transaction. */
  readonly url: string;
  /**
   * Neon Authorize: Neon verifies each caller's token as well, and nothing but the token says whose statements they are.
   * `url` has no password, `postgres://authenticated@host/database`: a request's token is sent in its place, over HTTP only.
   * The other `url` remains for who has no token, and for the check before the first request.
   *
   * Needs a `jwt()` authenticator, helpers that read the token (`by: "verified-token"`), the issuer's key set in Neon's
   * settings, and a role `authenticated` that logs in and never by a password:
   * `alter role authenticated login valid until '-infinity'`.
   */
  readonly authorize?: { readonly url: string };
  /** The `url` is that of `hedgerow neon-local`, port included: it is spoken to without TLS. */
  readonly local?: boolean;
  /** What `fetch` is given beside method, headers and body. */
  readonly fetchOptions?: Readonly<Record<string, unknown>>;
}

export interface NeonDatabase extends DatabaseShape {
  /** Ends the connections that are kept; over HTTP there are none. */
  readonly close: () => Promise<void>;
}

export const overHttp = (
  { local = false, fetchOptions = {} }: NeonHttpOptions,
  { url, host, tokenUrl }: NeonAddress,
): NeonDatabase => {
  const settings = { arrayMode: true, fullResults: true, fetchOptions } as const;
  const endpoint = local ? `http://${host}/sql` : undefined;
  const own = httpDatabase(client(url, settings), endpoint, fetchOptions);
  if (tokenUrl === undefined) return own;
  return {
    ...own,
    ...(local && { local }),
    // A client of its own for each token: given with a batch, the driver would ignore it and send none.
    withToken: (authToken) => httpDatabase(client(tokenUrl, { ...settings, authToken }), endpoint, fetchOptions),
  };
};

const httpDatabase = (
  sql: Http,
  endpoint: string | undefined,
  fetchOptions: Readonly<Record<string, unknown>>,
): NeonDatabase => {
  return {
    driver: "neon-http",
    rolesAreBoundary: true,
    transact: (statements, giveUp) =>
      statements.length === 0
        ? Effect.succeed([])
        : inFlight(
            async (abandoned) =>
              // Nobody hears of it.
              abandoned() ? Effect.die(undefined) : batch(sql, statements, endpoint, endedBy(fetchOptions, giveUp)),
            giveUp,
          ),
    interactive: {
      supported: false,
      reason:
        'each request to Neon over HTTP is a transaction of its own; use neon({ url, mode: "websocket" }) of hedgerow/neon',
    },
    close: async () => {},
  };
};

type Http = ReturnType<typeof client<true, true>>;

/** The values stay as Postgres wrote them, until they are read like those of any other driver. */
const asTheyAre = { getTypeParser: () => (text: string) => text };

const batch = async (
  sql: Http,
  statements: ReadonlyArray<Statement>,
  endpoint: string | undefined,
  fetchOptions: Readonly<Record<string, unknown>>,
): Promise<Effect.Effect<ReadonlyArray<Result>, DatabaseError>> => {
  try {
    const queries = statements.map(({ text, values = [] }) =>
      sql.query(text, values.map(toText), { types: asTheyAre }),
    );
    const results = await sendTo(endpoint, () => sql.transaction(queries, { fetchOptions }));
    return Effect.succeed(
      results.map((result, index) =>
        resultOf(statements[index], { ...result, count: result.rowCount ?? 0 }, (oid) =>
          types.getTypeParser(oid, "text"),
        ),
      ),
    );
  } catch (cause) {
    return Effect.fail(databaseError(cause));
  }
};

/** A request that is given up is ended, and one that the application's own signal ends as well. */
const endedBy = (
  options: Readonly<Record<string, unknown>>,
  giveUp: GiveUp | undefined,
): Readonly<Record<string, unknown>> => {
  if (giveUp === undefined) return {};
  const ended = new AbortController();
  giveUp.addEventListener("abort", () => ended.abort());
  const { signal } = ended;
  return { signal: options.signal instanceof AbortSignal ? AbortSignal.any([options.signal, signal]) : signal };
};

/** The driver reads its global setting while it is called and not later, so nobody else can see this one. */
const sendTo = <A>(endpoint: string | undefined, send: () => A): A => {
  if (endpoint === undefined) return send();
  const { fetchEndpoint } = neonConfig;
  neonConfig.fetchEndpoint = endpoint;
  try {
    return send();
  } finally {
    neonConfig.fetchEndpoint = fetchEndpoint;
  }
};
