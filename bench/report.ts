/**
 * What a benchmark says: figures with their goals.
 *
 * Invariant: whether a goal is met is computed from the figure, here and nowhere else.
 */

export interface Measure {
  /** `benchmark/what`, with `/` between parts. */
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly goal?: number;
  /** The goal is an upper bound; else it is a lower one. */
  readonly atMost?: boolean;
  /** Absent where there is no goal. */
  readonly met?: boolean;
  /** The least and the greatest of the runs of which `value` is the median. */
  readonly spread?: readonly [number, number];
  readonly note?: string;
}

/** What may be said beside a figure. */
export type MeasureOptions = Pick<Measure, "goal" | "atMost" | "spread" | "note">;

/** @example measure("round-trips/node-postgres/get", 1, "round trips", { goal: 1, atMost: true }).met // true */
export const measure = (name: string, value: number, unit: string, options: MeasureOptions = {}): Measure => {
  const { goal, atMost = false } = options;
  return {
    name,
    value,
    unit,
    ...options,
    ...(goal !== undefined && { met: atMost ? value <= goal : value >= goal }),
  };
};
