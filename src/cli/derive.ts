/**
 * What a Hedgerow config means to drizzle-kit and to the commands.
 *
 * Invariant: one config, one meaning. drizzle-kit and every command of Hedgerow see the same tables, the same folder and
 * the same database.
 */
import type { Config } from "drizzle-kit";
import { sessionIdentity } from "../auth/better-auth/identity.js";
import { postgresTarget, supabase, type Target } from "../database/target.js";
import { claimsIdentity, type IdentitySource } from "../postgres/identity.js";
import { ConfigError, type HedgerowConfig } from "./configuration.js";
import { type Connection, urlProblem } from "./connection.js";
import type { Guard } from "./plan.js";

/** Tells a config of Hedgerow from one of drizzle-kit, which has no providers. */
export const isHedgerowConfig = (config: HedgerowConfig | Config): config is HedgerowConfig => "providers" in config;

/** @returns the folder of the migrations; drizzle-kit's own default where none is given. */
export const outOf = ({ out = "./drizzle" }: Pick<HedgerowConfig, "out">): string => out;

const identityOf = ({ auth }: HedgerowConfig["providers"]): IdentitySource => {
  if (auth.type === "jwt") {
    const { type: _, ...options } = auth;
    return claimsIdentity(options);
  }
  const { type: _, options, ...identity } = auth;
  return sessionIdentity(options, identity);
};

const targetOf = ({ database }: HedgerowConfig["providers"]): Target => {
  if (database.type !== "supabase") return postgresTarget;
  return supabase(database.paths === undefined ? {} : { paths: database.paths });
};

/** @returns the schema, the identity provider and the kind of database. */
export const guardOf = ({ schema, providers }: HedgerowConfig): Required<Guard> => ({
  schema: schema.module,
  identity: identityOf(providers),
  target: targetOf(providers),
});

/** @returns the folder of `supabase db push`, which gets a copy of every migration; undefined elsewhere. */
export const copiesOf = ({ providers: { database } }: HedgerowConfig): string | undefined =>
  database.type === "supabase" ? (database.migrations ?? "./supabase/migrations") : undefined;

/** @returns the config that drizzle-kit understands. */
export const drizzleConfigOf = (config: HedgerowConfig): Config => {
  const { path } = config.schema;
  const { database } = config.providers;
  const common = {
    dialect: "postgresql",
    schema: typeof path === "string" ? path : [...path],
    out: outOf(config),
  } as const;
  return database.type === "pglite"
    ? { ...common, driver: "pglite", dbCredentials: { url: database.dataDir } }
    : { ...common, dbCredentials: { url: database.url ?? "" } };
};

const refused = (message: string): ConfigError => new ConfigError({ message, problems: [message] });

/**
 * @returns how to reach the database of a config.
 * @throws ConfigError where the config does not say.
 */
export const connectionTo = ({ providers: { database } }: HedgerowConfig): Connection => {
  if (database.type === "pglite") return { driver: "pglite", dataDir: database.dataDir.replace(/^file:\/\//, "") };
  const { url } = database;
  if (url !== undefined && url !== "") {
    const problem = urlProblem(url);
    if (problem !== undefined) throw refused(`providers.database.url ${problem}`);
    if (database.type === "postgres") {
      const { driver = "pg", direct = false } = database;
      return { driver, options: { connectionString: url }, ...(direct && { direct }) };
    }
    // Neon and Supabase are PostgreSQL too: without a word they are reached like any other.
    const { mode, local = false } = database.type === "neon" ? database : {};
    return mode === undefined && !local
      ? { driver: "pg", options: { connectionString: url } }
      : { driver: "neon", url, mode: mode ?? "auto", local };
  }
  throw refused(
    "providers.database.url is empty, so there is no database to reach. Is the environment variable that it comes from set?",
  );
};
