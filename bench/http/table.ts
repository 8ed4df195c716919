/** A result as tables for people. */
import type { Measure } from "../report.js";
import { median, spreadOf } from "../support/statistics.js";
import type { Result } from "./benchmark.js";
import type { Slice } from "./measurement.js";
import { operations } from "./targets.js";

const heading = ["req/s", "p50 ms", "p90 ms", "p99 ms", "API+PG µs", "throughput", "", "CPU", ""];

const line = (name: string, cells: ReadonlyArray<string>): string =>
  (name.padEnd(20) + cells.map((cell) => cell.padStart(12)).join("")).trimEnd();

const figures = (slices: ReadonlyArray<Slice>): ReadonlyArray<string> => {
  const of = (key: keyof Slice): number => median(slices.map((slice) => slice[key]));
  return [
    of("perSecond").toFixed(0),
    of("p50").toFixed(1),
    of("p90").toFixed(1),
    of("p99").toFixed(1),
    `${of("api").toFixed(0)}+${of("postgres").toFixed(0)}`,
  ];
};

const range = (values: ReadonlyArray<number>): string =>
  spreadOf(values)
    .map((value) => value.toFixed(2))
    .join("–");

/** Each target beside the reference, which is 1: medians, with the least and the most. */
export const table = ({ reference, measured, skipped }: Result): string =>
  [
    ...operations.map((operation) =>
      [
        line(operation, heading),
        line("reference", figures(reference[operation])),
        ...measured
          .filter((each) => each.operation === operation)
          .map(({ target, pairs }) => {
            const ratios = [pairs.map((pair) => pair.throughputRatio), pairs.map((pair) => pair.cpuRatio)];
            return line(target, [
              ...figures(pairs),
              ...ratios.flatMap((values) => [median(values).toFixed(2), range(values)]),
            ]);
          }),
      ].join("\n"),
    ),
    ...skipped.map(({ target, reason }) => `${target} was skipped: ${reason}`),
  ].join("\n\n");

export const goalTable = (measures: ReadonlyArray<Measure>): string =>
  measures
    .map(({ name, value, unit, goal, atMost, met, spread: [least, most] = [value, value] }) =>
      [
        met ? "met " : "open",
        `${value.toFixed(2)} ${unit}`.padStart(9),
        `(${least.toFixed(2)}–${most.toFixed(2)})`.padEnd(15),
        `${atMost ? "at most" : "at least"} ${goal}`.padEnd(13),
        name,
      ].join("  "),
    )
    .join("\n");
