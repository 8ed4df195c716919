/**
 * `createRouter`: a schema as a Hono application.
 *
 * Invariant: everything that depends on the definition is done once, when the router is built. A request is only
 * served after the connection was found safe.
 */
import * as Effect from "effect/Effect";
import * as Exit from "effect/Exit";
import type { Hono, Context as HonoContext } from "hono";
import type { BlankEnv } from "hono/types";
import type { Authenticator } from "../auth/authenticator.js";
import { DefinitionError, type Problem } from "../condition/problem.js";
import type { DatabaseShape } from "../database/database.js";
import { answerMsOf, checkedMs, withDeadline } from "../database/deadline.js";
import { thrownIn } from "../database/in-flight.js";
import { type Effects, withRetry } from "../database/retry.js";
import type { Timeouts } from "../database/session.js";
import { postgresTarget, type Target } from "../database/target.js";
import { type Schema, understandNow } from "../table/schema.js";
import { actingAs } from "./acting-as.js";
import { type CorsOptions, corsMiddleware, crossSiteCheck, type TrustedOrigins } from "./cross-site.js";
import { makeHono } from "./hono.js";
import { type Handler, operationsFor } from "./operations.js";
import { idIn, parametersOf } from "./parameters.js";
import { kebab } from "./paths.js";
import { answerPrivately, varyOf } from "./privately.js";
import { hasTag, problem, problemResponse, RequestProblem } from "./problem.js";
import { readJson } from "./read-json.js";
import type { CheckSchema, RoutesOf } from "./routes.js";
import { explained, safetyCheck } from "./safety.js";
import { type OlderVersions, verifySchema } from "./startup.js";

export interface RouterOptions<S> {
  /** A module of tables, for example `import * as schema from "./schema.js"`. */
  readonly schema: S & CheckSchema<S>;
  /**
   * Who sends a request: `sessionAuthenticator(auth)` of `hedgerow/better-auth` or `jwt(…)` of `hedgerow/jwt`. Its kind
   * must be that of the database: where helpers find the caller live, what a token says opens nothing, and the other way
   * round.
   */
  readonly auth: Authenticator;
  /** How to reach Postgres, for example `nodePostgres(pool)` of `hedgerow/node-postgres`. */
  readonly database: DatabaseShape;
  /** The kind of database: PostgreSQL unless given, or `supabase()` of `hedgerow/supabase`. */
  readonly target?: Target;
  /** How many rows a list returns: without `limit` (50), and at most (100). */
  readonly page?: { readonly default: number; readonly max: number };
  /** Bytes that a body may have (1 MiB). */
  readonly maxBodyBytes?: number;
  /**
   * How long Postgres may work on a request's statement (15,000) and wait for a lock (5,000), in milliseconds; how long to
   * wait for an answer in all, from asking the pool for a connection on (`statementMs` + 5,000); and how long a body may take
   * to arrive, after which the answer is a 408 (15,000; 0 is no limit).
   */
  readonly timeouts?: Timeouts & { readonly answerMs?: number; readonly bodyMs?: number };
  /**
   * Origins beside the API's own from whose pages a browser's cookies may write. Behind a proxy that changes scheme or host
   * the API cannot know its own origin, so it belongs here too; `X-Forwarded-Host` is not believed. Credentials in a header
   * are not asked where they come from.
   */
  readonly trustedOrigins?: TrustedOrigins;
  /**
   * Which other origins may read answers: the options of Hono's own `cors`, which is off without them. With `credentials`
   * each origin is listed, and those whose pages write are `trustedOrigins` too.
   */
  readonly cors?: CorsOptions;
  /** Gets every error that a client is not shown; writes to `console.error` without it. */
  readonly onError?: (error: unknown) => void;
  /**
   * What to do where the rules in the database are those of a newer version of this schema, which has been pushed since.
   * `"refuse"`, unless given, is a 503 until this version is pushed or replaced. `"serve"` serves under the newer rules, and says
   * so once to `onError`: for a database that remembers the rules of this version, has been left alone since the last push, and
   * knows callers as this version does. Rules that were never pushed there are refused all the same.
   */
  readonly olderVersions?: OlderVersions;
  /**
   * Serves even through a connection that bypasses row-level security. Every rule is then void. For experiments on
   * your own machine, never for data of anybody.
   */
  readonly dangerouslyServeWithoutRowLevelSecurity?: boolean;
}

/** Two exports under one path would hide one of the tables. */
const checkPaths = ({ tables }: Schema): void => {
  const problems = tables.flatMap(({ key, definition }, index): ReadonlyArray<Problem> => {
    const path = kebab(key);
    const other = tables.slice(0, index).find((each) => kebab(each.key) === path);
    return other === undefined
      ? []
      : [
          {
            code: "duplicate_path",
            table: definition.table.name,
            path: "(export)",
            message: `"${other.key}" and "${key}" would both be served at /${path}.`,
            hint: "Export one of them under another name.",
          },
        ];
  });
  if (problems.length > 0) throw new DefinitionError({ problems });
};

type HonoHandler = (context: HonoContext) => Promise<Response>;

/** Where each operation is served. */
const places = [
  ["list", "GET", ""],
  ["create", "POST", ""],
  ["get", "GET", "/:id"],
  ["update", "PATCH", "/:id"],
  ["remove", "DELETE", "/:id"],
] as const;

/** Of a client that has gone no log needs to hear. */
const gone = (): Response => problemResponse(problem("request_aborted"));

/** What only reads is given up as soon as nobody waits for it; what writes and was sent is seen through. */
const askedOf = (database: DatabaseShape, use: Effects, signal: AbortSignal): DatabaseShape => {
  if (use === "writes") return database;
  const { transact, ...asked } = database.reading ?? database;
  return { ...asked, transact: (statements) => transact(statements, signal) };
};

/**
 * Mounts list, get, create, update and delete of every guarded table under the kebab-case name of its export.
 *
 * @returns a Hono application whose type knows every route: `hc<typeof router>` is a typed client.
 * @throws DefinitionError with every problem that a request could meet; `hedgerow check` and a push find the others.
 * @throws TypeError for `trustedOrigins` or `cors` that cannot be meant; RangeError for `timeouts` that are none.
 *
 * @example
 * ```ts
 * export const api = createRouter({ schema, auth: sessionAuthenticator(auth), database: nodePostgres(pool) });
 * export default new Hono().route("/api/v1", api);
 * ```
 */
export const createRouter = <const S extends object>(options: RouterOptions<S>): Hono<BlankEnv, RoutesOf<S>, "/"> => {
  const schema = understandNow(Object.fromEntries(Object.entries(options.schema)));
  checkPaths(schema);
  const report = options.onError ?? ((error: unknown) => console.error(error));
  const { bodyMs = 15_000, ...timeouts } = options.timeouts ?? { statementMs: 15_000, lockMs: 5_000 };
  const bodyLimits = { maxBytes: options.maxBodyBytes ?? 1_048_576, ms: checkedMs("bodyMs", bodyMs) };
  const vary = varyOf(options.auth);
  const answerMs = answerMsOf(timeouts);
  const guarded: Readonly<Record<Effects, DatabaseShape>> = {
    reads: withDeadline(withRetry(options.database, "reads"), answerMs),
    writes: withDeadline(withRetry(options.database, "writes"), answerMs),
  };
  const target = options.target ?? postgresTarget;
  const operationOptions = {
    target,
    limits: options.page ?? { default: 50, max: 100 },
    timeouts,
  };

  const isSafe = options.dangerouslyServeWithoutRowLevelSecurity
    ? () => undefined
    : safetyCheck(verifySchema(schema, guarded.reads, target, options.olderVersions), report);
  const crossSite = crossSiteCheck(options.trustedOrigins);

  const answer = async (thrown: unknown): Promise<Response> => {
    const failure =
      thrown instanceof RequestProblem
        ? await explained(thrown, isSafe)
        : problem(hasTag(thrown, "IdentityUnavailable") ? "unavailable" : "internal", { hidden: thrown });
    if (failure.hidden !== undefined) report(failure.hidden);
    return problemResponse(failure);
  };

  const respond =
    (handler: Handler, use: Effects): HonoHandler =>
    async ({ req }) => {
      try {
        const unsafe = await isSafe();
        if (unsafe !== undefined) return answer(unsafe);
        const credential = await options.auth.identify(req.raw);
        const refusal = await crossSite(req.raw, credential);
        if (refusal !== undefined) return answer(refusal);
        const acting = actingAs(guarded[use], credential);
        if (acting._tag === "RequestProblem") return answer(acting);
        const { signal } = req.raw;
        const handled = handler({
          database: askedOf(acting.database, use, signal),
          credential: acting.credential,
          id: idIn(req.param("id") ?? "", req.url),
          parameters: () => parametersOf(req.url),
          body: Effect.suspend(() => readJson(req, bodyLimits)),
        });
        if (signal.aborted) return gone();
        const exit = await Effect.runPromiseExit(handled, { signal });
        if (Exit.isSuccess(exit)) return exit.value;
        return signal.aborted ? gone() : answer(thrownIn(exit.cause));
      } catch (defect) {
        return answer(defect);
      }
    };

  const serve = (handler: Handler, use: Effects): HonoHandler => {
    const responding = respond(handler, use);
    return async (context) => answerPrivately(context, await responding(context), vary);
  };

  const app = makeHono<BlankEnv>();
  if (options.cors !== undefined) app.use("*", corsMiddleware(options.cors));
  const refuse =
    (failure: RequestProblem) =>
    (context: HonoContext): Response =>
      answerPrivately(context, problemResponse(failure), vary);
  for (const table of schema.tables) {
    const path = `/${kebab(table.key)}`;
    const operations = operationsFor(table, operationOptions);
    const allowed: Record<"" | "/:id", Array<string>> = { "": [], "/:id": [] };
    for (const [name, method, below] of places) {
      const handler = operations[name];
      if (handler === undefined) continue;
      allowed[below].push(method);
      app.on(method, path + below, serve(handler, method === "GET" ? "reads" : "writes"));
    }
    for (const [below, allow] of Object.entries(allowed)) {
      app.all(path + below, refuse(problem("method_not_allowed", { allow })));
    }
  }
  const notFound = refuse(problem("route_not_found"));
  app.notFound(notFound);
  // Below a path of an application what is not found would be the application's, and what it serves there itself stays so.
  app.all("*", (context, next) => {
    const { matchedRoutes, routeIndex } = context.req;
    return matchedRoutes.length === routeIndex + 1 && matchedRoutes[routeIndex]?.path !== "/*"
      ? notFound(context)
      : next();
  });
  // The routes were added in a loop; their types come from the schema.
  return app as Hono<BlankEnv, RoutesOf<S>, "/">;
};
