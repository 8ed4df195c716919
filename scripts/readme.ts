/**
 * Fills the code blocks of README.md and of the guides in docs/ from the examples and from the SQL that they produce, and their
 * figures from what the benchmarks have measured.
 *
 *     npm run readme
 *
 * Invariant: a block behind a `snippet:` or `sql:` comment is never written by hand, so it is code that runs; nor is one
 * between `results:` and `/results`, so it is what `bench/results.json` says.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { sessionIdentity } from "hedgerow/better-auth";
import { compile, createPolicy } from "hedgerow/postgres";
import { readResults } from "../bench/results.js";
import { roundTripsTable } from "../bench/summary.js";
import { authOptions } from "../examples/app/auth.js";
import * as schema from "../examples/app/tables.js";

const root = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));

/** The lines between `// #region name` and the next `// #endregion`. */
const region = (source: string): string => {
  const [path = "", name = ""] = source.split("#");
  const lines = readFileSync(root(path), "utf8").split("\n");
  const start = lines.indexOf(`// #region ${name}`);
  const length = lines.slice(start).indexOf("// #endregion");
  if (start < 0 || length < 0) throw new Error(`${path} has no region "${name}".`);
  return lines.slice(start + 1, start + length).join("\n");
};

/** The permissive ones: beside each stands a restrictive one that says no more. */
const policies = (table: string): string => {
  const own = compile(schema, sessionIdentity(authOptions)).policies.filter(
    (policy) => policy.table.name === table && policy.permissive,
  );
  if (own.length === 0) throw new Error(`There is no table "${table}" in the example.`);
  return own.map((policy) => `${createPolicy(policy)};`).join("\n");
};

const results = (name: string): string => {
  const { measures = [] } = readResults() ?? {};
  if (name === "round-trips") return roundTripsTable(measures);
  throw new Error(`There are no results "${name}".`);
};

/** @returns the text with every generated block filled anew. */
export const fillDocument = (text: string): string =>
  fillCode(text).replace(
    /<!-- results: (\S+) -->\n[\s\S]*?<!-- \/results -->/g,
    (_, name: string) => `<!-- results: ${name} -->\n${results(name)}\n<!-- /results -->`,
  );

const fillCode = (text: string): string =>
  text.replace(
    /<!-- (snippet|sql): (\S+) -->\n```(ts|sql)\n[\s\S]*?```/g,
    (_, kind: string, source: string, language: string) =>
      `<!-- ${kind}: ${source} -->\n\`\`\`${language}\n${kind === "snippet" ? region(source) : policies(source)}\n\`\`\``,
  );

/** Every text for users, from the root of the repository. */
export const documents: ReadonlyArray<string> = [
  "README.md",
  ...readdirSync(root("docs"))
    .filter((file) => file.endsWith(".md"))
    .map((file) => `docs/${file}`),
];

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const path of documents) writeFileSync(root(path), fillDocument(readFileSync(root(path), "utf8")));
}
