/** One pass over a JSON text: where its fields are, what stands in them, and how deep they go. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { marks, maxDepth, nameOf, scan } from "../../src/http/json-text.js";
import { hangMs } from "../support/eventually.js";

/** The same value, written in a way that no serializer would. */
const spelled = (value: unknown, space: string, escaped: boolean): string => {
  const text = (each: string): string => {
    const json = JSON.stringify(each);
    return escaped
      ? `"${Array.from({ length: each.length }, (_, i) => `\\u${each.charCodeAt(i).toString(16).padStart(4, "0")}`).join("")}"`
      : json;
  };
  const write = (each: unknown): string => {
    if (typeof each === "string") return text(each);
    if (Array.isArray(each)) return `[${space}${each.map(write).join(`${space},${space}`)}${space}]`;
    if (typeof each === "object" && each !== null) {
      const pairs = Object.entries(each).map(([name, own]) => `${text(name)}${space}:${space}${write(own)}`);
      return `{${space}${pairs.join(`${space},${space}`)}${space}}`;
    }
    return JSON.stringify(each);
  };
  return `${space}${write(value)}${space}`;
};

const spaces = fc.constantFrom("", " ", "\n\t\r ");

describe("a JSON text", () => {
  it("is cut into its fields where JSON.parse finds them, however it is spelled", () => {
    const names = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.constantFrom("__proto__", '"', "\\", "a:b", "{", "]", ","),
    );
    fc.assert(
      fc.property(fc.dictionary(names, fc.jsonValue()), spaces, fc.boolean(), (value, space, escaped) => {
        const text = spelled(value, space, escaped);
        const { parts, tooDeep } = scan(text);
        expect(tooDeep).toBeUndefined();
        const found = parts.map(({ name, start, end }) => [nameOf(name), JSON.parse(text.slice(start, end))]);
        expect(found).toEqual(Object.entries(JSON.parse(text)));
      }),
      { numRuns: 300 },
    );
  });

  it("is looked at to its end whatever it is, and in time that grows with its length alone", () => {
    const pieces = fc.constantFrom('"', "\\", "\\u", "\\ud83d", "{", "}", "[", "]", ":", ",", "1", "e", "-", "a", " ");
    fc.assert(
      fc.property(fc.array(pieces), (all) => {
        const { parts } = scan(all.join(""));
        for (const { start, end } of parts) expect(end).toBeGreaterThanOrEqual(start);
      }),
      { numRuns: 1_000 },
    );
    const million = 1_000_000;
    for (const text of [
      "\\".repeat(million),
      `"${'\\"'.repeat(million / 2)}`,
      `"${"\\u".repeat(million / 2)}`,
      '"'.repeat(million),
      "-1e".repeat(million / 3),
      ":,".repeat(million / 2),
      "]".repeat(million),
      `{"a":"${"\\ud83d".repeat(million / 6)}"}`,
    ]) {
      const start = performance.now();
      scan(text);
      expect(performance.now() - start).toBeLessThan(hangMs);
    }
  });

  it.each([
    ['{"a":"\\ud800"}', marks.half],
    ['{"a":"\\udc00\\ud800"}', marks.half],
    ['{"a":"\\ud800x\\udc00"}', marks.half],
    ['{"a":"\\ud800\\\\udc00"}', marks.half],
    ['{"a":{"\\uDFFF":1}}', marks.half],
    ['{"a":"\\ud83d\\uDE00"}', 0],
    ['{"a":"\\\\ud800"}', 0],
    ['{"a":"\\u0000"}', marks.nul],
    ['{"a":"\\\\u0000"}', 0],
    ['{"a":[{"b":"\\u0000\\ud800"}]}', marks.half + marks.nul],
    ['{"a":123456789012345}', 0],
    ['{"a":1234567890123456}', marks.number],
    ['{"a":[1,{"b":1E2}]}', marks.number],
    ['{"a":"1234567890123456e7"}', 0],
  ])("%s: %i", (text, expected) => {
    expect(scan(text).parts.map((part) => part.marks)).toEqual([expected]);
  });

  it("says what stands in each field of it, and not in the next", () => {
    const { parts } = scan('{"a":"\\u0000","b":1e5,"c":[],"d":"\\ud800"}');
    expect(parts.map((part) => part.marks)).toEqual([marks.nul, marks.number, 0, marks.half]);
  });

  it("may be nested so deep and no deeper, whatever else it is", () => {
    const nested = (open: string, close: string, levels: number): string =>
      `{"a":1,"b":${open.repeat(levels)}1${close.repeat(levels)}}`;
    expect(scan(nested("[", "]", maxDepth - 1)).tooDeep).toBeUndefined();
    for (const [open, close] of [
      ["[", "]"],
      ['{"x":', "}"],
    ] as const) {
      for (const levels of [maxDepth, 5_000, 200_000]) {
        expect(scan(nested(open, close, levels)).tooDeep).toBe('"b"');
      }
    }
    expect(scan("[".repeat(maxDepth + 1)).tooDeep).toBe("");
  });
});
