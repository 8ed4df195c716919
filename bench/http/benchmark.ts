/**
 * `httpBenchmark`: a server, the same rows behind every target, and slices of each.
 *
 * Invariant: only targets that serve the right rows to the right people are measured, and nothing outlives the run.
 */
import { buildTargets } from "./build.js";
import { type Running, start } from "./child.js";
import { startCluster } from "./cluster.js";
import { prepareDatabases } from "./databases.js";
import { isolationFaults } from "./isolation.js";
import { type Measurement, measureAll } from "./measurement.js";
import { installPeers, peers as others } from "./peers.js";
import { reference, type Target, targets } from "./targets.js";
import { fullSize, type Size } from "./world.js";

export interface Options {
  /** Names of targets beside the reference; all of them without it. */
  readonly only?: ReadonlyArray<string>;
  /** Slices of each target and operation. */
  readonly slices?: number;
  readonly seconds?: number;
  /** Whether to measure what others use as well; installs it where it is not. */
  readonly peers?: boolean;
  readonly size?: Size;
}

/** A measurement, and who could not take part. */
export interface Result extends Measurement {
  readonly skipped: ReadonlyArray<{ readonly target: string; readonly reason: string }>;
}

const reasonOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));

/** @throws Error for a name that no target has, and for a target of ours that does not serve the right rows. */
export const httpBenchmark = async ({
  only,
  slices = 3,
  seconds = 1.2,
  peers = false,
  size = fullSize,
}: Options = {}): Promise<Result> => {
  const all = [...targets, ...(peers ? others : [])];
  const unknown = only?.find((name) => !all.some((target) => target.name === name));
  if (unknown !== undefined) {
    throw new RangeError(`No target is called ${unknown}; there are ${all.map(({ name }) => name).join(", ")}.`);
  }
  const isChosen = ({ name }: Target): boolean => only === undefined || only.includes(name);
  const own = [reference, ...targets.filter(isChosen)];
  const skipped: Array<{ readonly target: string; readonly reason: string }> = [];
  const skip = ({ name }: Target, cause: unknown): void => void skipped.push({ target: name, reason: reasonOf(cause) });
  let rivals = peers ? others.filter(isChosen) : [];
  const installed =
    rivals.length === 0
      ? undefined
      : await installPeers().catch((cause: unknown) => {
          for (const rival of rivals) skip(rival, cause);
          rivals = [];
          return undefined;
        });
  await buildTargets(own.map(({ module }) => module));
  const cluster = await startCluster();
  const started: Array<Running> = [];
  try {
    const connections = await prepareDatabases(cluster, size);
    const begin = async (target: Target): Promise<void> => {
      const running = await start(target, connections, installed?.node);
      const faults = await isolationFaults(target, running.send, size);
      if (faults.length > 0) {
        await running.stop();
        throw new Error(`${target.name} does not serve the right rows:\n${faults.join("\n")}`);
      }
      started.push(running);
    };
    for (const target of own) await begin(target);
    for (const target of rivals) await begin(target).catch((cause: unknown) => skip(target, cause));
    const [first, ...running] = started;
    if (first === undefined) throw new Error("There is no reference.");
    const measurement = await measureAll({
      reference: first,
      running,
      postgres: cluster.pid,
      size,
      slices,
      seconds,
    });
    return { ...measurement, skipped };
  } finally {
    await Promise.all(started.map((running) => running.stop()));
    await cluster.stop();
  }
};
