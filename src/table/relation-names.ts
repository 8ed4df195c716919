/**
 * Names that Postgres shares between tables.
 *
 * Invariant: tables, indexes and keys of a schema live in one namespace, where Postgres cuts every name at 63 bytes. Two of
 * one name are found here; Postgres would refuse the second, and a push would stop in the middle.
 */
import { getTableColumns } from "drizzle-orm";
import type { PgColumn, PgTable } from "drizzle-orm/pg-core";
import { bytesOf, maxIdentifierBytes } from "../condition/object-name.js";
import type { Problem } from "../condition/problem.js";
import { plainConfig, tableName } from "./config.js";
import { indexColumns } from "./indexed.js";

interface Relation {
  readonly name: string;
  /** `table "squad"`, `unique key of "squad"`. */
  readonly what: string;
  readonly table: string;
  readonly source: PgTable;
}

/** As Postgres keeps it: whole characters, in 63 bytes. */
const kept = (name: string): string => {
  let text = name;
  while (bytesOf(text) > maxIdentifierBytes) text = [...text].slice(0, -1).join("");
  return text;
};

/** What drizzle-kit calls an index that has no name of its own; one on an expression must have one. */
const joined = (table: string, columns: ReadonlyArray<object>): string | undefined => {
  const names = indexColumns(columns);
  return names.includes(undefined) ? undefined : [table, ...names, "index"].join("_");
};

const relationsOf = (table: PgTable): ReadonlyArray<Relation> => {
  const { name, indexes, uniqueConstraints, primaryKeys } = plainConfig(table);
  const named = (what: string, names: ReadonlyArray<string | undefined>): ReadonlyArray<Relation> =>
    names.flatMap((each) =>
      each === undefined ? [] : [{ name: each, what: `${what} of "${name}"`, table: name, source: table }],
    );
  const unique = Object.values<PgColumn>(getTableColumns(table)).filter(({ isUnique }) => isUnique);
  return [
    { name, what: `table "${name}"`, table: name, source: table },
    ...named(
      "index",
      indexes.map(({ config }) => config.name ?? joined(name, config.columns)),
    ),
    ...named("unique key", [
      ...unique.map(({ uniqueName }) => uniqueName),
      ...uniqueConstraints.map(({ name: own }) => own),
    ]),
    ...named(
      "primary key",
      primaryKeys.map((key) => key.getName()),
    ),
  ];
};

/** @returns a problem for each relation that has the name of an earlier one. */
export const sharedNames = (tables: ReadonlyArray<PgTable>): ReadonlyArray<Problem> => {
  const first = new Map<string, Relation>();
  return tables.flatMap((table) => {
    const { schema } = tableName(table);
    return relationsOf(table).flatMap((relation): ReadonlyArray<Problem> => {
      const key = JSON.stringify([schema, kept(relation.name)]);
      const other = first.get(key);
      if (other === undefined) {
        first.set(key, relation);
        return [];
      }
      // Two tables of one name are a problem of their own.
      if (other.table === relation.table && other.source !== relation.source) return [];
      return [
        {
          code: "duplicate_name",
          table: relation.table,
          path: "(names)",
          message: `The ${relation.what} and the ${other.what} would both be called "${kept(relation.name)}".`,
          hint: 'Give one of them a name of its own: index("…"), unique("…"), .unique("…").',
        },
      ];
    });
  });
};
