/** README.md and the guides say what the code does. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import { documents, fillDocument } from "../../scripts/readme.js";

const texts = new Map(documents.map((path) => [path, readFileSync(path, "utf8")]));
const readme = [...texts.values()].join("\n");
const architecture = readFileSync("ARCHITECTURE.md", "utf8");

it.each(documents)("%s shows the examples and the SQL that they produce as they are", (path) => {
  const text = texts.get(path) ?? "";
  expect(text).toBe(fillDocument(text));
});

it.each(documents)("%s links only to what exists", (path) => {
  const links = [...(texts.get(path) ?? "").matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, link]) => link ?? "");
  for (const link of links) expect(existsSync(join(dirname(path), link)), link).toBe(true);
});

it("names only npm scripts that exist", () => {
  const { scripts } = JSON.parse(readFileSync("package.json", "utf8"));
  const named = [...`${readme}\n${architecture}`.matchAll(/npm (?:run (\S+)|(start|test))/g)].map(([, run, plain]) =>
    (run ?? plain ?? "").replace(/[`).,;]+$/, ""),
  );
  expect(named.length).toBeGreaterThan(2);
  for (const name of named) expect(scripts).toHaveProperty([name]);
});

it("names only files and folders that exist", () => {
  const named = [...architecture.matchAll(/`((?:src|test|examples|scripts|bench|type-tests)\/[\w./-]*)`/g)].map(
    ([, path]) => path ?? "",
  );
  expect(named.length).toBeGreaterThan(10);
  for (const path of named) expect(existsSync(path), path).toBe(true);
});
