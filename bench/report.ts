/**
 * What a benchmark says, as data.
 *
 * Invariant: a measure with a goal says whether it was met; one without a goal never does.
 */

export interface Measure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly goal?: number;
  readonly atMost?: boolean;
  readonly met?: boolean;
  readonly spread?: readonly [number, number];
  readonly note?: string;
}

/** Says whether the goal was met: a value of at least the goal, or of at most, where `atMost`. */
export const measure = (given: Omit<Measure, "met">): Measure => {
  const { goal, value, atMost = false } = given;
  return goal === undefined ? given : { ...given, met: atMost ? value <= goal : value >= goal };
};
