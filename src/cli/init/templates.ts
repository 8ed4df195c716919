/**
 * The files that `hedgerow init` writes, as texts.
 *
 * Invariant: what is written type-checks and pushes as it stands, in TypeScript and in JavaScript; it has no credential.
 */
import type { HedgerowConfig } from "../configuration.js";
import type { Dotenv } from "./drizzle-config.js";

export type Database = HedgerowConfig["providers"]["database"]["type"];
export type Runtime = HedgerowConfig["providers"]["runtime"];
export type Auth = HedgerowConfig["providers"]["auth"]["type"];

const text = (value: string): string => JSON.stringify(value);

/** @param name of the table and of its export. */
export const tablesFile = (name: string, owner: "organization" | "user"): string =>
  owner === "organization"
    ? `/** The tables that the API serves, each with the rules that guard it. After a change: hedgerow check, then hedgerow push. */
import { text, timestamp } from "drizzle-orm/pg-core";
import { id, organization, owner, table } from "hedgerow";

/** A first table, to be changed or replaced. It belongs to an organization: members see its rows, and nobody else does. */
export const ${name} = table(${text(name)}, {
  id: id(${text(name.slice(0, 4))}),
  // Filled with the caller's active organization; no request can set it.
  organizationId: organization(),
  // Filled with the caller.
  userId: owner(),
  body: text("body").notNull(),
  createdAt: timestamp("created_at", { withTimezone: true }).notNull().defaultNow(),
})
  // Which rows exist for a caller: those of their active organization. No rule below can widen this.
  .firewall("organization")
  // Who may do what with them. What is not named here is denied to everybody.
  .access({
    read: { roles: ["member+"] },
    create: { roles: ["member+"], record: { userId: { equals: "ctx.userId" } } },
    update: { or: [{ roles: ["admin+"] }, { record: { userId: { equals: "ctx.userId" } } }] },
    delete: { roles: ["admin+"] },
  });
`
    : `/** The tables that the API serves, each with the rules that guard it. After a change: hedgerow check, then hedgerow push. */
import { text, timestamp } from "drizzle-orm/pg-core";
import { id, owner, table } from "hedgerow";

/**
 * A first table, to be changed or replaced. It belongs to a user, because Better Auth runs without its organization plugin;
 * with it, .firewall("organization") and rules such as { roles: ["member+"] } guard what an organization shares.
 */
export const ${name} = table(${text(name)}, {
  id: id(${text(name.slice(0, 4))}),
  // Filled with the caller; no request can set it.
  userId: owner(),
  body: text("body").notNull(),
  createdAt: timestamp("created_at", { withTimezone: true }).notNull().defaultNow(),
})
  // Which rows exist for a caller: their own. No rule below can widen this.
  .firewall("owner")
  // Who may do what with them. What is not named here is denied to everybody.
  .access({
    read: { roles: ["AUTHENTICATED"] },
    create: { roles: ["AUTHENTICATED"] },
    update: { roles: ["AUTHENTICATED"] },
    delete: { roles: ["AUTHENTICATED"] },
  });
`;

/** Better Auth, for a project that has none. */
export const authFile = (language: "ts" | "js"): string => {
  const typed = language === "ts";
  return `/** Better Auth: who signs in, and which tables hold it. The tables follow from the options, so they cannot differ. */
import { ${typed ? "type BetterAuthOptions, " : ""}betterAuth } from "better-auth";
import { drizzleAdapter } from "better-auth/adapters/drizzle";
import { organization } from "better-auth/plugins";
import { authTables, hedgerow } from "hedgerow/better-auth";

export const authOptions = {
  emailAndPassword: { enabled: true },
  plugins: [organization(), hedgerow()],
}${typed ? " satisfies BetterAuthOptions" : ""};

const tables = authTables(authOptions);

// drizzle-kit looks at the exports of the schema, so each table is one. A plugin with a table needs a name here.
export const { user, session, account, verification, organization: organizations, member, invitation } = tables;

${typed ? "" : "/** @param {Parameters<typeof drizzleAdapter>[0]} database\n * @param {string} baseURL\n * @param {string} secret */\n"}${typed ? "/** @param database a Drizzle database that connects as `hedgerow_auth`. */\n" : ""}export const createAuth = (${
    typed
      ? "database: Parameters<typeof drizzleAdapter>[0], baseURL: string, secret: string"
      : "database, baseURL, secret"
  }) =>
  betterAuth({
    ...authOptions,
    baseURL,
    secret,
    database: drizzleAdapter(database, { provider: "pg", schema: tables }),
  });
`;
};

/** How another file gets Better Auth's options. */
export interface OptionsImport {
  readonly statement: string;
  readonly expression: string;
}

/** The tables of a Better Auth that is there already. */
export const authTablesFile = ({ statement, expression }: OptionsImport, tables: ReadonlyArray<string>): string => {
  const names = tables.map((table) =>
    /^[A-Za-z_$][\w$]*$/.test(table) ? table : `${text(table)}: ${table.replace(/\W/g, "_")}`,
  );
  return `/** Better Auth's tables, derived from its options. A plugin with a table needs a name here. */
import { authTables } from "hedgerow/better-auth";
${statement}

// drizzle-kit looks at the exports of the schema, so each table is one.
export const {
${names.map((name) => `  ${name},\n`).join("")}} = authTables(${expression});
`;
};

export const schemaFile = (modules: ReadonlyArray<string>): string =>
  `/** Every table of the project: what drizzle-kit and Hedgerow push. */\n${modules.map((module) => `export * from ${text(module)};\n`).join("")}`;

export interface ConfigParts {
  readonly name: string;
  readonly schemaPath: string;
  readonly schemaModule: string;
  readonly out: string;
  readonly runtime: Runtime;
  readonly database: Database;
  readonly auth: Auth;
  /** The environment variable with the url. */
  readonly variable: string;
  /** The folder of PGlite. */
  readonly folder: string;
  readonly options: OptionsImport;
  /** Whether Better Auth's tables wait for their guard, because Better Auth was there before. */
  readonly guardsLater: boolean;
  readonly dotenv: Dotenv | undefined;
}

const databaseLines = ({ database, variable, folder }: ConfigParts): ReadonlyArray<string> =>
  database === "pglite"
    ? [
        "    // Postgres in a folder, for development; its one session is a superuser, so roles are no boundary there.",
        `    database: { type: "pglite", dataDir: ${text(folder)} },`,
      ]
    : [
        database === "neon"
          ? "    // As the owner of the tables, and directly, without `-pooler`. The API connects as hedgerow_api instead."
          : "    // As the owner of the tables. The API connects as hedgerow_api instead.",
        `    database: { type: ${text(database)}, url: process.env.${variable} },`,
      ];

export const configFile = (parts: ConfigParts): string =>
  [
    "/** What the command `hedgerow` knows of this project, and drizzle-kit through withHedgerow. */",
    ...(parts.dotenv === undefined ? [] : [parts.dotenv.statement]),
    'import { defineConfig } from "hedgerow/config";',
    parts.options.statement,
    `import * as schema from ${text(parts.schemaModule)};`,
    "",
    ...(parts.dotenv?.call === undefined ? [] : [parts.dotenv.call, ""]),
    "export default defineConfig({",
    `  name: ${text(parts.name)},`,
    `  schema: { path: ${text(parts.schemaPath)}, module: schema },`,
    `  out: ${text(parts.out)},`,
    "  providers: {",
    `    runtime: ${text(parts.runtime)},`,
    ...databaseLines(parts),
    ...(parts.guardsLater
      ? [
          "    // Better Auth connects as it did before. Once it connects as hedgerow_auth, take `guard` out and push again.",
          `    auth: { type: ${text(parts.auth)}, options: ${parts.options.expression}, guard: "later" },`,
        ]
      : [`    auth: { type: ${text(parts.auth)}, options: ${parts.options.expression} },`]),
    "  },",
    "});",
    "",
  ].join("\n");

export const drizzleConfigFile = (config: string): string =>
  `/** drizzle-kit, made to guard what it pushes. Everything that it needs is in hedgerow.config. */
import { withHedgerow } from "hedgerow/drizzle-kit";
import config from ${text(config)};

export default withHedgerow(config);
`;
