/**
 * What the catalog must hold once a schema stands, as plain data.
 *
 * Invariant: derived from the same definitions as the statements, and complete for what decides who sees what: a table
 * that meets its expectation is guarded exactly as declared.
 */
import { getTableColumns, is } from "drizzle-orm";
import { getTableConfig, type Index, type PgColumn, PgTable } from "drizzle-orm/pg-core";
import type { TableName } from "../condition/condition.js";
import { sqlTypeOf } from "../condition/drizzle-column.js";
import { recordOf, shortHash } from "../condition/fingerprint.js";
import { referenceSql } from "../condition/reference-statement.js";
import type { CallerRoles } from "../database/target.js";
import { tableName } from "../table/config.js";
import { referencesOf } from "../table/reference.js";
import type { Schema, SchemaModule } from "../table/schema.js";
import { commentedPoliciesOf, type Policy } from "./commented.js";
import type { DialectShape } from "./dialect.js";
import { helperFunctions } from "./functions.js";
import { type Grant, grantsOf, serviceGrantsOf } from "./grants.js";
import { bare, shapeOf } from "./helper-function.js";
import { guardsService, type IdentitySource, storageOf } from "./identity.js";
import { helperSchema, ownRoles } from "./names.js";
import { grantsHash } from "./reconcile.js";
import { referenceOptions, saidOf, sequencesOf, servicePoliciesOf } from "./security.js";
import { viewGrants, viewName, viewSaid } from "./views.js";

export interface ExpectedColumn {
  readonly name: string;
  /** As Drizzle writes it; the database decides which type that is. */
  readonly type: string;
  readonly notNull: boolean;
  readonly hasDefault: boolean;
}

export interface ExpectedKey {
  readonly name: string;
  /** As in `pg_constraint.contype`: unique or foreign. */
  readonly kind: "u" | "f";
  readonly columns: ReadonlyArray<string>;
}

export interface ExpectedPolicy {
  readonly name: string;
  readonly command: "all" | "select" | "insert" | "update" | "delete";
  readonly permissive: boolean;
  readonly roles: ReadonlyArray<string>;
  /** Whether there is an expression at all: its text is the database's own. */
  readonly using: boolean;
  readonly check: boolean;
  /** The comment, up to the catalog's half of the record. */
  readonly said: string;
}

export interface ExpectedTrigger {
  readonly name: string;
  /** The comment, up to the catalog's half of the record. */
  readonly said: string;
}

export interface ExpectedFunction {
  /** `hedgerow.has_claim(text)` */
  readonly signature: string;
  /** The hash of its body. */
  readonly source: string;
  /** What it returns and how Postgres may call it. */
  readonly shape: string;
  /** Whether it has the rights of its owner, who is the definer then, and otherwise nobody who sends requests. */
  readonly definer: boolean;
  /** Whether it has no settings of its own; otherwise an empty search path, and nothing else. */
  readonly inlined: boolean;
  readonly executors: ReadonlyArray<string>;
}

/** One privilege of one role, on the table (no column) or on a column. */
export interface ExpectedGrant {
  readonly role: string;
  readonly privilege: string;
  readonly column: string | null;
}

/** A column that takes its number from a sequence of its own, and who may use that. */
export interface ExpectedSequence {
  readonly column: string;
  readonly roles: ReadonlyArray<string>;
}

export interface ExpectedTable extends TableName {
  readonly columns: ReadonlyArray<ExpectedColumn>;
  readonly keys: ReadonlyArray<ExpectedKey>;
  readonly uniqueIndexes: ReadonlyArray<string>;
  readonly policies: ReadonlyArray<ExpectedPolicy>;
  readonly grants: ReadonlyArray<ExpectedGrant>;
  readonly triggers: ReadonlyArray<ExpectedTrigger>;
  /** Whether row-level security binds its owner too, and the rights of everybody are those declared. */
  readonly forced: boolean;
  /** Null for a table of the identity provider, whose numbers are its own affair. */
  readonly sequences: ReadonlyArray<ExpectedSequence> | null;
}

/** A view of Hedgerow's own. */
export interface ExpectedView extends TableName {
  /** The comment, up to the catalog's half of the record. */
  readonly said: string;
  /** The fingerprint of the rights on it. */
  readonly grants: string;
}

export interface Expectation {
  readonly tables: ReadonlyArray<ExpectedTable>;
  readonly functions: ReadonlyArray<ExpectedFunction>;
  readonly views: ReadonlyArray<ExpectedView>;
  /** What a request's transaction becomes. */
  readonly callers: CallerRoles;
  /** Roles that must exist, with no more power than they need. */
  readonly roles: ReadonlyArray<string>;
  /** Roles that bypass the rules by design, whose rights nobody declares. */
  readonly service: ReadonlyArray<string>;
  /** Logins of the platform's own that bypass the rules. */
  readonly platform: ReadonlyArray<string>;
}

type Structure = Pick<ExpectedTable, "columns" | "keys" | "uniqueIndexes">;

const serial: Readonly<Record<string, string>> = { smallserial: "smallint", serial: "integer", bigserial: "bigint" };

const columnOf = (column: PgColumn): ExpectedColumn => {
  const type = sqlTypeOf(column);
  return {
    name: column.name,
    type: serial[type] ?? type,
    notNull: column.notNull,
    hasDefault: column.default !== undefined || type in serial,
  };
};

const uniqueIndex = ({ config }: Index): ReadonlyArray<string> =>
  config.unique && config.name !== undefined ? [config.name] : [];

/** Of an index on an expression Drizzle knows no columns, so an index is known by its name. */
const structureOf = (table: PgTable): Structure => {
  const { uniqueConstraints, foreignKeys, indexes } = getTableConfig(table);
  const columns = Object.values<PgColumn>(getTableColumns(table));
  const names = (of: ReadonlyArray<{ readonly name: string }>): ReadonlyArray<string> => of.map(({ name }) => name);
  return {
    columns: columns.map(columnOf),
    keys: [
      ...columns.flatMap(({ name, isUnique, uniqueName }) =>
        isUnique && uniqueName !== undefined ? [{ name: uniqueName, kind: "u" as const, columns: [name] }] : [],
      ),
      ...uniqueConstraints.flatMap((key) =>
        key.name === undefined ? [] : [{ name: key.name, kind: "u" as const, columns: names(key.columns) }],
      ),
      ...foreignKeys.map((key) => ({
        name: key.getName(),
        kind: "f" as const,
        columns: names(key.reference().columns),
      })),
    ],
    uniqueIndexes: indexes.flatMap(uniqueIndex),
  };
};

const expectedGrants = (grants: ReadonlyArray<Grant>): ReadonlyArray<ExpectedGrant> =>
  grants.flatMap(({ privilege, columns, roles }) =>
    roles.flatMap((role) =>
      (columns ?? [null]).map((column) => ({ role, privilege: privilege.toUpperCase(), column })),
    ),
  );

/** A table of the identity provider is known by name; its columns are those of the Drizzle table that the module exports. */
const exported = (module: SchemaModule, { schema, name }: TableName): PgTable | undefined =>
  Object.values(module)
    .filter((value) => is(value, PgTable))
    .find((table) => {
      const found = tableName(table);
      return found.schema === schema && found.name === name;
    });

const expectedPolicy = (policy: Policy): ExpectedPolicy => ({
  name: policy.name,
  command: policy.command,
  permissive: policy.permissive,
  roles: policy.roles,
  using: policy.using !== undefined,
  check: policy.check !== undefined,
  said: saidOf(policy),
});

const expectedFunctions = (
  schema: Schema,
  identity: IdentitySource,
  dialect: DialectShape,
): ReadonlyArray<ExpectedFunction> => [
  ...helperFunctions(identity, dialect).map(({ signature, source, shape, definer, inlined, executors }) => ({
    signature: bare(signature),
    source: shortHash(source),
    shape,
    definer,
    inlined,
    executors,
  })),
  ...schema.tables
    .flatMap(({ source }) => referencesOf(source))
    .map((reference) => referenceSql(reference, helperSchema))
    .map(({ functionName, source }) => ({
      signature: `${functionName}()`,
      source: shortHash(source),
      shape: shapeOf("trigger", referenceOptions),
      definer: false,
      inlined: false,
      executors: [],
    })),
];

const expectedTables = (
  module: SchemaModule,
  schema: Schema,
  identity: IdentitySource,
  dialect: DialectShape,
): ReadonlyArray<ExpectedTable> => [
  ...storageOf(identity).serviceTables.map((table) => {
    const source = exported(module, table);
    return {
      schema: table.schema,
      name: table.name,
      ...(source === undefined ? { columns: [], keys: [], uniqueIndexes: [] } : structureOf(source)),
      policies: servicePoliciesOf(table, identity).map(expectedPolicy),
      grants: expectedGrants(serviceGrantsOf(table, identity)),
      triggers: [],
      forced: guardsService(identity),
      sequences: null,
    };
  }),
  ...schema.tables.map((table) => ({
    schema: table.definition.table.schema,
    name: table.definition.table.name,
    ...structureOf(table.source),
    policies: commentedPoliciesOf(table.definition, dialect).map(expectedPolicy),
    grants: expectedGrants(grantsOf(table, dialect.roles)),
    triggers: referencesOf(table.source).map((reference) => {
      const { trigger, createTrigger } = referenceSql(reference, helperSchema);
      return { name: trigger, said: recordOf(undefined, shortHash(createTrigger)) };
    }),
    forced: true,
    sequences: sequencesOf(table, dialect),
  })),
];

/** @returns what must stand for each guarded table and each table of the identity provider, and the helpers of all. */
export const expectationOf = (
  module: SchemaModule,
  schema: Schema,
  identity: IdentitySource,
  dialect: DialectShape,
): Expectation => ({
  tables: expectedTables(module, schema, identity, dialect),
  functions: expectedFunctions(schema, identity, dialect),
  views: storageOf(identity).views.map((view) => ({
    ...viewName(view),
    said: viewSaid(view),
    grants: grantsHash(viewGrants(dialect.roles)),
  })),
  callers: dialect.roles,
  roles: ownRoles(dialect.roles, identity._tag),
  service: dialect.service,
  platform: dialect.platform,
});
