/** `hedgerow/jwt` carries nothing into a Worker that a Worker cannot run, or that it does not need. */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import ts from "@tsd/typescript";
import { expect, it } from "vitest";

/** The packages that a source reaches at run time. */
const packagesOf = (path: string, seen = new Set<string>()): ReadonlySet<string> => {
  const packages = new Set<string>();
  if (seen.has(path)) return packages;
  seen.add(path);
  // What is imported for its type only is gone after compilation.
  const { outputText } = ts.transpileModule(readFileSync(path, "utf8"), {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022, verbatimModuleSyntax: true },
  });
  for (const { fileName } of ts.preProcessFile(outputText, true, true).importedFiles) {
    if (!fileName.startsWith(".")) packages.add(/^(?:@[^/]+\/)?[^/]+/.exec(fileName)?.[0] ?? fileName);
    else for (const name of packagesOf(join(dirname(path), fileName.replace(/\.js$/, ".ts")), seen)) packages.add(name);
  }
  return packages;
};

it("imports jose and nothing else", () => {
  expect([...packagesOf("src/auth/jwt/index.ts")]).toEqual(["jose"]);
});
