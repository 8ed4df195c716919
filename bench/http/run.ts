/**
 * A get by id and a list of 20 over HTTP, against PostgreSQL on the same machine: 100 organizations, 1,000 users, 100,000
 * documents; Hedgerow between slices of code without any protection.
 *
 *     npx tsx --tsconfig tsconfig.source.json bench/http/run.ts --only hedgerow-claims --slices 3 --seconds 1
 *
 * `--only a,b` names targets; `--slices` says how many each gets of each operation (an odd number: the median is reported),
 * `--seconds` how long one is, `--warm-up` how many seconds come before the first. `--peers` adds what others use, installed
 * at the first time. `--full` measures longer.
 *
 * Invariant: figures of one run only; what counts is each target beside the reference of the same seconds.
 */
import { parseArgs } from "node:util";
import { httpBenchmark } from "./benchmark.js";
import { goals } from "./goals.js";
import { goalTable, table } from "./table.js";

const { values } = parseArgs({
  options: {
    only: { type: "string" },
    slices: { type: "string" },
    seconds: { type: "string" },
    "warm-up": { type: "string" },
    peers: { type: "boolean" },
    full: { type: "boolean" },
  },
});
const number = (text: string | undefined, otherwise: number): number => {
  const value = text === undefined ? otherwise : Number(text);
  if (!(value > 0)) throw new RangeError(`${text} is not a number above 0.`);
  return value;
};
const interrupted = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => interrupted.abort());
const result = await httpBenchmark({
  ...(values.only !== undefined && { only: values.only.split(",") }),
  slices: number(values.slices, values.full ? 7 : 3),
  seconds: number(values.seconds, values.full ? 2 : 1.2),
  warmUp: number(values["warm-up"], 2.5),
  peers: values.peers ?? false,
  signal: interrupted.signal,
});
console.log(`${table(result)}\n\n${goalTable(goals(result))}`);
