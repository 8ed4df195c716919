/**
 * Guarded tables beside the real Better Auth, with the options that a test chooses, on PGlite or on PostgreSQL.
 *
 * Invariant: set up as in production, as `openWorld` does (see world.ts).
 */
import { type BetterAuthOptions, betterAuth } from "better-auth";
import { drizzleAdapter } from "better-auth/adapters/drizzle";
import { generateDrizzleJson, generateMigration } from "drizzle-kit/api";
import { authTables, type IdentityOptions, sessionIdentity } from "hedgerow/better-auth";
import { compile } from "hedgerow/postgres";
import type { Result, Statement } from "../../src/database/database.js";
import { enterSession } from "../../src/database/session.js";
import { all, type Kind, openDatabase, run, type Schema } from "./world.js";

/** Passwords cost nothing here: what they are hashed with is not what is tested. */
export const cheapPasswords = {
  enabled: true,
  password: {
    hash: async (password: string) => `plain:${password}`,
    verify: async ({ hash, password }: { hash: string; password: string }) => hash === `plain:${password}`,
  },
};

const timeouts = { statementMs: 10_000, lockMs: 5_000 };

export const openAuthWorld = async <const Options extends BetterAuthOptions>(
  kind: Kind,
  schema: Schema,
  options: Options,
  identityOptions: IdentityOptions = {},
) => {
  const open = await openDatabase(kind);
  const tables = authTables(options, identityOptions);
  const identity = sessionIdentity(options, identityOptions);
  const compiled = compile(schema, identity);
  const migration = await generateMigration(generateDrizzleJson({}), generateDrizzleJson({ ...tables, ...schema }));
  await all(open.owner, compiled.bootstrap);
  await all(open.owner, migration);
  await all(open.owner, compiled.security);
  await open.afterSetup();

  /** Better Auth on these tables, perhaps with options that change no table. */
  const start = <const Variant extends BetterAuthOptions>(variant: Variant) =>
    betterAuth({ ...variant, database: drizzleAdapter(open.auth, { provider: "pg", schema: tables }) });

  /** Statements inside the transaction of a request. */
  const request = (
    enter: Statement,
    ...statements: ReadonlyArray<string | Statement>
  ): Promise<ReadonlyArray<Result>> =>
    run(
      open.api.transact([
        enter,
        { text: "select user_id from hedgerow.enter()" },
        ...statements.map((statement) => (typeof statement === "string" ? { text: statement } : statement)),
      ]),
    ).then((results) => results.slice(2));

  const as = (tokenHash: string | null, ...statements: ReadonlyArray<string | Statement>) =>
    request(enterSession(tokenHash, timeouts), ...statements);

  /** SQL as the superuser, for what no endpoint of Better Auth does, and to see what is really there. */
  const truth = async (text: string, ...values: ReadonlyArray<string | null>): Promise<Result["rows"]> => {
    const [result] = await run(open.superuser.transact([{ text, values }]));
    return result?.rows ?? [];
  };

  return { kind, identity, auth: start(options), start, api: open.api, request, as, truth, close: open.close };
};
