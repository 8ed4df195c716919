/**
 * What a Worker weighs, and which part of it.
 *
 *     npm run bench -- bundle
 *
 * Invariant: the whole is what a Worker uploads, minified and gzipped. Gzip has no parts: each part has the share of its
 * minified bytes.
 */
import { gzipSync } from "node:zlib";
import { bundleWorker } from "../scripts/bundle-worker.js";
import { type Measure, measure } from "./report.js";

/** The part that a file of the bundle belongs to. */
const partOf = (path: string): string => {
  const installed = path.split("node_modules/").at(-1);
  if (installed !== undefined && path.includes("node_modules/")) {
    const [scope = "", name = ""] = installed.split("/");
    return scope.startsWith("@") ? `${scope}/${name}` : scope;
  }
  const layer = /^src\/([\w-]+)/.exec(path)?.[1];
  return layer === undefined ? "the Worker itself" : `hedgerow: ${layer}`;
};

const kib = (bytes: number): string => (bytes / 1024).toFixed(1);

/** The aim of the router alone, in KiB. */
const goal = 112;

const weigh = async (name: string, title: string, entry: string, goalKib?: number): Promise<Measure> => {
  const { code, metafile } = await bundleWorker(entry);
  const zipped = gzipSync(code, { level: 9 }).length;
  const parts = new Map<string, number>();
  for (const { inputs } of Object.values(metafile.outputs)) {
    for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
      parts.set(partOf(path), (parts.get(partOf(path)) ?? 0) + bytesInOutput);
    }
  }
  const total = [...parts.values()].reduce((sum, bytes) => sum + bytes, 0);
  const shares = [...parts]
    .filter(([, bytes]) => bytes / total > 0.02)
    .sort(([, a], [, b]) => b - a)
    .map(([part, bytes]) => `${part} ${kib((bytes / total) * zipped)}`);
  return measure(`bundle/${name}`, zipped / 1024, "KiB gzipped", {
    ...(goalKib !== undefined && { goal: goalKib, atMost: true }),
    note: `${title}; ${kib(code.length)} KiB minified; ${shares.join(", ")}`,
  });
};

export const bundleBenchmark = async (): Promise<ReadonlyArray<Measure>> => [
  await weigh("router", "the router, Neon over HTTP, tokens", "bench/jwt-worker.ts", goal),
  await weigh("example", "the example, with Better Auth", "examples/worker/worker.ts"),
];
