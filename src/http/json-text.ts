/**
 * A JSON text, looked at before and beside `JSON.parse`.
 *
 * Invariant: one pass over the text, without recursion, in time that is linear in its length, whatever it holds. It trusts
 * nothing: of a text that is no JSON it says something, but never fails and never turns for ever. What it says of the parts is
 * meant only where `JSON.parse` accepts the text.
 */

/** How deep objects and arrays of a body may stand in one another, the body itself included. */
export const maxDepth = 100;

/** A field of the outermost object. */
export interface JsonPart {
  /** As it was written, with its quotes. */
  readonly name: string;
  /** Where its value begins and ends. */
  readonly start: number;
  readonly end: number;
  /** What stands in it: the sum of some of `marks`. */
  readonly marks: number;
}

export const marks = {
  /** The escape of one half of a surrogate pair without the other, which is no character. */
  half: 1,
  /** The escape of NUL. */
  nul: 2,
  /** A number with an exponent or with more digits than every JavaScript number keeps. */
  number: 4,
} as const;

export interface Scanned {
  readonly parts: ReadonlyArray<JsonPart>;
  /** The name of the part that is nested deeper than `maxDepth`; what follows it was not looked at. */
  readonly tooDeep: string | undefined;
}

/** Decimals of so many digits come out of JavaScript as they went in. */
const safeDigits = 15;

/**
 * @param onLongNumber gets each number with an exponent or more than 15 digits.
 * @returns the fields of the outermost object.
 */
export const scan = (text: string, onLongNumber?: (number: string) => void): Scanned => {
  const parts: Array<JsonPart> = [];
  let at = 0;
  let depth = 0;
  let seen = 0;
  let name = "";
  let start = 0;
  let string = "";
  /** The first backslash that is not behind us. */
  let backslash = text.indexOf("\\");

  const unit = (place: number): number => Number.parseInt(text.slice(place + 2, place + 6), 16);

  /** @returns the place behind the escape `\uXXXX`, or behind both halves of a pair. */
  const behindUnit = (place: number): number => {
    const first = unit(place);
    if (first === 0) seen |= marks.nul;
    if (first >= 0xd800 && first <= 0xdfff) {
      const second = first < 0xdc00 && text.startsWith("\\u", place + 6) ? unit(place + 6) : 0;
      if (second >= 0xdc00 && second <= 0xdfff) return place + 12;
      seen |= marks.half;
    }
    return place + 6;
  };

  const behindString = (from: number): number => {
    let place = from + 1;
    let close = text.indexOf('"', place);
    while (close >= 0) {
      if (backslash >= 0 && backslash < place) backslash = text.indexOf("\\", place);
      if (backslash < 0 || backslash > close) return close + 1;
      place = text.charCodeAt(backslash + 1) === 0x75 ? behindUnit(backslash) : backslash + 2;
      if (close < place) close = text.indexOf('"', place);
    }
    return text.length;
  };

  const behindNumber = (from: number): number => {
    let digits = 0;
    let isLong = false;
    let end = from;
    for (; end < text.length; end += 1) {
      const code = text.charCodeAt(end);
      if (code >= 0x30 && code <= 0x39) digits += 1;
      else if (code === 0x65 || code === 0x45) isLong = true;
      else if (code !== 0x2e && code !== 0x2d && code !== 0x2b) break;
    }
    if (isLong || digits > safeDigits) {
      seen |= marks.number;
      onLongNumber?.(text.slice(from, end));
    }
    return end;
  };

  const endPart = (end: number): void => {
    if (name !== "") parts.push({ name, start, end, marks: seen });
    name = "";
    seen = 0;
    start = end + 1;
  };

  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === 0x22) {
      const end = behindString(at);
      if (depth === 1) string = text.slice(at, end);
      at = end;
      continue;
    }
    if (code === 0x2d || (code >= 0x30 && code <= 0x39)) {
      at = behindNumber(at);
      continue;
    }
    if (code === 0x7b || code === 0x5b) {
      depth += 1;
      if (depth === 1) start = at + 1;
      if (depth > maxDepth) return { parts, tooDeep: name };
    } else if (code === 0x7d || code === 0x5d) {
      if (depth === 1) endPart(at);
      depth -= 1;
    } else if (depth === 1 && code === 0x2c) {
      endPart(at);
    } else if (depth === 1 && code === 0x3a) {
      name = string;
      start = at + 1;
    }
    at += 1;
  }
  return { parts, tooDeep: undefined };
};

/** @returns the name that a part's text stands for; the text itself where it is none. */
export const nameOf = (text: string): string => {
  if (!text.includes("\\")) return text.slice(1, -1);
  try {
    return String(JSON.parse(text));
  } catch {
    return text;
  }
};
