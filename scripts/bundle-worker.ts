/**
 * A Worker as one module, the way `wrangler deploy` makes it with the configuration of the example.
 *
 * Invariant: what wrangler gives esbuild is given here (target, conditions, constants), and what a user decides is read from
 * `examples/worker/wrangler.jsonc`. What the runtime brings itself (`node:*`, `cloudflare:*`) stays an import.
 */
import { fileURLToPath } from "node:url";
import { build, type Metafile } from "esbuild";
import { workerConfiguration } from "./wrangler-configuration.js";

const root = fileURLToPath(new URL("..", import.meta.url));

const production = JSON.stringify("production");

export interface Bundle {
  readonly code: string;
  readonly metafile: Metafile;
}

/** @param entry a file of the repository, or the text of one that stands at its root. */
export const bundleWorker = async (entry: string | { readonly text: string }): Promise<Bundle> => {
  const { minify, keep_names: keepNames } = workerConfiguration();
  const { outputFiles, metafile } = await build({
    ...(typeof entry === "string"
      ? { entryPoints: [entry] }
      : { stdin: { contents: entry.text, resolveDir: root, sourcefile: "entry.ts", loader: "ts" } }),
    absWorkingDir: root,
    bundle: true,
    minify,
    keepNames,
    format: "esm",
    target: "es2024",
    platform: "browser",
    conditions: ["workerd", "worker", "browser"],
    define: {
      "navigator.userAgent": JSON.stringify("Cloudflare-Workers"),
      "process.env.NODE_ENV": production,
      "global.process.env.NODE_ENV": production,
      "globalThis.process.env.NODE_ENV": production,
    },
    external: ["node:*", "cloudflare:*"],
    // Gives the package its sources, so that no build is needed before.
    tsconfig: "tsconfig.source.json",
    outfile: "worker.js",
    write: false,
    metafile: true,
  });
  return { code: outputFiles[0]?.text ?? "", metafile };
};
