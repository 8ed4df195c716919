/** Limits that are none are refused where they are given, not at the first request. */
import { expect, it } from "vitest";
import { answerMsOf } from "../../src/database/deadline.js";

it.each([1.5, -1, Number.NaN, Number.POSITIVE_INFINITY, 2_147_483_648])("a limit of %s ms is none", (ms) => {
  expect(() => answerMsOf({ statementMs: ms, lockMs: 0 })).toThrow("timeouts.statementMs must be a whole number");
  expect(() => answerMsOf({ statementMs: 0, lockMs: ms })).toThrow("timeouts.lockMs must be a whole number");
});

it("no limit for a statement is no limit for its answer", () => {
  expect(answerMsOf({ statementMs: 0, lockMs: 0 })).toBe(0);
  expect(answerMsOf({ statementMs: 15_000, lockMs: 5_000 })).toBe(20_000);
});
