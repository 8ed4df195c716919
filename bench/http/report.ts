/** A measurement as a table for people. */
import type { Measurement, Slice } from "./measurement.js";
import { operations } from "./targets.js";

export const median = (values: ReadonlyArray<number>): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.floor(middle)] ?? Number.NaN) + (sorted[Math.ceil(middle - 1)] ?? Number.NaN)) / 2;
};

const columns = ["target", "req/s", "p50", "p90", "p99", "API+PG µs", "throughput", "", "CPU", ""];

export const table = ({ reference, measured }: Measurement): string =>
  operations
    .map((operation) => {
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
      const spread = (values: ReadonlyArray<number>): ReadonlyArray<string> => [
        median(values).toFixed(2),
        `${Math.min(...values).toFixed(2)}–${Math.max(...values).toFixed(2)}`,
      ];
      const lines = [
        columns,
        ["reference", ...figures(reference[operation])],
        ...measured
          .filter((each) => each.operation === operation)
          .map(({ target, pairs }) => [
            target,
            ...figures(pairs),
            ...spread(pairs.map((pair) => pair.throughputRatio)),
            ...spread(pairs.map((pair) => pair.cpuRatio)),
          ]),
      ];
      const text = lines.map(
        ([name = "", ...rest]) => name.padEnd(22) + rest.map((cell) => cell.padStart(11)).join(""),
      );
      return [operation, ...text].join("\n");
    })
    .join("\n\n");
