/**
 * What the policies cost beside the same WHERE written by hand.
 *
 *     npm run bench -- policies
 *
 * Invariant: both statements read the same rows of the same table, both are prepared, and they are timed in turns, in a
 * transaction that knows its caller as a request's does. The constant is the time of what the guarded statement asked of the
 * caller, as often as it asked (`EXPLAIN` says so), as a statement of its own without a table, less the time of `select 1`. The
 * ratio is (guarded - constant) / hand-written, of the means of the middle half, because Postgres's clock ticks in
 * microseconds. What a request takes before its statement, the context, is a figure of its own and in no ratio.
 */
import type { FreshPostgres } from "../../test/support/cluster.js";
import { type Measure, measure } from "../report.js";
import { median, middle, percentile, spreadOf } from "../support/statistics.js";
import { type Pattern, patterns, people } from "./patterns.js";
import { constantOf, type Explained, explain, mostEvaluations, planText } from "./plan.js";
import { type Prepared, prepare, sample } from "./sampler.js";
import { type IdentityKind, openWorld, type PoliciesWorld, type Reads } from "./world.js";

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
  /** The plan of the statement by hand. */
  readonly handWrittenPlan: string;
  /** How often the mention of the caller that was evaluated most often was. */
  readonly evaluations: number;
  readonly reads: Reads;
}

/** What a request takes before its statement: medians, in microseconds. */
export interface ContextFigures {
  readonly identity: IdentityKind;
  readonly prelude: number;
  /** 0 for claims, where nothing is sent. */
  readonly enter: number;
  readonly together: number;
}

export interface PoliciesReport {
  readonly contexts: ReadonlyArray<ContextFigures>;
  readonly figures: ReadonlyArray<PolicyFigures>;
  readonly measures: ReadonlyArray<Measure>;
}

/** At most so many times the hand-written statement's. */
export const ratioGoal = 1.05;

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
    const byHand = await prepare(client, statement(pattern.table, ` where ${pattern.where}`), pattern.parameters);
    const works = [
      by(true, await prepare(client, guardedText)),
      by(false, byHand),
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
    await world.guard(client, false);
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
      handWrittenPlan: await planText(client, byHand.execute),
      evaluations: mostEvaluations(explained.evaluations),
      reads: await world.readsOf(person, guardedText),
    };
  } finally {
    await client.query("rollback");
    await client.end();
  }
};

const time = (micros: number): string => `${micros.toFixed(0)} µs`;

const nameOf = ({ identity, pattern }: PolicyFigures): string =>
  `policies/${identity}/${pattern.name.replace(/[^a-z]+/g, "-").replace(/-$/, "")}`;

const ratioOf = (figures: PolicyFigures): Measure => {
  const { shape, guarded, handWritten, constant } = figures;
  return measure(`${nameOf(figures)}/${shape}`, figures.ratio, "x hand-written", {
    goal: ratioGoal,
    atMost: true,
    spread: figures.spread,
    note: `guarded p50 ${time(guarded.p50)} p99 ${time(guarded.p99)}, by hand p50 ${time(handWritten.p50)} p99 ${time(handWritten.p99)}, constant ${time(constant)}`,
  });
};

/** @param shapes of one pattern; the worse counts. */
const countsOf = (shapes: ReadonlyArray<PolicyFigures>): ReadonlyArray<Measure> => {
  const [first] = shapes;
  if (first === undefined) return [];
  const worst = (count: (figures: PolicyFigures) => number): number => Math.max(...shapes.map(count));
  const mentions = worst(({ explained }) => explained.evaluations.length);
  const checks = worst(({ reads }) => reads.sealChecks);
  return [
    measure(
      `${nameOf(first)}/lookups`,
      worst(({ reads }) => reads.lookups),
      "lookups of the caller in a request",
      { goal: first.identity === "live" ? 1 : 0, atMost: true },
    ),
    measure(
      `${nameOf(first)}/evaluations`,
      worst(({ evaluations }) => evaluations),
      "evaluations of a mention of the caller in a statement",
      { goal: 1, atMost: true, note: `${mentions} mentions, ${checks} checks of the seal` },
    ),
  ];
};

const contextMeasure = ({ identity, prelude, enter, together }: ContextFigures): Measure =>
  measure(`policies/${identity}/context`, together, "µs before the statement", {
    note: `p50: prelude ${time(prelude)}, enter() ${time(enter)}`,
  });

/** The table whose rows others point to. */
const parent = "by_organization";

const benchmarkIdentity = async (
  server: FreshPostgres,
  identity: IdentityKind,
  options: PoliciesOptions,
): Promise<{ readonly context: ContextFigures; readonly figures: ReadonlyArray<PolicyFigures> }> => {
  const world = await openWorld(server, identity);
  try {
    const times = await world.contextTimes(people.member, options.samples);
    const context = {
      identity,
      prelude: median(times.map(({ prelude }) => prelude)),
      enter: median(times.map(({ enter }) => enter)),
      together: median(times.map(({ prelude, enter }) => prelude + enter)),
    };
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
    return { context, figures };
  } finally {
    await world.close();
  }
};

/** @param open gives an empty server each time. */
export const policiesBenchmark = async (
  open: () => Promise<FreshPostgres>,
  options: PoliciesOptions,
): Promise<PoliciesReport> => {
  const contexts: Array<ContextFigures> = [];
  const figures: Array<PolicyFigures> = [];
  const measures: Array<Measure> = [];
  for (const identity of ["live", "claims"] as const) {
    const measured = await benchmarkIdentity(await open(), identity, options);
    contexts.push(measured.context);
    figures.push(...measured.figures);
    measures.push(contextMeasure(measured.context));
    for (const pattern of patterns) {
      const shapes = measured.figures.filter((each) => each.pattern === pattern);
      measures.push(...shapes.map(ratioOf), ...countsOf(shapes));
    }
  }
  return { contexts, figures, measures };
};
