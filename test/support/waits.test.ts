/** That no test waits for less than a busy machine needs. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { eventually } from "./eventually.js";

/** Vitest's own waits end after a second unless told otherwise, and are told too little where they are. */
const own = /\bexpect\s*\.poll\(|\bvi\s*\.(?:waitFor|waitUntil)\(/;

it("tests wait with eventually(), and never with a limit of their own", () => {
  const files = readdirSync("test", { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
  expect(files.length).toBeGreaterThan(100);
  expect(files.filter((file) => own.test(readFileSync(join("test", file), "utf8")))).toEqual([]);
});

it("eventually() returns what came at last", async () => {
  let asked = 0;
  const answer = await eventually("the third answer", () => {
    asked += 1;
    if (asked < 3) throw new Error("not yet");
    return asked;
  });
  expect(answer).toBe(3);
});
