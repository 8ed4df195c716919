/**
 * The diff of drizzle-kit 0.31.
 *
 * Invariant: drizzle-kit is shown no policy of a guarded table, before or after, so it cannot ask about one.
 */
import { createRequire } from "node:module";
import type { TableName } from "../../condition/condition.js";
import type { SchemaModule } from "../../table/schema.js";
import { quietly } from "../quiet.js";
import { type Folder, parseJson } from "./folder.js";
import { type CompareTables, tableSet } from "./tables.js";

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

const isSnapshot = (value: unknown): value is Snapshot =>
  typeof value === "object" && value !== null && "tables" in value && "prevId" in value && "id" in value;

/** With row-level security on for the guarded tables, and no policy. */
const withoutPolicies = (snapshot: Snapshot, guarded: ReadonlyArray<TableName>): Snapshot => {
  const isGuarded = tableSet(guarded);
  return {
    ...snapshot,
    tables: Object.fromEntries(
      Object.entries(snapshot.tables).map(([key, table]) => {
        if (!isGuarded(table.schema === "" ? "public" : table.schema, table.name)) return [key, table];
        const isRLSEnabled = table.isRLSEnabled || Object.keys(table.policies).length > 0;
        return [key, { ...table, policies: {}, isRLSEnabled }];
      }),
    ),
  };
};

/** With the keys of objects in order and nothing that differs from run to run. */
const content = (snapshot: Snapshot): string => {
  const { id: _, prevId: __, ...rest } = snapshot;
  return JSON.stringify({ ...rest, _meta: undefined }, (_key, value: unknown) =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)))
      : value,
  );
};

const newest = (folder: Folder): Snapshot | undefined => {
  const path = folder.snapshots().at(-1);
  const snapshot = path === undefined ? undefined : parseJson(path);
  return isSnapshot(snapshot) ? snapshot : undefined;
};

const noRenames = { columns: {}, schemas: {}, tables: {} };

export const compare: CompareTables = async ({ schema, guarded, gone }, folder, _name, ask) => {
  const { generateDrizzleJson, generateMigration } = await import("drizzle-kit/api");
  const previous: Snapshot = newest(folder) ?? generateDrizzleJson({});
  const now: Snapshot = generateDrizzleJson({ ...schema });
  const diff = (): Promise<ReadonlyArray<string>> =>
    generateMigration(withoutPolicies(previous, [...guarded, ...gone]), withoutPolicies(now, guarded));
  const statements = await (ask ? diff() : quietly(diff));
  return { statements, snapshot: content(previous) === content(now) ? undefined : { ...now, _meta: noRenames } };
};

/** @returns whether the newest snapshot of a folder is a schema as it is now. */
export const isCurrent = (schema: SchemaModule, folder: Folder): boolean => {
  // Not `import()`, because a process that ends cannot wait.
  const { generateDrizzleJson }: { generateDrizzleJson: (module: object) => Snapshot } = createRequire(import.meta.url)(
    "drizzle-kit/api",
  );
  const known = newest(folder);
  return known !== undefined && content(known) === content(generateDrizzleJson({ ...schema }));
};
