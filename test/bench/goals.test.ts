/** Goals of the HTTP benchmark: what is compared with what, and which side of a goal is the good one. */
import { expect, it } from "vitest";
import type { Result } from "../../bench/http/benchmark.js";
import { goals, measures } from "../../bench/http/goals.js";
import type { Pair, Slice } from "../../bench/http/measurement.js";

const slice: Slice = { perSecond: 100, p50: 1, p90: 2, p99: 3, api: 40, postgres: 60 };
const pair = (throughputRatio: number, cpuRatio: number): Pair => ({ ...slice, throughputRatio, cpuRatio });

const result: Result = {
  reference: { get: [slice], list: [slice] },
  measured: [
    { target: "hedgerow-claims", operation: "get", pairs: [pair(0.9, 1.3), pair(0.8, 1.1), pair(0.6, 1.2)] },
    { target: "drizzle-rls", operation: "get", pairs: [pair(0.3, 4), pair(0.2, 4), pair(0.2, 4)] },
    { target: "hedgerow-claims", operation: "list", pairs: [pair(0.9, 1.01)] },
  ],
  profiled: [{ target: "hedgerow-claims", operation: "list", shares: { effect: 4, node: 60.25, pg: 7 } }],
  skipped: [{ target: "remult", reason: "it did not start" }],
};

it("compares CPU with the reference beside it, and less is better", () => {
  expect(goals(result)).toContainEqual({
    name: "http/get/hedgerow-claims/cpu-of-reference",
    value: 1.2,
    unit: "x",
    goal: 1.2,
    atMost: true,
    met: true,
    spread: [1.1, 1.3],
  });
  expect(goals(result)).toContainEqual(
    expect.objectContaining({ name: "http/list/hedgerow-claims/cpu-of-reference", goal: 1, met: false }),
  );
});

it("compares throughput round by round, and more is better", () => {
  const [compared] = goals(result).filter(({ name }) => name.endsWith("throughput-of-drizzle-rls"));
  expect(compared).toMatchObject({ name: "http/get/hedgerow-claims/throughput-of-drizzle-rls", goal: 3, met: true });
  // 3, 4 and 3: a ratio of the two medians would be 4.
  expect(compared?.value).toBeCloseTo(3);
  expect(compared?.spread?.[1]).toBeCloseTo(4);
});

it("says what Effect takes of a request, and whose code takes the rest", () => {
  expect(goals(result)).toContainEqual({
    name: "http/list/hedgerow-claims/effect",
    value: 4,
    unit: "µs/request",
    goal: 10,
    atMost: true,
    met: true,
    note: "of the API's process: node 60.3, pg 7.0, effect 4.0",
  });
});

it("says nothing of a goal whose rival was not measured, but who was skipped and why", () => {
  expect(goals(result)).toHaveLength(4);
  expect(measures(result)).toContainEqual({
    name: "http/remult",
    value: 0,
    unit: "slices",
    note: "skipped: it did not start",
  });
});

it("gives every figure of every target, without goals", () => {
  const figures = measures(result).filter(({ name }) => name.startsWith("http/get/reference/"));
  expect(figures.map(({ name, value, unit }) => [name.split("/").at(-1), value, unit])).toEqual([
    ["perSecond", 100, "requests/s"],
    ["p50", 1, "ms"],
    ["p90", 2, "ms"],
    ["p99", 3, "ms"],
    ["api", 40, "µs/request"],
    ["postgres", 60, "µs/request"],
  ]);
  expect(figures.every((figure) => !("goal" in figure) && !("met" in figure))).toBe(true);
});
