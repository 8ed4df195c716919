/**
 * What a Worker weighs, and which part of it.
 *
 *     npm run bench:bundle
 *
 * Invariant: the whole is what a Worker uploads, minified and gzipped. Gzip has no parts: each part has the share of its
 * minified bytes.
 */
import { gzipSync } from "node:zlib";
import { bundleWorker } from "../scripts/bundle-worker.js";

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

const kib = (bytes: number): string => (bytes / 1024).toFixed(1).padStart(8);

const measure = async (title: string, entry: string): Promise<void> => {
  const { code, metafile } = await bundleWorker(entry);
  const zipped = gzipSync(code, { level: 9 }).length;
  const parts = new Map<string, number>();
  for (const { inputs } of Object.values(metafile.outputs)) {
    for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
      parts.set(partOf(path), (parts.get(partOf(path)) ?? 0) + bytesInOutput);
    }
  }
  console.log(`\n${title}\n${"KiB minified".padStart(14)} ${"gzipped".padStart(9)}`);
  const total = [...parts.values()].reduce((sum, bytes) => sum + bytes, 0);
  for (const [part, bytes] of [...parts].sort(([, a], [, b]) => b - a)) {
    if (bytes > 0) console.log(`${kib(bytes).padStart(14)} ${kib((bytes / total) * zipped).padStart(9)}  ${part}`);
  }
  console.log(`${kib(code.length).padStart(14)} ${kib(zipped).padStart(9)}  in all`);
};

await measure("Router, Neon over HTTP, tokens", "bench/jwt-worker.ts");
await measure("The example, with Better Auth", "examples/worker/worker.ts");
