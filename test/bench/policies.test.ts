/** The benchmark of policies compares what it says it compares, and finds how often the caller is looked up and asked for. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { patterns } from "../../bench/policies/patterns.js";
import { constantOf, evaluationsIn, mostEvaluations, type PlanNode } from "../../bench/policies/plan.js";
import { policiesReport } from "../../bench/policies/report.js";
import { type PoliciesReport, policiesBenchmark } from "../../bench/policies/run.js";
import { type FreshPostgres, freshPostgres } from "../support/databases.js";

const servers: Array<FreshPostgres> = [];
let report: PoliciesReport;
beforeAll(async () => {
  const open = async () => {
    const server = await freshPostgres();
    servers.push(server);
    return server;
  };
  report = await policiesBenchmark(open, { rows: 2_000, samples: 20, budgetMs: 20 });
});
afterAll(() => Promise.all(servers.map((server) => server.close())));

describe("the benchmark of policies", () => {
  it("measures every pattern, for callers found live and for those whom tokens name", () => {
    for (const identity of ["live", "claims"] as const) {
      for (const shape of ["page", "all"] as const) {
        const names = report.figures
          .filter((figures) => figures.identity === identity && figures.shape === shape)
          .map(({ pattern }) => pattern.name);
        expect(names).toEqual(patterns.map(({ name }) => name));
      }
    }
  });

  it("compares guarded times with those of code written by hand, by a ratio with its goal", () => {
    const ratios = report.measures.filter(({ name }) => /\/(page|all)$/.test(name));
    expect(ratios.length).toBe(report.figures.length);
    for (const { name, value, goal, spread } of ratios) {
      expect(goal, name).toBe(1.05);
      expect(Number.isFinite(value), name).toBe(true);
      expect(spread?.every(Number.isFinite), name).toBe(true);
    }
    for (const { guarded, handWritten } of report.figures) {
      expect(Math.min(guarded.p50, handWritten.p50)).toBeGreaterThan(0);
      expect(guarded.p99).toBeGreaterThanOrEqual(guarded.p50);
    }
  });

  it("finds that a live caller is looked up once a request and a claimed one never, whatever the rules ask", () => {
    for (const { identity, pattern, shape, reads } of report.figures) {
      expect(reads.lookups, `${identity} ${pattern.name} ${shape}`).toBe(identity === "live" ? 1 : 0);
    }
    const lookups = report.measures.filter(({ name }) => name.endsWith("/lookups"));
    expect(lookups.map(({ goal }) => goal)).toEqual([...patterns.map(() => 1), ...patterns.map(() => 0)]);
  });

  it("finds that no mention of the caller is evaluated twice, over a page or over all rows", () => {
    for (const { identity, pattern, shape, evaluations } of report.figures) {
      expect(evaluations, `${identity} ${pattern.name} ${shape}`).toBe(pattern.table === "by_nothing" ? 0 : 1);
    }
    const evaluated = report.measures.filter(({ name }) => name.endsWith("/evaluations"));
    expect(evaluated).toHaveLength(2 * patterns.length);
    expect(evaluated.every(({ goal, met }) => goal === 1 && met)).toBe(true);
  });

  it("finds that a live caller's answers are behind a seal, that a claimed one's are not, and that a public table asks nobody", () => {
    const found = (identity: string, name: string) =>
      report.figures.find((each) => each.identity === identity && each.pattern.name === name);
    expect(found("live", "organization")?.reads.sealChecks).toBeGreaterThan(0);
    expect(found("claims", "organization")?.reads.sealChecks).toBe(0);
    expect(found("claims", "organization")?.explained.evaluations).not.toEqual([]);
    for (const identity of ["live", "claims"]) {
      expect(found(identity, "public")?.reads.sealChecks).toBe(0);
      expect(found(identity, "public")?.explained.evaluations).toEqual([]);
    }
  });

  it("says what a request takes before its statement", () => {
    const [live, claims] = report.contexts;
    expect(live?.identity).toBe("live");
    expect(live?.enter).toBeGreaterThan(0);
    expect(claims?.identity).toBe("claims");
    expect(claims?.enter).toBe(0);
    for (const { identity, prelude, together } of report.contexts) {
      expect(prelude).toBeGreaterThan(0);
      expect(together).toBeGreaterThanOrEqual(prelude);
      const measure = report.measures.find(({ name }) => name === `policies/${identity}/context`);
      expect(measure?.value).toBe(together);
      expect(measure?.goal).toBeUndefined();
    }
  });

  it("writes each plan down", () => {
    const text = policiesReport(report);
    expect(text.match(/^### /gm)).toHaveLength(report.figures.length);
    expect(text).toContain("InitPlan");
  });
});

describe("what a plan asks of the caller", () => {
  const plan: PlanNode = {
    "Actual Loops": 1,
    "Actual Rows": 2,
    Output: ["notes.id"],
    Filter: "((InitPlan 1).col1 AND (notes.user_id = hedgerow.get_user_id()))",
    "Rows Removed by Filter": 5,
    Plans: [
      { "Subplan Name": "InitPlan 1", "Actual Loops": 1, "Actual Rows": 1, Output: ["hedgerow.is_org_member()"] },
      { "Subplan Name": "InitPlan 2", "Actual Loops": 0, "Actual Rows": 0, Output: ["hedgerow.get_user_id()"] },
      { "Subplan Name": "InitPlan 3", "Actual Loops": 1, "Actual Rows": 1, Output: ["now()"] },
      {
        "Subplan Name": "InitPlan 4",
        "Actual Loops": 1,
        "Actual Rows": 1,
        Output: ["current_setting('hedgerow.org_id'::text, true)"],
      },
    ],
  };

  it("is what its InitPlans evaluate, in calls or in their place, and what its filters evaluate for each row", () => {
    expect(evaluationsIn(plan).map(({ loops, perRow }) => [loops, perRow])).toEqual([
      [7, true],
      [1, false],
      [0, false],
      [1, false],
    ]);
  });

  it("counts the mention that was evaluated most often", () => {
    expect(mostEvaluations(evaluationsIn(plan))).toBe(7);
    expect(mostEvaluations(evaluationsIn(plan).filter(({ perRow }) => !perRow))).toBe(1);
    expect(mostEvaluations([])).toBe(0);
  });

  it("is a constant as far as it was asked once", () => {
    expect(constantOf(evaluationsIn(plan))).toBe(
      "select (select hedgerow.is_org_member()), (select current_setting('hedgerow.org_id'::text, true))",
    );
    expect(constantOf([])).toBe("select 1");
  });
});
