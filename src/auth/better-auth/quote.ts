/**
 * Names and texts as Postgres reads them.
 *
 * Invariant: whatever goes in comes out as exactly one identifier or one literal (`standard_conforming_strings` is on).
 */

/** `people` -> `"people"`. */
export const quoteName = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** `it's` -> `'it''s'`. */
export const quoteText = (text: string): string => `'${text.replaceAll("'", "''")}'`;
