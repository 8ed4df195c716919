/**
 * Several roles in one text, as Better Auth keeps them.
 *
 * Invariant: read as Better Auth reads them: separated by commas, trimmed, empty ones left out; a null has none.
 */

const space = String.raw`[ \t\r\n]*`;

/**
 * Without a sub-select, because it stands in the query of every request.
 *
 * @returns an expression of type `text[]` over a column of type `text`.
 */
export const rolesIn = (column: string): string =>
  `coalesce(array_remove(string_to_array(btrim(regexp_replace(${column}, '${space},${space}', ',', 'g'), E' \\t\\r\\n'), ','), ''), '{}')`;
