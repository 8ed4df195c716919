/**
 * What a declaration adds to its Drizzle table, so that Drizzle's own tools see it.
 *
 * Invariant: whatever the SQL layer creates and drizzle-kit compares (policies, keys, indexes, defaults) stands here
 * under the same name; drizzle-kit would drop what it does not find.
 */
import { getTableColumns, type SQL, sql } from "drizzle-orm";
import {
  type ExtraConfigColumn,
  foreignKey,
  index,
  type PgColumn,
  type PgTable,
  type PgTableExtraConfigValue,
  pgPolicy,
  pgRole,
  unique,
} from "drizzle-orm/pg-core";
import * as Effect from "effect/Effect";
import type { ContextPath } from "../condition/condition.js";
import { DefinitionError, type Problem } from "../condition/problem.js";
import { text } from "../condition/sql-text.js";
import type { Lowering } from "../table/builder.js";
import type { Declaration } from "../table/declaration.js";
import { define } from "../table/definition.js";
import { Dialect } from "./dialect.js";
import { helperSchema, objectName } from "./names.js";
import { type Policy, policiesOf } from "./policies.js";
import { compositeKey, type Reference, referencesOf } from "./references.js";
import { scopeKeysOf } from "./scope.js";

const toDrizzle = (policy: Policy): PgTableExtraConfigValue =>
  pgPolicy(policy.name, {
    as: policy.permissive ? "permissive" : "restrictive",
    for: policy.command,
    // `existing()`: Hedgerow makes the roles itself, and drizzle-kit must neither create nor drop them.
    to: policy.roles.map((role) => (role === "public" ? "public" : pgRole(role).existing())),
    // Safe as raw text: policy SQL is complete and quotes everything that a declaration can hold.
    ...(policy.using !== undefined && { using: sql.raw(policy.using) }),
    ...(policy.check !== undefined && { withCheck: sql.raw(policy.check) }),
  });

/** The columns as Drizzle's indexes want them, by key. */
type Self = Readonly<Record<string, ExtraConfigColumn>>;

const selfNamed = (self: Self, name: string): ExtraConfigColumn => {
  const column = Object.values(self).find((candidate) => candidate.name === name);
  if (!column) throw new Error(`Column "${name}" is not part of the table.`);
  return column;
};

const columnNamed = (table: PgTable, name: string): PgColumn => {
  const column = Object.values<PgColumn>(getTableColumns(table)).find((candidate) => candidate.name === name);
  if (!column) throw new Error(`Column "${name}" is not part of the table.`);
  return column;
};

type OneOrMore<A> = [A, ...A[]];
const oneOrMore = <A>(items: ReadonlyArray<A>): OneOrMore<A> | undefined => {
  const [first, ...rest] = items;
  return first === undefined ? undefined : [first, ...rest];
};

/** A unique key that begins with the scope: the index that every guarded query uses, and what references point to. */
const scopeKey = (table: PgTable, self: Self, declaration: Declaration): ReadonlyArray<PgTableExtraConfigValue> => {
  const scope = scopeKeysOf(table);
  const keys = Object.values<PgColumn>(getTableColumns(table)).filter((column) => column.primary);
  const names = [...scope.map((column) => column.name), ...keys.map((column) => column.name)];
  const columns = oneOrMore([...new Set(names)].map((name) => selfNamed(self, name)));
  if (scope.length === 0 || !columns) return [];
  if (keys.length !== 1) {
    // A composite key is unique by itself; what is missing is an index that begins with the scope.
    return [index(objectName(declaration.name, ...scope.map(({ name }) => name), "idx")).on(...columns)];
  }
  return [unique(objectName(declaration.name, ...columns.map((column) => column.name), "key")).on(...columns)];
};

const referenceExtras = (table: PgTable, self: Self, reference: Reference): ReadonlyArray<PgTableExtraConfigValue> => {
  const composite = compositeKey(reference, table);
  const names = composite?.columns ?? [reference.column];
  const columns = oneOrMore(names.map((name) => columnNamed(table, name)));
  const parents = oneOrMore((composite?.parentColumns ?? []).map((name) => columnNamed(reference.parentSource, name)));
  const indexed = oneOrMore(names.map((name) => selfNamed(self, name)));
  if (!columns || !indexed) return [];
  const covering = index(objectName(reference.table.name, ...names, "idx")).on(...indexed);
  if (!composite || !parents) return [covering];
  const key = foreignKey({
    name: objectName(reference.table.name, ...composite.columns, "fk"),
    columns,
    foreignColumns: parents,
  });
  if (reference.onDelete) key.onDelete(reference.onDelete);
  if (reference.onUpdate) key.onUpdate(reference.onUpdate);
  return [covering, key];
};

const entered: Readonly<Record<string, string>> = {
  userId: "entered_user_id",
  sessionId: "entered_session_id",
  activeOrgId: "entered_org_id",
  activeTeamId: "entered_team_id",
};

const isText = (columnType: string): boolean => columnType === "PgText" || columnType === "PgVarchar";

/**
 * Fills a scope column from a setting that the prelude of the request made; cheaper per row than asking for the live
 * caller, and as safe, because WITH CHECK compares the result with the live caller.
 */
const scopeDefault = (path: ContextPath, columnType: string): SQL | undefined => {
  const getter = entered[path];
  const value =
    getter === undefined
      ? `${helperSchema}.entered_claim(${text(path.slice("claims.".length))}::text)`
      : `${helperSchema}.${getter}()`;
  if (isText(columnType)) return sql.raw(value);
  if (columnType === "PgUUID") return sql.raw(`${helperSchema}.as_uuid(${value})`);
  if (getter !== undefined) return undefined;
  if (columnType === "PgBoolean") return sql.raw(`(${value})::boolean`);
  if (columnType === "PgInteger" || columnType === "PgSmallInt") return sql.raw(`(${value})::integer`);
  return columnType === "PgBigInt53" || columnType === "PgBigInt64" ? sql.raw(`(${value})::bigint`) : undefined;
};

/** No cast at the end: drizzle-kit cuts it off what it reads back, and would find a change in every push. */
const keyDefault = (columnType: string): SQL | undefined =>
  columnType === "PgUUID"
    ? sql`gen_random_uuid()`
    : isText(columnType)
      ? sql`lower((gen_random_uuid())::text)`
      : undefined;

/** What `table()` asks of a database, spelled for the dialect in the environment. */
export const lowering: Effect.Effect<Lowering, never, Dialect> = Effect.map(Dialect, (dialect) => ({
  scopeDefault,
  keyDefault,
  extras: (table, self, declaration) => {
    // A table that is not finished has row-level security and no policy: nobody reads it.
    if (declaration.firewall === undefined) return [];
    const problems: Array<Problem> = [];
    const definition = define(table, declaration, problems);
    if (problems.length > 0) throw new DefinitionError({ problems });
    return [
      ...scopeKey(table, self, declaration),
      ...referencesOf(table).flatMap((reference) => referenceExtras(table, self, reference)),
      ...policiesOf(definition, dialect.caller).map(toDrizzle),
    ];
  },
}));
