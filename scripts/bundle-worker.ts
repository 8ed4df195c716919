/**
 * A Worker as one module, the way wrangler makes it: minified, with the conditions of workerd.
 *
 * Invariant: what the runtime brings itself (`node:*`, `cloudflare:*`) stays an import; everything else is in the bundle.
 */
import { fileURLToPath } from "node:url";
import { build, type Metafile } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));

export interface Bundle {
  readonly code: string;
  readonly metafile: Metafile;
}

/** @param entry a file of the repository, or the text of one that stands at its root. */
export const bundleWorker = async (entry: string | { readonly text: string }): Promise<Bundle> => {
  const { outputFiles, metafile } = await build({
    ...(typeof entry === "string"
      ? { entryPoints: [entry] }
      : { stdin: { contents: entry.text, resolveDir: root, sourcefile: "entry.ts", loader: "ts" } }),
    absWorkingDir: root,
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    platform: "browser",
    conditions: ["workerd", "worker", "browser"],
    external: ["node:*", "cloudflare:*"],
    // Gives the package its sources, so that no build is needed before.
    tsconfig: "tsconfig.source.json",
    outfile: "worker.js",
    write: false,
    metafile: true,
  });
  return { code: outputFiles[0]?.text ?? "", metafile };
};
