/**
 * The query of a list: equality filters, sort, page.
 *
 * Invariant: a parameter that is not understood is an error that names the nearest valid one, never ignored: a typo
 * in a filter must not return everything.
 */
import * as Effect from "effect/Effect";
import { Findings, hint, quote } from "./findings.js";
import type { Parameters } from "./parameters.js";
import type { RequestProblem } from "./problem.js";
import type { WireColumn } from "./wire.js";

export interface ListQuery {
  readonly filters: ReadonlyMap<WireColumn, string>;
  /** Whether downwards, in the order of the columns. */
  readonly sort: ReadonlyMap<WireColumn, boolean>;
  readonly limit: number;
  readonly offset: number;
  readonly total: boolean;
}

/** How many rows a list returns: without `limit`, and at most. */
export interface PageLimits {
  readonly default: number;
  readonly max: number;
}

const pageParameters = ["limit", "offset", "sort", "total"];
const maxOffset = 2147483647;

/** Why a text cannot be compared with a column; undefined where it can. */
export type ValueCheck = (column: WireColumn, value: string) => string | undefined;

/**
 * @param parameters the query as it was sent.
 * @param tieBreak columns that make the order of rows total: the primary key.
 */
export const parseListQuery = (
  { values: parameters, malformed }: Parameters,
  columns: ReadonlyArray<WireColumn>,
  tieBreak: ReadonlyArray<WireColumn>,
  limits: PageLimits,
  valueCheck: ValueCheck,
): Effect.Effect<ListQuery, RequestProblem> => {
  const found = new Findings();
  const comparable = columns.filter((column) => column.comparable);
  const byKey = new Map(comparable.map((column) => [column.key, column]));
  const names = [...byKey.keys()];
  const wrong = (field: string, message: string | (() => string)): void => found.add(message, field);
  const one = (name: string): string | undefined => {
    const [value, another] = parameters.get(name) ?? [];
    if (another === undefined) return value;
    wrong(name, "is given more than once");
    return undefined;
  };

  for (const name of malformed) wrong(name, "is not percent-encoded UTF-8");

  const integer = (name: string, unless: number, minimum: number, maximum: number): number => {
    const text = one(name);
    if (text === undefined) return unless;
    const value = /^\d{1,10}$/.test(text) ? Number(text) : -1;
    if (value < minimum || value > maximum) wrong(name, `must be an integer from ${minimum} to ${maximum}`);
    return value;
  };
  const limit = integer("limit", limits.default, 1, limits.max);
  const offset = integer("offset", 0, 0, maxOffset);
  const total = one("total") ?? "false";
  if (total !== "true" && total !== "false") wrong("total", "must be true or false");

  const sort = new Map<WireColumn, boolean>();
  for (const part of one("sort")?.split(",") ?? []) {
    const name = part.replace(/^-/, "");
    const column = byKey.get(name);
    if (!column) wrong("sort", () => `cannot sort by "${quote(name)}". ${hint(name, names)}`);
    else if (sort.has(column)) wrong("sort", () => `names "${name}" twice`);
    else sort.set(column, part !== name);
  }
  for (const column of tieBreak) if (!sort.has(column)) sort.set(column, false);

  const filters = new Map<WireColumn, string>();
  for (const name of parameters.keys()) {
    if (pageParameters.includes(name)) continue;
    const column = byKey.get(name);
    if (!column) {
      wrong(name, () =>
        columns.some(({ key }) => key === name)
          ? "is of a type that cannot be filtered by"
          : `is not a parameter. ${hint(name, [...names, ...pageParameters])}`,
      );
      continue;
    }
    const value = one(name);
    if (value === undefined) continue;
    const fault =
      value === "null" && !column.source.notNull
        ? "is the text null here; no filter finds what is empty"
        : valueCheck(column, value);
    if (fault !== undefined) wrong(name, fault);
    filters.set(column, value);
  }

  return found.count > 0
    ? found.as("invalid_query")
    : Effect.succeed({ filters, sort, limit, offset, total: total === "true" });
};
