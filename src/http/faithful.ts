/**
 * What would be stored otherwise than it was sent.
 *
 * Invariant: a value that is accepted is stored as it was sent: a JSON document as that very text, a number as the number that
 * was written, a text with all its characters. What a JavaScript number cannot hold, and what is no character, is a
 * fault. A floating-point column keeps the nearest number that it has, as SQL would, but never infinity, and 0 only for 0.
 */
import type { PgColumn } from "drizzle-orm/pg-core";
import { elementOf, isArray, isDocumentType } from "../condition/drizzle-column.js";
import { quote } from "./findings.js";
import { type JsonPart, marks, scan } from "./json-text.js";

/** Characters of a number that is looked at; every number that JavaScript writes has far fewer. */
const longestNumber = 1_000;

/** Digits that exponents may add to a `jsonb`, which Postgres writes out: to each value, and for each character of it. */
const freeDigits = 10_000;
const digitsPerCharacter = 10;

const innermost = (column: PgColumn): PgColumn => (isArray(column) ? innermost(elementOf(column)) : column);

/** Whether a column's value is the document itself; a type of the application's own maps it to something else. */
export const holdsDocument = (column: PgColumn): boolean => !isArray(column) && isDocumentType(column);

/** `12.50e3` is `125e2`: two texts of one number become the same. */
const canonical = (number: string): string => {
  const [, sign, whole = "", fraction = "", exponent] = /^(-?)(\d+)\.?(\d*)e?(.*)$/i.exec(number) ?? [];
  const digits = (whole + fraction).replace(/^0+/, "");
  const significant = digits.replace(/0+$/, "");
  const power = Number(exponent) - fraction.length + digits.length - significant.length;
  return significant === "" ? "0" : `${sign}${significant}e${power}`;
};

const isKept = (number: string, mayRound: boolean): boolean => {
  const held = Number(number);
  if (number.length > longestNumber || !Number.isFinite(held)) return false;
  const sent = canonical(number);
  return mayRound ? held !== 0 || sent === "0" : sent === canonical(String(held));
};

/** @returns what of a field, which its column's check has accepted, would not be stored as it was sent. */
export const unfaithful = (column: PgColumn, part: JsonPart, body: string): string | undefined => {
  const { columnType } = innermost(column);
  if (part.marks & marks.half) return "must not hold half of a surrogate pair";
  if (part.marks & marks.nul && columnType === "PgJsonb") return "must not hold a NUL character";
  const isDocument = holdsDocument(column);
  if (!(part.marks & marks.number) || (isDocument && columnType === "PgJson")) return undefined;
  const text = body.slice(part.start, part.end);
  let digits = 0;
  let lost: string | undefined;
  scan(text, (number) => {
    if (isDocument) digits += Math.abs(Number(/e(.+)/i.exec(number)?.[1] ?? 0));
    else if (lost === undefined && !isKept(number, /^Pg(?:Real|DoublePrecision)$/.test(columnType))) lost = number;
  });
  if (digits > freeDigits + digitsPerCharacter * text.length) {
    return "has too many large exponents";
  }
  return lost === undefined ? undefined : `holds the number ${quote(lost)}, which would become ${Number(lost)}`;
};
