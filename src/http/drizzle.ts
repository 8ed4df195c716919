/**
 * A Drizzle database over nothing but a function that sends one statement.
 *
 * Invariant: no connection, pool or client can be reached from it. Whatever Drizzle makes of a query, `all` that leaves is
 * one text and its values, through the function that was given.
 */
import {
  getTableColumns,
  getTableName,
  is,
  Param,
  SQL,
  StringChunk,
  sql,
  Table,
  TransactionRollbackError,
} from "drizzle-orm";
import { PgDialect } from "drizzle-orm/pg-core";
import { drizzle, type PgRemoteDatabase } from "drizzle-orm/pg-proxy";
import type { Bound, Result, Statement, TransactionMode } from "../database/database.js";

type DrizzleConfig = NonNullable<Parameters<typeof drizzle>[1]>;
type Member<T, K> = K extends keyof T ? NonNullable<T[K]> : never;

/** The relations of Drizzle 1.0; `never` in 0.45, which finds them in the schema. */
export type Relations = Member<DrizzleConfig, "relations">;

/** What `db.query` can be made of: a schema in Drizzle 0.45, relations in 1.0. */
export type Queryable = [Relations] extends [never] ? Record<string, unknown> : Relations;

/** What `db.query` is made of. */
export type Queried<S extends Record<string, unknown>, R extends Relations> = [Relations] extends [never]
  ? S
  : [R] extends [never]
    ? Record<string, never>
    : R;

/** A Drizzle database. What `execute` returns is the list of rows. */
export type ActingDatabase<Q extends Queryable = Record<string, never>> = PgRemoteDatabase<Q>;

/** What Drizzle's own `db.transaction` gives to its callback. */
export type ActingTransaction<Q extends Queryable = Record<string, never>> = Parameters<
  Parameters<ActingDatabase<Q>["transaction"]>[0]
>[0];

/** What Drizzle's own `drizzle()` takes beside the schema: `casing`, `logger`, and with Drizzle 1.0 `codecs` and `relations`. */
export type DrizzleOptions<R extends Relations = Relations> = Omit<DrizzleConfig, "schema" | "relations"> & {
  readonly relations?: R;
};

/** How Drizzle is set up for all requests of a middleware. */
export interface DrizzleSetup<S extends Queryable> {
  readonly schema: S | undefined;
  readonly options: DrizzleOptions | undefined;
}

type Send = (statement: Statement) => Promise<Result>;

const element = (value: unknown): string => {
  if (Array.isArray(value)) return arrayText(value);
  const bound = boundOf(value);
  return bound === null ? "NULL" : `"${String(bound).replace(/["\\]/g, "\\$&")}"`;
};

const arrayText = (values: ReadonlyArray<unknown>): string => `{${values.map(element).join(",")}}`;

/** Drizzle has encoded what belongs to a column; what stands in `sql` is left, and is read as node-postgres would. */
export const boundOf = (value: unknown): Bound => {
  if (value === null || value === undefined) return null;
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return value;
  if (typeof value === "bigint") return value.toString();
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array) {
    return `\\x${Array.from(value, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
  }
  return Array.isArray(value) ? arrayText(value) : JSON.stringify(value);
};

type Select = Parameters<PgDialect["buildSelectQuery"]>[0];
type Insert = Parameters<PgDialect["buildInsertQuery"]>[0];

/** Where Drizzle keeps the columns of a table, in all its versions. */
const columnsKey = Symbol.for("drizzle:Columns");

/** In no text that Postgres would take. */
const mark = "\u0001";

const isStar = ({ queryChunks: [chunk, ...more] }: SQL): boolean =>
  more.length === 0 && is(chunk, StringChunk) && String(chunk.value) === "*";

const whole = "data";

/** @returns the text, in which each mark around the name of a table has become the columns of it that stand somewhere else. */
const named = (text: string): string =>
  text.replace(new RegExp(`${mark}(.*?)${mark}(.*?)${mark}`, "gs"), (_, other: string, table: string) => {
    const behind = text.split(`"${table.replaceAll('"', '""')}"."`).slice(1);
    const names = new Set(behind.map((rest) => /^(?:[^"]|"")*/.exec(rest)?.[0]).filter((name) => name !== other));
    return Array.from(names, (name) => `"${name}"`).join(", ");
  });

/**
 * Drizzle names every column of a table in an INSERT and writes `default` for what was not given. To name a column needs the
 * right to write it, which nobody has on columns that say who a row belongs to. So only those are named that get a value.
 */
class ActingDialect extends PgDialect {
  /**
   * The columns of a relation that a query with `columns` reads, in the place of `select *`, which needs the right to read all:
   * those that the whole text names. Drizzle 1.0 names them itself.
   */
  override buildSelectQuery(config: Select): SQL {
    const { table, fieldsFlat: [first, ...more] = [] } = config;
    const isAll = more.length === 0 && first?.path.length === 0 && is(first.field, SQL) && isStar(first.field);
    if (!isAll || !is(table, Table)) return super.buildSelectQuery(config);
    // What a relation gives as a whole goes by its name as well.
    const isColumn = Object.values(getTableColumns(table)).some(({ name }) => name === whole);
    const field = sql.raw(`${mark}${isColumn ? "" : whole}${mark}${getTableName(table)}${mark}`);
    return super.buildSelectQuery({ ...config, fieldsFlat: [{ path: [], field }] });
  }

  override sqlToQuery(...given: Parameters<PgDialect["sqlToQuery"]>): ReturnType<PgDialect["sqlToQuery"]> {
    const query = super.sqlToQuery(...given);
    return query.sql.includes(mark) ? { ...query, sql: named(query.sql) } : query;
  }

  override buildInsertQuery(config: Insert): SQL {
    const { table, values } = config;
    if (!Array.isArray(values)) return super.buildInsertQuery(config);
    const isGiven = (key: string): boolean =>
      values.some((row: Readonly<Record<string, unknown>>) => {
        const value = row[key];
        return value !== undefined && !(is(value, Param) && value.value === undefined);
      });
    const columns = Object.entries(getTableColumns(table)).filter(
      ([key, column]) =>
        isGiven(key) || column.defaultFn !== undefined || (!column.default && column.onUpdateFn !== undefined),
    );
    if (columns.length === 0) return super.buildInsertQuery(config);
    const narrowed: Insert["table"] = Object.create(table, { [columnsKey]: { value: Object.fromEntries(columns) } });
    return super.buildInsertQuery({ ...config, table: narrowed });
  }
}

const over = <S extends Queryable>({ schema, options = {} }: DrizzleSetup<S>, send: Send): ActingDatabase<S> =>
  drizzle<S>(
    async (text, params, method) => {
      const { listed } = await send({ text, values: params.map(boundOf), listed: true }).catch((error: unknown) => {
        // Drizzle writes them into its error, which applications write into their logs.
        params.length = 0;
        throw error;
      });
      const { columns = [], rows = [] } = listed ?? {};
      return {
        rows:
          method === "all"
            ? rows.map((row) => [...row])
            : rows.map((row) => Object.fromEntries(columns.map((name, index) => [name, row[index]]))),
      };
    },
    { ...options, ...(schema && { schema }) },
    // Drizzle 1.0 says how the dialect is set up; 0.45 leaves it to who makes one.
    (given?: ConstructorParameters<typeof PgDialect>[0]) => new ActingDialect(given ?? options),
  );

export type RunTransaction<S extends Queryable> = <A>(
  use: (transaction: ActingTransaction<S>) => Promise<A>,
  mode?: TransactionMode,
) => Promise<A>;

/** @returns a database whose every statement goes through `send`, and whose `transaction` is `transaction`. */
export const databaseOver = <S extends Queryable>(
  setup: DrizzleSetup<S>,
  send: Send,
  transaction: RunTransaction<S>,
): ActingDatabase<S> => Object.assign(over(setup, send), { transaction });

/** @returns a database inside an open transaction; a transaction in it is a savepoint. */
export const transactionOver = <S extends Queryable>(
  setup: DrizzleSetup<S>,
  send: Send,
  depth = 1,
): ActingTransaction<S> => {
  const savepoint = `hedgerow_${depth}`;
  const nested = async <A>(use: (transaction: ActingTransaction<S>) => Promise<A>): Promise<A> => {
    await send({ text: `savepoint ${savepoint}` });
    try {
      const value = await use(transactionOver(setup, send, depth + 1));
      await send({ text: `release savepoint ${savepoint}` });
      return value;
    } catch (error) {
      await send({ text: `rollback to savepoint ${savepoint}` });
      throw error;
    }
  };
  const members = {
    transaction: nested,
    rollback: (): never => {
      throw new TransactionRollbackError();
    },
    setTransaction: () =>
      Promise.reject(
        new TypeError("Give the mode to the transaction when it begins: transaction(use, { isolationLevel })"),
      ),
  };
  // Drizzle's class of a transaction belongs to one driver; it has the members of a database and these.
  return Object.assign(over(setup, send), members) as never;
};
