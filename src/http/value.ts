/**
 * Checks of JSON values, put together from smaller ones.
 *
 * Invariant: a check finds every fault of a value and where it is, and changes nothing. They are functions and no library
 * of schemas, because a Worker has to load whatever checks its bodies.
 */
import type { Findings } from "./findings.js";

/** @returns why a value cannot be one; undefined where it can. */
export type Fault = (value: unknown) => string | undefined;

/** Adds what is wrong with a value that stands at `found.at`. */
export type Check = (value: unknown, found: Findings) => void;

/** What a value must be, and whether one is that. */
export interface Rule<A> {
  readonly message: string;
  readonly accepts: (value: A) => boolean;
}

const typed =
  <A>(message: string, is: (value: unknown) => value is A) =>
  (...rules: ReadonlyArray<Rule<A>>): Fault =>
  (value) =>
    is(value) ? rules.find(({ accepts }) => !accepts(value))?.message : message;

export const textThat = typed("must be a text", (value): value is string => typeof value === "string");
export const numberThat = typed("must be a number", (value): value is number => typeof value === "number");
export const trueOrFalse: Fault = typed(
  "must be true or false",
  (value): value is boolean => typeof value === "boolean",
)();
export const anything: Fault = () => undefined;

export const having =
  (fault: Fault): Check =>
  (value, found) => {
    const message = fault(value);
    if (message !== undefined) found.add(message);
  };

export const arrayOf =
  (element: Check): Check =>
  (value, found) => {
    if (!Array.isArray(value)) return found.add("must be an array");
    const place = found.at.length;
    for (let index = 0; index < value.length; index += 1) {
      found.at[place] = index;
      element(value[index], found);
    }
    found.at.length = place;
  };

export const orNull =
  (check: Check): Check =>
  (value, found) => {
    if (value !== null) check(value, found);
  };

export const notNull =
  (check: Check): Check =>
  (value, found) =>
    value === null ? found.add("must not be null") : check(value, found);
