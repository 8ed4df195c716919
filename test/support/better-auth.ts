/**
 * The real Better Auth on PGlite, as it runs in production: as `hedgerow_auth`, under forced row-level security.
 *
 * Invariant: every statement of Better Auth runs as `hedgerow_auth`; only `asOwner` runs as the superuser.
 */
import { createHash } from "node:crypto";
import { PGlite } from "@electric-sql/pglite";
import { type BetterAuthOptions, betterAuth } from "better-auth";
import { drizzleAdapter } from "better-auth/adapters/drizzle";
import { generateDrizzleJson, generateMigration } from "drizzle-kit/api";
import { sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/pglite";
import { authTables, type IdentityOptions, sessionIdentity } from "hedgerow/better-auth";
import { compile } from "hedgerow/postgres";
import { saying } from "./request.js";

export const password = "correct horse battery";

/** What all test configurations have in common. */
export const basics = {
  baseURL: "http://localhost:3000",
  secret: "a-secret-that-is-only-used-in-these-tests-0123456789",
  emailAndPassword: { enabled: true },
  telemetry: { enabled: false },
  rateLimit: { enabled: false },
  logger: { level: "error" },
} as const satisfies BetterAuthOptions;

export interface LoggedStatement {
  readonly text: string;
  readonly values: ReadonlyArray<unknown>;
}

/** A row of `hedgerow.caller()`. */
export interface CallerRow extends Record<string, unknown> {
  readonly session_id: string;
  readonly user_id: string;
  readonly org_id: string | null;
  readonly org_roles: ReadonlyArray<string>;
  readonly team_id: string | null;
  readonly user_roles: ReadonlyArray<string>;
  readonly claims: Readonly<Record<string, unknown>>;
}

export const openPostgres = async (): Promise<PGlite> => {
  const postgres = await PGlite.create();
  // Stands for the role that runs migrations: no superuser, so that FORCE applies to it and to its foreign keys.
  await postgres.exec("create role table_owner nologin nosuperuser nobypassrls");
  return postgres;
};

/** Replaces whatever is in the database by the tables of these options, and starts Better Auth on them. */
export const installBetterAuth = async <const Options extends BetterAuthOptions>(
  postgres: PGlite,
  options: Options,
  identityOptions: IdentityOptions = {},
) => {
  const tables = authTables(options, identityOptions);
  const identity = sessionIdentity(options, identityOptions);
  await postgres.exec(
    "reset role; drop schema if exists hedgerow cascade; drop schema public cascade; create schema public",
  );
  const { bootstrap, security } = compile({}, identity);
  for (const statement of bootstrap) await postgres.exec(statement);
  const empty = generateDrizzleJson({});
  for (const statement of await generateMigration(empty, generateDrizzleJson(tables))) await postgres.exec(statement);
  for (const { name } of identity.serviceTables) await postgres.exec(`alter table "${name}" owner to table_owner`);
  for (const statement of security) await postgres.exec(statement);
  await postgres.exec("grant usage on schema public to table_owner");
  await postgres.exec("set role hedgerow_auth");

  const statements: Array<LoggedStatement> = [];
  const db = drizzle(postgres, {
    logger: { logQuery: (text, values) => void statements.push({ text, values }) },
  });
  const auth = betterAuth({ ...options, database: drizzleAdapter(db, { provider: "pg", schema: tables }) });

  /** Runs SQL as the superuser, for what no endpoint of Better Auth does. */
  const asOwner = async (
    text: string,
    values: Array<unknown> = [],
  ): Promise<ReadonlyArray<Record<string, unknown>>> => {
    await postgres.exec("reset role");
    try {
      return (await postgres.query<Record<string, unknown>>(text, values)).rows;
    } finally {
      await postgres.exec("set role hedgerow_auth");
    }
  };

  /** Asks Postgres who calls, in the transaction of a request that presented this token. */
  const callerByHash = (tokenHash: string): Promise<CallerRow | undefined> =>
    db.transaction(async (tx) => {
      await tx.execute(sql`set local role authenticated`);
      await tx.execute(sql`select ${sql.raw(saying({ token: tokenHash }))}`);
      const { rows } = await tx.execute<CallerRow>(sql`select * from hedgerow.caller()`);
      if (rows.length > 1) throw new Error("More than one caller.");
      return rows[0];
    });

  return { postgres, tables, identity, auth, db, statements, asOwner, callerByHash };
};

export const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

/** The `Cookie` header that a browser would send back: the last value of each cookie, and none that has been deleted. */
export const cookieOf = (headers: Headers): string => {
  const jar = new Map<string, string>();
  for (const cookie of headers.getSetCookie()) {
    const pair = cookie.slice(0, cookie.indexOf(";"));
    const name = pair.slice(0, pair.indexOf("="));
    if (/; max-age=0/i.test(cookie)) jar.delete(name);
    else jar.set(name, pair);
  }
  return [...jar.values()].join("; ");
};

/** What a browser holds after a sign-up or sign-in. */
export interface Device {
  readonly userId: string;
  readonly token: string;
  readonly tokenHash: string;
  readonly headers: Headers;
  readonly responseHeaders: Headers;
}

export const device = (answer: {
  readonly headers: Headers;
  readonly response: { readonly token: string | null; readonly user: { readonly id: string } };
}): Device => {
  const { token, user } = answer.response;
  if (token === null) throw new Error("Better Auth gave no session.");
  return {
    userId: user.id,
    token,
    tokenHash: sha256(token),
    headers: new Headers({ cookie: cookieOf(answer.headers), origin: basics.baseURL }),
    responseHeaders: answer.headers,
  };
};
