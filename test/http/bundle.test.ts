/** What a Worker has to load for the router, and that it starts with it. */
import { gzipSync } from "node:zlib";
import { Miniflare } from "miniflare";
import { beforeAll, expect, it } from "vitest";
import { type Bundle, bundleWorker } from "../../scripts/bundle-worker.js";
import { eventually } from "../support/eventually.js";

let bundle: Bundle;
beforeAll(async () => {
  bundle = await bundleWorker("bench/jwt-worker.ts");
});

it("needs nothing that only Node has", () => {
  const [output] = Object.values(bundle.metafile.outputs);
  expect(output?.imports).toEqual([]);
  expect(bundle.code).not.toMatch(/\beval\(|new Function\b/);
});

it("carries nothing that only a push, a migration or another driver needs", () => {
  const [output] = Object.values(bundle.metafile.outputs);
  const carried = Object.entries(output?.inputs ?? {})
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
    .map(([path]) => path);
  const unneeded = [
    /^src\/cli\//,
    /^src\/neon-local\//,
    /^src\/auth\/better-auth\//,
    /^src\/postgres\/(dialect|functions|security|reconcile|expectation|inspect|lints|bootstrap|grants|commented)\.ts$/,
    /^src\/condition\/(describe|trace|where|residual|satisfiable|untrue)\.ts$/,
    // The half of Neon's drivers that keeps connections.
    /^src\/database\/(neon|lease|turns|pipeline|prepared|pooler)\.ts$/,
    /node_modules\/effect\/dist\/(Schema|Layer|cli|Duration|Semaphore)/,
    /node_modules\/hono\/dist\/router\/(reg-exp|smart)-router/,
    /node_modules\/drizzle-orm\/(relations|pg-core\/dialect|neon-http)/,
    /node_modules\/(pg|postgres|@electric-sql|better-auth)\//,
  ];
  expect(carried.filter((path) => unneeded.some((pattern) => pattern.test(path)))).toEqual([]);
  expect(carried).toContain("src/http/router.ts");
  expect(gzipSync(bundle.code, { level: 9 }).length).toBeLessThan(112 * 1024);
});

it("knows an error of Drizzle's, whose name a minifier has changed", async () => {
  const { code } = await bundleWorker({
    text: `import { DrizzleQueryError } from "drizzle-orm";
      import { SqlError } from "./src/database/database.js";
      import { handlerFailure } from "./src/http/failure.js";
      const taken = new SqlError({ message: "duplicate key", sqlState: "23505" });
      export const wrapped = new DrizzleQueryError("insert into notes", ["secret"], taken);
      export const failure = handlerFailure(wrapped, "create");
      export const own = handlerFailure(Object.assign(new Error("Failed query: none"), { query: "" }), "create");`,
  });
  const { wrapped, failure, own } = await import(`data:text/javascript,${encodeURIComponent(code)}`);
  expect(wrapped.constructor.name).not.toBe("DrizzleQueryError");
  expect(failure).toMatchObject({ code: "conflict" });
  expect(own).toBeUndefined();
});

it.each([[[]], [["nodejs_compat"]]])("starts in workerd with the flags %j", async (compatibilityFlags) => {
  const asked: Array<string> = [];
  let log = "";
  const worker = new Miniflare({
    modules: [{ type: "ESModule", path: "worker.js", contents: bundle.code }],
    compatibilityDate: "2026-04-01",
    compatibilityFlags,
    handleRuntimeStdio: (...streams: ReadonlyArray<NodeJS.ReadableStream>) => {
      for (const stream of streams) stream.on("data", (chunk) => (log += chunk));
    },
    bindings: { DATABASE_URL: "postgres://hedgerow_api:secret@ep-1.eu-central-1.aws.neon.tech/app" },
    outboundService: (request: { readonly url: string }) => {
      asked.push(request.url);
      return new Response("down", { status: 500 });
    },
  });
  const address = await worker.ready;
  expect((await fetch(new URL("/nothing", address))).status).toBe(404);
  const response = await fetch(new URL("/documents", address));
  expect(response.status).toBe(503);
  expect(await response.text()).not.toContain("secret");
  // What only reads is asked once more.
  const endpoint = "https://api.eu-central-1.aws.neon.tech/sql";
  expect(asked).toEqual([endpoint, endpoint]);
  await eventually("the log hears of it", () => expect(log).toContain("ConnectionError"));
  expect(log).not.toContain("secret");
  await worker.dispose();
});
