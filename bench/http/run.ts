/**
 * A get by id and a list of 20 over HTTP, against PostgreSQL on the same machine: 100 organizations, 1,000 users, 100,000
 * documents; Hedgerow between slices of code without any protection.
 *
 *     npx tsx --tsconfig tsconfig.source.json bench/http/run.ts --only hedgerow-claims --slices 3 --seconds 1
 *
 * `--only a,b` names targets, `--slices` how many each gets of each operation, `--seconds` how long one is, `--peers` adds
 * what others use (installed at the first time), `--full` measures longer.
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
  peers: values.peers ?? false,
  signal: interrupted.signal,
});
console.log(`${table(result)}\n\n${goalTable(goals(result))}`);
