/**
 * `hedgerow/config`: what a project says about itself, once, in `hedgerow.config.ts`.
 *
 * Invariant: plain data that has been checked as a whole. Nothing here reaches a database or drizzle-kit, so anything may
 * import a config.
 */
import type { BetterAuthOptions } from "better-auth";
import * as Data from "effect/Data";
import type { IdentityOptions } from "../auth/better-auth/claims.js";
import { problemsOfPaths, type SupabasePaths } from "../database/target.js";
import { problemsOfTokenPaths, type TokenPaths } from "../postgres/token-claims.js";
import type { SchemaModule } from "../table/schema.js";
import { pooledProblem } from "./direct.js";

/** A PostgreSQL server, reached as the owner of the tables. */
export interface PostgresProvider {
  readonly type: "postgres";
  /**
   * Usually from the environment. Only commands that reach the database need it. `push` and `migrate` refuse that of a pooler
   * for transactions (PgBouncer): what they set for their session must stay set, and be nobody else's.
   */
  readonly url: string | undefined;
  /** The `url` looks like that of a pooler (port 6432 or 6543, a host with `-pooler`), and is that of the server itself. */
  readonly direct?: boolean;
  /** What the commands connect with: `pg` unless given; where only `postgres` is installed, that. */
  readonly driver?: "pg" | "postgres-js";
}

/** A database of Neon, reached as the owner of the tables. */
export interface NeonProvider {
  readonly type: "neon";
  /** The direct one, without `-pooler`: what the commands set for their session must stay set. */
  readonly url: string | undefined;
  /**
   * Makes the commands use `@neondatabase/serverless`, over HTTP or a WebSocket, where only that gets through. A migration
   * is then one batch. Without it they connect as to any PostgreSQL.
   */
  readonly mode?: "auto" | "http" | "websocket";
  /** The `url` is that of `hedgerow neon-local`. */
  readonly local?: boolean;
}

/** A database of Supabase, reached as `postgres`, the owner of the tables. */
export interface SupabaseProvider {
  readonly type: "supabase";
  /** The direct one or that of the session pooler: what a migration sets for its session must be nobody else's. */
  readonly url: string | undefined;
  /** Where in a token each value of the caller stands, where that is not the default: `{ organization: "app_metadata.org" }`. */
  readonly paths?: Partial<SupabasePaths>;
  /** The folder of the migrations for `supabase db push`. `"./supabase/migrations"` unless given. */
  readonly migrations?: string;
}

/** Postgres in a folder. */
export interface PgliteProvider {
  readonly type: "pglite";
  /** The folder, from where the command runs. */
  readonly dataDir: string;
}

export type DatabaseProvider = PostgresProvider | NeonProvider | SupabaseProvider | PgliteProvider;

/** Better Auth, with its tables in the same database. */
export interface BetterAuthProvider extends IdentityOptions {
  readonly type: "better-auth";
  /** The options that `authTables` and `betterAuth` get. */
  readonly options: BetterAuthOptions;
}

/** Tokens that say by themselves who is calling; no session is kept in the database. */
export interface JwtProvider {
  readonly type: "jwt";
  /** Names of the custom claims that rules compare with as `ctx.claims.x`. */
  readonly claims?: ReadonlyArray<string>;
  /**
   * Neon verifies the tokens itself, and the helpers read what it verified (`neon({ url, authorize })`). Without it the router
   * alone verifies them.
   */
  readonly by?: "verified-token";
  /** With `by`: where in a token each value is, for those of another issuer than `tokenIssuer()`. */
  readonly paths?: Partial<TokenPaths>;
}

export type AuthProvider = BetterAuthProvider | JwtProvider;

export interface HedgerowConfig {
  /** What messages call the project. */
  readonly name: string;
  readonly schema: {
    /** The file or files for drizzle-kit, from where the command runs: `"./schema.ts"`. */
    readonly path: string | ReadonlyArray<string>;
    /** What they export: `import * as schema from "./schema"`. */
    readonly module: SchemaModule;
  };
  /** The folder of the migrations, from where the command runs. `"./drizzle"` unless given. */
  readonly out?: string;
  readonly providers: {
    /** Where the API runs. A Worker has no folder, so `cloudflare` excludes `pglite`. */
    readonly runtime: "cloudflare" | "node" | "bun";
    readonly database: DatabaseProvider;
    readonly auth: AuthProvider;
  };
}

/** A config that cannot be used. The message has every problem, one on each line. */
export class ConfigError extends Data.TaggedError("ConfigError")<{
  readonly message: string;
  readonly problems: ReadonlyArray<string>;
  readonly cause?: unknown;
}> {}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isFilled = (value: unknown): value is string => typeof value === "string" && value.trim() !== "";

type Check = (value: unknown, path: string) => ReadonlyArray<string>;

const filled: Check = (value, path) => (isFilled(value) ? [] : [`${path} must be a text that is not empty`]);

const optional =
  (check: Check): Check =>
  (value, path) =>
    value === undefined ? [] : check(value, path);

const object: Check = (value, path) => (isObject(value) ? [] : [`${path} must be an object`]);

const flag: Check = (value, path) => (typeof value === "boolean" ? [] : [`${path} must be true or false`]);

const oneOf = (words: ReadonlyArray<string>): Check => {
  const list = words.map((word) => JSON.stringify(word)).join(", ");
  return (value, path) => (words.some((word) => word === value) ? [] : [`${path} must be one of ${list}`]);
};

/** An object with exactly these keys: a key that nothing reads is a mistake, most often a misspelling. */
const struct =
  (checks: Readonly<Record<string, Check>>): Check =>
  (value, path) => {
    if (!isObject(value)) return [`${path === "" ? "the config" : path} must be an object`];
    const at = (key: string): string => (path === "" ? key : `${path}.${key}`);
    return [
      ...Object.keys(value)
        .filter((key) => !Object.hasOwn(checks, key))
        .map((key) => `${at(key)} is not known; there are ${Object.keys(checks).join(", ")}`),
      ...Object.entries(checks).flatMap(([key, check]) => check(value[key], at(key))),
    ];
  };

/** An object whose `type` decides what else it has. */
const variants =
  (of: Readonly<Record<string, Readonly<Record<string, Check>>>>): Check =>
  (value, path) => {
    if (!isObject(value)) return [`${path} must be an object with a type`];
    const { type } = value;
    const found = typeof type === "string" && Object.hasOwn(of, type) ? of[type] : undefined;
    const known = oneOf(Object.keys(of));
    return found === undefined ? known(type, `${path}.type`) : struct({ type: known, ...found })(value, path);
  };

const paths: Check = (value, path) =>
  Array.isArray(value) && value.length > 0
    ? value.flatMap((each, index) => filled(each, `${path}[${index}]`))
    : filled(value, path);

/** It may be missing where a command needs no database; `connectionOf` says so where one does. */
const url: Check = optional((value, path) => (typeof value === "string" ? [] : [`${path} must be a text`]));

const folder: Check = (value, path) =>
  isFilled(value) && value.includes("://") && !value.startsWith("file://")
    ? [`${path} must be a folder, not ${JSON.stringify(value)}`]
    : filled(value, path);

const tokenPaths: Check = (value, path) =>
  isObject(value)
    ? problemsOfPaths(value).map((problem) => `${path.replace(/paths$/, "")}${problem}`)
    : object(value, path);

const verifiedPaths: Check = (value, path) =>
  isObject(value)
    ? problemsOfTokenPaths(value).map((problem) => `${path.replace(/paths$/, "")}${problem}`)
    : object(value, path);

const claimNames: Check = (value, path) =>
  Array.isArray(value)
    ? value.flatMap((each, index) =>
        typeof each === "string" && /^[A-Za-z_][A-Za-z0-9_]*$/.test(each)
          ? []
          : [`${path}[${index}] must be a plain name, as rules write it behind ctx.claims`],
      )
    : [`${path} must be a list of names`];

const whole = struct({
  name: filled,
  schema: struct({ path: paths, module: object }),
  out: optional(filled),
  providers: struct({
    runtime: oneOf(["cloudflare", "node", "bun"]),
    database: variants({
      postgres: { url, direct: optional(flag), driver: optional(oneOf(["pg", "postgres-js"])) },
      neon: { url, mode: optional(oneOf(["auto", "http", "websocket"])), local: optional(flag) },
      supabase: { url, paths: optional(tokenPaths), migrations: optional(filled) },
      pglite: { dataDir: folder },
    }),
    auth: variants({
      "better-auth": {
        options: object,
        claims: optional(object),
        expose: optional(object),
        apiKeys: optional(object),
        usePlural: optional(flag),
        by: optional(oneOf(["verified-token"])),
        guard: optional(oneOf(["later"])),
      },
      jwt: {
        claims: optional(claimNames),
        by: optional(oneOf(["verified-token"])),
        paths: optional(verifiedPaths),
      },
    }),
  }),
});

/** What each part allows by itself and both together do not. */
const together = (config: unknown): ReadonlyArray<string> => {
  const providers = isObject(config) && isObject(config.providers) ? config.providers : {};
  const { runtime, database, auth } = providers;
  const type = isObject(database) ? database.type : undefined;
  const jwt = isObject(auth) && auth.type === "jwt" ? auth : {};
  // Where a platform has a direct address for the commands, none of them needs another.
  const pooled =
    isObject(database) && (type === "neon" || type === "supabase") && database.local !== true && isFilled(database.url)
      ? pooledProblem({ connectionString: database.url })
      : undefined;
  return [
    ...(pooled === undefined ? [] : [`providers.database.url ${pooled}`]),
    ...(runtime === "cloudflare" && type === "pglite"
      ? ['providers.database.type "pglite" keeps a folder, and a Worker (providers.runtime "cloudflare") has none']
      : []),
    ...(jwt.by !== undefined && type === "supabase"
      ? [
          "providers.auth.by is for Neon; Supabase verifies tokens anyway, and providers.database.paths says what is where",
        ]
      : []),
    ...(jwt.by === undefined && jwt.paths !== undefined
      ? ['providers.auth.paths is read only by a database that verifies tokens: add by: "verified-token"']
      : []),
  ];
};

/** @returns what is wrong with a value as a config, one sentence each. */
const problemsOfConfig = (config: unknown): ReadonlyArray<string> => [...whole(config, ""), ...together(config)];

const isConfig = (config: unknown): config is HedgerowConfig => problemsOfConfig(config).length === 0;

/**
 * Describes a project, for the `hedgerow` command and for `withHedgerow` in `drizzle.config.ts`.
 *
 * @param config where the schema is, where it goes, and on what it stands.
 * @returns the same config.
 * @throws ConfigError that lists every problem.
 *
 * @example
 * ```ts
 * // hedgerow.config.ts
 * import { defineConfig } from "hedgerow/config";
 * import { authOptions } from "./auth-options";
 * import * as schema from "./schema";
 *
 * export default defineConfig({
 *   name: "acme",
 *   schema: { path: "./schema.ts", module: schema },
 *   out: "./drizzle",
 *   providers: {
 *     runtime: "node",
 *     database: { type: "postgres", url: process.env.MIGRATION_DATABASE_URL },
 *     auth: { type: "better-auth", options: authOptions },
 *   },
 * });
 * ```
 */
export const defineConfig = (config: HedgerowConfig): HedgerowConfig => checkConfig(config);

/** @throws ConfigError that lists every problem. */
export const checkConfig = (config: unknown): HedgerowConfig => {
  if (isConfig(config)) return config;
  const problems = problemsOfConfig(config);
  throw new ConfigError({
    message: ["The config of Hedgerow is not right:", ...problems.map((problem) => `  - ${problem}`)].join("\n"),
    problems,
  });
};
