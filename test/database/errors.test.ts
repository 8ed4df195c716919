/** That no error of Hedgerow loses what it says on its way to whoever reads it. */
import { readdirSync, readFileSync } from "node:fs";
import * as Effect from "effect/Effect";
import { describe, expect, it } from "vitest";
import { ConnectionError } from "../../src/database/database.js";
import { inFlight } from "../../src/database/in-flight.js";
import { connectionError } from "../../src/database/protocol.js";

const sources = readdirSync("src", { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts"))
  .map((file) => `src/${file}`);

const taggedErrors = sources.flatMap((file) =>
  [...readFileSync(file, "utf8").matchAll(/^export class (\w+) extends Data\.TaggedError/gm)].map(
    ([, name = ""]) => [name, file] as const,
  ),
);

type TaggedError = new (fields: object) => Error;
const isClass = (value: unknown): value is TaggedError => typeof value === "function";

describe("every tagged error", () => {
  it("is found", () => {
    expect(taggedErrors.map(([name]) => name)).toEqual(
      expect.arrayContaining(["SqlError", "ConnectionError", "RequestProblem", "UnsafeDatabase", "PushError"]),
    );
  });

  it.each(taggedErrors)("%s says what happened, and why", async (name, file) => {
    const module: Record<string, unknown> = await import(/* @vite-ignore */ `../../${file}`);
    const made = module[name];
    if (!isClass(made)) throw new Error(`${file} does not export ${name}.`);
    const cause = new Error("the cause");
    const own = readFileSync(file, "utf8").includes("override get message");
    const fields = { problems: [], reasons: ["a reason"], code: "internal", sqlState: "XX000", cause };
    const error = new made(own ? fields : { ...fields, message: "what happened" });
    expect(error).toBeInstanceOf(Error);
    expect(error.message).not.toBe("");
    expect(String(error)).toContain(name);
    expect(error.cause).toBe(cause);
  });
});

describe("a connection that fails before anything is sent", () => {
  it("is said to be unsent, and keeps its message and its cause", async () => {
    const cause = new Error("the socket closed");
    const failing = inFlight(async () => Effect.fail(connectionError(cause)));
    const error = await Effect.runPromise(Effect.flip(failing));
    expect(error).toBeInstanceOf(ConnectionError);
    expect(error).toMatchObject({ message: "the socket closed", unsent: true, cause });
  });
});

describe("what a driver throws", () => {
  it.each([
    ["an error without a message", Object.assign(new Error(""), { code: "ECONNRESET" }), "ECONNRESET"],
    ["several errors in one", new AggregateError([new Error("one"), new Error("two")]), "one; two"],
    ["several errors, of which there are none", new AggregateError([]), "AggregateError"],
    ["an object", { message: "lost" }, "lost"],
    ["an object that says nothing", {}, "no error"],
    ["nothing", undefined, "undefined"],
    ["an empty text", "", '""'],
  ])("is never an error without words: %s", (_, thrown, words) => {
    const { message, cause } = connectionError(thrown);
    expect(message).toContain(words);
    expect(cause).toBe(thrown);
  });
});

it("no error is copied by spreading it, which leaves its message behind", () => {
  const copying =
    /(?:\.\.\.|Object\.assign\(\{\}, |structuredClone\()(?:\w+\.)*(?:\w*[eE]rror|cause|thrown|defect|hidden)\b(?![.(])/;
  expect(copying.test("new ConnectionError({ ...error, unsent: true })")).toBe(true);
  const found = sources.flatMap((file) =>
    readFileSync(file, "utf8")
      .split("\n")
      .filter((line) => copying.test(line))
      .map((line) => `${file}: ${line.trim()}`),
  );
  expect(found).toEqual([]);
});
