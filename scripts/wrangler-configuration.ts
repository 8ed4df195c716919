/** What wrangler reads of the example Worker. Invariant: nothing of it is said a second time for tests or measurements. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const file = fileURLToPath(new URL("../examples/worker/wrangler.jsonc", import.meta.url));

/** The configuration without its comments. */
export const workerConfiguration = (): {
  readonly vars: { readonly BASE_URL: string };
  readonly compatibility_date: string;
  readonly compatibility_flags: Array<string>;
  readonly minify: boolean;
  readonly keep_names: boolean;
} => JSON.parse(readFileSync(file, "utf8").replaceAll(/^\s*\/\/.*$/gm, ""));
