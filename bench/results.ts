/**
 * The figures of the last run of each benchmark, in `bench/results.json`.
 *
 * Invariant: the file holds one run of each benchmark, whole; README and chart are made of it and of nothing else.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { type Measure, measure } from "./report.js";

export interface Results {
  /** Of the last run of any. */
  readonly date: string;
  readonly machine: { readonly cpu: string; readonly cores: number; readonly node: string };
  readonly measures: ReadonlyArray<Measure>;
}

const path = fileURLToPath(new URL("results.json", import.meta.url));

/** @returns undefined before the first run. */
export const readResults = (): Results | undefined =>
  existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : undefined;

const benchmarkOf = ({ name }: Measure): string => name.split("/")[0] ?? name;

/** @returns the results with what was measured in place of what the same benchmarks had measured before. */
export const withMeasures = (
  before: ReadonlyArray<Measure>,
  measured: ReadonlyArray<Measure>,
): ReadonlyArray<Measure> => {
  const again = new Set(measured.map(benchmarkOf));
  return [...before.filter((each) => !again.has(benchmarkOf(each))), ...measured];
};

/** Four digits say what can be said. */
const rounded = (value: number): number => Number(value.toPrecision(4));

const shortened = ({ name, value, unit, met: _met, spread, ...options }: Measure): Measure =>
  measure(name, Number.isInteger(value) ? value : rounded(value), unit, {
    ...options,
    ...(spread && { spread: [rounded(spread[0]), rounded(spread[1])] as const }),
  });

export const writeResults = (measured: ReadonlyArray<Measure>): Results => {
  const [first, ...others] = cpus();
  const results: Results = {
    date: new Date().toISOString().slice(0, 10),
    machine: { cpu: first?.model ?? "unknown", cores: others.length + 1, node: process.version },
    measures: withMeasures(readResults()?.measures ?? [], measured.map(shortened)),
  };
  writeFileSync(path, `${JSON.stringify(results, null, 2)}\n`);
  return results;
};
