/**
 * `withHedgerow`: a drizzle-kit config whose push also guards.
 *
 * Invariant: what comes back is a plain drizzle-kit config that never lets drizzle-kit manage roles, and names the schemas
 * that it may touch. Only `drizzle-kit push` reaches a database, and only `drizzle-kit generate` writes files.
 */
import type { Config } from "drizzle-kit";
import { schemasOf } from "../table/schemas.js";
import { isGenerate, isPush } from "./command.js";
import type { HedgerowConfig } from "./configuration.js";
import { type Connection, connectionOf } from "./connection.js";
import { copiesOf, drizzleConfigOf, guardOf, isHedgerowConfig } from "./derive.js";
import { refusedAddress } from "./direct.js";
import { hookGenerate } from "./generate/hook.js";
import { hookPush } from "./hook.js";
import { type Guard, planPush } from "./plan.js";

const fail = (message: string): never => {
  throw new Error(`withHedgerow: ${message}`);
};

const filterOf = ({ schemaFilter }: Config, { schema }: Guard): Array<string> =>
  typeof schemaFilter === "string" ? [schemaFilter] : (schemaFilter ?? [...schemasOf(schema)]);

export interface WithHedgerow {
  /** @param config as `defineConfig` of `hedgerow/config` made it: schema, folder, database and identity are in it. */
  (config: HedgerowConfig): Config;
  (config: Config, guard: Guard): Config;
}

/**
 * Wraps the config of drizzle-kit, so that `drizzle-kit push` makes roles and helper functions first, and applies and
 * verifies row-level security afterwards; and so that `drizzle-kit generate` writes migrations for both as well. Where
 * something is missing at the end, the command fails and says what. Other commands run as they would without it.
 *
 * @param config as for `defineConfig`; `schemaFilter` is `public` and the schemas that the schema exports, unless given.
 * @param guard `schema`: all exports of the schema, with the identity provider's tables; `identity`: its other half.
 * @returns the config, for `export default`.
 * @throws Error for a database other than PostgreSQL, for `entities.roles` (drizzle-kit would drop roles that it does not
 * find in the schema), and, during a push, for missing credentials, the address of a pooler for transactions, or a database that
 * cannot be prepared.
 * @throws DefinitionError during a push, with all problems of all tables.
 *
 * @example
 * ```ts
 * // drizzle.config.ts
 * import { sessionIdentity } from "hedgerow/better-auth";
 * import { withHedgerow } from "hedgerow/drizzle-kit";
 * import { authOptions } from "./auth-options";
 * import * as schema from "./schema";
 *
 * export default withHedgerow(
 *   { dialect: "postgresql", schema: "./schema.ts", dbCredentials: { url: process.env.DATABASE_URL! } },
 *   { schema, identity: sessionIdentity(authOptions) },
 * );
 * ```
 */
export const withHedgerow: WithHedgerow = (config: HedgerowConfig | Config, guard?: Guard): Config => {
  if (isHedgerowConfig(config)) {
    // Its policies would name a role that Supabase calls otherwise.
    if (isPush(process.argv) && config.providers.database.type === "supabase") {
      fail("drizzle-kit cannot push to Supabase, whose roles have other names. Run `hedgerow push`.");
    }
    const { database } = config.providers;
    const direct = database.type === "postgres" && database.direct === true;
    return wrap(drizzleConfigOf(config), guardOf(config), { direct, copies: copiesOf(config) });
  }
  return guard === undefined ? fail("pass the schema and the identity as a second argument.") : wrap(config, guard, {});
};

interface Known {
  /** Whether somebody has said that the address is that of the server itself. */
  readonly direct?: boolean;
  readonly copies?: string | undefined;
}

const connectionFor = (config: Config, direct: boolean): Connection => {
  const connection = connectionOf(config);
  const refused = direct ? undefined : refusedAddress(connection);
  return refused === undefined ? connection : fail(refused);
};

const wrap = (config: Config, guard: Guard, { direct = false, copies }: Known): Config => {
  if (config.dialect !== "postgresql") fail(`dialect must be "postgresql", not ${JSON.stringify(config.dialect)}.`);
  if (config.entities?.roles) {
    fail("leave entities.roles out: drizzle-kit would drop the roles that it does not find. Hedgerow makes its own.");
  }
  if (config.casing !== undefined) {
    fail("leave casing out: policies name the columns as they are declared. Give the columns their SQL names instead.");
  }
  const schemas = filterOf(config, guard);
  if (isPush(process.argv)) hookPush(planPush(guard, schemas), connectionFor(config, direct));
  if (isGenerate(process.argv)) {
    if (config.breakpoints === false) fail("leave breakpoints out: drivers run one statement at a time.");
    if ((config.migrations?.prefix ?? "index") !== "index") {
      fail("leave migrations.prefix out: the order of migrations is that of their numbers.");
    }
    hookGenerate(guard, config.out ?? "./drizzle", copies);
  }
  return { ...config, schemaFilter: schemas };
};
