/** What the benchmarks write says what they measured, and names every goal that is missed. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { bundleBenchmark } from "../../bench/bundle.js";
import { chart } from "../../bench/chart.js";
import { compileBenchmark } from "../../bench/compile.js";
import { line, verdict } from "../../bench/print.js";
import { measure } from "../../bench/report.js";
import { readResults, withMeasures } from "../../bench/results.js";
import { roundTripsTable, throughputs } from "../../bench/summary.js";

const few = measure("start/router", 300, "ms");
const fast = measure("http/get/hedgerow-claims/perSecond", 12_345.6, "requests/s");
const slow = measure("http/get/drizzle-<rls>/perSecond", 4_000, "requests/s");
const met = measure("bundle/router", 100, "KiB gzipped", { goal: 110, atMost: true });
const missed = measure("policies/live/owner/page", 1.2, "x hand-written", { goal: 1.05, atMost: true, spread: [1, 2] });
const atLeast = measure("http/get/x", 2.9, "x", { goal: 3 });

describe("a measure", () => {
  it("meets its goal on the right side of it", () => {
    expect([met, missed, atLeast, few].map((each) => each.met)).toEqual([true, false, false, undefined]);
    expect(measure("x", 3, "x", { goal: 3 }).met).toBe(true);
  });

  it("is a line with its spread and its goal", () => {
    expect(line(missed)).toMatch(
      /^✗ policies\/live\/owner\/page +1\.20 x hand-written, 1 to 2 \(goal: at most 1\.05\)$/,
    );
    expect(line(few)).toMatch(/^ {2}start\/router +300 ms$/);
  });
});

it("names every goal that is missed, and no other", () => {
  const text = verdict([few, met, missed, atLeast]);
  expect(text).toContain("1 of 3 goals are met");
  expect(text.split("\n").slice(1)).toEqual([
    "  policies/live/owner/page: 1.20 x hand-written (goal: at most 1.05)",
    "  http/get/x: 2.90 x (goal: at least 3)",
  ]);
  expect(verdict([met])).toBe("1 of 1 goals are met.");
});

it("replaces a benchmark's measures as a whole", () => {
  const before = [measure("start/gone", 1, "ms"), met];
  expect(withMeasures(before, [few])).toEqual([met, few]);
});

it("draws what was measured, fastest first, as an SVG that holds together", () => {
  const trips = measure("round-trips/hedgerow/node-postgres/get", 1, "round trips");
  expect(throughputs([slow, few, fast], "get").map(({ perSecond }) => perSecond)).toEqual([12_345.6, 4_000]);
  const svg = chart([slow, few, fast, trips]);
  expect(svg).toContain("Hedgerow, token");
  expect(svg).toContain("12,346");
  expect(svg).toContain("drizzle-&#60;rls&#62;");
  expect(svg.match(/<rect /g)).toHaveLength(2);
  expect(svg.match(/<text/g)?.length).toBe(svg.match(/<\/text>/g)?.length);
  expect(roundTripsTable([trips])).toContain("| Hedgerow | 1 |");
});

it("draws nothing that was not measured", () => {
  expect(chart([]).match(/<(rect|text|line) /g)).toBeNull();
});

it("weighs the Worker against its goal", async () => {
  const [router] = await bundleBenchmark();
  expect(router).toMatchObject({ name: "bundle/router", unit: "KiB gzipped", goal: 112, atMost: true });
  expect(router?.value).toBeGreaterThan(50);
});

it("times each step from definitions to a router", () => {
  const measures = compileBenchmark([3]);
  expect(measures.map(({ name }) => name.split("/")[1])).toEqual([
    "understand",
    "compile",
    "check",
    "matrix",
    "router",
  ]);
  for (const { name, value } of measures) expect(value, name).toBeGreaterThan(0);
});

it("has committed results whose chart is the one that the README shows", () => {
  const results = readResults();
  expect(results?.measures.length).toBeGreaterThan(0);
  expect(readFileSync("docs/speed.svg", "utf8")).toBe(chart(results?.measures ?? []));
  for (const { name, value, goal, atMost, met: said } of results?.measures ?? []) {
    expect(said, name).toBe(goal === undefined ? undefined : atMost ? value <= goal : value >= goal);
  }
});
