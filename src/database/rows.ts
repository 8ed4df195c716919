/**
 * Rows as texts, read into objects.
 *
 * Invariant: every row has all its columns under their own names, whatever they are called: `__proto__` is just a column.
 */
import type { Result } from "./database.js";

interface Texts {
  readonly fields: ReadonlyArray<{ readonly name: string; readonly dataTypeID: number }>;
  readonly rows: ReadonlyArray<ReadonlyArray<string | null>>;
}

/** The values as the driver's own type parsers read them; those are node-postgres's unless it was given others. */
export const readRows = (
  { fields, rows }: Texts,
  parserOf: (oid: number) => (text: string) => unknown,
): Result["rows"] => {
  const parsers: ReadonlyArray<(text: string) => unknown> = fields.map(({ dataTypeID }) => parserOf(dataTypeID));
  // Every row starts as a copy with all its columns, so that V8 gives them one shape.
  const blank: Readonly<Record<string, unknown>> = Object.fromEntries(fields.map(({ name }) => [name, null]));
  return rows.map((values) => {
    const row = { ...blank };
    fields.forEach(({ name }, index) => {
      const text = values[index] ?? null;
      row[name] = text === null ? null : parsers[index]?.(text);
    });
    return row;
  });
};
