/**
 * Versions and ranges, as far as package.json needs them here.
 *
 * Invariant: a range that is not understood (a tag, a workspace, a git address) is compatible, because nothing is known
 * against it.
 */

type Version = readonly [major: number, minor: number, patch: number, prerelease: string];

/** From the first, and up to but without the second; a single version where both are the same. */
type Interval = readonly [from: Version, to: Version];

const endless: Version = [Number.POSITIVE_INFINITY, 0, 0, ""];

/** Numbers by value, and a prerelease before its release; among prereleases, numbers inside them by value. */
const compare = (one: Version, other: Version): number => {
  for (const index of [0, 1, 2] as const) if (one[index] !== other[index]) return one[index] - other[index];
  if (one[3] === other[3]) return 0;
  if (one[3] === "" || other[3] === "") return one[3] === "" ? 1 : -1;
  return one[3].localeCompare(other[3], "en", { numeric: true });
};

const parse = (text: string): { readonly version: Version; readonly given: number } | undefined => {
  const [all, major, minor, patch, prerelease = ""] =
    /^v?(\d+)(?:\.(\d+|[x*]))?(?:\.(\d+|[x*]))?(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?$/.exec(text) ?? [];
  if (all === undefined) return undefined;
  const numbers = [major, minor, patch].map(Number);
  const given = numbers.findIndex(Number.isNaN);
  const [a = 0, b = 0, c = 0] = numbers.map((number) => (Number.isNaN(number) ? 0 : number));
  return { version: [a, b, c, prerelease], given: given < 0 ? 3 : given };
};

const next = ([a, b, c]: Version, position: number): Version =>
  position <= 0 ? [a + 1, 0, 0, "0"] : position === 1 ? [a, b + 1, 0, "0"] : [a, b, c + 1, "0"];

const intervalOf = (comparator: string): Interval | undefined => {
  if (comparator === "*" || comparator === "") return [[0, 0, 0, ""], endless];
  const [, operator = "", rest = ""] = /^(\^|~|>=|=)?\s*(.*)$/.exec(comparator) ?? [];
  const parsed = parse(rest);
  if (parsed === undefined) return undefined;
  const { version, given } = parsed;
  if (operator === ">=") return [version, endless];
  if (operator === "^") {
    const leading = [version[0], version[1], version[2]].findIndex((number) => number !== 0);
    return [version, next(version, Math.min(leading < 0 ? 2 : leading, given - 1))];
  }
  if (operator === "~") return [version, next(version, Math.min(1, given - 1))];
  return [version, given === 3 ? version : next(version, given - 1)];
};

const intervalsOf = (range: string): ReadonlyArray<Interval> | undefined => {
  const intervals = range.split("||").map((part) => intervalOf(part.trim()));
  return intervals.every((interval) => interval !== undefined) ? intervals : undefined;
};

/**
 * @param have a version that is installed, or the range of a package.json.
 * @param needed the range that is needed.
 * @returns whether something satisfies both.
 */
export const isCompatible = (have: string, needed: string): boolean => {
  const mine = intervalsOf(have);
  const theirs = intervalsOf(needed);
  if (mine === undefined || theirs === undefined) return true;
  return mine.some(([from, to]) =>
    theirs.some(
      ([lower, upper]) =>
        compare(from, upper) < 0 && (compare(from, to) === 0 ? compare(lower, from) <= 0 : compare(lower, to) < 0),
    ),
  );
};

/** @returns the range to write into a package.json for one that is needed: one line of versions, the first that is named. */
export const rangeToInstall = (needed: string): string => (needed.split("||")[0] ?? "").trim().replace(/^>=/, "^");
