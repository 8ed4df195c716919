/**
 * drizzle-kit's own diff between the schema of a folder and the one that is declared, without what is not its own.
 *
 * Invariant: no policy of a guarded table is in the statements. drizzle-kit loses expressions, keeps old ones and asks
 * whether one policy is another renamed; the row-level security that follows replaces all of them anyway. The snapshot
 * has them, so that a `drizzle-kit generate` without Hedgerow goes on from the same state. As there, `schemaFilter` has no
 * say: whatever the schema exports is migrated.
 */
import { is } from "drizzle-orm";
import { getTableConfig, PgTable } from "drizzle-orm/pg-core";
import type { TableName } from "../../condition/condition.js";
import type { SchemaModule } from "../../table/schema.js";
import { installedLine } from "../line.js";
import type { Folder } from "./folder.js";

export interface TableChanges {
  readonly statements: ReadonlyArray<string>;
  /** What drizzle-kit must know afterwards; undefined where it knows it already. */
  readonly snapshot: object | undefined;
}

export interface Declared {
  /** In the order of the names of the tables. */
  readonly schema: SchemaModule;
  /** The tables that are guarded now. */
  readonly guarded: ReadonlyArray<TableName>;
  /** Those that the folder guards so far, and that nobody exports any more. */
  readonly gone: ReadonlyArray<TableName>;
}

/**
 * @param name what the migration is to be called.
 * @param ask whether drizzle-kit may ask on this terminal, for example whether a column is new or renamed.
 * @throws Error where it has a question and may not ask.
 */
export type CompareTables = (declared: Declared, folder: Folder, name: string, ask: boolean) => Promise<TableChanges>;

/** A set of tables, to ask whether one is in it. */
export const tableSet = (tables: ReadonlyArray<TableName>): ((schema: string, name: string) => boolean) => {
  const keys = new Set(tables.map(({ schema, name }) => JSON.stringify([schema, name])));
  return (schema, name) => keys.has(JSON.stringify([schema, name]));
};

/** @returns those of the tables that a schema does not export. */
export const goneFrom = (schema: SchemaModule, tables: ReadonlyArray<TableName>): ReadonlyArray<TableName> => {
  const exported = tableSet(
    Object.values(schema).flatMap((value) => {
      if (!is(value, PgTable)) return [];
      const { schema: own, name } = getTableConfig(value);
      return [{ schema: own ?? "public", name }];
    }),
  );
  return tables.filter(({ schema: own, name }) => !exported(own, name));
};

const policyOn = /^\s*(?:CREATE|ALTER|DROP) POLICY "(?:[^"]|"")*" ON (?:"((?:[^"]|"")*)"\.)?"((?:[^"]|"")*)"/;

/** @returns the statements of a migration of drizzle-kit's, without those on policies of guarded tables. */
export const withoutPolicyStatements = (
  statements: ReadonlyArray<string>,
  guarded: ReadonlyArray<TableName>,
): ReadonlyArray<string> => {
  const isGuarded = tableSet(guarded);
  return statements.filter((statement) => {
    const [policy, schema = "public", name = ""] = policyOn.exec(statement) ?? [];
    return policy === undefined || !isGuarded(schema, name);
  });
};

/** @returns the diff of whichever line of drizzle-kit is installed. */
export const compareTables: CompareTables = async (declared, folder, name, ask) => {
  const { compare } = await (installedLine === "1.0" ? import("./tables-1.js") : import("./tables-0.js"));
  return compare(declared, folder, name, ask);
};
