/**
 * `httpBenchmark`: a server, the same rows behind every target, and slices of each.
 *
 * Invariant: only targets that serve the right rows to the right people are measured, and nothing outlives the run.
 */
import pg from "pg";
import { withPostgres } from "../support/postgres.js";
import { buildTargets } from "./build.js";
import { type Running, start } from "./child.js";
import { prepareDatabases } from "./databases.js";
import { isolationFaults } from "./isolation.js";
import { type Measurement, measureAll } from "./measurement.js";
import { generateFor, installPeers, peers as others, type Peer } from "./peers.js";
import { reference, type Target, targets } from "./targets.js";
import { fullSize, type Size } from "./world.js";

export interface Options {
  /** Names of targets beside the reference; all of them without it. */
  readonly only?: ReadonlyArray<string>;
  /** Slices of each target and operation. */
  readonly slices?: number;
  readonly seconds?: number;
  /** Seconds for which each is asked before anything counts. */
  readonly warmUp?: number;
  /** Whether to measure what others use as well; installs it where it is not. */
  readonly peers?: boolean;
  readonly size?: Size;
  /** Ends the run early, which then rejects. */
  readonly signal?: AbortSignal;
}

/** Who could not take part, and why. */
export interface Skipped {
  readonly target: string;
  readonly reason: string;
}

export interface Result extends Measurement {
  readonly skipped: ReadonlyArray<Skipped>;
}

/** Four databases would not fit into the memory that other benchmarks give; peers have pools of their own. */
const settings = `
shared_buffers = 512MB
max_connections = 300
`;

/** The process whose children serve the connections. */
const processOf = async (superuserUrl: string): Promise<number> => {
  const client = new pg.Client({ connectionString: superuserUrl });
  await client.connect();
  try {
    const { rows } = await client.query<{ text: string }>("select pg_read_file('postmaster.pid') as text");
    return Number.parseInt(rows[0]?.text ?? "", 10);
  } finally {
    await client.end();
  }
};

type Skip = (target: Target, cause: unknown) => void;

/** Those that can be had, and the Node.js that comes with them. */
const installed = async (
  rivals: ReadonlyArray<Peer>,
  skip: Skip,
): Promise<{ readonly node?: string; readonly rivals: ReadonlyArray<Peer> }> => {
  if (rivals.length === 0) return { rivals };
  try {
    return { node: await installPeers(), rivals };
  } catch (cause) {
    for (const rival of rivals) skip(rival, cause);
    return { rivals: [] };
  }
};

/** @throws Error for a name that no target has, and for a target of ours that does not serve the right rows. */
export const httpBenchmark = async ({
  only,
  slices = 3,
  seconds = 1.2,
  warmUp = 2.5,
  peers = false,
  size = fullSize,
  signal,
}: Options = {}): Promise<Result> => {
  const all = [...targets, ...(peers ? others : [])];
  const unknown = only?.find((name) => !all.some((target) => target.name === name));
  if (unknown !== undefined) {
    throw new RangeError(`No target is called ${unknown}; there are ${all.map(({ name }) => name).join(", ")}.`);
  }
  const isChosen = ({ name }: Target): boolean => only === undefined || only.includes(name);
  const own = [reference, ...targets.filter(isChosen)];
  const skipped: Array<Skipped> = [];
  const skip: Skip = ({ name }, cause) => {
    skipped.push({ target: name, reason: cause instanceof Error ? cause.message : String(cause) });
  };
  const { node, rivals } = await installed(peers ? others.filter(isChosen) : [], skip);
  await buildTargets(own.map(({ module }) => module));
  return withPostgres(async (open) => {
    const server = await open(settings);
    const connections = await prepareDatabases(server, size);
    const started: Array<Running> = [];
    const ready: Array<Running> = [];
    const begin = async (target: Target): Promise<void> => {
      const running = await start(target, connections, node);
      started.push(running);
      const faults = await isolationFaults(target, running.send, size);
      if (faults.length > 0) throw new Error(`${target.name} does not serve the right rows:\n${faults.join("\n")}`);
      ready.push(running);
    };
    try {
      for (const target of own) await begin(target);
      for (const rival of rivals) {
        try {
          await generateFor(rival);
          await begin(rival);
        } catch (cause) {
          skip(rival, cause);
        }
      }
      const [first, ...running] = ready;
      if (first === undefined) throw new Error("There is no reference.");
      const postgres = await processOf(server.superuserUrl);
      return {
        ...(await measureAll({ reference: first, running, postgres, size, slices, seconds, warmUp, signal })),
        skipped,
      };
    } finally {
      await Promise.all(started.map((running) => running.stop()));
    }
  });
};
