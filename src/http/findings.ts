/**
 * What is wrong with the input of a request.
 *
 * Invariant: bounded, whatever was sent. So many faults are told and the rest is counted, a message quotes the beginning of
 * what it is about, and nobody looks for the name that was meant by something too long to be one.
 */
import { nearest } from "../condition/nearest.js";
import { type FieldProblem, type ProblemDetailsCode, problem, type RequestProblem } from "./problem.js";

/** How many faults an answer names. */
const mostFaults = 20;
/** How much of a name or a value an answer repeats. */
const longestQuote = 100;
/** How many characters a list of what would be right may take. */
const longestList = 1_000;

/** @returns the text, or its beginning and `…`. */
export const quote = (text: string, most = longestQuote): string =>
  text.length <= most ? text : `${text.slice(0, most).replace(/[\ud800-\udbff]$/, "")}…`;

/** `id, title` */
export const listed = (names: ReadonlyArray<string>): string => quote(names.join(", "), longestList);

/** `Did you mean "title"? Valid are: id, title.` */
export const hint = (wrong: string, names: ReadonlyArray<string>): string => {
  const { length } = wrong;
  // Only what is about as long can have been meant, so that many long names cost little.
  const alike = names.filter((name) => 2 * name.length >= length && name.length <= 2 * length);
  const best = nearest(wrong, alike);
  const valid = names.length === 0 ? "There are none." : `Valid are: ${listed(names)}.`;
  return best === undefined ? valid : `Did you mean "${best}"? ${valid}`;
};

export class Findings {
  /** Where the value stands that is looked at: a field, then places in arrays. */
  readonly at: Array<string | number> = [];
  readonly #errors: Array<FieldProblem> = [];
  #count = 0;

  /** How many there are, those that are not told included. */
  get count(): number {
    return this.#count;
  }

  /**
   * @param message what is wrong; a function is called only where it is told.
   * @param field where, unless it is `at`.
   */
  add(message: string | (() => string), field?: string): void {
    this.#count += 1;
    if (this.#count > mostFaults) return;
    this.#errors.push({
      field: quote(field ?? this.at.join(".")),
      message: typeof message === "string" ? message : message(),
    });
  }

  /** @returns the problem to answer with. */
  as(code: ProblemDetailsCode): RequestProblem {
    const rest = this.#count - this.#errors.length;
    return problem(code, {
      errors: this.#errors,
      ...(rest > 0 && { detail: `… and ${rest.toLocaleString("en-US")} more problem${rest === 1 ? "" : "s"}.` }),
    });
  }
}
