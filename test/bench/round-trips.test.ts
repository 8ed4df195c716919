/** The benchmark of round trips counts what is there. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { operations, type RoundTripsReport, roundTripsBenchmark } from "../../bench/round-trips/run.js";
import { type FreshPostgres, freshPostgres } from "../support/databases.js";

let server: FreshPostgres;
let report: RoundTripsReport;
beforeAll(async () => {
  server = await freshPostgres();
  report = await roundTripsBenchmark(server, { eachWayMs: 10, rounds: 2 });
});
afterAll(() => server?.close());

const counted = (code: string, driver: string): ReadonlyArray<number> =>
  operations.map(
    (operation) =>
      report.rows.find((row) => row.code === code && row.driver === driver && row.operation === operation)
        ?.roundTrips ?? 0,
  );

it.each(["node-postgres", "postgres.js", "neon websocket", "neon http"])(
  "counts one for the router on %s",
  (driver) => {
    expect(counted("hedgerow", driver)).toEqual([1, 1, 1]);
  },
);

it.each(["node-postgres", "postgres.js"])("counts several for hand-written code on %s", (driver) => {
  expect(Math.min(...counted("hand-written, where", driver))).toBeGreaterThan(1);
  expect(Math.min(...counted("hand-written, policy", driver))).toBeGreaterThan(
    Math.max(...counted("hand-written, where", driver)),
  );
});

it("sees in the time of each request what it counts", () => {
  for (const row of report.rows) {
    // A slow moment of the machine adds to a time and takes nothing from it.
    expect(row.milliseconds, `${row.code} on ${row.driver}`).toBeGreaterThan(20 * row.roundTrips);
  }
});

it("holds the router to its goal and hand-written code to none", () => {
  expect(report.measures.length).toBe(report.rows.length);
  for (const { name, met } of report.measures)
    expect(met, name).toBe(/^round-trips\/hedgerow\//.test(name) || undefined);
});
