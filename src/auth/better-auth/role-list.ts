/**
 * Several roles in one text, as Better Auth keeps them.
 *
 * Invariant: read as Better Auth reads them: separated by commas, trimmed, empty ones left out; a null has none.
 */

/** @returns an expression of type `text[]` over a column of type `text`. */
export const rolesIn = (column: string): string =>
  `array(select role from unnest(string_to_array(${column}, ',')) as part, btrim(part, E' \\t\\r\\n') as role where role <> '')`;
