/**
 * The unique keys of a table, as rows conflict on them.
 *
 * Invariant: `columns` and `predicate` say only what two rows that conflict have in common for sure; of an expression and
 * of a predicate that is not understood they say nothing.
 */
import { getTableColumns } from "drizzle-orm";
import type { PgColumn } from "drizzle-orm/pg-core";
import { and, type Condition } from "../../../condition/condition.js";
import { plainConfig } from "../../../table/config.js";
import type { SchemaTable } from "../../../table/schema.js";
import { predicateOf } from "./predicate.js";

export interface UniqueKey {
  /** Where it is declared. */
  readonly path: string;
  /** Keys of the columns that conflicting rows share. */
  readonly columns: ReadonlyArray<string>;
  /** Whether an expression is part of it, or a predicate: then other columns decide too who is in its way. */
  readonly isOpen: boolean;
  /** What every row in the index fulfils. */
  readonly predicate: Condition;
}

const named = (part: object): string | undefined =>
  "name" in part && typeof part.name === "string" ? part.name : undefined;

/** Every unique key of a table: of a column, a constraint, an index, and the primary key. */
export const uniqueKeysOf = ({ source, definition }: SchemaTable): ReadonlyArray<UniqueKey> => {
  const config = plainConfig(source);
  const keyOf = (name: string): string =>
    Object.values(definition.columns).find((column) => column.name === name)?.key ?? name;
  const hasValues = (columns: ReadonlyArray<string>): Condition =>
    and(...columns.map((column): Condition => ({ _tag: "IsNull", column, negated: true })));
  const key = (kind: string, names: ReadonlyArray<string>, nullsConflict: boolean): UniqueKey => {
    const columns = names.map(keyOf);
    return {
      path: columns.length === 1 ? `columns.${columns[0]}` : `${kind}(${columns.join(", ")})`,
      columns,
      isOpen: false,
      // Rows that are empty in the key do not conflict, unless it says so.
      predicate: hasValues(nullsConflict ? [] : columns),
    };
  };
  const own = Object.values<PgColumn>(getTableColumns(source)).filter((column) => column.isUnique);
  return [
    ...own.map((column) => key("unique", [column.name], column.uniqueType === "not distinct")),
    ...config.uniqueConstraints.map((constraint) =>
      key(
        "unique",
        constraint.columns.map((column) => column.name),
        constraint.nullsNotDistinct,
      ),
    ),
    ...config.indexes
      .filter((index) => index.config.unique)
      .map((index): UniqueKey => {
        const names = index.config.columns.map(named);
        const columns = names.flatMap((name) => (name === undefined ? [] : [keyOf(name)]));
        const parts = names.map((name) => (name === undefined ? "an expression" : keyOf(name)));
        return {
          path: `uniqueIndex(${parts.join(", ")})`,
          columns,
          isOpen: columns.length < names.length || index.config.where !== undefined,
          predicate: and(hasValues(columns), predicateOf(index.config.where, definition.columns)),
        };
      }),
    ...(definition.primaryKey.length === 0
      ? []
      : [
          key(
            "primaryKey",
            definition.primaryKey.map((column) => definition.columns[column]?.name ?? column),
            false,
          ),
        ]),
  ];
};
