/**
 * Tables that somebody has partitioned by hand.
 *
 * Invariant: a partition is its owner's affair, and is neither declared nor dropped. Whoever asks the table itself is bound by the
 * table's policies; a partition has none, so its row-level security is on, and asked directly it shows nothing.
 */
import type { TableName } from "../condition/condition.js";
import { dollarQuoted, nameText, text } from "../condition/sql-text.js";
import { unmetState } from "./inspect.js";

const relations = (tables: ReadonlyArray<TableName>): string =>
  `pg_catalog.unnest(array[${tables.map((table) => `pg_catalog.to_regclass(${nameText(table)})`).join(", ")}]::regclass[]) as t(relation)
  join pg_catalog.pg_class c on c.oid = t.relation and c.relkind = 'p'`;

/** Closes the partitions of tables, also those that others have made. */
export const closePartitions = (tables: ReadonlyArray<TableName>): string =>
  `do ${dollarQuoted(`declare part regclass; begin
  for part in
    select p.oid from ${relations(tables)}
    cross join lateral pg_catalog.pg_partition_tree(t.relation) tree
    join pg_catalog.pg_class p on p.oid = tree.relid and tree.level > 0
    where p.relkind in ('r', 'p') and not p.relrowsecurity and pg_catalog.pg_has_role(p.relowner, 'usage')
  loop
    execute pg_catalog.format('alter table %s enable row level security', part);
  end loop;
end`)}`;

const remedy =
  "drizzle-kit push takes a partitioned table for one to create and its partitions for ones to drop. Run hedgerow push, which leaves partitions alone, or migrations.";

/** Raises where one of the tables is partitioned, for a drizzle-kit that reads the catalog by itself. */
export const refusePartitioned = (tables: ReadonlyArray<TableName>): string =>
  `do ${dollarQuoted(`declare found text; begin
  select pg_catalog.string_agg(pg_catalog.format('table %s is partitioned: %s', t.relation, ${text(remedy)}), e'\\n' order by t.relation::text)
  into found from ${relations(tables)};
  if found is not null then
    raise exception 'a table is partitioned' using errcode = '${unmetState}', detail = found;
  end if;
end`)}`;
