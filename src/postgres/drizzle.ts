/**
 * What a declaration adds to its Drizzle table, so that Drizzle's own tools see it.
 *
 * Invariant: whatever the SQL layer creates and drizzle-kit compares (policies, keys, indexes, defaults) stands here
 * under the same name; drizzle-kit would drop what it does not find.
 */
import { getTableColumns, type SQL, sql } from "drizzle-orm";
import {
  type ExtraConfigColumn,
  index,
  type PgColumn,
  type PgTable,
  type PgTableExtraConfigValue,
  pgPolicy,
  pgRole,
} from "drizzle-orm/pg-core";
import type { ContextPath } from "../condition/condition.js";
import { objectName } from "../condition/object-name.js";
import type { PolicyStatement } from "../condition/policy-statement.js";
import { DefinitionError, type Problem } from "../condition/problem.js";
import { text } from "../condition/sql-text.js";
import { postgresTarget } from "../database/target.js";
import type { Lowering } from "../table/builder.js";
import { plainConfig } from "../table/config.js";
import { define } from "../table/definition.js";
import { type IndexColumns, orderedIndexes } from "../table/indexed.js";
import { referencesOf } from "../table/reference.js";
import { scopeKeysOf } from "../table/scope.js";
import { helperCaller } from "./helper-caller.js";
import { helperSchema } from "./names.js";
import { policiesOf } from "./policies.js";

const toDrizzle = (policy: PolicyStatement): PgTableExtraConfigValue =>
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

const beginsWith = (columns: IndexColumns, names: IndexColumns): boolean =>
  names.every((name, position) => columns[position] === name);

/**
 * What every guarded query needs: the scope, then the primary key, in whose order lists are paged. And the columns of each
 * reference, by which deleting a parent looks for its children.
 */
const indexesOf = (table: PgTable, self: Self, primaryKey: ReadonlyArray<string>) => {
  const columns: Readonly<Record<string, PgColumn>> = getTableColumns(table);
  const scope = scopeKeysOf(table).map(({ name }) => name);
  const keys = primaryKey.flatMap((key) => columns[key]?.name ?? []);
  const wanted = [
    ...(scope.length === 0 ? [] : [[...new Set([...scope, ...keys])]]),
    ...referencesOf(table).map((reference) => reference.columns.map(({ own }) => own)),
  ];
  const existing: Array<IndexColumns> = [...orderedIndexes(table, plainConfig(table))];
  return wanted.flatMap((names) => {
    if (existing.some((other) => beginsWith(other, names))) return [];
    existing.push(names);
    const [first, ...rest] = names.map((column) => selfNamed(self, column));
    return first ? [index(objectName([plainConfig(table).name, ...names, "idx"])).on(first, ...rest)] : [];
  });
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

/** A schema does not know where it will run: its tables name PostgreSQL's roles. */
const spelling = { caller: helperCaller, roles: postgresTarget.roles };

/** What `table()` asks of a database. */
export const lowering: Lowering = {
  scopeDefault,
  keyDefault,
  extras: (table, self, declaration) => {
    // A table that is not finished has row-level security and no policy: nobody reads it.
    if (declaration.firewall === undefined) return [];
    const problems: Array<Problem> = [];
    const definition = define(table, declaration, problems);
    if (problems.length > 0) throw new DefinitionError({ problems });
    return [...indexesOf(table, self, definition.primaryKey), ...policiesOf(definition, spelling).map(toDrizzle)];
  },
};
