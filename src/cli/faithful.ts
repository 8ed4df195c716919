/**
 * What drizzle-kit reads of a catalog, put right.
 *
 * Invariant: a query that is not known here goes to the database as it is. Of those that are, the answer is what drizzle-kit
 * meant to ask: its programmatic interface loses the values of placeholders, and 0.31 takes the columns of a key in whatever
 * order they come, does not see partitioned tables, and takes each partition for a table of its own, as 1.0 does.
 */
import type { Query } from "./kit.js";

const primaryKeys = `select n.nspname as schema, c.relname as "table", con.conname as name from pg_catalog.pg_constraint con
join pg_catalog.pg_class c on c.oid = con.conrelid join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where con.contype = 'p' and pg_catalog.cardinality(con.conkey) > 1`;

/** By which 0.31 asks for the name of a key, and does not say of which table. */
const asksForKey = /\bconnamespace = \$1::regnamespace\b/;
/** What it asks just before that, of the same table. */
const asksForReferences = /con\.contype AS constraint_type[\s\S]*nsp\.nspname = '(.*)'\s+AND rel\.relname = '(.*)'/;

const constraintColumns =
  /\binformation_schema\.constraint_column_usage AS ccu USING \(constraint_schema, constraint_name\)/;
const byPosition = `order by constraint_name, (
  select pg_catalog.array_position(con.conkey, a.attnum) from pg_catalog.pg_constraint con
  join pg_catalog.pg_attribute a on a.attrelid = con.conrelid and a.attname = c.column_name
  where con.conname = constraint_name and con.conrelid = pg_catalog.to_regclass(pg_catalog.format('%I.%I', tc.table_schema, tc.table_name)))`;

/** It gets each column of a reference with each that it refers to, and takes both in the order of their first appearance. */
const byReference =
  "order by con.conname, pg_catalog.array_position(con.conkey, att.attnum), pg_catalog.array_position(con.confkey, fatt.attnum)";

const constraintIndexes = /\bpg_stat_user_indexes idx\b[\s\S]*idx\.relname = '(.*)' and schemaname = '(.*)'\s/;
/** The statistics know no index of a partitioned table. */
const indexesOfConstraints = (table: string, schema: string): string =>
  `select i.relname as index_name, 1 as generated_by_constraint from pg_catalog.pg_constraint con
join pg_catalog.pg_class i on i.oid = con.conindid join pg_catalog.pg_class c on c.oid = con.conrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace where c.relname = '${table}' and n.nspname = '${schema}'`;

const rewritten = (text: string): string => {
  if (constraintColumns.test(text)) return `${text.replace(/;\s*$/, "")} ${byPosition}`;
  const [known, table = "", schema = ""] = constraintIndexes.exec(text) ?? [];
  if (known !== undefined) return indexesOfConstraints(table, schema);
  return (
    text
      // 0.31
      .replace("WHEN c.relkind = 'r' THEN 'table'", "WHEN c.relkind IN ('r', 'p') THEN 'table'")
      .replace(
        /c\.relkind IN \('r', 'v', 'm'\)(\s+)AND (n\.nspname = [^;]*)/,
        "NOT c.relispartition AND c.relkind IN ('r', 'p', 'v', 'm')$1AND ($2)",
      )
      .replace("cls.relkind IN ('r', 'v', 'm')", "cls.relkind IN ('r', 'p', 'v', 'm')")
      // Only who may log in is a user; a schema can have another owner.
      .replace(/join pg_catalog\.pg_user u on u\.usesysid = s\.nspowner/, "")
      // 1.0
      .replace(/(?<!\.)\brelkind IN \('r', 'p', 'v', 'm'\)/, "NOT relispartition AND relkind IN ('r', 'p', 'v', 'm')")
  );
};

/** 1.0 breaks where it compares two defaults of this type; without the one that stands it says the declared one again. */
const isLegible = ({ expression }: Readonly<Record<string, unknown>>): boolean =>
  typeof expression !== "string" || !/::jsonb?\[\]$/.test(expression);

/** @returns a query for one run of drizzle-kit. */
export const faithful = (query: Query): Query => {
  let keys: Promise<ReadonlyMap<string, string>> | undefined;
  const keyOf = async (schema: string, table: string): Promise<string | undefined> => {
    keys ??= query(primaryKeys).then(
      (rows) => new Map(rows.map((row) => [JSON.stringify([row.schema, row.table]), String(row.name)])),
    );
    return (await keys).get(JSON.stringify([schema, table]));
  };
  // It asks for all tables at once. Those with a key of several columns get this answer one at a time, and what is asked
  // next, before the event loop goes on, is about the same table.
  let turn: Promise<void> = Promise.resolve();
  let current: string | undefined;
  return async (text) => {
    if (asksForKey.test(text) && current !== undefined) return [{ primary_key: current }];
    const [, schema, table] = asksForReferences.exec(text) ?? [];
    if (schema === undefined || table === undefined) return (await query(rewritten(text))).filter(isLegible);
    const [rows, key] = await Promise.all([query(`${text.replace(/;\s*$/, "")} ${byReference}`), keyOf(schema, table)]);
    if (key === undefined) return rows;
    const mine = turn;
    turn = mine.then(() => new Promise((resolve) => setImmediate(resolve)));
    await mine;
    current = key;
    return rows;
  };
};
