/**
 * Runs the benchmarks, says which goals are missed, and writes `bench/results.json` and what is made of it.
 *
 *     npm run bench                           all, at a modest size, in less than ten minutes
 *     npm run bench -- policies round-trips   some of them
 *     npm run bench -- --full                 at the large sizes, and with what others use
 *     npm run bench -- --peers                with what others use
 *
 * Invariant: benchmarks run one after the other, so that none has a part in another's figures, and one that fails does not
 * keep the others from running.
 */
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { bundleBenchmark } from "./bundle.js";
import { chart } from "./chart.js";
import { compileBenchmark } from "./compile.js";
import { httpBenchmark } from "./http/benchmark.js";
import { measures as httpMeasures } from "./http/goals.js";
import { policiesReport } from "./policies/report.js";
import { policiesBenchmark } from "./policies/run.js";
import { line, verdict } from "./print.js";
import type { Measure } from "./report.js";
import { writeResults } from "./results.js";
import { roundTripsBenchmark } from "./round-trips/run.js";
import { startBenchmark } from "./start/run.js";
import { withPostgres } from "./support/postgres.js";
import { typesBenchmark } from "./types/run.js";

interface Sizes {
  readonly full: boolean;
  readonly peers: boolean;
}

type Benchmark = (sizes: Sizes) => Promise<ReadonlyArray<Measure>>;

const file = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

const benchmarks: Readonly<Record<string, Benchmark>> = {
  http: async ({ full, peers }) =>
    httpMeasures(await httpBenchmark({ slices: full ? 9 : 5, seconds: full ? 2 : 1.2, peers })),
  "round-trips": ({ full }) =>
    withPostgres(async (open) => {
      const { measures } = await roundTripsBenchmark(await open(), { eachWayMs: 10, rounds: full ? 30 : 5 });
      return measures;
    }),
  policies: ({ full }) =>
    withPostgres(async (open) => {
      const report = await policiesBenchmark(open, {
        rows: full ? 1_000_000 : 100_000,
        samples: full ? 1_000 : 300,
        budgetMs: full ? 5_000 : 500,
      });
      writeFileSync(file("policies/report.md"), policiesReport(report));
      return report.measures;
    }),
  compile: async () => compileBenchmark([10, 100, 1000]),
  types: async () => typesBenchmark({ sizes: [10, 100] }),
  bundle: bundleBenchmark,
  start: ({ full }) =>
    withPostgres(async (open) => startBenchmark(await open(), { sizes: [10, 100], rounds: full ? 20 : 5 })),
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { full: { type: "boolean", default: false }, peers: { type: "boolean", default: false } },
});
const unknown = positionals.find((name) => !(name in benchmarks));
if (unknown !== undefined) {
  throw new RangeError(`No benchmark is called ${unknown}; there are ${Object.keys(benchmarks).join(", ")}.`);
}
// So that every server that was started ends with this process.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));

const measured: Array<Measure> = [];
const failures: Array<string> = [];
for (const [name, benchmark] of Object.entries(benchmarks)) {
  if (positionals.length > 0 && !positionals.includes(name)) continue;
  const start = performance.now();
  try {
    const measures = await benchmark({ full: values.full, peers: values.peers || values.full });
    measured.push(...measures);
    console.log(`\n${name} (${((performance.now() - start) / 1000).toFixed(0)} s)`);
    for (const measure of measures) console.log(line(measure));
  } catch (error) {
    failures.push(name);
    console.error(`\n${name} failed:`, error);
  }
}
const results = writeResults(measured);
writeFileSync(file("../docs/speed.svg"), chart(results.measures));
console.log(`\n${verdict(measured)}`);
if (failures.length > 0) {
  console.error(`Failed: ${failures.join(", ")}`);
  process.exitCode = 1;
}
