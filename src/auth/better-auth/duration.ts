/** Spans of time as people write them. */

/** `30s`, `5m`, `2h` or `30d`. */
export type Duration = `${number}${"s" | "m" | "h" | "d"}`;

const units: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** @returns milliseconds, or null when the text is no duration. */
export const millisecondsOf = (duration: string): number | null => {
  const [, count = "", unit = ""] = /^(\d{1,6})([smhd])$/.exec(duration) ?? [];
  const factor = units[unit];
  return factor === undefined ? null : Number(count) * factor;
};
