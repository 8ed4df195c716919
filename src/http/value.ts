/**
 * Checks of JSON values, put together from smaller ones.
 *
 * Invariant: a check names every fault of a value and where it is, and changes nothing. They are functions and no library
 * of schemas, because a Worker has to load whatever checks its bodies.
 */
import type { FieldProblem } from "./problem.js";

/** @returns what is wrong with a value that was found at `field`; nothing where it is fine. */
export type Check = (value: unknown, field: string) => ReadonlyArray<FieldProblem>;

/** What a value must be, and whether one is that. */
export interface Rule<A> {
  readonly message: string;
  readonly accepts: (value: A) => boolean;
}

const typed =
  <A>(message: string, is: (value: unknown) => value is A) =>
  (...rules: ReadonlyArray<Rule<A>>): Check =>
  (value, field) =>
    is(value)
      ? rules.filter(({ accepts }) => !accepts(value)).map((rule) => ({ field, message: rule.message }))
      : [{ field, message }];

export const textThat = typed("must be a text", (value): value is string => typeof value === "string");
export const numberThat = typed("must be a number", (value): value is number => typeof value === "number");
export const trueOrFalse: Check = typed(
  "must be true or false",
  (value): value is boolean => typeof value === "boolean",
)();
export const anything: Check = () => [];

export const arrayOf =
  (element: Check): Check =>
  (value, field) =>
    Array.isArray(value)
      ? value.flatMap((item, index) => element(item, `${field}.${index}`))
      : [{ field, message: "must be an array" }];

export const orNull =
  (check: Check): Check =>
  (value, field) =>
    value === null ? [] : check(value, field);

export const notNull =
  (check: Check): Check =>
  (value, field) =>
    value === null ? [{ field, message: "must not be null" }] : check(value, field);
