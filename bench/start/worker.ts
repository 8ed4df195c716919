/**
 * How long a Worker takes to its first answer, in the real workerd.
 *
 * Invariant: the time from making workerd to the first answer, which needs no database, so what is measured is the loading of
 * the code; a Worker that is Hono alone is what to compare with.
 */
import { Miniflare } from "miniflare";
import { bundleWorker } from "../../scripts/bundle-worker.js";
import { type Measure, measure } from "../report.js";
import { interleaved, median, spreadOf } from "../support/statistics.js";

const hono = `import { Hono } from "hono";
const app = new Hono();
for (const path of ["/documents", "/documents/:id"]) app.all(path, (context) => context.json({}));
export default app;`;

const start = async (code: string): Promise<void> => {
  const worker = new Miniflare({
    modules: [{ type: "ESModule", path: "worker.js", contents: code }],
    compatibilityDate: "2026-04-01",
    bindings: { DATABASE_URL: "postgres://hedgerow_api:secret@ep-1.eu-central-1.aws.neon.tech/app" },
  });
  try {
    const response = await fetch(new URL("/nothing", await worker.ready));
    if (response.status !== 404) throw new Error(`The Worker answered ${response.status}.`);
    await response.text();
  } finally {
    await worker.dispose();
  }
};

export const workerStarts = async (rounds: number): Promise<ReadonlyArray<Measure>> => {
  const { code: router } = await bundleWorker("bench/jwt-worker.ts");
  const { code: bare } = await bundleWorker({ text: hono });
  const works = [() => start(router), () => start(bare)];
  await interleaved(works, 1);
  const [routers = [], bares = []] = await interleaved(works, rounds);
  return [
    measure("start/worker/router", median(routers), "ms", {
      spread: spreadOf(routers),
      note: `${(median(routers) / median(bares)).toFixed(2)} x Hono alone; workerd itself included`,
    }),
    measure("start/worker/bare", median(bares), "ms", { spread: spreadOf(bares) }),
  ];
};
