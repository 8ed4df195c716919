/**
 * Statements of drizzle-kit's that change nothing, because it does not know its own defaults, types, keys and indexes again
 * when Postgres writes them otherwise.
 *
 * Invariant: decided by Postgres alone. What a statement would make is made on an empty copy of the table and compared with
 * what is there; the copy is gone before anybody sees it, and no lock on the table is taken that a reader would notice.
 * Where that fails, or a statement is of no known shape, it counts as a change.
 */
import { dollarQuoted, text } from "../condition/sql-text.js";

const name = '"(?:[^"]|"")*"';
const relation = `(?:${name}\\.)?${name}`;

/** By the table, the name of a column, constraint or index, and the rest. */
const shapes = {
  default: new RegExp(`^ALTER TABLE (${relation}) ALTER COLUMN (${name}) (SET DEFAULT [\\s\\S]+)$`),
  type: new RegExp(`^ALTER TABLE (${relation}) ALTER COLUMN (${name}) (SET DATA TYPE [\\s\\S]+)$`),
  counter: new RegExp(
    `^ALTER TABLE (${relation}) ALTER COLUMN (${name}) (SET (?:CACHE|INCREMENT|START|MINVALUE|MAXVALUE|CYCLE|NO CYCLE)\\b[\\s\\S]*)$`,
  ),
  constraint: new RegExp(
    `^ALTER TABLE (${relation}) ADD CONSTRAINT (${name}) ((?:UNIQUE|PRIMARY KEY|CHECK)\\b[\\s\\S]*)$`,
  ),
  index: new RegExp(
    `^CREATE (?:UNIQUE )?INDEX (?:CONCURRENTLY )?(?:IF NOT EXISTS )?(${name}) ON (${relation}) ([\\s\\S]+)$`,
  ),
} as const;

const dropped = {
  constraint: new RegExp(`^ALTER TABLE (${relation}) DROP CONSTRAINT (?:IF EXISTS )?(${name})`),
  index: new RegExp(`^DROP INDEX (?:CONCURRENTLY )?(?:IF EXISTS )?(?:${name}\\.)?(${name})`),
} as const;

const column = new RegExp(`^ALTER TABLE (${relation}) ALTER COLUMN (${name}) `);

const unquoted = (quoted: string): string => quoted.slice(1, -1).replaceAll('""', '"');

/** As Postgres cuts a name that is too long. */
const cut = (quoted: string): string => {
  const bytes = new TextEncoder().encode(unquoted(quoted));
  return bytes.length <= 63 ? unquoted(quoted) : new TextDecoder().decode(bytes.slice(0, 63)).replace(/\uFFFD$/, "");
};

interface Probe {
  /** The statements that go, if what stands is what they make. */
  readonly statements: ReadonlyArray<string>;
  readonly table: string;
  /** On the copy, which is called `hedgerow_copy`. */
  readonly make: string;
  /** Whether both are the same; `original` and `copy` are their oids. */
  readonly same: string;
}

const copy = "pg_temp.hedgerow_copy";

const sameDefault = (of: string): string => {
  const expression = (table: string): string =>
    `(select pg_catalog.pg_get_expr(d.adbin, d.adrelid) from pg_catalog.pg_attrdef d join pg_catalog.pg_attribute a
      on a.attrelid = d.adrelid and a.attnum = d.adnum where a.attrelid = ${table} and a.attname = ${of}::name and a.attgenerated = '')`;
  return `${expression("original")} is not distinct from ${expression("copy")}`;
};

const sameType = (of: string): string => `exists (select from pg_catalog.pg_attribute o join pg_catalog.pg_attribute c
  on (o.atttypid, o.atttypmod, o.attcollation) = (c.atttypid, c.atttypmod, c.attcollation) and o.attname = c.attname
  where o.attrelid = original and c.attrelid = copy and o.attname = ${of}::name)`;

const sameCounter = (of: string): string => {
  const counter = (table: string): string =>
    `(select row (s.seqstart, s.seqincrement, s.seqmax, s.seqmin, s.seqcache, s.seqcycle)::text from pg_catalog.pg_sequence s
      join pg_catalog.pg_depend d on d.objid = s.seqrelid and d.classid = 'pg_catalog.pg_class'::regclass and d.deptype = 'i'
      join pg_catalog.pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
      where a.attrelid = ${table} and a.attname = ${of}::name)`;
  return `${counter("original")} = ${counter("copy")}`;
};

const sameConstraint = (
  of: string,
): string => `exists (select from pg_catalog.pg_constraint o join pg_catalog.pg_constraint c
  on pg_catalog.pg_get_constraintdef(o.oid) = pg_catalog.pg_get_constraintdef(c.oid) and o.conname = c.conname
  where o.conrelid = original and c.conrelid = copy and o.conname = ${of}::name)`;

const sameIndex = (of: string): string => {
  const definition = (index: string): string =>
    `(select pg_catalog.regexp_replace(pg_catalog.replace(pg_catalog.pg_get_indexdef(i.oid),
        pg_catalog.format('%I.%I USING ', case when t.relpersistence = 't' then 'pg_temp' else n.nspname end, t.relname), 'USING '), ' ON (ONLY )?USING ', ' USING ')
      from pg_catalog.pg_class i join pg_catalog.pg_index x on x.indexrelid = i.oid and x.indisvalid
      join pg_catalog.pg_class t on t.oid = x.indrelid join pg_catalog.pg_namespace n on n.oid = t.relnamespace
      where t.oid = ${index} and i.relname = ${of}::name)`;
  return `${definition("original")} = ${definition("copy")}`;
};

const without = (statement: string): string => statement.trim().replace(/;$/, "");

const probeOf = (statement: string, all: ReadonlyArray<string>): Probe | undefined => {
  const said = without(statement);
  for (const [kind, same] of [
    ["default", sameDefault],
    ["type", sameType],
    ["counter", sameCounter],
  ] as const) {
    const [, table, of, change] = shapes[kind].exec(said) ?? [];
    if (table === undefined || of === undefined) continue;
    const make = `alter table ${copy} alter column ${of} ${change}`;
    return { statements: [statement], table, make, same: same(text(unquoted(of))) };
  }
  const [, keyed, key, definition] = shapes.constraint.exec(said) ?? [];
  if (keyed !== undefined && key !== undefined) {
    const drop = all.find((each) => {
      const [, table, old = ""] = dropped.constraint.exec(each.trim()) ?? [];
      return table === keyed && cut(old) === cut(key);
    });
    if (drop === undefined) return undefined;
    const make = `alter table ${copy} add constraint ${key} ${definition}`;
    return { statements: [drop, statement], table: keyed, make, same: sameConstraint(text(cut(key))) };
  }
  const [, index, indexed, rest] = shapes.index.exec(said) ?? [];
  if (index === undefined || indexed === undefined) return undefined;
  const drop = all.find((each) => cut(dropped.index.exec(each.trim())?.[1] ?? '""') === cut(index));
  if (drop === undefined) return undefined;
  const make = `create ${/^CREATE UNIQUE /.test(said) ? "unique " : ""}index ${index} on ${copy} ${rest}`;
  return { statements: [drop, statement], table: indexed, make, same: sameIndex(text(cut(index))) };
};

const setting = "hedgerow.settled";

const block = ({ table, make, same }: Probe, position: number): string =>
  `do ${dollarQuoted(`declare
  original oid := ${text(table)}::regclass;
  copy oid;
  same boolean;
begin
  begin
    create temporary table hedgerow_copy (like ${table} including identity);
    copy := '${copy}'::regclass;
    ${make};
    same := ${same};
    raise exception 'undone' using errcode = 'HR000';
  exception when others then
    null;
  end;
  if same then
    perform pg_catalog.set_config('${setting}', pg_catalog.current_setting('${setting}') || ' ${position}', true);
  end if;
exception when others then
  null;
end`)}`;

export interface Settling {
  /** For one transaction; empty where no statement is of a known shape. */
  readonly queries: ReadonlyArray<string>;
  /** @returns the statements that change nothing, by the rows of the last query. */
  readonly settledBy: (rows: ReadonlyArray<Readonly<Record<string, unknown>>>) => ReadonlySet<string>;
}

/** A column goes through several types on its way to one that it already has, so it is left alone only as a whole. */
const wholeColumns = (settled: ReadonlySet<string>, statements: ReadonlyArray<string>): ReadonlySet<string> => {
  const columnOf = (statement: string): string | undefined => column.exec(statement)?.[0];
  const changed = new Set(statements.filter((each) => !settled.has(each)).map(columnOf));
  return new Set([...settled].filter((each) => columnOf(each) === undefined || !changed.has(columnOf(each))));
};

/** @param statements all that drizzle-kit would run. */
export const settling = (statements: ReadonlyArray<string>): Settling => {
  const probes = statements.flatMap((statement) => probeOf(statement, statements) ?? []);
  return {
    queries:
      probes.length === 0
        ? []
        : [
            `select pg_catalog.set_config('${setting}', '', true)`,
            ...probes.map(block),
            `select pg_catalog.current_setting('${setting}') as settled`,
          ],
    settledBy: ([row]) => {
      const positions = String(row?.settled ?? "")
        .split(" ")
        .filter((each) => each !== "");
      const settled = new Set(positions.flatMap((position) => probes[Number(position)]?.statements ?? []));
      return wholeColumns(settled, statements);
    },
  };
};

const counted = (table: string): ReadonlyArray<RegExp> =>
  [
    `^DROP TABLE ${table}`,
    `^ALTER TABLE ${table} DROP COLUMN`,
    `^ALTER TABLE ${table} ALTER COLUMN ${name} SET DATA TYPE`,
    `^ALTER TABLE ${table} ADD COLUMN (?!.* DEFAULT ).* NOT NULL`,
    `^ALTER TABLE ${table} ADD CONSTRAINT ${name} UNIQUE`,
  ].map((source) => new RegExp(source));

const escaped = (literal: string): string => literal.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/**
 * drizzle-kit 0.31 counts the rows of a table for each statement that may lose some, in the order of the statements.
 *
 * @param counts what it asked, in order.
 * @returns of each of them whether it was asked for a statement that changes nothing.
 */
export const idleCounts = (
  counts: ReadonlyArray<string>,
  statements: ReadonlyArray<string>,
  settled: ReadonlySet<string>,
): ReadonlyArray<boolean> => {
  const tableOf = (count: string): string => / from (.*?);?\s*$/.exec(count)?.[1] ?? "";
  return counts.map((count, position) => {
    const table = tableOf(count);
    const kinds = counted(escaped(table));
    const asking = statements.filter((statement) => kinds.some((kind) => kind.test(statement.trim())));
    const same = counts.flatMap((other, at) => (tableOf(other) === table ? [at] : []));
    const statement = asking[same.indexOf(position)];
    return same.length === asking.length && statement !== undefined && settled.has(statement);
  });
};
