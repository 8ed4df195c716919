/** README.md and the guides say what the code does. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import { documents, fillDocument } from "../../scripts/readme.js";
import { findingCodes } from "../../src/table/finding.js";

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

it("says of every finding why it matters and what to do", () => {
  const rows = [...(texts.get("docs/check.md") ?? "").matchAll(/^\| `(\w+)` \|(.+)\|$/gm)];
  expect(rows.map(([, code]) => code).sort()).toEqual([...findingCodes].sort());
  for (const [, code, rest = ""] of rows) {
    const cells = rest.split(" | ").map((cell) => cell.trim());
    expect(cells.length, code).toBe(3);
    for (const cell of cells) expect(cell, code).toMatch(/^[A-Z`.].{10,}/);
  }
});

it("recommends no key that counts, in no guide, example, hint or template", () => {
  const files = ["src", "examples"].flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((path) => path.endsWith(".ts"))
      .map((path) => join(folder, path)),
  );
  const counting = [...documents, ...files].filter((path) =>
    /AsIdentity\(|\b(?:big|small)?serial\(/.test(readFileSync(path, "utf8")),
  );
  // Where Better Auth itself is told to count its keys.
  expect(counting).toEqual(["src/auth/better-auth/tables.ts"]);
});
