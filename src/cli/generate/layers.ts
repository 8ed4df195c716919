/**
 * The two migrations that drizzle-kit does not make: helpers before its tables, row-level security after them.
 *
 * Invariant: each is known by the hash of what is declared, which is the same in whatever order tables are exported and on
 * every machine. The row-level security replaces whatever stood there, so only the last one of a folder counts.
 */
import { getTableName, is } from "drizzle-orm";
import { PgTable } from "drizzle-orm/pg-core";
import type { TableName } from "../../condition/condition.js";
import { dollarQuoted, nameText, qualified } from "../../condition/sql-text.js";
import { type CompiledSchema, compile } from "../../postgres/compile.js";
import type { IdentitySource } from "../../postgres/identity.js";
import { helperSchema } from "../../postgres/names.js";
import { lockStatement } from "../../postgres/security.js";
import type { SchemaModule } from "../../table/schema.js";
import { valuesFirst } from "../one-transaction.js";
import type { Guard } from "../plan.js";
import { type Draft, type Entry, type Folder, hashOf, joinStatements } from "./folder.js";

export interface Layers {
  readonly helpers: Layer;
  readonly security: Layer;
  /** The tables that Hedgerow guards, the identity provider's included, in order. */
  readonly tables: ReadonlyArray<TableName>;
}

interface Layer {
  readonly hash: string;
  readonly statements: ReadonlyArray<string>;
}

const helpersName = "hedgerow_helpers";
const securityName = "hedgerow_rls";

const byText =
  <A>(text: (value: A) => string) =>
  (one: A, other: A): number => {
    const [first, second] = [text(one), text(other)];
    return first < second ? -1 : first > second ? 1 : 0;
  };

/** The same exports in the order of the names of the tables. */
export const ordered = (module: SchemaModule): SchemaModule =>
  Object.fromEntries(
    Object.entries(module).sort(byText(([key, value]) => `${is(value, PgTable) ? getTableName(value) : ""} ${key}`)),
  );

const orderedIdentity = (identity: IdentitySource): IdentitySource =>
  identity._tag === "Claims"
    ? identity
    : {
        ...identity,
        serviceTables: [...identity.serviceTables].sort(byText(qualified)),
        reads: [...identity.reads].sort(byText(qualified)),
        policies: [...identity.policies].sort(byText(({ table, name }) => `${qualified(table)} ${name}`)),
        readable: [...(identity.readable ?? [])].sort(byText(({ table }) => qualified(table))),
        indexes: [...identity.indexes].sort(),
      };

const layer = (statements: ReadonlyArray<string>): Layer => ({
  hash: hashOf(statements.join(";\n")).slice(0, 12),
  // Whoever migrates with something else than `hedgerow migrate` takes no lock of their own.
  statements: [lockStatement, ...statements],
});

/** @throws DefinitionError with all problems of all tables. */
export const layersOf = ({ schema, identity, target }: Guard): Layers => {
  const { bootstrap, security, expected }: CompiledSchema = compile(ordered(schema), orderedIdentity(identity), target);
  return {
    helpers: layer(bootstrap),
    security: layer(security),
    tables: expected.tables
      .map(({ schema, name }) => ({ schema, name }))
      .sort(byText(({ schema, name }) => `${schema} ${name}`)),
  };
};

const hashIn = (entry: Entry, name: string): string | undefined =>
  new RegExp(`^${name}_([0-9a-f]{12})$`).exec(entry.name)?.[1];

/** @returns whether a migration is one of Hedgerow's own, by the name behind its number or time. */
export const isLayer = (name: string): boolean =>
  new RegExp(`^(${helpersName}|${securityName})_[0-9a-f]{12}$`).test(name);

const last = (folder: Folder, name: string): Entry | undefined =>
  folder
    .entries()
    .filter((entry) => hashIn(entry, name) !== undefined)
    .at(-1);

const marker = "-- guards ";

const isNames = (value: unknown): value is ReadonlyArray<readonly [string, string]> =>
  Array.isArray(value) && value.every((each) => Array.isArray(each) && each.length === 2);

/** @returns the tables that the last row-level security of a folder guards. */
export const guardedBefore = (folder: Folder): ReadonlyArray<TableName> => {
  const entry = last(folder, securityName);
  if (entry === undefined) return [];
  const line = folder
    .read(entry)
    .split(/\r?\n/)
    .find((each) => each.startsWith(marker));
  const names: unknown = line === undefined ? [] : JSON.parse(line.slice(marker.length));
  return isNames(names) ? names.map(([schema, name]) => ({ schema, name })) : [];
};

const isIn = (tables: ReadonlyArray<TableName>, { schema, name }: TableName): boolean =>
  tables.some((table) => table.schema === schema && table.name === name);

/** What Hedgerow gave to a table that it no longer guards; its policies are in drizzle-kit's own migration. */
const retire = (table: TableName): string =>
  `do ${dollarQuoted(`declare found name; begin
  if pg_catalog.to_regclass(${nameText(table)}) is null then
    return;
  end if;
  for found in select tgname from pg_catalog.pg_trigger where tgrelid = ${nameText(table)}::regclass and tgname like 'HEDGEROW\\_%' loop
    execute pg_catalog.format('drop trigger %I on %s', found, ${nameText(table)}::regclass);
  end loop;
  perform ${helperSchema}.revoke_all(${nameText(table)});
end`)}`;

/**
 * A policy or trigger that mentions a column stands in the way of changing the column's type and of dropping it. Row-level
 * security stays on, so until the policies are back, nobody reads.
 *
 * @returns a statement that drops all of them, on the tables that exist.
 */
export const makeRoom = (tables: ReadonlyArray<TableName>): string =>
  `do ${dollarQuoted(`declare
  guarded oid[] := array[
    ${tables.map((table) => `pg_catalog.to_regclass(${nameText(table)})`).join(",\n    ")}
  ];
  found record;
begin
  for found in
    select 'policy' as kind, polname as name, polrelid::regclass as relation from pg_catalog.pg_policy
    where polrelid = any (guarded)
    union all
    select 'trigger', tgname, tgrelid::regclass from pg_catalog.pg_trigger
    where tgrelid = any (guarded) and tgname like 'HEDGEROW\\_%'
  loop
    execute pg_catalog.format('drop %s %I on %s', found.kind, found.name, found.relation);
  end loop;
end`)}`;

/** Tables that stand in the way of nothing are left alone. */
const needsRoom = (statement: string): boolean => /\b(SET DATA TYPE|DROP COLUMN)\b/i.test(statement);

export interface TablesDrafts {
  /** Empty where there is nothing to do; the last one needs what drizzle-kit must know afterwards. */
  readonly drafts: ReadonlyArray<Pick<Draft, "name" | "text">>;
  /** Whether policies are dropped, which must then be made again. */
  readonly cleared: boolean;
}

/**
 * @param name what the migration is to be called.
 * @returns drizzle-kit's statements as migrations that nothing stands in the way of: one, or two where values of an enum must
 * be there before they are used.
 */
export const tablesDrafts = (
  { tables }: Layers,
  statements: ReadonlyArray<string>,
  before: ReadonlyArray<TableName>,
  name: string,
): TablesDrafts => {
  const kept = before.filter((table) => isIn(tables, table));
  const cleared = kept.length > 0 && statements.some(needsRoom);
  const { values, rest } = valuesFirst(statements);
  const changes = rest.length === 0 ? [] : [...(cleared ? [makeRoom(kept)] : []), ...rest];
  const [first, second] = [values, changes].filter((each) => each.length > 0);
  return {
    drafts: [
      ...(first === undefined
        ? []
        : [{ name: second === undefined ? name : `${name}_values`, text: joinStatements(first) }]),
      ...(second === undefined ? [] : [{ name, text: joinStatements(second) }]),
    ],
    cleared,
  };
};

/** @returns the migration with the helpers, where the folder does not end with these. */
export const helpersDraft = ({ helpers }: Layers, folder: Folder): ReadonlyArray<Draft> => {
  const before = last(folder, helpersName);
  return before !== undefined && hashIn(before, helpersName) === helpers.hash
    ? []
    : [
        {
          name: `${helpersName}_${helpers.hash}`,
          text: `-- Hedgerow: roles and helper functions, for the policies that follow.\n${joinStatements(helpers.statements)}`,
        },
      ];
};

/**
 * @param force also where the folder ends with the same, because what it made has been dropped.
 * @returns the migration with the row-level security, where the folder does not end with this one.
 */
export const securityDraft = (
  { security, tables }: Layers,
  folder: Folder,
  before: ReadonlyArray<TableName>,
  force: boolean,
): ReadonlyArray<Draft> => {
  const entry = last(folder, securityName);
  if (!force && entry !== undefined && hashIn(entry, securityName) === security.hash) return [];
  const retired = before.filter((table) => !isIn(tables, table));
  const [lock = "", ...statements] = security.statements;
  return [
    {
      name: `${securityName}_${security.hash}`,
      text: [
        "-- Hedgerow: row-level security, exactly as declared. It replaces whatever stood on these tables before.",
        `${marker}${JSON.stringify(tables.map(({ schema, name }) => [schema, name]))}`,
        joinStatements([lock, ...retired.map(retire), ...statements]),
      ].join("\n"),
    },
  ];
};
