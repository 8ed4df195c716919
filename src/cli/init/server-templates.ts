/**
 * The part of what `hedgerow init` writes that answers requests: the database, the API, a server.
 *
 * Invariant: it runs as it stands, in TypeScript and in JavaScript, once the steps that `init` prints are done. The API and
 * Better Auth connect as two roles, neither of which owns a table.
 */
import type { Dotenv } from "./drizzle-config.js";
import type { Database, OptionsImport } from "./templates.js";

/** What the application talks to its database with. */
export type Driver = "pg" | "postgres-js" | "neon" | "pglite";

export const driverOf = (database: Database, has: (dependency: string) => boolean): Driver =>
  database === "pglite" || database === "neon" ? database : has("postgres") && !has("pg") ? "postgres-js" : "pg";

/** Where the server gets Better Auth from. */
export type AuthModule =
  /** A module that makes it of a database. */
  | { readonly kind: "create"; readonly file: string }
  /** The project's own, with a connection of its own. */
  | ({ readonly kind: "instance" } & OptionsImport);

export interface ServerParts {
  readonly language: "ts" | "js";
  readonly driver: Driver;
  readonly auth: AuthModule;
  /** Where Better Auth answers. */
  readonly basePath: string;
  /** The environment variables with the urls of the two logins. */
  readonly apiVariable: string;
  readonly authVariable: string;
  /** The folder of PGlite. */
  readonly folder: string;
  /** How files beside it are imported: `./tables.js`. */
  readonly beside: (name: string) => string;
  readonly dotenv: Dotenv | undefined;
}

const text = (value: string): string => JSON.stringify(value);

const lines = (...all: ReadonlyArray<string | false | undefined>): string =>
  `${all.filter((line) => typeof line === "string").join("\n")}\n`;

interface Opening {
  readonly imports: ReadonlyArray<string>;
  /** The lines of the function, from its first to the pair that it returns. */
  readonly open: ReadonlyArray<string>;
  readonly api: string;
  readonly auth: string;
  readonly close: string;
}

const lost = 'on("error", (error) => console.error("A connection that nobody used was lost:", error.message))';

const openings = ({ driver, auth, apiVariable, authVariable, folder }: ServerParts): Opening => {
  const own = auth.kind === "create";
  const urls = [
    `const apiUrl = read(${text(apiVariable)});`,
    ...(own ? [`const authUrl = read(${text(authVariable)});`] : []),
  ];
  switch (driver) {
    case "pg":
      return {
        imports: [
          ...(own ? ['import { drizzle } from "drizzle-orm/node-postgres";'] : []),
          'import { nodePostgres } from "hedgerow/node-postgres";',
          'import pg from "pg";',
        ],
        open: [
          ...urls,
          "const apiPool = new pg.Pool({ connectionString: apiUrl, connectionTimeoutMillis: 5_000 });",
          `apiPool.${lost};`,
          ...(own
            ? [
                "const authPool = new pg.Pool({ connectionString: authUrl, connectionTimeoutMillis: 5_000 });",
                `authPool.${lost};`,
              ]
            : []),
        ],
        api: "nodePostgres(apiPool)",
        auth: "drizzle({ client: authPool })",
        close: own ? "await Promise.all([apiPool.end(), authPool.end()]);" : "await apiPool.end();",
      };
    case "postgres-js":
      return {
        imports: [
          ...(own ? ['import { drizzle } from "drizzle-orm/postgres-js";'] : []),
          'import { postgresJs } from "hedgerow/postgres-js";',
          'import postgres from "postgres";',
        ],
        open: [
          ...urls,
          "const apiClient = postgres(apiUrl, { connect_timeout: 5 });",
          ...(own ? ["const authClient = postgres(authUrl, { connect_timeout: 5 });"] : []),
        ],
        api: "postgresJs(apiClient)",
        auth: "drizzle({ client: authClient })",
        close: own
          ? "await Promise.all([apiClient.end({ timeout: 5 }), authClient.end({ timeout: 5 })]);"
          : "await apiClient.end({ timeout: 5 });",
      };
    case "neon":
      return {
        imports: own
          ? [
              'import { neon as overHttp, neonConfig } from "@neondatabase/serverless";',
              'import { drizzle } from "drizzle-orm/neon-http";',
              'import { neon } from "hedgerow/neon";',
            ]
          : ['import { neon } from "hedgerow/neon";'],
        open: [
          ...urls,
          "// `hedgerow neon-local` has no TLS: never for a host that is not this machine.",
          'const local = ["localhost", "127.0.0.1"].includes(new URL(apiUrl).hostname);',
          ...(own ? [`if (local) neonConfig.fetchEndpoint = (host, port) => \`http://\${host}:\${port}/sql\`;`] : []),
          "const apiDatabase = neon({ url: apiUrl, local });",
        ],
        api: "apiDatabase",
        auth: "drizzle({ client: overHttp(authUrl) })",
        close: "await apiDatabase.close();",
      };
    case "pglite":
      return {
        imports: [
          'import { drizzle } from "drizzle-orm/pglite";',
          'import { openPglite, pglite } from "hedgerow/pglite";',
        ],
        open: [
          "// Refused while another process has the folder open, and the other way round.",
          `const client = await openPglite(${text(folder)});`,
        ],
        api: "pglite(client)",
        auth: "drizzle({ client })",
        close: "await client.close();",
      };
  }
};

/** `database.ts` */
export const databaseFile = (parts: ServerParts): string => {
  const { imports, open, api, auth, close } = openings(parts);
  const typed = parts.language === "ts";
  const own = parts.auth.kind === "create";
  const reads = open.some((line) => line.includes("read("));
  return lines(
    parts.driver === "pglite"
      ? "/** The database in its folder, which one process at a time has. Its one session is a superuser: for development. */"
      : own
        ? "/** The database, as two roles: neither owns a table, so no rule can be passed by. */"
        : "/** The database, as the API's role: it owns no table, so no rule can be passed by. */",
    ...imports,
    "",
    reads && `const read = (name${typed ? ": string" : ""})${typed ? ": string" : ""} => {`,
    reads && "  const value = process.env[name];",
    reads && `  if (!value) throw new Error(\`\${name} is not set.\`);`,
    reads && "  return value;",
    reads && "};",
    reads && "",
    `export const openDatabase = async () => {`,
    ...open.map((line) => `  ${line}`),
    "  return {",
    "    /** What the API asks, as hedgerow_api. */",
    `    api: ${api},`,
    own && "    /** What Better Auth asks, as hedgerow_auth. */",
    own && `    auth: ${auth},`,
    "    close: async () => {",
    `      ${close}`,
    "    },",
    "  };",
    "};",
  );
};

/** `api.ts` */
export const apiFile = ({ language, auth, beside }: ServerParts): string => {
  const typed = language === "ts";
  const own = auth.kind === "create";
  const takes = [...(own ? [["auth", "ReturnType<typeof createAuth>"]] : []), ["database", "DatabaseShape"]];
  return lines(
    "/** The API: the routes of the tables, each request as the caller who sends it. */",
    'import { sessionAuthenticator } from "hedgerow/better-auth";',
    `import { createRouter${typed ? ", type DatabaseShape" : ""} } from "hedgerow/hono";`,
    typed && own && `import type { createAuth } from ${text(beside(auth.file))};`,
    !own && auth.statement,
    `import * as schema from ${text(beside("tables"))};`,
    "",
    !typed && own && "/**",
    !typed && own && " * @param {Parameters<typeof sessionAuthenticator>[0]} auth",
    !typed && `${own ? " *" : "/**"} @param {import("hedgerow/hono").DatabaseShape} database${own ? "\n */" : " */"}`,
    `export const createApi = (${takes.map(([name, type]) => (typed ? `${name}: ${type}` : name)).join(", ")}) =>`,
    `  createRouter({ schema, auth: sessionAuthenticator(${own ? "auth" : auth.expression}), database });`,
  );
};

/** How it is called. */
const apiCall = ({ auth }: ServerParts): string =>
  auth.kind === "create" ? "createApi(auth, database.api)" : "createApi(database.api)";

/** `better-auth.ts`, where a project exports options and makes Better Auth of them somewhere else. */
export const createAuthFile = (
  language: "ts" | "js",
  { statement, expression }: OptionsImport,
  schemaModule: string,
): string => {
  const typed = language === "ts";
  return lines(
    "/** Better Auth of the project's own options, on the database that it is given. */",
    'import { betterAuth } from "better-auth";',
    'import { drizzleAdapter } from "better-auth/adapters/drizzle";',
    statement,
    `import * as schema from ${text(schemaModule)};`,
    "",
    !typed &&
      "/** @param {Parameters<typeof drizzleAdapter>[0]} database\n * @param {string} baseURL\n * @param {string} secret */",
    typed && "/** @param database a Drizzle database that connects as `hedgerow_auth`. */",
    typed
      ? "export const createAuth = (database: Parameters<typeof drizzleAdapter>[0], baseURL: string, secret: string) =>"
      : "export const createAuth = (database, baseURL, secret) =>",
    `  betterAuth({ ...${expression}, baseURL, secret, database: drizzleAdapter(database, { provider: "pg", schema }) });`,
  );
};

/** `server.ts`, for Node.js and Bun. */
export const serverFile = (parts: ServerParts): string => {
  const { auth, basePath, beside, dotenv, language } = parts;
  const own = auth.kind === "create";
  const expression = own ? "auth" : auth.expression;
  return lines(
    "/** The application: the API beside Better Auth. PORT says where it listens; a signal ends it once it has answered. */",
    dotenv?.statement,
    own && 'import { randomBytes } from "node:crypto";',
    'import { serve } from "@hono/node-server";',
    'import { verifyDatabase } from "hedgerow/hono";',
    'import { Hono } from "hono";',
    !own && auth.statement,
    `import { createApi } from ${text(beside("api"))};`,
    own && `import { createAuth } from ${text(beside(auth.file))};`,
    `import { openDatabase } from ${text(beside("database"))};`,
    `import * as schema from ${text(beside("tables"))};`,
    "",
    dotenv?.call,
    dotenv?.call === undefined ? undefined : "",
    "const port = Number(process.env.PORT ?? 3000);",
    own && "",
    own && "/** What sessions are signed with. Without one of its own, they end with this process. */",
    own && "const readSecret = () => {",
    own && "  const { BETTER_AUTH_SECRET, NODE_ENV } = process.env;",
    own && '  if (!BETTER_AUTH_SECRET && NODE_ENV === "production") throw new Error("BETTER_AUTH_SECRET is not set.");',
    own && '  return BETTER_AUTH_SECRET || randomBytes(32).toString("base64url");',
    own && "};",
    "",
    "const start = async () => {",
    "  const database = await openDatabase();",
    "  // Refuses a login that no rule could stop, and a database that was not pushed.",
    "  await verifyDatabase({ schema, database: database.api });",
    `  const url = process.env.BETTER_AUTH_URL ?? \`http://localhost:\${port}\`;`,
    own && "  const auth = createAuth(database.auth, url, readSecret());",
    "  const app = new Hono()",
    `    .on(["GET", "POST"], ${text(`${basePath}/*`)}, (context) => ${expression}.handler(context.req.raw))`,
    `    .route("/api/v1", ${apiCall(parts)});`,
    "",
    `  const server = serve({ fetch: app.fetch, port }, () => console.log(\`\${url}/api/v1 answers.\`));`,
    '  server.on("error", fail);',
    "  let isEnding = false;",
    '  for (const signal of ["SIGINT", "SIGTERM"]) {',
    "    process.on(signal, () => {",
    "      // A second one does not wait.",
    "      if (isEnding) process.exit(1);",
    "      isEnding = true;",
    "      setTimeout(() => process.exit(1), 10_000).unref();",
    "      // Connections that a browser keeps open for its next request would keep the server open too.",
    '      if ("closeIdleConnections" in server) setInterval(() => server.closeIdleConnections(), 50).unref();',
    "      server.close(() => {",
    "        database.close().then(() => process.exit(0), fail);",
    "      });",
    "    });",
    "  }",
    "};",
    "",
    `const fail = (error${language === "ts" ? ": unknown" : ""}) => {`,
    "  console.error(error instanceof Error ? error.message : error);",
    "  process.exit(1);",
    "};",
    "",
    "start().catch(fail);",
  );
};

/** `worker.ts`, on Neon: in a Worker no connection outlives a request. */
export const workerFile = ({ auth, basePath, beside, language, apiVariable, authVariable }: ServerParts): string => {
  const typed = language === "ts";
  const file = auth.kind === "create" ? auth.file : "auth";
  return lines(
    "/** The application as a Cloudflare Worker, on Neon over HTTP: nothing that an isolate keeps belongs to one request. */",
    'import { neon as overHttp, neonConfig } from "@neondatabase/serverless";',
    'import { drizzle } from "drizzle-orm/neon-http";',
    'import { neon } from "hedgerow/neon-http";',
    'import { Hono } from "hono";',
    `import { createApi } from ${text(beside("api"))};`,
    `import { createAuth } from ${text(beside(file))};`,
    "",
    typed && "interface Env {",
    typed && "  /** Connects as hedgerow_api. */",
    typed && `  readonly ${apiVariable}: string;`,
    typed && "  /** Connects as hedgerow_auth. */",
    typed && `  readonly ${authVariable}: string;`,
    typed && "  readonly BETTER_AUTH_SECRET: string;",
    typed && "  /** Where the Worker is reached. */",
    typed && "  readonly BETTER_AUTH_URL: string;",
    typed && "}",
    typed && "",
    `const createApp = (env${typed ? ": Env" : ""}) => {`,
    `  const { ${apiVariable}: apiUrl, ${authVariable}: authUrl, BETTER_AUTH_URL, BETTER_AUTH_SECRET } = env;`,
    "  // `hedgerow neon-local` has no TLS: never for a host that is not this machine.",
    '  const local = ["localhost", "127.0.0.1"].includes(new URL(apiUrl).hostname);',
    `  if (local) neonConfig.fetchEndpoint = (host, port) => \`http://\${host}:\${port}/sql\`;`,
    "  const auth = createAuth(drizzle({ client: overHttp(authUrl) }), BETTER_AUTH_URL, BETTER_AUTH_SECRET);",
    "  return new Hono()",
    `    .on(["GET", "POST"], ${text(`${basePath}/*`)}, (context) => auth.handler(context.req.raw))`,
    '    .route("/api/v1", createApi(auth, neon({ url: apiUrl, local })));',
    "};",
    "",
    "/** Of this isolate: made at its first request, because secrets are not there before. */",
    typed ? "let app: ReturnType<typeof createApp> | undefined;" : "/** @type {Hono | undefined} */\nlet app;",
    "",
    "export default {",
    typed ? "  fetch: (request: Request, env: Env): Response | Promise<Response> => {" : "  fetch: (request, env) => {",
    "    app ??= createApp(env);",
    "    return app.fetch(request);",
    "  },",
    "};",
  );
};

/** `wrangler.jsonc` */
export const wranglerFile = (name: string, main: string): string =>
  lines(
    "{",
    `  "name": ${text(name)},`,
    `  "main": ${text(main)},`,
    '  "compatibility_date": "2026-04-01",',
    '  "compatibility_flags": ["nodejs_compat"]',
    "  // Secrets, in .dev.vars and by `wrangler secret put`: DATABASE_URL, AUTH_DATABASE_URL, BETTER_AUTH_SECRET, BETTER_AUTH_URL.",
    "}",
  );

/** What to add to a server that is there. */
export const mountLines = (parts: ServerParts, from: (name: string) => string): ReadonlyArray<string> => {
  const { auth, basePath } = parts;
  const own = auth.kind === "create";
  return [
    `import { createApi } from ${text(from("api"))};`,
    ...(own ? [`import { createAuth } from ${text(from(auth.file))};`] : []),
    `import { openDatabase } from ${text(from("database"))};`,
    "const database = await openDatabase();",
    ...(own
      ? [
          'const { BETTER_AUTH_URL = "http://localhost:3000", BETTER_AUTH_SECRET = "" } = process.env;',
          "const auth = createAuth(database.auth, BETTER_AUTH_URL, BETTER_AUTH_SECRET);",
          `app.on(["GET", "POST"], ${text(`${basePath}/*`)}, (context) => auth.handler(context.req.raw));`,
        ]
      : []),
    `app.route("/api/v1", ${apiCall(parts)});`,
  ];
};
