/**
 * The schemas of Postgres that a module declares.
 *
 * Invariant: a schema is a module's own only if it exports it. A table in another one may stand beside tables of somebody
 * else's, which a push would take for dropped.
 */
import { is } from "drizzle-orm";
import { isPgSchema, PgTable } from "drizzle-orm/pg-core";
import type { TableName } from "../condition/condition.js";
import type { Problem } from "../condition/problem.js";
import { tableName } from "./config.js";
import type { SchemaModule } from "./schema.js";

/** @returns `public`, and the schemas that a module exports, in the order of their names. */
export const schemasOf = (module: SchemaModule): ReadonlyArray<string> => {
  const own = Object.values(module).flatMap((value) => (isPgSchema(value) ? [value.schemaName] : []));
  return ["public", ...[...new Set(own)].filter((name) => name !== "public").sort()];
};

/** @returns the names of all tables that a module exports, with rules or without. */
export const tablesOf = (module: SchemaModule): ReadonlyArray<TableName> =>
  Object.values(module).flatMap((value) => (is(value, PgTable) ? [tableName(value)] : []));

/** @returns a problem for each table in a schema that nobody exports, so that nothing would make it. */
export const unexportedSchemas = (module: SchemaModule): ReadonlyArray<Problem> => {
  const exported = schemasOf(module);
  return Object.entries(module).flatMap(([key, value]): ReadonlyArray<Problem> => {
    if (!is(value, PgTable)) return [];
    const { schema, name } = tableName(value);
    if (exported.includes(schema)) return [];
    return [
      {
        code: "schema_not_exported",
        table: name,
        path: "(table)",
        message: `"${key}" is in the schema "${schema}", which is not exported, so a push would not make the schema.`,
        hint: `Export it beside the table: export const ${schema} = pgSchema("${schema}"). Then what else is in it belongs to this schema too.`,
      },
    ];
  });
};
