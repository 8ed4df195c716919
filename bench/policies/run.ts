/**
 * What the policies cost beside the same WHERE written by hand.
 *
 *     npm run bench -- policies
 *
 * Invariant: both statements read the same rows of the same table, both are prepared, and they are timed in turns. The
 * context's constant is the time of the helpers that the guarded statement ran, as often as it ran them (`EXPLAIN` says so),
 * as a statement of their own without a table, less the time of `select 1`. The ratio is
 * (guarded - constant) / hand-written, of medians.
 */
import type { FreshPostgres } from "../../test/support/cluster.js";
import { type Measure, measure } from "../report.js";
import { median, percentile, spreadOf } from "../support/statistics.js";
import { type Pattern, patterns, people } from "./patterns.js";
import { constantOf, type Explained, explain, mostEvaluations } from "./plan.js";
import { prepare, sample } from "./sampler.js";
import { type IdentityKind, openWorld, type PoliciesWorld } from "./world.js";

export interface PoliciesOptions {
  readonly rows: number;
  /** How many times a statement is timed, where the time allows it. */
  readonly samples: number;
  /** For how many milliseconds the statements of a figure may be timed. */
  readonly budgetMs: number;
}

/** `page`: the first rows, as a list of the API. `all`: every row that the caller can see, looked at. */
export const shapes = {
  page: (table: string, where: string) => `select * from ${table}${where} order by id limit 51`,
  all: (table: string, where: string) => `select count(title) from ${table}${where}`,
} as const;
export type Shape = keyof typeof shapes;

export interface PolicyFigures {
  readonly identity: IdentityKind;
  readonly pattern: Pattern;
  readonly shape: Shape;
  /** In microseconds. */
  readonly guarded: { readonly p50: number; readonly p99: number };
  readonly handWritten: { readonly p50: number; readonly p99: number };
  readonly constant: number;
  readonly ratio: number;
  /** The least and the greatest ratio of the rounds. */
  readonly spread: readonly [number, number];
  readonly rows: number;
  readonly explained: Explained;
  /** How often the helper that was evaluated most often was. */
  readonly evaluations: number;
  readonly calls: ReadonlyMap<string, number>;
}

export interface PoliciesReport {
  readonly figures: ReadonlyArray<PolicyFigures>;
  readonly measures: ReadonlyArray<Measure>;
}

const rounds = 7;

const figuresOf = async (
  world: PoliciesWorld,
  identity: IdentityKind,
  pattern: Pattern,
  shape: Shape,
  options: PoliciesOptions,
): Promise<PolicyFigures> => {
  const statement = shapes[shape];
  const guardedText = statement(pattern.table, "");
  const person = people[pattern.caller];
  const client = await world.actAs(person);
  try {
    const explained = await explain(client, guardedText);
    const guarded = await prepare(client, guardedText);
    const hand = await prepare(world.bypass, statement(pattern.table, ` where ${pattern.where}`), pattern.parameters);
    const constant = await prepare(client, constantOf(explained.evaluations));
    const nothing = await prepare(client, "select 1");
    const works = [guarded, hand, constant, nothing];

    const answers = await Promise.all([client.query(guarded.execute), world.bypass.query(hand.execute)]);
    const [seen, expected] = answers.map(({ rows }) => JSON.stringify(rows));
    if (seen !== expected) throw new Error(`${pattern.name}: the WHERE by hand does not say what the rule says.`);

    // After five times Postgres has decided whether it keeps a plan.
    const warm: Array<number> = [];
    for (const work of works) warm.push(...(await sample(work, 8)).slice(6));
    const onceMs = warm.reduce((sum, time) => sum + time, 0) / 2 / 1000;
    const times = Math.max(3, Math.round(Math.min(options.samples, options.budgetMs / onceMs) / rounds));
    const samples = works.map((): Array<number> => []);
    const ratios: Array<number> = [];
    for (let round = 0; round < rounds; round += 1) {
      const medians: Array<number> = [];
      for (const [index, work] of works.entries()) {
        const some = await sample(work, times);
        samples[index]?.push(...some);
        medians.push(median(some));
      }
      const [g = 0, h = 0, c = 0, n = 0] = medians;
      ratios.push((g - (c - n)) / h);
    }
    const [g = [], h = [], c = [], n = []] = samples;
    const constantTime = Math.max(0, median(c) - median(n));
    return {
      identity,
      pattern,
      shape,
      guarded: { p50: median(g), p99: percentile(g, 0.99) },
      handWritten: { p50: median(h), p99: percentile(h, 0.99) },
      constant: constantTime,
      ratio: (median(g) - constantTime) / median(h),
      spread: spreadOf(ratios),
      rows: options.rows,
      explained,
      evaluations: mostEvaluations(explained.evaluations),
      calls: await world.callsOf(person, guardedText),
    };
  } finally {
    await client.query("rollback");
    await client.end();
  }
};

const measuresOf = (figures: PolicyFigures): ReadonlyArray<Measure> => {
  const { identity, pattern, shape, guarded, handWritten, constant } = figures;
  const name = `policies/${identity}/${pattern.name.replace(/[^a-z]+/g, "-").replace(/-$/, "")}`;
  const time = (micros: number): string => `${micros.toFixed(0)} µs`;
  return [
    measure(`${name}/${shape}`, figures.ratio, "x hand-written", {
      goal: 1.05,
      atMost: true,
      spread: figures.spread,
      note: `guarded p50 ${time(guarded.p50)} p99 ${time(guarded.p99)}, by hand p50 ${time(handWritten.p50)} p99 ${time(handWritten.p99)}, constant ${time(constant)}`,
    }),
    ...(shape === "page"
      ? [
          measure(`${name}/evaluations`, figures.evaluations, "evaluations of a helper in a statement", {
            goal: 1,
            atMost: true,
            note: [...figures.calls].map(([helper, calls]) => `${helper} ${calls}`).join(", "),
          }),
        ]
      : []),
  ];
};

/** The table whose rows others point to. */
const parent = "by_organization";

const benchmarkIdentity = async (
  server: FreshPostgres,
  identity: IdentityKind,
  options: PoliciesOptions,
): Promise<ReadonlyArray<PolicyFigures>> => {
  const world = await openWorld(server, identity);
  try {
    const figures: Array<PolicyFigures> = [];
    let filled: string | undefined;
    for (const pattern of patterns) {
      if (pattern.table !== filled) {
        // One table at a time has rows, so that all of them are in memory.
        if (filled !== undefined && filled !== parent) await world.empty(filled);
        await world.fill(pattern.table, options.rows);
        filled = pattern.table;
      }
      for (const shape of ["page", "all"] as const) {
        figures.push(await figuresOf(world, identity, pattern, shape, options));
      }
    }
    return figures;
  } finally {
    await world.bypass.end();
  }
};

/** @param open gives an empty server each time. */
export const policiesBenchmark = async (
  open: () => Promise<FreshPostgres>,
  options: PoliciesOptions,
): Promise<PoliciesReport> => {
  const figures: Array<PolicyFigures> = [];
  for (const identity of ["live", "claims"] as const) {
    figures.push(...(await benchmarkIdentity(await open(), identity, options)));
  }
  return { figures, measures: figures.flatMap(measuresOf) };
};
