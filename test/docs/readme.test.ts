/** The README says what the code does. */
import { existsSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { fillReadme } from "../../scripts/readme.js";

const readme = readFileSync("README.md", "utf8");
const architecture = readFileSync("ARCHITECTURE.md", "utf8");

it("shows the examples and the SQL that they produce as they are", () => {
  expect(readme).toBe(fillReadme(readme));
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
  const named = [...architecture.matchAll(/`((?:src|test|examples|scripts|type-tests)\/[\w./-]*)`/g)].map(
    ([, path]) => path ?? "",
  );
  expect(named.length).toBeGreaterThan(10);
  for (const path of named) expect(existsSync(path), path).toBe(true);
});
