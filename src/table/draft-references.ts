/**
 * References that name a table by an object which has not its rules.
 *
 * Invariant: a foreign key points at a table by its name, but the rules that its check asks are those of the object that was
 * named: the table before `.firewall()`, or with another one, is refused.
 */
import type { PgTable } from "drizzle-orm/pg-core";
import type { Problem } from "../condition/problem.js";
import { plainConfig, tableName } from "./config.js";
import { declarationOf } from "./declaration.js";
import { targetOf } from "./reference.js";
import type { Schema } from "./schema.js";

/** @returns a problem for each foreign key that would not be checked as declared. */
export const draftReferences = ({ tables }: Schema): ReadonlyArray<Problem> => {
  const nameOf = (table: PgTable): string => JSON.stringify(tableName(table));
  const exported = new Map(tables.map((table) => [nameOf(table.source), table]));
  return tables.flatMap(({ source, definition }) =>
    plainConfig(source).foreignKeys.flatMap((key): ReadonlyArray<Problem> => {
      const named = targetOf(key, source);
      const target = named && exported.get(nameOf(named));
      if (!target || declarationOf(named)?.firewall === declarationOf(target.source)?.firewall) return [];
      const columns = key.reference().columns.map(({ name }) => name);
      return [
        {
          code: "reference_to_draft",
          table: definition.table.name,
          path: `columns.${columns.join(", ")}`,
          message: `It refers to "${target.definition.table.name}" by an object that has not its firewall, so the reference would not be checked as declared.`,
          hint: `Refer to the table that is exported as "${target.key}": .references(() => ${target.key}.id).`,
        },
      ];
    }),
  );
};
