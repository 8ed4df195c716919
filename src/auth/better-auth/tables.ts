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
  index,
  integer,
  jsonb,
  type PgColumnBuilderBase,
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
import { callerQuery, tokenIndex } from "./caller-query.js";
import type { IdentityOptions } from "./claims.js";
import { type AuthField, authModels, modelCalled, serviceTable } from "./models.js";
import { policiesOf } from "./policies.js";

/** One of Better Auth's tables: enough of its type to point a foreign key at it. */
export type AuthTable = PgTable & { readonly id: AnyPgColumn };

/**
 * Better Auth's tables by model name. The core tables are known to be there; a table of a plugin may be.
 * With renamed models (`user: { modelName: "people" }`) the new name is the key.
 */
export type AuthTables<Options> = Readonly<
  Record<CoreName<Options, "user" | "session" | "account">, AuthTable> &
    Record<Options extends { secondaryStorage: object } ? never : CoreName<Options, "verification">, AuthTable> &
    Partial<Record<"organization" | "member" | "invitation" | "team" | "teamMember", AuthTable>> &
    Record<string, AuthTable>
>;

type CoreName<Options, Model extends string> = Model extends string
  ? Options extends { readonly [name in Model]: { readonly modelName: infer Name extends string } }
    ? Name
    : Model
  : never;

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
 * `on delete set null`; a unique index on the SHA-256 of `session.token`; RLS with the policies that only `hedgerow_auth`
 * and `hedgerow_definer` have (`create role` for both must have run before these tables are created).
 *
 * @param options Better Auth's options, as for `betterAuth`; `database` may be missing.
 * @param identity The same value as for `sessionIdentity`: a claim of an organization needs one policy more.
 * @returns the tables, keyed by Better Auth's model names.
 * @throws Error when sessions are not in the database, a claim does not exist, or a field has a type that Better Auth's
 *   Postgres schema cannot hold.
 */
export const authTables = <const Options extends BetterAuthOptions>(
  options: Options,
  identity: IdentityOptions = {},
): AuthTables<Options> => {
  const models = authModels(options);
  const reads = new Set(callerQuery(options, models, identity).reads);
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
    for (const field of model.fields.values()) {
      const column = columnOf(field, ids);
      const { references } = field.attribute;
      columns[field.property] =
        references !== undefined && modelCalled(models, references.model) !== undefined
          ? column.references(() => target(references.model, references.field), {
              onDelete: references.onDelete ?? "cascade",
            })
          : column;
    }
    const table = pgTable(model.table, columns, (self) => {
      const at = (property: string) => {
        const column = self[property];
        if (column === undefined) throw new Error(`An index of ${model.table} names ${property}, which is not stored.`);
        return column;
      };
      return [
        ...model.indexes.map(({ name, properties: [first, ...rest], unique }) =>
          (unique ? uniqueIndex(name) : index(name)).on(at(first), ...rest.map(at)),
        ),
        ...(name === "session" ? [uniqueIndex(tokenIndex(model).name).on(sql.raw(tokenIndex(model).expression))] : []),
        ...policiesOf(serviceTable(model), reads.has(model)).map((policy) =>
          pgPolicy(policy.name, {
            as: "permissive",
            for: policy.command,
            to: pgRole(policy.role).existing(),
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
  return tables as AuthTables<Options>;
};

/** What all of Drizzle's column builders have in common; their own types differ by the type of the value. */
interface Builder extends PgColumnBuilderBase {
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
        primaryKey: () => uuid("id").default(sql`pg_catalog.gen_random_uuid()`).primaryKey(),
        reference: (name) => uuid(name),
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
  if (typeof defaultValue !== "function") return defaultValue;
  return type === "date" ? sql`now()` : undefined;
};
