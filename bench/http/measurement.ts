/**
 * Slices of a target between slices of the reference.
 *
 * Invariant: a slice is compared only with the reference right before and right after it, because what else the machine
 * does changes from second to second.
 */

import type { Running } from "./child.js";
import { familyMicros, processMicros } from "./cpu.js";
import { type Client, encode, openClient } from "./load.js";
import type { Shares } from "./profile.js";
import { type Operation, operations, pageSize } from "./targets.js";
import { picks, type Size } from "./world.js";

/** What one slice showed. */
export interface Slice {
  readonly perSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  /** CPU per request, in microseconds. */
  readonly api: number;
  readonly postgres: number;
}

/** A slice, and what it is of the reference beside it. */
export interface Pair extends Slice {
  readonly throughputRatio: number;
  readonly cpuRatio: number;
}

export interface Measured {
  readonly target: string;
  readonly operation: Operation;
  readonly pairs: ReadonlyArray<Pair>;
}

/** Whose code a target runs for a request, in microseconds. */
export interface Profiled {
  readonly target: string;
  readonly operation: Operation;
  readonly shares: Shares;
}

export interface Measurement {
  /** Every slice of the reference, of each operation. */
  readonly reference: Readonly<Record<Operation, ReadonlyArray<Slice>>>;
  readonly measured: ReadonlyArray<Measured>;
  readonly profiled: ReadonlyArray<Profiled>;
}

export interface Plan {
  readonly reference: Running;
  readonly running: ReadonlyArray<Running>;
  /** Of the process whose children serve the database's connections. */
  readonly postgres: number;
  readonly size: Size;
  /** Slices of each target and operation. */
  readonly slices: number;
  readonly seconds: number;
  /** Seconds before the first slice of each target and operation: V8 compiles what runs often, Postgres plans once. */
  readonly warmUp: number;
  readonly signal: AbortSignal | undefined;
}

/** Whose processes are sampled, once all slices are done. */
const sampled = ["hedgerow-claims"];

/** Less than what a row's longest column alone has. */
const bytesPerRow = 288;

interface Subject extends Running {
  readonly requests: Readonly<Record<Operation, ReadonlyArray<Buffer>>>;
}

const clientOf = ({ port, requests }: Subject, operation: Operation): Promise<Client> =>
  openClient(port, requests[operation], bytesPerRow * (operation === "list" ? pageSize : 1));

const profileOf = async (subject: Subject, operation: Operation, seconds: number): Promise<Profiled> => {
  const client = await clientOf(subject, operation);
  try {
    let requests = 0;
    const shares = await subject.profile(async () => {
      ({ requests } = await client.run(seconds));
    });
    return {
      target: subject.target.name,
      operation,
      shares: Object.fromEntries(Object.entries(shares).map(([name, micros]) => [name, micros / requests])),
    };
  } finally {
    client.close();
  }
};

const slice = async (
  { postgres, signal }: Plan,
  subject: Subject,
  operation: Operation,
  seconds: number,
): Promise<Slice> => {
  signal?.throwIfAborted();
  const client = await clientOf(subject, operation);
  try {
    const used = () => Promise.all([processMicros(subject.pid), familyMicros(postgres)]);
    const [apiBefore, postgresBefore] = await used();
    const load = await client.run(seconds);
    const [apiAfter, postgresAfter] = await used();
    const percentile = (part: number): number => load.latencies[Math.floor((load.requests - 1) * part)] ?? Number.NaN;
    return {
      perSecond: load.requests / load.seconds,
      p50: percentile(0.5),
      p90: percentile(0.9),
      p99: percentile(0.99),
      api: (apiAfter - apiBefore) / load.requests,
      postgres: (postgresAfter - postgresBefore) / load.requests,
    };
  } finally {
    client.close();
  }
};

const cpu = ({ api, postgres }: Slice): number => api + postgres;

const pairOf = (before: Slice, own: Slice, after: Slice): Pair => ({
  ...own,
  throughputRatio: own.perSecond / ((before.perSecond + after.perSecond) / 2),
  cpuRatio: cpu(own) / ((cpu(before) + cpu(after)) / 2),
});

/** Warms everything up, then goes round and round. */
export const measureAll = async (plan: Plan): Promise<Measurement> => {
  const { size, slices, seconds, warmUp } = plan;
  const asked = picks(5000, size);
  const subjectOf = (running: Running): Subject => {
    const requests = (operation: Operation) => asked.map((pick) => encode(running.target.ask(operation, pick, size)));
    return { ...running, requests: { get: requests("get"), list: requests("list") } };
  };
  const reference = subjectOf(plan.reference);
  const running = plan.running.map(subjectOf);
  for (const each of [reference, ...running]) {
    for (const operation of operations) await slice(plan, each, operation, warmUp);
  }
  const references: Record<Operation, Array<Slice>> = { get: [], list: [] };
  const pairs = new Map<string, Array<Pair>>();
  const key = (name: string, operation: Operation): string => `${name} ${operation}`;
  for (let round = 0; round < slices; round += 1) {
    for (const operation of operations) {
      let before = await slice(plan, reference, operation, seconds);
      references[operation].push(before);
      for (const each of running) {
        const own = await slice(plan, each, operation, seconds);
        const after = await slice(plan, reference, operation, seconds);
        references[operation].push(after);
        const name = key(each.target.name, operation);
        pairs.set(name, [...(pairs.get(name) ?? []), pairOf(before, own, after)]);
        before = after;
      }
    }
  }
  const measured = running.flatMap(({ target }) =>
    operations.map((operation) => ({
      target: target.name,
      operation,
      pairs: pairs.get(key(target.name, operation)) ?? [],
    })),
  );
  const profiled: Array<Profiled> = [];
  for (const each of running) {
    if (!sampled.includes(each.target.name)) continue;
    for (const operation of operations) profiled.push(await profileOf(each, operation, seconds));
  }
  return { reference: references, measured, profiled };
};
