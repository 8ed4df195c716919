/**
 * The SQL of the five operations.
 *
 * Invariant: names come from the definition and are quoted, values are bound; nothing from a request becomes text. No
 * statement repeats a rule: the policies decide, and a row that they hide is simply not there.
 */
import { identifier, qualified } from "../condition/sql-text.js";
import type { Bound, Statement } from "../database/database.js";
import type { TableDefinition } from "../table/definition.js";
import type { Values } from "./body.js";
import type { ListQuery } from "./query.js";
import { placeholder, selectList, type WireColumn } from "./wire.js";

/** The texts are few, and what comes back stays as Postgres wrote it. */
const statement = (text: string, values: ReadonlyArray<Bound>): Statement => ({
  text,
  values,
  raw: true,
  prepared: true,
});

export interface Statements {
  readonly list: (query: ListQuery) => Statement;
  readonly count: (query: ListQuery) => Statement;
  readonly get: (key: string) => Statement;
  /** `returning`: the row itself, or only that there is one, for a caller who may not read it. */
  readonly insert: (values: Values, returning: "row" | "nothing") => Statement;
  readonly update: (key: string, values: Values) => Statement;
  readonly remove: (key: string) => Statement;
  /** Whether the caller can read the row: tells "not there" from "not yours to change". */
  readonly exists: (key: string) => Statement;
}

const where = (conditions: ReadonlyArray<string>): string =>
  conditions.length === 0 ? "" : ` where ${conditions.join(" and ")}`;

/** @param key the primary key's column; a table without a single one is only listed and created. */
export const statementsFor = (
  definition: TableDefinition,
  columns: ReadonlyArray<WireColumn>,
  key: WireColumn | undefined,
): Statements => {
  const table = qualified(definition.table);
  const fields = selectList(columns);
  const equals = (column: WireColumn, position: number): string =>
    `${identifier(column.name)} = ${placeholder(column, position)}`;
  const byKey = (): string => where(key ? [equals(key, 1)] : ["false"]);
  const filtered = (query: ListQuery): { text: string; values: ReadonlyArray<Bound> } => ({
    text: where([...query.filters.keys()].map((column, index) => equals(column, index + 1))),
    values: [...query.filters.values()],
  });
  const getText = `select ${fields} from ${table}${byKey()}`;
  const removeText = `delete from ${table}${byKey()}`;
  const existsText = `select 1 from ${table}${byKey()}`;

  return {
    list: (query) => {
      const filter = filtered(query);
      const order = Array.from(query.sort, ([{ name }, down]) => identifier(name) + (down ? " desc" : "")).join(", ");
      // One row more than asked for tells whether there is a next page. The number stands in the text, because the planner
      // takes a tenth of all rows for a limit that it does not know.
      const page = ` limit ${query.limit + 1}${query.offset === 0 ? "" : ` offset $${filter.values.length + 1}::bigint`}`;
      return statement(
        `select ${fields} from ${table}${filter.text} order by ${order}${page}`,
        query.offset === 0 ? filter.values : [...filter.values, query.offset],
      );
    },
    count: (query) => {
      const filter = filtered(query);
      return statement(`select count(*) from ${table}${filter.text}`, filter.values);
    },
    get: (value) => statement(getText, [value]),
    insert: (values, returning) => {
      const into = [...values.keys()];
      const names = into.map(({ name }) => identifier(name)).join(", ");
      const places = into.map((column, index) => placeholder(column, index + 1)).join(", ");
      const insert = `insert into ${table}${into.length === 0 ? " default values" : ` (${names}) values (${places})`}`;
      return statement(returning === "nothing" ? insert : `${insert} returning ${fields}`, [...values.values()]);
    },
    update: (id, values) => {
      const set = [...values.keys()].map((column, index) => equals(column, index + 2));
      return statement(`update ${table} set ${set.join(", ")}${byKey()} returning ${fields}`, [id, ...values.values()]);
    },
    remove: (id) => statement(removeText, [id]),
    exists: (id) => statement(existsText, [id]),
  };
};
