import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const source = (path: string): string => fileURLToPath(new URL(`./src/${path}`, import.meta.url));

/** Tests import the package by its public names and get the sources, so that no build is needed before a test run. */
const alias = [
  { find: /^hedgerow$/, replacement: source("index.ts") },
  { find: /^hedgerow\/hono$/, replacement: source("http/index.ts") },
  { find: /^hedgerow\/client$/, replacement: source("http/client.ts") },
  { find: /^hedgerow\/better-auth$/, replacement: source("auth/better-auth/index.ts") },
  { find: /^hedgerow\/jwt$/, replacement: source("auth/jwt/index.ts") },
  { find: /^hedgerow\/postgres$/, replacement: source("postgres/index.ts") },
  { find: /^hedgerow\/supabase$/, replacement: source("database/supabase.ts") },
  { find: /^hedgerow\/pglite$/, replacement: source("database/pglite.ts") },
  { find: /^hedgerow\/node-postgres$/, replacement: source("database/node-postgres.ts") },
  { find: /^hedgerow\/postgres-js$/, replacement: source("database/postgres-js.ts") },
  { find: /^hedgerow\/neon$/, replacement: source("database/neon.ts") },
  { find: /^hedgerow\/neon-http$/, replacement: source("database/neon-http.ts") },
  { find: /^hedgerow\/replica$/, replacement: source("database/replica.ts") },
  { find: /^hedgerow\/neon-local$/, replacement: source("neon-local/index.ts") },
  { find: /^hedgerow\/check$/, replacement: source("cli/check/index.ts") },
  { find: /^hedgerow\/drizzle-kit$/, replacement: source("cli/index.ts") },
  { find: /^hedgerow\/config$/, replacement: source("cli/configuration.ts") },
];

export default defineConfig({
  resolve: { alias },
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/support/postgres-server.ts"],
    // They end what hangs; a machine that is busy with something else may need them.
    testTimeout: 180_000,
    hookTimeout: 240_000,
    expect: { poll: { timeout: 30_000 } },
    maxWorkers: 2,
  },
});
