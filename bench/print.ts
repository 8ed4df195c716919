/** Measures as lines for a terminal. */
import type { Measure } from "./report.js";

const number = (value: number): string =>
  Number.isInteger(value) ? String(value) : Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(2);

const goalOf = ({ goal, atMost }: Measure): string =>
  goal === undefined ? "" : `(goal: ${atMost ? "at most" : "at least"} ${number(goal)})`;

/** @example `✗ policies/live/owner/page  1.17 x hand-written, 1.13 to 1.37 (goal: at most 1.05)` */
export const line = (measure: Measure): string => {
  const { name, value, unit, met, spread, note } = measure;
  const mark = met === undefined ? " " : met ? "✓" : "✗";
  const range = spread === undefined ? "" : `, ${number(spread[0])} to ${number(spread[1])}`;
  const goal = goalOf(measure);
  return `${mark} ${name.padEnd(58)} ${number(value)} ${unit}${range}${goal && ` ${goal}`}${note === undefined ? "" : `\n    ${note}`}`;
};

/** Which goals are missed; every one by its name. */
export const verdict = (measures: ReadonlyArray<Measure>): string => {
  const held = measures.filter(({ met }) => met !== undefined);
  const missed = held.filter(({ met }) => met === false);
  const head = `${held.length - missed.length} of ${held.length} goals are met.`;
  if (missed.length === 0) return head;
  return [
    `${head} Missed:`,
    ...missed.map((each) => `  ${each.name}: ${number(each.value)} ${each.unit} ${goalOf(each)}`),
  ].join("\n");
};
