/**
 * Where a database differs from what was declared, as data.
 *
 * Invariant: it only reads. No finding means that everything which decides who sees what is as declared.
 */
import * as Effect from "effect/Effect";
import type { DefinitionError } from "../condition/problem.js";
import type { DatabaseError, DatabaseShape } from "../database/database.js";
import { postgresTarget, type Target } from "../database/target.js";
import type { SchemaModule } from "../table/schema.js";
import { compileEffect } from "./compile.js";
import type { Dialect } from "./dialect.js";
import type { IdentitySource } from "./identity.js";
import { inspection, pinSearchPath } from "./inspect.js";
import { dialectLayer } from "./supabase.js";

const push = "Push the schema again.";

/** Every kind of difference, with what to do about it. */
const fixes = {
  table_missing: push,
  column_differs: push,
  key_differs: push,
  index_missing: push,
  row_security_off: push,
  policy_missing: push,
  policy_undeclared: "Push the schema again, which drops it, or declare what it says.",
  policy_differs: "Push the schema again, which makes it anew.",
  grant_missing: push,
  grant_undeclared: "Push the schema again, which revokes it; rights follow from the rules of the table.",
  trigger_missing: push,
  trigger_differs: "Push the schema again, which makes it anew.",
  trigger_undeclared: "Push the schema again, which drops it.",
  function_missing: push,
  function_differs: "Push the schema again; a function of another owner must be dropped first.",
  function_undeclared: "Push the schema again, which drops it; a function of another owner must be dropped by hand.",
  helpers_unrecorded: push,
  function_grant_differs: "Push the schema again; a right of another role must be revoked by hand.",
  view_missing: push,
  view_differs: "Push the schema again; a view of another owner must be dropped first.",
  role_missing: push,
  role_differs: "Alter the role, or revoke the membership, as a superuser.",
  schema_grant_differs: "Push the schema again; a right of another role must be revoked by hand.",
  temporary_granted: push,
  database_grant_differs: push,
} as const;

export type DriftCode = keyof typeof fixes;

export interface Drift {
  readonly code: DriftCode;
  /** What differs, by its name in the database: `public.documents.documents_select`. */
  readonly object: string;
  /** The difference, as a sentence without its full stop. */
  readonly message: string;
  /** What to do about it. */
  readonly fix: string;
}

export interface DriftOptions {
  /** All exports of the schema, with the identity provider's tables. */
  readonly schema: SchemaModule;
  /** Where sessions and memberships are kept, for example `sessionIdentity(options)` of `hedgerow/better-auth`. */
  readonly identity: IdentitySource;
  /** The kind of database: PostgreSQL unless given, or `supabase()` of `hedgerow/supabase`. */
  readonly target?: Target;
  /** Reached as any role: the catalog is open to all. */
  readonly database: DatabaseShape;
}

const isCode = (value: unknown): value is DriftCode => typeof value === "string" && Object.hasOwn(fixes, value);

const toDrift = (row: Readonly<Record<string, unknown>>): ReadonlyArray<Drift> =>
  isCode(row.code)
    ? [{ code: row.code, object: String(row.object), message: String(row.message), fix: fixes[row.code] }]
    : [];

/** The program behind `drift`, for those who use Effect. */
export const driftEffect = ({
  schema,
  identity,
  database,
}: DriftOptions): Effect.Effect<ReadonlyArray<Drift>, DefinitionError | DatabaseError, Dialect> =>
  Effect.gen(function* () {
    const { expected } = yield* compileEffect(schema, identity);
    const results = yield* database.transact([{ text: pinSearchPath }, { text: inspection(expected) }]);
    return (results[1]?.rows ?? []).flatMap(toDrift);
  });

/**
 * Compares a database that runs with the schema: tables, policies, grants, triggers, helper functions, roles.
 *
 * @param options the schema, the identity provider and the database.
 * @returns what differs, by message; an empty list for a database that is as declared.
 * @throws DefinitionError with all problems of all tables.
 * @throws SqlError or ConnectionError where the database cannot be asked.
 *
 * @example
 * ```ts
 * for (const { object, message, fix } of await drift({ schema, identity, database })) console.log(object, message, fix);
 * ```
 */
export const drift = (options: DriftOptions): Promise<ReadonlyArray<Drift>> =>
  Effect.runPromise(Effect.provide(driftEffect(options), dialectLayer(options.target ?? postgresTarget)));
