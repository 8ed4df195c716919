/** The benchmark of policies compares what it says it compares, and finds how often helpers run. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { patterns } from "../../bench/policies/patterns.js";
import { constantOf, mostEvaluations } from "../../bench/policies/plan.js";
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

  it("finds as many calls of helpers in a statement over all rows as in one over a page", () => {
    for (const figures of report.figures) {
      const page = report.figures.find(
        ({ identity, pattern, shape }) =>
          identity === figures.identity && pattern === figures.pattern && shape === "page",
      );
      expect([...figures.calls], `${figures.identity} ${figures.pattern.name}`).toEqual([...(page?.calls ?? [])]);
    }
  });

  it("finds that a live caller is looked up, that a claimed one is not, and that a public table asks nobody", () => {
    const callsOf = (identity: string, name: string) =>
      report.figures.find((each) => each.identity === identity && each.pattern.name === name)?.calls ?? new Map();
    expect(callsOf("live", "organization").get("caller")).toBeGreaterThan(0);
    expect(callsOf("claims", "organization").get("caller")).toBeUndefined();
    expect(callsOf("claims", "organization").get("get_active_org_id")).toBeGreaterThan(0);
    expect([...callsOf("live", "public")]).toEqual([]);
  });

  it("writes each plan down", () => {
    const text = policiesReport(report);
    expect(text.match(/^### /gm)).toHaveLength(report.figures.length);
    expect(text).toContain("InitPlan");
  });
});

describe("the constant of a context", () => {
  const evaluations = [
    { expression: "hedgerow.get_user_id()", loops: 1 },
    { expression: "hedgerow.has_any_role('{admin}'::text[])", loops: 0 },
    { expression: "hedgerow.get_user_id()", loops: 1 },
  ];

  it("runs the helpers that ran, as often as they did", () => {
    expect(constantOf(evaluations)).toBe("select (select hedgerow.get_user_id()), (select hedgerow.get_user_id())");
    expect(constantOf([])).toBe("select 1");
  });

  it("goes with the count of the one that ran most often", () => {
    expect(mostEvaluations(evaluations)).toBe(2);
    expect(mostEvaluations([])).toBe(0);
  });
});
