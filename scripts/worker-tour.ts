/**
 * The Worker of the examples in workerd, on `neon-local` in front of a PGlite, and a story played against it.
 *
 *     npm run tour:worker
 *
 * Invariant: the Worker is bundled as wrangler does it and runs in the runtime that Cloudflare runs; nothing is written.
 */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { PGlite } from "@electric-sql/pglite";
import { sessionIdentity } from "hedgerow/better-auth";
import { push } from "hedgerow/drizzle-kit";
import { startNeonLocal } from "hedgerow/neon-local";
import { pglite } from "hedgerow/pglite";
import { Miniflare } from "miniflare";
import { authOptions } from "../examples/worker/auth.js";
import * as schema from "../examples/worker/schema.js";
import { playTour } from "../examples/worker/tour.js";
import { bundleWorker } from "./bundle-worker.js";
import { workerConfiguration } from "./wrangler-configuration.js";

/** Passes requests on, and counts them. */
const counting = async (target: string): Promise<{ readonly server: Server; readonly requests: () => number }> => {
  let requests = 0;
  const server = createServer(async (request, response) => {
    requests += 1;
    const chunks: Array<Buffer> = [];
    for await (const chunk of request) chunks.push(chunk);
    const passed = await fetch(target, {
      method: "POST",
      headers: {
        "neon-connection-string": String(request.headers["neon-connection-string"]),
        "neon-raw-text-output": "true",
        "neon-array-mode": "true",
      },
      body: Buffer.concat(chunks),
    });
    response.writeHead(passed.status, { "content-type": "application/json" }).end(await passed.text());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { server, requests: () => requests };
};

const main = async (): Promise<void> => {
  const configuration = workerConfiguration();
  const database = await PGlite.create();
  await push({ schema, identity: sessionIdentity(authOptions), database: pglite(database) });
  await database.exec("alter role hedgerow_api password 'api'; alter role hedgerow_auth password 'auth'");
  const local = await startNeonLocal({ target: { pglite: database } });
  const { server, requests } = await counting(local.fetchEndpoint);
  const { port } = server.address() as AddressInfo;
  const { code } = await bundleWorker("examples/worker/worker.ts");
  const worker = new Miniflare({
    modules: [{ type: "ESModule", path: "worker.js", contents: code }],
    compatibilityDate: configuration.compatibility_date,
    compatibilityFlags: configuration.compatibility_flags,
    bindings: {
      ...configuration.vars,
      DATABASE_URL: local.url("hedgerow_api", "api").replace(`:${local.port}/`, `:${port}/`),
      AUTH_DATABASE_URL: local.url("hedgerow_auth", "auth"),
      BETTER_AUTH_SECRET: crypto.randomUUID() + crypto.randomUUID(),
    },
  });
  try {
    const url = (await worker.ready).href;
    await playTour({ url, origin: configuration.vars.BASE_URL, asked: requests, print: console.log });
  } finally {
    await worker.dispose();
    server.close();
    await local.close();
    await database.close();
  }
};

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
