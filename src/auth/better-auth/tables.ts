/**
 * Better Auth's tables as Drizzle tables, for drizzle-kit and for Better Auth's Drizzle adapter.
 *
 * Invariant: derived from the options when the module loads, so they cannot drift from what Better Auth reads and writes.
 * Every table has RLS enabled and declares all of its policies; times are `timestamptz`, so that no time zone of a server
 * or session can keep an expired session alive.
 */
import type { BetterAuthOptions } from "better-auth";
import { getTableColumns, sql } from "drizzle-orm";
import {
  type AnyPgColumn,
  bigint,
  boolean,
  foreignKey,
  index,
  integer,
  jsonb,
  type PgTable,
  pgPolicy,
  pgRole,
  pgTable,
  type ReferenceConfig,
  text,
  timestamp,
  uniqueIndex,
  uuid,
} from "drizzle-orm/pg-core";
import type { ColumnBuilder } from "../../condition/drizzle-types.js";
import { apiKeyQuery } from "./api-keys.js";
import { callerQuery, tokenIndex } from "./caller-query.js";
import type { IdentityOptions } from "./claims.js";
import { readableOf } from "./exposure.js";
import { type AuthField, authModels, modelCalled } from "./models.js";
import { policiesOf } from "./policies.js";

/** One of Better Auth's tables: enough of its type to point a foreign key at it. */
export type AuthTable = PgTable & { readonly id: AnyPgColumn };

/**
 * Better Auth's tables by model name. The core tables are known to be there; a table of a plugin may be.
 * With renamed models (`user: { modelName: "people" }`) the new name is the key, with `usePlural` the plural.
 */
export type AuthTables<Options, Identity = unknown> = Readonly<
  Record<CoreName<Options, Identity, "user" | "session" | "account">, AuthTable> &
    Record<
      Options extends { secondaryStorage: object } ? never : CoreName<Options, Identity, "verification">,
      AuthTable
    > &
    Partial<Record<Key<Identity, "organization" | "member" | "invitation" | "team" | "teamMember">, AuthTable>> &
    Record<string, AuthTable>
>;

type CoreName<Options, Identity, Model extends string> = Model extends string
  ? Options extends { readonly [name in Model]: { readonly modelName: infer Name extends string } }
    ? Key<Identity, Name>
    : Key<Identity, Model>
  : never;

type Key<Identity, Name extends string> = Identity extends { readonly usePlural: true } ? `${Name}s` : Name;

/**
 * Derives the Drizzle tables of a Better Auth configuration. Pure: needs no database and reads no file.
 *
 * Export every table that comes back, so that drizzle-kit sees it, and give the same record to Better Auth:
 *
 * ```ts
 * const tables = authTables(options);
 * export const { user, session, account, verification, organization, member, invitation } = tables;
 *
 * const auth = betterAuth({ ...options, database: drizzleAdapter(db, { provider: "pg", schema: tables }) });
 * ```
 *
 * Beyond what Better Auth declares there are: `timestamptz` for every time; one membership per user and organization and
 * per user and team; foreign keys from `session.active_organization_id` and `session.active_team_id` with
 * `on delete set null`; a unique index on the SHA-256 of `session.token`; an index on whatever points somewhere; names
 * of no more than 63 characters; with `generateId: false` a default for ids; RLS with the policies of `hedgerow_auth`, `hedgerow_definer` and of callers (roles and helpers must be there before the tables are).
 *
 * @param options Better Auth's options, as for `betterAuth`; `database` may be missing.
 * @param identity The same value as for `sessionIdentity`: claims and what is exposed are policies of these tables.
 * @returns the tables, keyed by Better Auth's model names.
 * @throws Error when sessions are not in the database, a claim does not exist, something cannot be exposed, or a field has a
 *   type that Better Auth's Postgres schema cannot hold.
 */
export const authTables = <const Options extends BetterAuthOptions, const Identity extends IdentityOptions>(
  options: Options,
  identity?: Identity,
): AuthTables<Options, Identity> => {
  const models = authModels(options, identity?.usePlural);
  const reads = new Set([
    ...callerQuery(options, models, identity ?? {}).reads,
    ...(apiKeyQuery(options, models, identity ?? {})?.reads ?? []),
  ]);
  const readable = readableOf(options, models, identity);
  const ids = idType(options);
  const tables: Record<string, AuthTable> = {};

  // Foreign keys may point forwards and in circles, so a target is looked up only when Drizzle asks for it.
  const target: Target = (model, field) => {
    const found = modelCalled(models, model);
    const table = found === undefined ? undefined : tables[found.key];
    const property = field === "id" ? "id" : (found?.fields.get(field)?.property ?? field);
    const column = table === undefined ? undefined : getTableColumns(table)[property];
    if (column === undefined) throw new Error(`A foreign key points at ${model}.${field}, which is not stored.`);
    return column;
  };

  for (const [name, model] of models) {
    const columns: Columns = { id: ids.primaryKey() };
    const longNamed: Array<LongNamed> = [];
    for (const field of model.fields.values()) {
      const column = columnOf(field, ids);
      columns[field.property] = column;
      const { references } = field.attribute;
      const pointed = references && modelCalled(models, references.model);
      if (references === undefined || pointed === undefined) continue;
      const to = () => target(references.model, references.field);
      const onDelete = references.onDelete ?? "cascade";
      const toColumn = pointed.fields.get(references.field)?.column ?? references.field;
      const name = `${model.table}_${field.column}_${pointed.table}_${toColumn}_fk`;
      if (name.length <= longestName) columns[field.property] = column.references(to, { onDelete });
      else longNamed.push({ name: name.slice(0, longestName), property: field.property, to, onDelete });
    }
    const table = pgTable(model.table, columns, (self) => {
      const at = (property: string) => {
        const column = self[property];
        if (column === undefined) throw new Error(`An index of ${model.table} names ${property}, which is not stored.`);
        return column;
      };
      return [
        ...longNamed.map(({ name, property, to, onDelete }) =>
          foreignKey({ name, columns: [at(property)], foreignColumns: [to()] }).onDelete(onDelete),
        ),
        ...model.indexes.map(({ name, properties: [first, ...rest], unique }) =>
          (unique ? uniqueIndex(name) : index(name)).on(at(first), ...rest.map(at)),
        ),
        ...(name === "session" ? [uniqueIndex(tokenIndex(model).name).on(sql.raw(tokenIndex(model).expression))] : []),
        ...policiesOf(
          model,
          reads.has(model),
          readable.find((each) => each.model === model),
          identity?.guard,
        ).map((policy) =>
          pgPolicy(policy.name, {
            as: "permissive",
            for: policy.command,
            to: policy.role === "public" ? policy.role : pgRole(policy.role).existing(),
            using: sql.raw(policy.using),
            ...(policy.check === null ? {} : { withCheck: sql.raw(policy.check) }),
          }),
        ),
      ];
    });
    table.enableRLS();
    tables[model.key] = table;
  }
  // The options' own type says which keys there are; only running `authModels` could prove it.
  return tables as AuthTables<Options, Identity>;
};

/** What all of Drizzle's column builders have in common; their own types differ by the type of the value. */
interface Builder extends ColumnBuilder {
  default(value: unknown): Builder;
  notNull(): Builder;
  unique(): Builder;
  $onUpdate(value: () => unknown): Builder;
  references(column: ReferenceConfig["ref"], actions: ReferenceConfig["actions"]): Builder;
}

interface Columns {
  id: Builder;
  [property: string]: Builder;
}

/** What Postgres keeps of a name; drizzle-kit would not know the rest again and make the key anew on every push. */
const longestName = 63;

/** A foreign key whose usual name would be cut. */
interface LongNamed {
  readonly name: string;
  readonly property: string;
  readonly to: () => AnyPgColumn;
  readonly onDelete: NonNullable<NonNullable<ReferenceConfig["actions"]>["onDelete"]>;
}

type Target = (model: string, field: string) => AnyPgColumn;

/** How ids are stored; the way Better Auth makes them decides. */
interface IdType {
  readonly primaryKey: () => Builder;
  readonly reference: (name: string) => Builder;
}

const idType = (options: BetterAuthOptions): IdType => {
  switch (options.advanced?.database?.generateId) {
    case "serial":
      return {
        primaryKey: () => integer("id").generatedByDefaultAsIdentity().primaryKey(),
        reference: (name) => integer(name),
      };
    case "uuid":
      return {
        primaryKey: () => uuid("id").default(sql`gen_random_uuid()`).primaryKey(),
        reference: (name) => uuid(name),
      };
    // Better Auth leaves it to the database then.
    case false:
      return {
        primaryKey: () => text("id").default(sql`lower((gen_random_uuid())::text)`).primaryKey(),
        reference: (name) => text(name),
      };
    default:
      return { primaryKey: () => text("id").primaryKey(), reference: (name) => text(name) };
  }
};

const columnOf = (field: AuthField, ids: IdType): Builder => {
  const { attribute } = field;
  let column = attribute.references?.field === "id" ? ids.reference(field.column) : plainColumn(field);
  const initial = defaultOf(field);
  if (initial !== undefined) column = column.default(initial);
  const { onUpdate } = attribute;
  if (onUpdate !== undefined && attribute.type === "date") column = column.$onUpdate(onUpdate);
  // A field is required unless it says otherwise.
  if (attribute.required !== false) column = column.notNull();
  return attribute.unique === true ? column.unique() : column;
};

const plainColumn = ({ name, column, attribute }: AuthField): Builder => {
  const { type } = attribute;
  if (typeof type !== "string") {
    const [first, ...rest] = type;
    return first === undefined ? text(column) : text(column, { enum: [first, ...rest] });
  }
  const whole = () => (attribute.bigint === true ? bigint(column, { mode: "number" }) : integer(column));
  switch (type) {
    case "string":
      return text(column);
    case "boolean":
      return boolean(column);
    case "number":
      return whole();
    case "date":
      return timestamp(column, { withTimezone: true });
    case "json":
      return jsonb(column);
    case "string[]":
      return text(column).array();
    case "number[]":
      return whole().array();
    default:
      throw new Error(`Better Auth's field ${name} has the type ${String(type)}, which has no column type.`);
  }
};

/** Only constants and "now" become a default of the column; Better Auth computes the others itself. */
const defaultOf = ({ attribute }: AuthField): unknown => {
  const { defaultValue, type } = attribute;
  if (defaultValue === null) return undefined;
  // drizzle-kit reads the default of an array wrongly and would set it anew on every push; Better Auth fills it in itself.
  if (Array.isArray(defaultValue)) return undefined;
  if (typeof defaultValue !== "function") return defaultValue;
  return type === "date" ? sql`now()` : undefined;
};
