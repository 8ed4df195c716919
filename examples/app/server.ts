/**
 * `npm start`: the example on embedded PGlite, or on PostgreSQL when DATABASE_URL is set.
 *
 * Invariant: prints what to do next, or one clear sentence about why it cannot start.
 */
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type ServerType, serve } from "@hono/node-server";
import { sessionIdentity } from "hedgerow/better-auth";
import { push } from "hedgerow/drizzle-kit";
import { UnsafeDatabase, verifyDatabase } from "hedgerow/hono";
import { FolderTaken } from "hedgerow/pglite";
import { createApp } from "./app.js";
import { authOptions, createAuth } from "./auth.js";
import { type ExampleDatabase, openEmbedded, openPostgres } from "./database.js";
import * as schema from "./schema.js";
import { password, people, seed } from "./seed.js";
import { endGracefully } from "./shutdown.js";

class StartupError extends Error {}

const dataFolder = process.env.DATA_DIR ?? fileURLToPath(new URL("../../.data", import.meta.url));

const readPort = (): number => {
  const text = process.env.PORT ?? "3000";
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65535) throw new StartupError(`PORT=${text} is not a port; use 0 to 65535.`);
  return port;
};

/** How long requests that are running may take when the process is asked to end. */
const readStopMs = (): number => {
  const text = process.env.STOP_MS ?? "10000";
  if (!/^\d{1,9}$/.test(text)) throw new StartupError(`STOP_MS=${text} is not a number of milliseconds.`);
  return Number(text);
};

/** Made once and kept beside the data, so that sessions survive a restart. */
const readSecret = (): string => {
  const given = process.env.BETTER_AUTH_SECRET;
  if (given) return given;
  const file = join(dataFolder, "secret");
  if (!existsSync(file)) {
    mkdirSync(dataFolder, { recursive: true });
    writeFileSync(file, randomBytes(32).toString("base64"), { mode: 0o600 });
  }
  return readFileSync(file, "utf8");
};

/** Where the tour looks for it, whatever its port is. */
const writeAddress = (url: string): void => {
  mkdirSync(dataFolder, { recursive: true });
  writeFileSync(join(dataFolder, "address"), url);
};

const open = async (): Promise<ExampleDatabase> => {
  const apiUrl = process.env.DATABASE_URL;
  const authUrl = process.env.AUTH_DATABASE_URL;
  if (apiUrl === undefined) {
    const database = await openEmbedded(join(dataFolder, "pglite")).catch((error: unknown) => {
      throw error instanceof FolderTaken ? new StartupError(`${error.message} Or choose another: DATA_DIR=…`) : error;
    });
    await push({ schema, identity: sessionIdentity(authOptions), database: database.api });
    return database;
  }
  if (authUrl === undefined) throw new StartupError("DATABASE_URL is set, so AUTH_DATABASE_URL is needed too.");
  return openPostgres(apiUrl, authUrl);
};

const listen = (
  fetch: (request: Request) => Response | Promise<Response>,
  wanted: number,
): Promise<{ readonly server: ServerType; readonly port: number }> =>
  new Promise((resolve, reject) => {
    const server = serve({ fetch, port: wanted }, ({ port }) => resolve({ server, port }));
    server.on("error", (error: NodeJS.ErrnoException) =>
      reject(
        error.code === "EADDRINUSE"
          ? new StartupError(`Port ${wanted} is taken. Choose another: PORT=${wanted + 1} npm start`)
          : error,
      ),
    );
  });

const start = async (): Promise<void> => {
  let handle: (request: Request) => Response | Promise<Response> = () => new Response("Starting", { status: 503 });
  const { server, port } = await listen((request) => handle(request), readPort());
  const database = await open();
  await verifyDatabase({ schema, database: database.api });
  const url = `http://localhost:${port}`;
  const auth = createAuth(database.auth, url, readSecret());
  const app = createApp(auth, database.api);
  const seeded = await seed(app, auth, url);
  handle = app.fetch;
  writeAddress(url);

  console.log(`
Hedgerow's example runs at ${url} (${database.embedded ? `embedded PGlite in ${dataFolder}` : "PostgreSQL"}${seeded ? ", freshly seeded" : ""}).

Everybody's password is "${password}":
${people.map(({ email, acme, globex }) => `  ${email.padEnd(17)} Acme: ${(acme ?? "–").padEnd(7)} Globex: ${globex ?? "–"}`).join("\n")}

Sign in, choose an organization, list its documents:

  curl -s -c jar -H 'content-type: application/json' ${url}/auth/v1/sign-in/email -d '{"email":"ben@example.com","password":"${password}"}'
  curl -s -b jar -c jar -H 'content-type: application/json' -H 'origin: ${url}' ${url}/auth/v1/organization/set-active -d '{"organizationSlug":"globex"}'
  curl -s -b jar '${url}/api/v1/documents?total=true'

An invitation, a removal, and what the open tab of the one who was removed still sees: npm run tour
`);

  endGracefully(server, database.close, readStopMs());
};

start().catch((error: unknown) => {
  console.error(error instanceof StartupError || error instanceof UnsafeDatabase ? error.message : error);
  process.exit(1);
});
