/**
 * Days and instants, as exact as Postgres has them.
 *
 * Invariant: every spelling that Postgres or JavaScript gives of one instant becomes the same number (microseconds since
 * 1970, days for a date), infinities included; what is no instant becomes NaN, which compares with nothing.
 */

const microsPerDay = 86_400_000_000n;

const spelling =
  /^(\d{4,6})-(\d\d)-(\d\d)(?:[ T](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,6}))?)?)?(Z|[+-]\d\d(?::?\d\d(?::\d\d)?)?)?( BC)?$/i;

const infinities: Readonly<Record<string, number>> = {
  infinity: Number.POSITIVE_INFINITY,
  "-infinity": Number.NEGATIVE_INFINITY,
};

/** Days since 1970-01-01 in the Gregorian calendar; NaN for a day that does not exist. Year 0 is 1 BC. */
const dayNumber = (year: number, month: number, day: number): number => {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day ? date.getTime() / 86_400_000 : Number.NaN;
};

const dayOfMatch = ([, year, month, day, , , , , , bc]: RegExpExecArray): number =>
  dayNumber(bc === undefined ? Number(year) : 1 - Number(year), Number(month), Number(day));

/** `+05:30` in microseconds. */
const offset = (zone: string | undefined): bigint => {
  if (zone === undefined || /^z$/i.test(zone)) return 0n;
  const [hours = 0, minutes = 0, seconds = 0] = (zone.slice(1).match(/\d\d/g) ?? []).map(Number);
  return BigInt((hours * 60 + minutes) * 60 + seconds) * (zone.startsWith("-") ? -1_000_000n : 1_000_000n);
};

/** An instant; without a zone it is in UTC. */
export const instantOf = (value: unknown): bigint | number => {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? Number.NaN : BigInt(value.getTime()) * 1000n;
  const match = spelling.exec(String(value));
  if (!match) return infinities[String(value).toLowerCase()] ?? Number.NaN;
  const [, , , , hour = "0", minute = "0", second = "0", fraction = "", zone] = match;
  const day = dayOfMatch(match);
  if (Number.isNaN(day) || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return Number.NaN;
  const seconds = BigInt((Number(hour) * 60 + Number(minute)) * 60 + Number(second));
  return BigInt(day) * microsPerDay + seconds * 1_000_000n + BigInt(fraction.padEnd(6, "0")) - offset(zone);
};

/** A day; of an instant the day that it names, of a `Date` its day in UTC. */
export const dayOf = (value: unknown): number => {
  if (value instanceof Date) return Math.floor(value.getTime() / 86_400_000);
  const match = spelling.exec(String(value));
  return match ? dayOfMatch(match) : (infinities[String(value).toLowerCase()] ?? Number.NaN);
};

const firstDay = dayNumber(1, 1, 1);
const lastDay = dayNumber(9999, 12, 31);

/** `2024-02-29`; undefined for what a rule cannot name: no day, or one outside of the years 1 to 9999. */
export const dayText = (value: unknown): string | undefined => {
  const day = dayOf(value);
  return day >= firstDay && day <= lastDay ? new Date(day * 86_400_000).toISOString().slice(0, 10) : undefined;
};

/** `2024-02-29T12:00:00.000` or, where needed, with microseconds; in UTC, without a zone; undefined as above. */
export const instantText = (value: unknown): string | undefined => {
  const micros = instantOf(value);
  if (typeof micros === "number") return undefined;
  const rest = ((micros % 1000n) + 1000n) % 1000n;
  const date = new Date(Number((micros - rest) / 1000n));
  const year = date.getUTCFullYear();
  if (!(year >= 1 && year <= 9999)) return undefined;
  return `${date.toISOString().slice(0, -1)}${rest === 0n ? "" : String(rest).padStart(3, "0")}`;
};
