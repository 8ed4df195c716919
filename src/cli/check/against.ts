/**
 * What a version of a schema would meet on a database, before it is deployed there.
 *
 * Invariant: it only reads, and asks what a router asks when it starts, by the same query. Beside that it looks for what no start
 * finds out, because it shows with the first row that is made.
 */
import { getTableColumns } from "drizzle-orm";
import type { PgColumn } from "drizzle-orm/pg-core";
import * as Effect from "effect/Effect";
import { qualified, text } from "../../condition/sql-text.js";
import type { DatabaseError, DatabaseShape, Statement } from "../../database/database.js";
import type { Target } from "../../database/target.js";
import { examine, type OlderVersions, reasonsToRefuse } from "../../http/startup.js";
import type { Schema } from "../../table/schema.js";

/** How a version and a database fit. */
export interface Fit {
  /** Whether it serves, and makes rows. */
  readonly serves: boolean;
  /** Why not. */
  readonly reasons: ReadonlyArray<string>;
  /** The rules of a newer version under which it would serve; empty where there are none. */
  readonly newerRules: string;
}

/** Columns that a row must have, in tables of which this version makes rows, and that it cannot fill. */
const unfilled = ({ tables }: Schema): Statement => {
  const known = tables
    .filter(({ definition }) => definition.commands.insert !== undefined)
    .map(({ definition, source }) => ({
      name: qualified(definition.table),
      columns: Object.values<PgColumn>(getTableColumns(source)).map(({ name }) => name),
    }));
  return {
    text: `select pg_catalog.format('%s.%I', t.name, a.attname) as name
from pg_catalog.jsonb_to_recordset(${text(JSON.stringify(known))}::jsonb) as t(name text, columns jsonb)
join pg_catalog.pg_attribute a on a.attrelid = pg_catalog.to_regclass(t.name) and a.attnum > 0 and not a.attisdropped
where a.attnotnull and not a.atthasdef and a.attidentity = '' and not exists (
  select from pg_catalog.jsonb_array_elements_text(t.columns) as c(name) where c.name::name = a.attname)
order by 1`,
  };
};

/** @returns how this version of a schema fits the database. Who logs in there does not matter: that is the application's login. */
export const fitOf = (
  schema: Schema,
  database: DatabaseShape,
  target: Target,
  olderVersions: OlderVersions,
): Effect.Effect<Fit, DatabaseError> =>
  Effect.gen(function* () {
    const verdict = yield* examine(schema, target, database);
    const [rows] = yield* database.transact([unfilled(schema)]);
    const reasons = [
      ...reasonsToRefuse(verdict, olderVersions),
      ...(rows?.rows ?? []).map(
        ({ name }) =>
          `column ${name} needs a value, and this version does not know it, so it makes no rows; give it a default, or let it be null`,
      ),
    ];
    return { serves: reasons.length === 0, reasons, newerRules: verdict.newer };
  });

/** Lines for a terminal. */
export const fitText = ({ serves, reasons, newerRules }: Fit): string =>
  [
    ...reasons.map((reason) => `✗ ${reason}`),
    ...(serves && newerRules !== "" ? [`· It would serve under newer rules: ${newerRules}`] : []),
    serves ? "This version can serve on this database." : "This version cannot serve on this database.",
  ].join("\n");
