/**
 * The example application on a real database, with real people in it.
 *
 * Invariant: set up as in production. The tables belong to an owner that is no superuser, Better Auth connects as
 * `hedgerow_auth`, the router as `hedgerow_api`; on PGlite, which has one session, roles only show the rules.
 */
import { createHash } from "node:crypto";
import type { PGlite } from "@electric-sql/pglite";
import { generateDrizzleJson, generateMigration } from "drizzle-kit/api";
import { drizzle as drizzlePostgres } from "drizzle-orm/node-postgres";
import { drizzle as drizzlePglite } from "drizzle-orm/pglite";
import * as Effect from "effect/Effect";
import * as Exit from "effect/Exit";
import { sessionAuthenticator, sessionIdentity } from "hedgerow/better-auth";
import { createRouter } from "hedgerow/hono";
import { nodePostgres } from "hedgerow/node-postgres";
import { pglite } from "hedgerow/pglite";
import { compile } from "hedgerow/postgres";
import type { Hono } from "hono";
import * as authTables from "../../examples/app/auth.js";
import { authOptions, createAuth } from "../../examples/app/auth.js";
import type { DatabaseShape, Result, SqlError, Statement } from "../../src/database/database.js";
import { enterSession } from "../../src/database/session.js";
import { type FreshPostgres, freshPglite, freshPostgres, freshPostgres15 } from "./databases.js";

export const baseURL = "http://localhost:3000";
const secret = "a-secret-that-is-only-used-in-these-tests-0123456789";
const passwords = { api: "api-Password-of-a-test", auth: "auth-Password-of-a-test" };
export const password = "correct horse battery";

/** `postgres-15` is the oldest that is supported. */
export type Kind = "pglite" | "postgres" | "postgres-15";
export type Schema = Readonly<Record<string, unknown>>;

export interface Person {
  readonly email: string;
  readonly userId: string;
  readonly cookie: string;
  readonly tokenHash: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into whatever JSON came back
  readonly json: any;
}

export const run = async <A, E>(effect: Effect.Effect<A, E>): Promise<A> => {
  const exit = await Effect.runPromiseExit(effect);
  if (Exit.isSuccess(exit)) return exit.value;
  throw Effect.runSync(Effect.flip(Effect.failCause(exit.cause)));
};

export const all = async (database: DatabaseShape, statements: ReadonlyArray<string>): Promise<void> => {
  await run(database.transact(statements.map((text) => ({ text }))));
};

/** Of `hedgerow_api`, for a test that makes a pool of its own. */
export const apiPassword = passwords.api;

const openPglite = async () => {
  const client: PGlite = await freshPglite();
  const database = pglite(client);
  return {
    server: undefined,
    api: database,
    owner: database,
    superuser: database,
    auth: drizzlePglite(client),
    afterSetup: async () => {},
    close: () => client.close(),
  };
};

const openPostgres = async (fresh: () => Promise<FreshPostgres>) => {
  const server = await fresh();
  const superuser = nodePostgres(server.pool(server.superuserUrl, { max: 1 }));
  // The pools connect when they are first used, which is after the passwords were set.
  const api = nodePostgres(server.pool(server.url("hedgerow_api", passwords.api), { max: 2 }));
  const auth = drizzlePostgres(server.pool(server.url("hedgerow_auth", passwords.auth), { max: 2 }));
  return {
    server,
    api,
    owner: nodePostgres(server.ownerPool),
    superuser,
    auth,
    afterSetup: () =>
      all(superuser, [
        `alter role hedgerow_api password '${passwords.api}'`,
        `alter role hedgerow_auth password '${passwords.auth}'`,
      ]),
    close: server.close,
  };
};

/** An empty database, and a connection for each part that somebody plays in it. */
export const openDatabase = (kind: Kind) =>
  kind === "pglite" ? openPglite() : openPostgres(kind === "postgres" ? freshPostgres : freshPostgres15);

const authSchema = (): Schema =>
  Object.fromEntries(Object.entries(authTables).filter(([name]) => name !== "authOptions" && name !== "createAuth"));

/**
 * @param schema the guarded tables; Better Auth's tables are added.
 * @param before what the owner has made before the first push.
 */
export const openWorld = async <S extends Schema>(
  kind: Kind,
  schema: S,
  identity = sessionIdentity(authOptions),
  before: ReadonlyArray<string> = [],
) => {
  const open = await openDatabase(kind);
  const compiled = compile(schema, identity);
  await all(open.owner, before);
  await all(open.owner, compiled.bootstrap);
  await all(
    open.owner,
    (await generateMigration(generateDrizzleJson({}), generateDrizzleJson({ ...authSchema(), ...schema }))).map(
      (statement) => statement,
    ),
  );
  await all(open.owner, compiled.security);
  await open.afterSetup();

  const auth = createAuth(open.auth, baseURL, secret);
  const reported: Array<unknown> = [];
  const router: Hono = createRouter<object>({
    schema,
    auth: sessionAuthenticator(auth),
    database: open.api,
    onError: (error) => reported.push(error),
  });

  /** One request of the API, as a page of the same origin sends it. */
  const call = async (
    who: Pick<Person, "cookie"> | null,
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> => {
    const response = await router.request(`${baseURL}${path}`, {
      method,
      headers: {
        ...(who && { cookie: who.cookie, origin: baseURL }),
        ...(body !== undefined && { "content-type": "application/json" }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = response.headers.get("content-type")?.includes("json") && text !== "";
    return { status: response.status, headers: response.headers, text, json: isJson ? JSON.parse(text) : undefined };
  };

  const session = (
    email: string,
    answer: { headers: Headers; response: { token: string | null; user: { id: string } } },
  ): Person => ({
    email,
    userId: answer.response.user.id,
    cookie: answer.headers
      .getSetCookie()
      .map((cookie) => cookie.split(";")[0])
      .join("; "),
    tokenHash: createHash("sha256")
      .update(answer.response.token ?? "")
      .digest("hex"),
  });

  const signUp = async (name: string): Promise<Person> => {
    const email = `${name}@example.com`;
    return session(email, await auth.api.signUpEmail({ body: { email, name, password }, returnHeaders: true }));
  };

  const signIn = async (email: string): Promise<Person> =>
    session(email, await auth.api.signInEmail({ body: { email, password }, returnHeaders: true }));

  const headersOf = (who: Person): Headers => new Headers({ cookie: who.cookie, origin: baseURL });

  /** Makes an organization that `owner` is active in, and returns its id. */
  const createOrganization = async (owner: Person, slug: string): Promise<string> => {
    const created = await auth.api.createOrganization({ body: { name: slug, slug }, headers: headersOf(owner) });
    if (!created) throw new Error(`Organization ${slug} was not made.`);
    return created.id;
  };

  const join = async (who: Person, organizationId: string, role: "member" | "admin" | "owner"): Promise<void> => {
    await auth.api.addMember({ body: { organizationId, userId: who.userId, role } });
    await activate(who, organizationId);
  };

  const activate = async (who: Person, organizationId: string | null): Promise<void> => {
    await auth.api.setActiveOrganization({ body: { organizationId }, headers: headersOf(who) });
  };

  /** Raw SQL inside a transaction that already acts as the caller, as a handler of the application would have it. */
  const as = (who: Person | null, ...statements: ReadonlyArray<string | Statement>): Promise<ReadonlyArray<Result>> =>
    run(
      open.api.transact([
        enterSession(who?.tokenHash ?? null, { statementMs: 10_000, lockMs: 5_000 }),
        { text: "select user_id from hedgerow.enter()" },
        ...statements.map((statement) => (typeof statement === "string" ? { text: statement } : statement)),
      ]),
    ).then((results) => results.slice(2));

  /** The SQLSTATE with which such SQL fails. */
  const refusal = async (who: Person | null, ...statements: ReadonlyArray<string | Statement>): Promise<string> =>
    as(who, ...statements).then(
      () => "accepted",
      (error: SqlError) => error.sqlState,
    );

  /** SQL as the superuser, to see what is really there. */
  const truth = async (text: string, ...values: ReadonlyArray<string | null>): Promise<Result["rows"]> => {
    const [result] = await run(open.superuser.transact([{ text, values }]));
    return result?.rows ?? [];
  };

  return {
    kind,
    auth,
    router,
    reported,
    server: open.server,
    api: open.api,
    owner: open.owner,
    superuser: open.superuser,
    compiled,
    call,
    signUp,
    signIn,
    createOrganization,
    join,
    activate,
    headersOf,
    as,
    refusal,
    truth,
    close: open.close,
  };
};

export type World = Awaited<ReturnType<typeof openWorld>>;
