/**
 * Keeps the layers of src apart: an import points down, never up or across.
 *
 * Invariant: the table below is the whole truth about who may know whom. Imports of types count, because a type is
 * knowledge too. A file that belongs to no layer is a violation, so that a new folder has to be placed first.
 *
 *     tsx scripts/check-layers.ts <folder of sources>
 */
import { readdirSync, readFileSync } from "node:fs";
import { join, posix, relative, sep } from "node:path";
// The compiler that tsd carries. TypeScript 7 has no API that reads the imports of a file.
import ts from "@tsd/typescript";

/** Of each layer, the others that it may import. `index` is the file at the top. */
const mayImport: Readonly<Record<string, ReadonlyArray<string>>> = {
  condition: [],
  table: ["condition"],
  database: [],
  "neon-local": ["database"],
  postgres: ["table", "condition", "database"],
  auth: ["postgres", "table", "condition"],
  http: ["table", "condition", "database", "auth"],
  testing: ["condition", "table", "database", "postgres", "auth", "http"],
  cli: ["condition", "table", "database", "postgres", "auth", "http", "testing", "neon-local", "define", "index"],
  define: ["postgres", "table", "condition"],
  index: ["define", "table", "condition"],
};

/** What the command alone needs must not be reachable from the library. */
const isCommand = (path: string): boolean => path === "cli/bin.ts" || path.startsWith("cli/commands/");
const commandPackages = ["effect/cli", "jiti"];

interface Import {
  readonly specifier: string;
  readonly line: number;
}

/** `import`, `import type`, `export from`, `import()` and `import("…").Type`; words in comments and texts are none. */
const importsOf = (text: string): ReadonlyArray<Import> =>
  ts.preProcessFile(text, true, true).importedFiles.map(({ fileName, pos }) => ({
    specifier: fileName,
    line: text.slice(0, pos).split("\n").length,
  }));

/** Of a path inside the sources, with `/`. */
const layerOf = (path: string): string => {
  const [first = "", ...rest] = path.split("/");
  return rest.length === 0 ? first.replace(/\.[cm]?[jt]sx?$/, "") : first;
};

const isPackage = (specifier: string, name: string): boolean => specifier === name || specifier.startsWith(`${name}/`);

/** Why `path` may not import `specifier`, or null. */
const objection = (path: string, specifier: string): string | null => {
  const layer = layerOf(path);
  if (specifier.startsWith(".")) {
    const file = posix.join(posix.dirname(path), specifier).replace(/\.js$/, ".ts");
    if (isCommand(file) && !isCommand(path)) return "only the command may import its own parts";
    const target = layerOf(file);
    if (target === layer || mayImport[layer]?.includes(target)) return null;
    return `${layer} may not import ${target}; it may import ${mayImport[layer]?.join(", ") || "nothing of ours"}`;
  }
  if (isPackage(specifier, "hedgerow"))
    return "a source imports another by its relative path, not by the package's name";
  if (isPackage(specifier, "drizzle-kit") && layer !== "cli") return "only cli may import drizzle-kit";
  if (commandPackages.some((name) => isPackage(specifier, name)) && !isCommand(path))
    return "only cli/bin.ts and cli/commands may import what the command alone needs";
  if (specifier === "effect") return 'bundlers cannot shake the barrel; import * as Effect from "effect/Effect"';
  return null;
};

const violationsIn = (path: string, text: string): ReadonlyArray<{ readonly line: number; readonly reason: string }> =>
  layerOf(path) in mayImport
    ? importsOf(text).flatMap(({ specifier, line }) => {
        const reason = objection(path, specifier);
        return reason === null ? [] : [{ line, reason: `"${specifier}": ${reason}` }];
      })
    : [{ line: 1, reason: `belongs to no layer; there are ${Object.keys(mayImport).join(", ")}` }];

const root = process.argv[2];
if (root === undefined) throw new Error("Usage: check-layers <folder of sources>");

const files = readdirSync(root, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && /\.[cm]?tsx?$/.test(entry.name))
  .map((entry) => join(entry.parentPath, entry.name))
  .sort();
const violations = files.flatMap((file) =>
  violationsIn(relative(root, file).split(sep).join("/"), readFileSync(file, "utf8")).map(
    ({ line, reason }) => `${file}:${line}: ${reason}`,
  ),
);
if (files.length === 0) violations.push(`${root}: holds no sources`);
for (const violation of violations) console.error(violation);
process.exitCode = violations.length === 0 ? 0 : 1;
