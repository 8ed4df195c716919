/**
 * Names of what Hedgerow makes in Postgres beside the author's own tables and columns.
 *
 * Invariant: a name fits into Postgres's 63 bytes, is the same on every machine, and no two lists of parts share one: a name
 * ends in a hash of its parts as JSON, in which it makes a difference where a part ends. Only names whose parts are fixed words
 * but for one need no hash (`plainName`).
 */

/** FNV-1a, 64 bits: http://www.isthe.com/chongo/tech/comp/fnv/ It tells names apart and protects nothing. */
const hash = (text: string): string => {
  let value = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(text))
    value = BigInt.asUintN(64, (value ^ BigInt(byte)) * 0x100000001b3n);
  return value.toString(16).padStart(16, "0");
};

export const maxIdentifierBytes = 63;

export const bytesOf = (text: string): number => new TextEncoder().encode(text).length;

/** What fits of a text, whole characters only. */
const cut = (text: string, bytes: number): string => {
  let kept = "";
  let used = 0;
  for (const character of text) {
    used += bytesOf(character);
    if (used > bytes) break;
    kept += character;
  }
  return kept;
};

/**
 * `reference_public_comments_document_id_3f1c…`
 *
 * @param shown what the name begins with, for people.
 * @param told what else tells the object from others.
 */
export const objectName = (shown: ReadonlyArray<string>, told: ReadonlyArray<string> = []): string => {
  const ending = `_${hash(JSON.stringify([shown, told]))}`;
  return `${cut(shown.join("_"), maxIdentifierBytes - ending.length)}${ending}`;
};

/** `documents_select`: one free part, the name of a table, which is short enough (`identifier_too_long`). */
export const plainName = (table: string, ...words: ReadonlyArray<string>): string => [table, ...words].join("_");
