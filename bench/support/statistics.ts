/**
 * Figures of many samples.
 *
 * Invariant: what is compared is measured in turns, so that what else the machine does falls on both alike.
 */

/** The value below which a share of the samples lies, by nearest rank. */
export const percentile = (samples: ReadonlyArray<number>, share: number): number => {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))] ?? Number.NaN;
};

export const median = (samples: ReadonlyArray<number>): number => percentile(samples, 0.5);

/** The mean of the middle half: as deaf to outliers as a median, and finer than the clock's tick. */
export const middle = (samples: ReadonlyArray<number>): number => {
  const sorted = [...samples].sort((a, b) => a - b);
  const quarter = Math.floor(sorted.length / 4);
  const half = sorted.slice(quarter, sorted.length - quarter);
  return half.reduce((sum, sample) => sum + sample, 0) / half.length;
};

/** The least and the greatest. */
export const spreadOf = (samples: ReadonlyArray<number>): readonly [number, number] => [
  Math.min(...samples),
  Math.max(...samples),
];

/** How many milliseconds a piece of work takes. */
export const milliseconds = async (work: () => unknown): Promise<number> => {
  const start = performance.now();
  await work();
  return performance.now() - start;
};

/** Runs each piece of work in turn, `rounds` times, in an order that alternates. @returns the milliseconds of each. */
export const interleaved = async (
  works: ReadonlyArray<() => unknown>,
  rounds: number,
): Promise<ReadonlyArray<ReadonlyArray<number>>> => {
  const samples = works.map((): Array<number> => []);
  for (let round = 0; round < rounds; round += 1) {
    for (let turn = 0; turn < works.length; turn += 1) {
      const at = round % 2 === 0 ? turn : works.length - 1 - turn;
      const work = works[at];
      if (work) samples[at]?.push(await milliseconds(work));
    }
  }
  return samples;
};
