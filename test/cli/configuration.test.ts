import { ConfigError, defineConfig, type HedgerowConfig } from "hedgerow/config";
import { withHedgerow } from "hedgerow/drizzle-kit";
import { describe, expect, it } from "vitest";
import { connectionTo } from "../../src/cli/derive.js";
import { schema } from "../support/guarded-schema.js";

const config: HedgerowConfig = {
  name: "acme",
  schema: { path: "./schema.ts", module: schema },
  out: "./migrations",
  providers: {
    runtime: "node",
    database: { type: "postgres", url: "postgres://owner@host/app" },
    auth: { type: "better-auth", options: {} },
  },
};

const onDatabase = (database: HedgerowConfig["providers"]["database"]): HedgerowConfig => ({
  ...config,
  providers: { ...config.providers, database },
});

/** As from JavaScript, where no type stops anybody. */
const problemsOf = (wrong: unknown): ReadonlyArray<string> => {
  try {
    Reflect.apply(defineConfig, undefined, [wrong]);
    return [];
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return error instanceof ConfigError ? error.problems : [];
  }
};

describe("defineConfig", () => {
  it("returns a config that is right, whether or not its database is known yet", () => {
    expect(defineConfig(config)).toBe(config);
    expect(problemsOf(onDatabase({ type: "neon", url: undefined }))).toEqual([]);
    expect(problemsOf(onDatabase({ type: "pglite", dataDir: "file:///data" }))).toEqual([]);
  });

  it("lists everything that is wrong, at once", () => {
    const wrong = {
      name: "",
      schema: { path: [], modul: schema },
      providers: { runtime: "deno", database: { type: "mysql" }, auth: { type: "better-auth", options: 1 } },
      dialect: "postgresql",
    };
    expect(problemsOf(wrong)).toEqual([
      "dialect is not known; there are name, schema, out, providers",
      "name must be a text that is not empty",
      "schema.modul is not known; there are path, module",
      "schema.path must be a text that is not empty",
      "schema.module must be an object",
      'providers.runtime must be one of "cloudflare", "node", "bun"',
      'providers.database.type must be one of "postgres", "neon", "supabase", "pglite"',
      "providers.auth.options must be an object",
    ]);
    expect(problemsOf(undefined)).toEqual(["the config must be an object"]);
  });

  it("refuses a database that the commands or the runtime cannot use", () => {
    expect(problemsOf(onDatabase({ type: "neon", url: "postgres://o@ep-a-pooler.eu.aws.neon.tech/app" }))).toEqual([
      expect.stringContaining("goes through the pooler"),
    ]);
    expect(problemsOf(onDatabase({ type: "neon", url: "postgres://o@127.0.0.1:6432/app", local: true }))).toEqual([]);
    // Only what changes a database needs a session, and on a server of one's own the address is but a guess.
    expect(problemsOf(onDatabase({ type: "postgres", url: "postgres://o@127.0.0.1:6432/app" }))).toEqual([]);
    expect(problemsOf(onDatabase({ type: "pglite", dataDir: "memory://" }))).toEqual([
      expect.stringContaining("must be a folder"),
    ]);
    const { providers } = onDatabase({ type: "pglite", dataDir: "./data" });
    expect(problemsOf({ ...config, providers: { ...providers, runtime: "cloudflare" } })).toEqual([
      expect.stringContaining("a Worker"),
    ]);
  });
});

describe("a config with tokens, or with Supabase", () => {
  const url = "postgres://postgres@db.x.supabase.co:5432/postgres";
  const withAuth = (auth: unknown, database: unknown = { type: "supabase", url }): unknown => ({
    ...config,
    providers: { ...config.providers, auth, database },
  });

  it("is right with any database, and Better Auth on Supabase too", () => {
    for (const database of [
      { type: "postgres", url },
      { type: "neon", url },
      { type: "pglite", dataDir: "x" },
    ]) {
      expect(problemsOf(withAuth({ type: "jwt" }, database))).toEqual([]);
    }
    expect(problemsOf(withAuth({ type: "jwt", claims: ["region"] }))).toEqual([]);
    expect(problemsOf(withAuth({ type: "better-auth", options: {} }))).toEqual([]);
    const paths = { organization: "app_metadata.org", claims: "app_metadata.claims" };
    expect(problemsOf(withAuth({ type: "jwt" }, { type: "supabase", url, paths }))).toEqual([]);
  });

  it("is refused where users could write what rights are read from, and where it says nothing", () => {
    const on = (database: object) => problemsOf(withAuth({ type: "jwt" }, { type: "supabase", url, ...database }));
    expect(on({ paths: { roles: "user_metadata.roles" } })).toEqual([
      'providers.database.paths.roles must not begin with "user_metadata": users write it themselves, so anyone could give themselves any value. Take "app_metadata"',
    ]);
    expect(on({ paths: { role: "app_metadata.role", team: 7 } })).toEqual([
      expect.stringContaining("paths.role is not known"),
      expect.stringContaining("paths.team must be names with dots"),
    ]);
    expect(on({ url: "postgres://x@aws-0-eu.pooler.supabase.com:6543/postgres" })).toEqual([
      expect.stringContaining("take port 5432"),
    ]);
    expect(problemsOf(withAuth({ type: "jwt", claims: ["a.b"] }))).toEqual([
      expect.stringContaining("providers.auth.claims[0] must be a plain name"),
    ]);
    expect(problemsOf(withAuth({ type: "jwt" }, { type: "postgres", url, direct: "yes" }))).toEqual([
      "providers.database.direct must be true or false",
    ]);
    const by = "verified-token";
    const withTokens = (auth: object) => problemsOf(withAuth({ type: "jwt", ...auth }, { type: "neon", url }));
    expect(withTokens({ by, paths: { organization: "org_id", claims: [] } })).toEqual([]);
    expect(withTokens({ by: "token" })).toEqual(['providers.auth.by must be one of "verified-token"']);
    expect(withTokens({ paths: {} })).toEqual([
      'providers.auth.paths is read only by a database that verifies tokens: add by: "verified-token"',
    ]);
    expect(withTokens({ by, paths: { organisation: "o", roles: "" } })).toEqual([
      "providers.auth.paths.organisation is not known; there are session, organization, team, roles, userRoles, claims",
      'providers.auth.paths.roles must be names with dots between them, as in "o.id", or a list of names',
    ]);
    expect(problemsOf(withAuth({ type: "jwt", by }, { type: "supabase", url }))).toEqual([
      "providers.auth.by is for Neon; Supabase verifies tokens anyway, and providers.database.paths says what is where",
    ]);
    expect(problemsOf(withAuth({ type: "jwt", options: {} }))).toEqual([
      expect.stringContaining("options is not known"),
    ]);
  });
});

describe("what a config becomes", () => {
  it("is a config of drizzle-kit", () => {
    expect(withHedgerow(config)).toEqual({
      dialect: "postgresql",
      schema: "./schema.ts",
      out: "./migrations",
      schemaFilter: ["public"],
      dbCredentials: { url: "postgres://owner@host/app" },
    });
    expect(withHedgerow(onDatabase({ type: "pglite", dataDir: "./data" }))).toMatchObject({
      driver: "pglite",
      dbCredentials: { url: "./data" },
    });
  });

  it("is a connection, or an error where the environment has none", () => {
    expect(connectionTo(config)).toEqual({
      driver: "pg",
      options: { connectionString: "postgres://owner@host/app" },
    });
    expect(() => connectionTo(onDatabase({ type: "postgres", url: "" }))).toThrow("providers.database.url is empty");
  });
});
