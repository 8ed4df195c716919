/**
 * What Better Auth will store, under the names that Postgres sees.
 *
 * Invariant: a pure function of Better Auth's options. Every table and column name that Hedgerow writes, into a Drizzle
 * table or into SQL text, comes from here, so the two cannot disagree and renamed models or fields need no second care.
 */
import type { BetterAuthOptions } from "better-auth";
import { type DBFieldAttribute, getAuthTables, getSchema } from "better-auth/db";
import type { ServiceTable } from "../../postgres/identity.js";

export interface AuthField {
  /** Better Auth's own name, for example `activeOrganizationId`; renaming the column does not change it. */
  readonly name: string;
  /** The property that Better Auth's Drizzle adapter looks for. */
  readonly property: string;
  /** The column's name in Postgres. */
  readonly column: string;
  readonly attribute: DBFieldAttribute;
}

export interface AuthIndex {
  readonly name: string;
  readonly properties: readonly [string, ...string[]];
  readonly unique: boolean;
}

export interface AuthModel {
  /** What the options call it: Better Auth's own name unless renamed, always singular. */
  readonly name: string;
  /** The key that Better Auth's Drizzle adapter looks for. */
  readonly key: string;
  /** The table's name in Postgres. */
  readonly table: string;
  readonly fields: ReadonlyMap<string, AuthField>;
  readonly indexes: ReadonlyArray<AuthIndex>;
}

/** Finds what a foreign key points at: plugins name a model as Better Auth does, or as it was renamed. */
export const modelCalled = (models: AuthModels, name: string): AuthModel | undefined =>
  models.get(name) ?? [...models.values()].find((model) => model.name === name || model.key === name);

/** The table as the SQL layer names it. */
export const serviceTable = (model: AuthModel): ServiceTable => ({ schema: authSchema, name: model.table });

/** Postgres' schema of every table: Better Auth's Drizzle adapter knows no other than the one it is given tables of. */
export const authSchema = "public";

/** Models by Better Auth's own name (`user`, `teamMember`, ...), whatever they are renamed to. */
export type AuthModels = ReadonlyMap<string, AuthModel>;

/**
 * Lists the models that these options store, each with what Better Auth leaves out: one membership per user and
 * organization (two concurrent calls of `addMember` would otherwise leave two rows with different roles), one per user and
 * team, and a session that cannot point at an organization or team that is gone.
 *
 * @param usePlural whether Better Auth's Drizzle adapter was told so: `users` holds the model `user` then.
 * @throws Error when sessions are not stored in the database, because nobody could then be looked up there.
 */
export const authModels = (options: BetterAuthOptions, usePlural = false): AuthModels => {
  const tables = getAuthTables(options);
  const resolved = getSchema(options);
  const stored = new Map(Object.entries(tables).filter(([, table]) => table.disableMigrations !== true));
  if (!stored.has("session")) {
    throw new Error(
      "Better Auth keeps sessions in secondaryStorage only; Hedgerow looks the caller up in Postgres. " +
        "Set session.storeSessionInDatabase to true.",
    );
  }
  const models = new Map<string, AuthModel>();
  for (const [name, table] of stored) {
    const key = usePlural ? `${table.modelName}s` : table.modelName;
    const fields = new Map<string, AuthField>();
    for (const [field, attribute] of Object.entries(table.fields)) {
      const property = attribute.fieldName || field;
      const added = pointers[name]?.[field];
      const pointer = added !== undefined && stored.has(added) && attribute.references === undefined;
      fields.set(field, {
        name: field,
        property,
        column: snakeCase(property),
        attribute: pointer
          ? { ...attribute, index: true, references: { model: added, field: "id", onDelete: "set null" } }
          : attribute,
      });
    }
    const named = (table.indexes ?? []).flatMap((index) => (index.name === undefined ? [] : [index.name]));
    const indexes: Array<AuthIndex> = (resolved[table.modelName]?.indexes ?? []).map(({ name, columns, unique }) => {
      const [first, ...rest] = columns;
      if (first === undefined) throw new Error(`Better Auth's index ${name} has no column.`);
      // A name that Better Auth made begins with the table's, which is made from the singular here.
      const ours = named.includes(name) ? name : `${key}${name.slice(table.modelName.length)}`;
      return { name: ours, properties: [first, ...rest], unique: unique === true };
    });
    for (const { property, attribute } of fields.values()) {
      // Deleting what a column points at looks for the column's rows.
      if ((attribute.index === true || attribute.references !== undefined) && attribute.unique !== true) {
        indexes.push({ name: `${key}_${property}_idx`, properties: [property], unique: false });
      }
    }
    const [first, second] = (memberships[name] ?? []).map((field) => fields.get(field)?.property);
    if (first !== undefined && second !== undefined) {
      indexes.push({ name: `${key}_${first}_${second}_uidx`, properties: [first, second], unique: true });
    }
    models.set(name, { name: table.modelName, key, table: snakeCase(key), fields, indexes });
  }
  return models;
};

/** Columns that hold an id of another model without a foreign key of Better Auth's own. */
const pointers: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  session: { activeOrganizationId: "organization", activeTeamId: "team" },
};

/** What a membership joins; a pair occurs once. */
const memberships: Readonly<Record<string, readonly [string, string]>> = {
  member: ["organizationId", "userId"],
  teamMember: ["teamId", "userId"],
};

/** The rule of Better Auth's own generator, so that its output and ours have the same names. */
const snakeCase = (name: string): string =>
  name
    .replace(/([A-Z]+)([A-Z][a-z])/g, "$1_$2")
    .replace(/([a-z\d])([A-Z])/g, "$1_$2")
    .toLowerCase();
