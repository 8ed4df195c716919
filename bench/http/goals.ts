/**
 * Where to arrive, and whether that is where we are.
 *
 * Invariant: two targets are compared round by round, each as a part of the reference beside it, so that a slow second of
 * the machine counts for neither.
 */
import { type Measure, type MeasureOptions, measure } from "../report.js";
import { median, spreadOf } from "../support/statistics.js";
import type { Result } from "./benchmark.js";
import type { Pair, Slice } from "./measurement.js";
import { peers } from "./peers.js";
import type { Shares } from "./profile.js";
import { type Operation, operations } from "./targets.js";

/** CPU per request, as a part of the reference's. */
const cpuGoal: Readonly<Record<Operation, number>> = { get: 1.2, list: 1.0 };
/** Throughput, as a multiple of the rival's. */
const throughputGoals: ReadonlyArray<{
  readonly ours: string;
  readonly theirs: string;
  readonly goal: Readonly<Record<Operation, number>>;
}> = [
  { ours: "hedgerow-claims", theirs: "drizzle-rls", goal: { get: 3, list: 2 } },
  ...peers.map(({ name }) => ({ ours: "hedgerow-claims", theirs: name, goal: { get: 4, list: 2 } })),
  { ours: "hedgerow-session", theirs: "better-auth-drizzle", goal: { get: 3, list: 3 } },
];

/** What Effect's own functions may take of a request, in microseconds. */
const effectGoal = 10;

/** The greatest first. */
const sharesText = (shares: Shares): string =>
  Object.entries(shares)
    .sort(([, a], [, b]) => b - a)
    .map(([name, micros]) => `${name} ${micros.toFixed(1)}`)
    .join(", ");

/** @returns a measure for each goal whose targets were measured. */
export const goals = ({ measured, profiled }: Result): ReadonlyArray<Measure> => {
  const pairsOf = (target: string, operation: Operation): ReadonlyArray<Pair> =>
    measured.find((each) => each.target === target && each.operation === operation)?.pairs ?? [];
  const of = (name: string, values: ReadonlyArray<number>, options: MeasureOptions): ReadonlyArray<Measure> =>
    values.length === 0 ? [] : [measure(name, median(values), "x", { ...options, spread: spreadOf(values) })];
  const cpu = operations.flatMap((operation) =>
    of(
      `http/${operation}/hedgerow-claims/cpu-of-reference`,
      pairsOf("hedgerow-claims", operation).map(({ cpuRatio }) => cpuRatio),
      { goal: cpuGoal[operation], atMost: true },
    ),
  );
  const throughput = throughputGoals.flatMap(({ ours, theirs, goal }) =>
    operations.flatMap((operation) => {
      const rival = pairsOf(theirs, operation);
      const ratios = pairsOf(ours, operation).flatMap((pair, round) => {
        const other = rival[round];
        return other === undefined ? [] : [pair.throughputRatio / other.throughputRatio];
      });
      return of(`http/${operation}/${ours}/throughput-of-${theirs}`, ratios, { goal: goal[operation] });
    }),
  );
  const effect = profiled.map(({ target, operation, shares }) =>
    measure(`http/${operation}/${target}/effect`, shares.effect ?? 0, "µs/request", {
      goal: effectGoal,
      atMost: true,
      note: `of the API's process: ${sharesText(shares)}`,
    }),
  );
  return [...cpu, ...effect, ...throughput];
};

const units: Readonly<Record<keyof Slice, string>> = {
  perSecond: "requests/s",
  p50: "ms",
  p90: "ms",
  p99: "ms",
  api: "µs/request",
  postgres: "µs/request",
};
const figures = ["perSecond", "p50", "p90", "p99", "api", "postgres"] as const;

/** @returns the goals, every figure of every target, and who could not take part. */
export const measures = (result: Result): ReadonlyArray<Measure> => {
  const { reference, measured, skipped } = result;
  const of = (target: string, operation: Operation, slices: ReadonlyArray<Slice>): ReadonlyArray<Measure> =>
    figures.map((figure) => {
      const values = slices.map((slice) => slice[figure]);
      return measure(`http/${operation}/${target}/${figure}`, median(values), units[figure], {
        spread: spreadOf(values),
      });
    });
  return [
    ...goals(result),
    ...operations.flatMap((operation) => of("reference", operation, reference[operation])),
    ...measured.flatMap(({ target, operation, pairs }) => of(target, operation, pairs)),
    ...skipped.map(({ target, reason }) => measure(`http/${target}`, 0, "slices", { note: `skipped: ${reason}` })),
  ];
};
