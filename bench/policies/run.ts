/**
 * What the policies cost beside the same WHERE written by hand.
 *
 *     npm run bench -- policies
 *
 * Invariant: both statements read the same rows of the same table, both are prepared, and they are timed in turns. The
 * context's constant is the time of the helpers that the guarded statement ran, as often as it ran them (`EXPLAIN` says so),
 * as a statement of their own without a table, less the time of `select 1`. The ratio is
 * (guarded - constant) / hand-written, of the means of the middle half, because Postgres's clock ticks in microseconds.
 */
import type { FreshPostgres } from "../../test/support/cluster.js";
import { type Measure, measure } from "../report.js";
import { median, middle, percentile, spreadOf } from "../support/statistics.js";
import { type Pattern, patterns, people } from "./patterns.js";
import { constantOf, type Explained, explain, mostEvaluations } from "./plan.js";
import { type Prepared, prepare, sample } from "./sampler.js";
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

/** A statement, and whether the policies hold for it. */
interface Work {
  readonly guarded: boolean;
  readonly prepared: Prepared;
}

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
    const by = (guarded: boolean, prepared: Prepared): Work => ({ guarded, prepared });
    const works = [
      by(true, await prepare(client, guardedText)),
      by(false, await prepare(client, statement(pattern.table, ` where ${pattern.where}`), pattern.parameters)),
      by(true, await prepare(client, constantOf(explained.evaluations))),
      by(true, await prepare(client, "select 1")),
    ];
    const answers: Array<string> = [];
    for (const { guarded, prepared } of works.slice(0, 2)) {
      await world.guard(client, guarded);
      answers.push(JSON.stringify((await client.query(prepared.execute)).rows));
    }
    if (answers[0] !== answers[1])
      throw new Error(`${pattern.name}: the WHERE by hand does not say what the rule says.`);

    const take = async ({ guarded, prepared }: Work, times: number): Promise<ReadonlyArray<number>> => {
      await world.guard(client, guarded);
      return sample(prepared, times);
    };
    // After five times Postgres has decided whether it keeps a plan.
    let onceMs = 0;
    for (const work of works) onceMs += median((await take(work, 10)).slice(6)) / 1000;
    const times = Math.max(3, Math.round(Math.min(options.samples, options.budgetMs / onceMs) / rounds));
    const samples = works.map((): Array<number> => []);
    const ratios: Array<number> = [];
    for (let round = 0; round < rounds; round += 1) {
      const middles = works.map(() => 0);
      const inOrder = [...works.entries()];
      for (const [index, work] of round % 2 === 0 ? inOrder : inOrder.reverse()) {
        const some = await take(work, times);
        samples[index]?.push(...some);
        middles[index] = middle(some);
      }
      const [g = 0, h = 0, c = 0, n = 0] = middles;
      ratios.push((g - (c - n)) / h);
    }
    const [g = [], h = [], c = [], n = []] = samples;
    const constant = Math.max(0, middle(c) - middle(n));
    return {
      identity,
      pattern,
      shape,
      guarded: { p50: median(g), p99: percentile(g, 0.99) },
      handWritten: { p50: median(h), p99: percentile(h, 0.99) },
      constant,
      ratio: (middle(g) - constant) / middle(h),
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
    await world.close();
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
