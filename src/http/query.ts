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
  readonly filters: ReadonlyArray<{ readonly column: WireColumn; readonly value: string }>;
  readonly sort: ReadonlyArray<{ readonly column: WireColumn; readonly descending: boolean }>;
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

const integerIn = (text: string, minimum: number, maximum: number): number | undefined => {
  const value = Number(text);
  return /^\d{1,10}$/.test(text) && value >= minimum && value <= maximum ? value : undefined;
};

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
  const wrong = (field: string, message: string | (() => string)): undefined => {
    found.add(message, field);
    return undefined;
  };
  const one = (name: string): string | undefined => {
    const values = parameters.get(name);
    if (!values) return undefined;
    return values.length === 1 ? values[0] : wrong(name, "is given more than once");
  };

  for (const name of malformed) wrong(name, "is not percent-encoded UTF-8");

  const limitText = one("limit");
  const limit =
    limitText === undefined
      ? limits.default
      : (integerIn(limitText, 1, limits.max) ?? wrong("limit", `must be an integer from 1 to ${limits.max}`));
  const offsetText = one("offset");
  const offset =
    offsetText === undefined
      ? 0
      : (integerIn(offsetText, 0, maxOffset) ?? wrong("offset", `must be an integer from 0 to ${maxOffset}`));
  const totalText = one("total");
  if (totalText !== undefined && totalText !== "true" && totalText !== "false") {
    wrong("total", "must be true or false");
  }

  const sortText = one("sort");
  const sort = (sortText === undefined ? [] : sortText.split(",")).flatMap((part) => {
    const descending = part.startsWith("-");
    const name = descending ? part.slice(1) : part;
    const column = byKey.get(name);
    if (column) return [{ column, descending }];
    wrong("sort", () => `cannot sort by "${quote(name)}". ${hint(name, names)}`);
    return [];
  });
  const sorted = new Set<WireColumn>();
  for (const { column } of sort) {
    if (sorted.has(column)) wrong("sort", () => `names "${column.key}" twice`);
    sorted.add(column);
  }

  const unknown = (name: string): string =>
    columns.some(({ key }) => key === name)
      ? "is of a type that cannot be filtered by"
      : `is not a parameter. ${hint(name, [...names, ...pageParameters])}`;
  const filters = [...parameters.keys()].flatMap((name) => {
    if (pageParameters.includes(name)) return [];
    const column = byKey.get(name);
    if (!column) {
      wrong(name, () => unknown(name));
      return [];
    }
    const value = one(name);
    if (value === undefined) return [];
    const fault = valueCheck(column, value);
    if (fault !== undefined) return wrong(name, fault) ?? [];
    return [{ column, value }];
  });

  if (found.count > 0 || limit === undefined || offset === undefined) return Effect.fail(found.as("invalid_query"));
  const rest = tieBreak.filter((column) => !sorted.has(column));
  return Effect.succeed({
    filters,
    sort: [...sort, ...rest.map((column) => ({ column, descending: false }))],
    limit,
    offset,
    total: totalText === "true",
  });
};
