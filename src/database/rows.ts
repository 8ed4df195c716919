/**
 * Rows as texts, read into objects.
 *
 * Invariant: every row has all its columns under their own names, whatever they are called: `__proto__` is just a column.
 */
import type { Result, Statement } from "./database.js";
import { leftAsText } from "./protocol.js";

interface Texts {
  readonly count: number;
  readonly command: string;
  readonly fields: ReadonlyArray<{ readonly name: string; readonly dataTypeID: number }>;
  readonly rows: ReadonlyArray<ReadonlyArray<string | null>>;
}

type ParserOf = (oid: number) => (text: string) => unknown;

/** What a statement asked for: objects, lists, or the texts as they are. */
export const resultOf = (statement: Statement | undefined, texts: Texts, parserOf: ParserOf): Result => {
  const { count, command, fields, rows } = texts;
  if (statement?.raw) return { rows: [], count, command, texts: rows };
  if (!statement?.listed) return { rows: readRows(texts, parserOf), count, command };
  const parsers = fields.map(({ dataTypeID }) =>
    leftAsText.has(dataTypeID) ? (text: string): unknown => text : parserOf(dataTypeID),
  );
  const read = (values: ReadonlyArray<string | null>): ReadonlyArray<unknown> =>
    values.map((text, index) => (text === null ? null : (parsers[index]?.(text) ?? null)));
  return { rows: [], count, command, listed: { columns: fields.map(({ name }) => name), rows: rows.map(read) } };
};

/** The values as the driver's own type parsers read them; those are node-postgres's unless it was given others. */
const readRows = ({ fields, rows }: Texts, parserOf: ParserOf): Result["rows"] => {
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
