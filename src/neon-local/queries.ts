/**
 * The body of a request, run.
 *
 * Invariant: one command a query, always by the extended protocol; a batch is one transaction, undone at its first error.
 */
import pg from "pg";

export interface Query {
  readonly query: string;
  readonly params: ReadonlyArray<string | null>;
}

export type Body = { readonly single: Query } | { readonly batch: ReadonlyArray<Query> };

/** A request that makes no sense; the message is for whoever sent it. */
export class BadRequest extends Error {}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** JSON to what Postgres reads: a text as it is, a list as an array, anything else as JSON. */
const parameterOf = (value: unknown): string | null => {
  if (value === null || typeof value === "string") return value;
  return Array.isArray(value) ? arrayOf(value) : JSON.stringify(value);
};

const arrayOf = (values: ReadonlyArray<unknown>): string =>
  `{${values
    .map((value) => {
      if (Array.isArray(value)) return arrayOf(value);
      const text = parameterOf(value);
      return text === null ? "NULL" : `"${text.replace(/["\\]/g, "\\$&")}"`;
    })
    .join(",")}}`;

const queryOf = (value: unknown): Query => {
  if (!isObject(value) || typeof value.query !== "string")
    throw new BadRequest("a query must be an object with a query");
  const { query, params = [] } = value;
  if (!Array.isArray(params)) throw new BadRequest("params must be a list");
  return { query, params: params.map(parameterOf) };
};

/** @throws BadRequest */
export const parseBody = (text: string): Body => {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw new BadRequest("the body must be JSON");
  }
  if (!isObject(body) || !("queries" in body)) return { single: queryOf(body) };
  if (!Array.isArray(body.queries)) throw new BadRequest("queries must be a list");
  return { batch: body.queries.map(queryOf) };
};

const levels: Readonly<Record<string, string>> = {
  ReadUncommitted: "read uncommitted",
  ReadCommitted: "read committed",
  RepeatableRead: "repeatable read",
  Serializable: "serializable",
};

export interface Modes {
  readonly isolation: string | undefined;
  readonly readOnly: boolean;
  readonly deferrable: boolean;
}

/** @throws BadRequest */
const begin = ({ isolation, readOnly, deferrable }: Modes): string => {
  const level = isolation === undefined ? "" : Object.hasOwn(levels, isolation) ? levels[isolation] : undefined;
  if (level === undefined) throw new BadRequest("invalid isolation level");
  return ["begin", level && `isolation level ${level}`, readOnly && "read only", deferrable && "deferrable"]
    .filter(Boolean)
    .join(" ");
};

export interface Format {
  /** Values as Postgres wrote them. */
  readonly raw: boolean;
  /** Rows as lists. */
  readonly array: boolean;
}

export interface QueryResult {
  readonly fields: ReadonlyArray<object>;
  readonly rows: ReadonlyArray<unknown>;
  readonly command: string;
  readonly rowCount: number | null;
  readonly rowAsArray: boolean;
}

const asTheyAre = { getTypeParser: () => (text: string) => text };

const run = async (client: pg.Client, { query, params }: Query, format: Format): Promise<QueryResult> => {
  const config = {
    text: query,
    values: [...params],
    rowMode: "array" as const,
    types: asTheyAre,
    queryMode: "extended",
  };
  const result = await client.query<Array<string | null>>(config);
  const { fields, rows, command, rowCount } = result;
  const values = format.raw
    ? rows
    : rows.map((row) => row.map((text, index) => readable(text, fields[index]?.dataTypeID ?? 25)));
  return {
    fields: fields.map(({ name, dataTypeID, tableID, columnID, dataTypeSize, dataTypeModifier }) => ({
      name,
      dataTypeID,
      tableID,
      columnID,
      dataTypeSize,
      dataTypeModifier,
      format: "text",
    })),
    rows: format.array
      ? values
      : values.map((row) => Object.fromEntries(row.map((value, i) => [fields[i]?.name, value]))),
    command: command ?? "",
    rowCount,
    rowAsArray: format.array,
  };
};

/** Arrays of the types below, and of those that stay texts. */
const elements = new Map([
  [1000, 16],
  [1005, 21],
  [1007, 23],
  [1021, 700],
  [1022, 701],
  [199, 114],
  [3807, 3802],
  [1009, 25],
  [1015, 1043],
  [1016, 20],
  [2951, 2950],
]);

/** Of `text[]`, whose syntax all of them share. */
const readTexts: (text: string) => unknown = Reflect.apply(pg.types.getTypeParser, undefined, [1009, "text"]);

const listOf = (value: unknown, element: number): unknown =>
  Array.isArray(value)
    ? value.map((each) => listOf(each, element))
    : readable(typeof value === "string" ? value : null, element);

/** A value as JSON has it, where JSON can hold it. */
const readable = (text: string | null, type: number): unknown => {
  if (text === null) return null;
  const element = elements.get(type);
  if (element !== undefined) {
    return listOf(readTexts(text), element);
  }
  switch (type) {
    case 16:
      return text === "t";
    case 21:
    case 23:
    case 700:
    case 701:
      return Number.isFinite(Number(text)) ? Number(text) : text;
    case 114:
    case 3802:
      return JSON.parse(text);
    default:
      return text;
  }
};

/** @throws BadRequest, or the driver's error. */
export const runBody = async (client: pg.Client, body: Body, modes: Modes, format: Format): Promise<object> => {
  if ("single" in body) return run(client, body.single, format);
  await client.query(begin(modes));
  const results: Array<QueryResult> = [];
  // Whoever calls ends the session at an error, and with it the transaction.
  for (const query of body.batch) results.push(await run(client, query, format));
  const { command } = await client.query("commit");
  if (command !== "COMMIT") throw new BadRequest("the transaction was rolled back");
  return { results };
};
