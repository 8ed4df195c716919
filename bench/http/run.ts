/**
 * A get by id and a list of 20 over HTTP, against PostgreSQL on the same machine: 100 organizations, 1,000 users, 100,000
 * documents; Hedgerow between slices of code without any protection.
 *
 *     npx tsx --tsconfig tsconfig.source.json bench/http/run.ts --only hedgerow-claims --slices 2 --seconds 1.5
 *
 * `--only a,b` names targets, `--slices` how many each gets of each operation, `--seconds` how long one is.
 */
import { parseArgs } from "node:util";
import { buildTargets } from "./build.js";
import { type Running, start } from "./child.js";
import { startCluster } from "./cluster.js";
import { prepareDatabases } from "./databases.js";
import { isolationFaults } from "./isolation.js";
import { type Measurement, measureAll } from "./measurement.js";
import { table } from "./report.js";
import { reference, targets } from "./targets.js";
import { fullSize } from "./world.js";

export interface Options {
  /** Names of targets; all of them without it. */
  readonly only?: ReadonlyArray<string>;
  readonly slices?: number;
  readonly seconds?: number;
}

/** @throws Error for a target that does not serve the right rows. */
export const httpBenchmark = async ({ only, slices = 3, seconds = 1.5 }: Options): Promise<Measurement> => {
  const unknown = only?.find((name) => !targets.some((target) => target.name === name));
  if (unknown !== undefined) throw new Error(`No target is called ${unknown}.`);
  const chosen = targets.filter(({ name }) => only === undefined || only.includes(name));
  await buildTargets([reference, ...chosen].map(({ module }) => module));
  const cluster = await startCluster();
  const started: Array<Running> = [];
  try {
    const size = fullSize;
    const connections = await prepareDatabases(cluster, size);
    for (const target of [reference, ...chosen]) {
      const running = await start(target, connections);
      started.push(running);
      const faults = await isolationFaults(target, running.send, size);
      if (faults.length > 0) throw new Error(`${target.name} serves wrong rows:\n${faults.join("\n")}`);
    }
    const [first, ...running] = started;
    if (first === undefined) throw new Error("There is no reference.");
    return await measureAll({ reference: first, running, postgres: cluster.pid, size, slices, seconds });
  } finally {
    await Promise.all(started.map((running) => running.stop()));
    await cluster.stop();
  }
};

if (process.argv[1]?.endsWith("run.ts")) {
  const { values } = parseArgs({
    options: { only: { type: "string" }, slices: { type: "string" }, seconds: { type: "string" } },
  });
  const result = await httpBenchmark({
    ...(values.only !== undefined && { only: values.only.split(",") }),
    ...(values.slices !== undefined && { slices: Number(values.slices) }),
    ...(values.seconds !== undefined && { seconds: Number(values.seconds) }),
  });
  console.log(table(result));
}
