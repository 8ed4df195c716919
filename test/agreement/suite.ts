/**
 * The agreement of the interpreters, on one database.
 *
 * HEDGEROW_AGREEMENT_RUNS is the number of cases (one set of rules, one caller, all rows), HEDGEROW_AGREEMENT_SEED makes
 * a run happen again; a failure prints the seed.
 */
import fc from "fast-check";
import { DefinitionError } from "hedgerow";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { agree, conditionNames, plainJson, type Understood, understandRules } from "./agree.js";
import { callers as liveCallers, type TestCaller } from "./callers.js";
import { claimedCallers } from "./claimed.js";
import { parentRows, sampleRows } from "./rows.js";
import { comparable, type RuleSet, ruleSet } from "./rules.js";
import { type Known, openWorld, type Target, type World } from "./world.js";

const callersPerRuleSet = 4;
const rowsInItems = 50;
const otherRows = 40;

const numberFrom = (variable: string, otherwise: number): number => {
  const text = process.env[variable];
  if (text === undefined || text === "") return otherwise;
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new Error(`${variable} is not a whole number: ${text}`);
  return value;
};

/** Undefined where the rules contradict themselves; any other problem is a bug of the generator or of `compile`. */
const understoodOrContradictory = (rules: RuleSet): Understood | undefined => {
  try {
    return understandRules(rules);
  } catch (error) {
    if (error instanceof DefinitionError && error.problems.every(({ code }) => code === "contradiction")) {
      return undefined;
    }
    throw error;
  }
};

class Tally {
  readonly #counts = new Map<string, number>();
  add(name: string, by = 1): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + by);
  }
  of(name: string): number {
    return this.#counts.get(name) ?? 0;
  }
  toString(): string {
    return [...this.#counts]
      .sort()
      .map(([name, count]) => `${name}: ${count}`)
      .join("\n");
  }
}

const operators = [
  "equals",
  "notEquals",
  "lessThan",
  "lessThanOrEqual",
  "greaterThan",
  "greaterThanOrEqual",
  "in",
  "notIn",
  "isNull",
];

const words = ["ctx.claims.", '"roles"', '"userRoles"', '"not"', '"and"', '"or"', "PUBLIC", "AUTHENTICATED"];

/**
 * @param known how callers are known.
 * @param share of the usual number of cases.
 */
export const agreementSuite = (target: Target, known: Known = "live", share = 1): void => {
  describe(`every interpreter gives the same answer on ${target}, callers being ${known === "live" ? "looked up" : "named by tokens"}`, () => {
    const callers: ReadonlyArray<TestCaller> = known === "live" ? liveCallers : claimedCallers;
    const seed = numberFrom("HEDGEROW_AGREEMENT_SEED", Date.now() % 2147483647);
    const runs = Math.ceil((share * numberFrom("HEDGEROW_AGREEMENT_RUNS", 2000)) / callersPerRuleSet);
    const rows = sampleRows(seed, rowsInItems + otherRows);
    const tally = new Tally();
    let world: World;

    beforeAll(async () => {
      world = await openWorld(
        target,
        rows.map(({ sql }) => sql),
        rowsInItems,
        parentRows,
        known,
      );
    });
    afterAll(() => world?.close());

    const count = (rules: RuleSet, understood: Understood): void => {
      const text = JSON.stringify(rules, plainJson);
      for (const operator of operators) if (text.includes(`"${operator}"`)) tally.add(`operator ${operator}`);
      for (const { key } of comparable) if (text.includes(`"${key}"`)) tally.add(`column ${key}`);
      for (const word of words) if (text.includes(word)) tally.add(`word ${word}`);
      if (understood.mentionsParent) tally.add("word via");
    };

    it("evaluate, where and row-level security agree on every row, caller and command", async () => {
      const property = fc.asyncProperty(
        ruleSet,
        fc.uniqueArray(fc.constantFrom(...callers), { minLength: callersPerRuleSet, maxLength: callersPerRuleSet }),
        fc.nat({ max: 10_000 }),
        async (rules, someCallers, pick) => {
          const understood = understoodOrContradictory(rules);
          if (!understood) tally.add("contradictory");
          fc.pre(understood !== undefined);
          if (!understood) return;
          await world.install(understood.compiled);
          count(rules, understood);
          for (const caller of someCallers) {
            const outcome = await agree(world, understood, rows, rowsInItems, caller, pick);
            tally.add("cases");
            tally.add(`caller ${caller.name}`);
            tally.add(outcome.visible.length === 0 ? "cases without a visible row" : "cases with visible rows");
            if (outcome.visible.length > 0 && outcome.visible.length < rowsInItems)
              tally.add("cases that tell rows apart");
            for (const { about, expected } of outcome.attempts) {
              tally.add(
                `${about} ${expected === "refused" ? "refused" : /^0?$/.test(expected) ? "of nothing" : "accepted"}`,
              );
            }
            for (const name of conditionNames) {
              for (const truth of outcome.truths[name]) tally.add(`${name} is ${truth}`);
            }
          }
        },
      );
      await fc.assert(property, {
        seed,
        numRuns: runs,
        // Rules that contradict themselves are drawn again; should most of them be, the test would prove little.
        maxSkipsPerRun: 1,
        endOnFailure: process.env.HEDGEROW_AGREEMENT_SHRINK !== "yes",
        verbose: fc.VerbosityLevel.None,
        reporter: (details) => {
          if (!details.failed) return;
          const failure = details.errorInstance;
          throw new Error(
            `HEDGEROW_AGREEMENT_SEED=${seed} shows it again, after ${details.numRuns} rule sets (${details.numSkips} skipped).\n` +
              `${JSON.stringify(details.counterexample, plainJson, 2)}\n${failure instanceof Error ? failure.message : failure}`,
            { cause: failure },
          );
        },
      });
    }, 600_000);

    it("the cases were not degenerate", () => {
      const cases = tally.of("cases");
      expect(cases).toBeGreaterThanOrEqual(runs * callersPerRuleSet);
      expect(tally.of("contradictory"), "rules that contradict themselves").toBeLessThan(runs / 2);
      const atLeast = (share: number, ...names: ReadonlyArray<string>): void => {
        for (const name of names) expect(tally.of(name), `${name}\n${tally}`).toBeGreaterThanOrEqual(share * cases);
      };
      atLeast(0.2, "cases with visible rows", "cases without a visible row", "cases that tell rows apart");
      atLeast(0.2, "insert accepted", "insert refused", "update accepted", "update refused", "update of nothing");
      atLeast(0.2, "delete accepted", "delete of nothing");
      atLeast(1, ...conditionNames.flatMap((name) => [`${name} is true`, `${name} is false`, `${name} is null`]));
      atLeast(0.05, ...operators.map((name) => `operator ${name}`), ...comparable.map(({ key }) => `column ${key}`));
      atLeast(0.05, ...words.map((word) => `word ${word}`));
      atLeast(0.01, "word via");
      // With fewer cases and more callers each has a smaller part.
      atLeast(share === 1 ? 0.01 : 0.001, ...callers.map(({ name }) => `caller ${name}`));
    });
  });
};
