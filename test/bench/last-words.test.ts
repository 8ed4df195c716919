/** What is told of a program that failed. */
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { lastWords } from "../../bench/http/last-words.js";

const root = fileURLToPath(new URL("../..", import.meta.url));

it.each([
  [
    "the error and not its stack",
    `file:///x.js:1\nthrow new TypeError("no")\n\nTypeError: no\n    at x\n\nNode.js v20\n`,
    "TypeError: no",
  ],
  ["the last line without colours", "working\n\u001b[31mSchema not found\u001b[39m\n\n", "Schema not found"],
  ["a file without the folder that the repository is in", `Error: no ${root}bench/x.js`, "Error: no bench/x.js"],
  ["that there is nothing to tell", " \n", "it said nothing"],
])("tells %s", (_, output, told) => {
  expect(lastWords(output)).toBe(told);
});
