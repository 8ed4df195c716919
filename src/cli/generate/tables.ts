/**
 * drizzle-kit's own diff between two schemas, without what is not its own.
 *
 * Invariant: drizzle-kit sees no policy of a guarded table. Its diff loses expressions, keeps old ones and asks whether one
 * policy is another renamed; the row-level security that follows replaces all of them anyway. The snapshot that is kept
 * has them, so that a `drizzle-kit generate` without Hedgerow goes on from the same state. As there, `schemaFilter` has no
 * say: whatever the schema exports is migrated.
 */
import { createHash } from "node:crypto";
import { createRequire } from "node:module";
import type { TableName } from "../../condition/condition.js";
import type { SchemaModule } from "../../table/schema.js";
import { quietly } from "../quiet.js";
import { ordered } from "./layers.js";

interface SnapshotTable {
  readonly name: string;
  /** Empty for `public`. */
  readonly schema: string;
  readonly policies: Readonly<Record<string, unknown>>;
  readonly isRLSEnabled: boolean;
}

/** The part of drizzle-kit's snapshot that matters here; its own type needs a package that it does not bring along. */
interface Snapshot {
  readonly id: string;
  readonly prevId: string;
  readonly tables: Readonly<Record<string, SnapshotTable>>;
}

export interface TableChanges {
  readonly statements: ReadonlyArray<string>;
  /** What drizzle-kit must know afterwards; undefined where it knows it already. */
  readonly snapshot: object | undefined;
}

const isSnapshot = (value: unknown): value is Snapshot =>
  typeof value === "object" && value !== null && "tables" in value && "prevId" in value && "id" in value;

const isName = (table: { readonly schema: string; readonly name: string }, { schema, name }: TableName): boolean =>
  table.name === name && (table.schema === "" ? "public" : table.schema) === schema;

/** With row-level security on for the guarded tables, and no policy. */
const withoutPolicies = (snapshot: Snapshot, guarded: ReadonlyArray<TableName>): Snapshot => ({
  ...snapshot,
  tables: Object.fromEntries(
    Object.entries(snapshot.tables).map(([key, table]) => {
      if (!guarded.some((each) => isName(table, each))) return [key, table];
      const isRLSEnabled = table.isRLSEnabled || Object.keys(table.policies).length > 0;
      return [key, { ...table, policies: {}, isRLSEnabled }];
    }),
  ),
});

/** With the keys of objects in order and nothing that differs from run to run. */
const content = (snapshot: Snapshot): string => {
  const { id: _, prevId: __, ...rest } = snapshot;
  return JSON.stringify({ ...rest, _meta: undefined }, (_key, value: unknown) =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)))
      : value,
  );
};

/** In the form of a UUID, and the same for the same schema after the same history. */
const idOf = (snapshot: Snapshot): string =>
  createHash("sha256")
    .update(`${snapshot.prevId} ${content(snapshot)}`)
    .digest("hex")
    .slice(0, 32)
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");

/**
 * @param before the newest snapshot of the folder, as it was read.
 * @param guarded the tables that are guarded now.
 * @param guardedBefore those that the folder guards so far.
 * @param ask whether drizzle-kit may ask on this terminal, for example whether a column is new or renamed.
 * @throws Error where it has a question and may not ask.
 */
export const tableChanges = async (
  schema: SchemaModule,
  before: unknown,
  guarded: ReadonlyArray<TableName>,
  guardedBefore: ReadonlyArray<TableName>,
  ask: boolean,
): Promise<TableChanges> => {
  const { generateDrizzleJson, generateMigration } = await import("drizzle-kit/api");
  const previous: Snapshot = isSnapshot(before) ? before : generateDrizzleJson({});
  const prevId = isSnapshot(before) ? before.id : noSnapshot;
  const now: Snapshot = generateDrizzleJson({ ...ordered(schema) }, prevId);
  // The policies of one that is still exported, but no longer guarded, are drizzle-kit's to drop.
  const gone = guardedBefore.filter((each) => !Object.values(now.tables).some((table) => isName(table, each)));
  const compare = (): Promise<ReadonlyArray<string>> =>
    generateMigration(withoutPolicies(previous, [...guarded, ...gone]), withoutPolicies(now, guarded));
  const statements = await (ask ? compare() : quietly(compare));
  const snapshot = content(previous) === content(now) ? undefined : { ...now, id: idOf(now), _meta: noRenames };
  return { statements, snapshot };
};

/** drizzle-kit's id of the empty schema. */
const noSnapshot = "00000000-0000-0000-0000-000000000000";
/**
 * @param newest the newest snapshot of the folder, as it was read.
 * @returns whether drizzle-kit has understood the schema as it is now.
 */
export const isCurrent = (schema: SchemaModule, newest: unknown): boolean => {
  // Not `import()`, because a process that ends cannot wait.
  const { generateDrizzleJson }: { generateDrizzleJson: (module: object) => Snapshot } = createRequire(import.meta.url)(
    "drizzle-kit/api",
  );
  return isSnapshot(newest) && content(newest) === content(generateDrizzleJson({ ...ordered(schema) }));
};

const policyOn = /^\s*(?:CREATE|ALTER|DROP) POLICY "(?:[^"]|"")*" ON (?:"((?:[^"]|"")*)"\.)?"((?:[^"]|"")*)"/;

/** @returns the statements of a migration of drizzle-kit's, without those on policies of guarded tables. */
export const withoutPolicyStatements = (
  statements: ReadonlyArray<string>,
  guarded: ReadonlyArray<TableName>,
): ReadonlyArray<string> =>
  statements.filter((statement) => {
    const [policy, schema = "public", name] = policyOn.exec(statement) ?? [];
    return policy === undefined || !guarded.some((table) => table.schema === schema && table.name === name);
  });

const noRenames = { columns: {}, schemas: {}, tables: {} };
