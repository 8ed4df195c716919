/**
 * What a rule of `hedgerow check` asks about one column.
 *
 * Invariant: the same as what requests may write and what the database is granted (`managed`, and no key is changed).
 */
import { is, SQL } from "drizzle-orm";
import { type PgColumn, PgDialect } from "drizzle-orm/pg-core";
import type { Condition } from "../../../condition/condition.js";
import { negated } from "../../../condition/satisfiable.js";
import type { TableDefinition } from "../../../table/definition.js";

/** Whether callers may give the column a value. */
export const isWritable = (
  { managed, primaryKey }: TableDefinition,
  column: string,
  command: "insert" | "update",
): boolean => !managed.includes(column) && (command === "insert" || !primaryKey.includes(column));

const counters = /\b(?:nextval|currval|lastval|txid_current|pg_current_xact_id|pg_current_wal_lsn)\s*\(/i;

/** Whether a column's values go up with every row of the table, or with every transaction. */
export const countsRows = (column: PgColumn): boolean =>
  column.generatedIdentity !== undefined ||
  /Serial/.test(column.columnType) ||
  (is(column.default, SQL) && counters.test(new PgDialect().sqlToQuery(column.default).sql));

/**
 * Whether every row that a condition admits has, in this column, nothing or a value that the rule names: one of the
 * caller's own, or a literal.
 */
export const isPinned = (condition: Condition, column: string): boolean => {
  switch (condition._tag) {
    case "Constant":
      return !condition.value;
    case "Compare":
      return condition.column === column && condition.operator === "equals";
    case "Member":
    case "IsNull":
      return condition.column === column && !condition.negated;
    case "And":
      return condition.all.some((part) => isPinned(part, column));
    case "Or":
      return condition.any.every((part) => isPinned(part, column));
    case "Not": {
      const inner = negated(condition.condition);
      return inner._tag !== "Not" && isPinned(inner, column);
    }
    default:
      return false;
  }
};
