/**
 * What a push does around drizzle-kit's own diff, as statements.
 *
 * Invariant: plain SQL, decided before anything runs. Each list is one transaction under Hedgerow's lock; `finish` ends
 * with the check of what it did, so it either leaves the database as declared or does not touch it.
 */
import type { TableName } from "../condition/condition.js";
import { DefinitionError } from "../condition/problem.js";
import type { Target } from "../database/target.js";
import { closeUnguarded, demandGuarded } from "../postgres/auth-guard.js";
import { compile } from "../postgres/compile.js";
import type { IdentitySource } from "../postgres/identity.js";
import { demandSecurity, demandStructure } from "../postgres/inspect.js";
import { closePartitions, refusePartitioned } from "../postgres/partitions.js";
import { clear, liftForce, seeingAll } from "../postgres/pre-phase.js";
import { closingStatements, lockStatement } from "../postgres/security.js";
import type { SchemaModule } from "../table/schema.js";
import { tablesOf, unexportedSchemas } from "../table/schemas.js";

export interface Guard {
  /** A module, or several spread into one, with all tables made by `table()` and those of the identity provider. */
  readonly schema: SchemaModule;
  /** Where sessions and memberships are kept, for example `sessionIdentity(options)` of `hedgerow/better-auth`. */
  readonly identity: IdentitySource;
  /** The kind of database: PostgreSQL unless given, or `supabase()` of `hedgerow/supabase`. */
  readonly target?: Target;
}

/** A table whose FORCE was lifted for drizzle-kit. */
export interface Lifted {
  readonly schema: string;
  readonly name: string;
}

export interface Plan {
  /** How many tables of the author's and of the identity provider's are guarded. */
  readonly tables: number;
  /** The tables whose policies are Hedgerow's alone. */
  readonly guarded: ReadonlyArray<TableName>;
  /** Before all else: raises where the identity provider's own tables would be guarded for the first time. */
  readonly demandGuarded: string | undefined;
  /** Before drizzle-kit looks: roles and helpers. */
  readonly bootstrap: ReadonlyArray<string>;
  /** Drops what drizzle-kit would stumble over. It can only close. */
  readonly clear: string;
  /** Before drizzle-kit counts rows. The last but one returns the `Lifted`, the last lifts them. */
  readonly lift: ReadonlyArray<string>;
  /** One query in a transaction of its own, in which the owner sees all rows. */
  readonly seeing: (query: string) => ReadonlyArray<string>;
  /** All of these, for a drizzle-kit that looks, counts and changes by itself. The second returns the limit for its locks. */
  readonly prepare: (rolesAreBoundary: boolean) => ReadonlyArray<string>;
  /** Adds values to enums, before `finish` may use them. */
  readonly addValues: (values: ReadonlyArray<string>) => ReadonlyArray<string>;
  /** The changes that drizzle-kit has not made itself, then what guards the tables, checked before and after. */
  readonly finish: (lifted: ReadonlyArray<Lifted>, changes: ReadonlyArray<string>) => ReadonlyArray<string>;
  /** After it did not: row-level security on whatever exists, and nothing else. */
  readonly close: (lifted: ReadonlyArray<Lifted>) => ReadonlyArray<string>;
  /** Raises what is missing. */
  readonly inspect: ReadonlyArray<string>;
}

/** How long it waits for the lock, and for those of tables, is the affair of whoever runs the list (locks/). */
const begin: ReadonlyArray<string> = [lockStatement];

/** Returns how long a transaction waits for a lock, in Postgres's words. */
const readLimit = "select pg_catalog.current_setting('lock_timeout') as lock_timeout";

/**
 * @param schemas the schemas in which drizzle-kit may change something.
 * @throws DefinitionError with all problems of all tables.
 */
export const planPush = ({ schema, identity, target }: Guard, schemas: ReadonlyArray<string>): Plan => {
  const { bootstrap, security, expected } = compile(schema, identity, target);
  const problems = unexportedSchemas(schema);
  if (problems.length > 0) throw new DefinitionError({ problems });
  const first = demandGuarded(identity);
  const cleared = clear(expected);
  const lift = liftForce(expected, schemas);
  const closing = (lifted: ReadonlyArray<Lifted>): ReadonlyArray<string> => [
    ...closingStatements([...expected.tables.filter(({ forced }) => forced), ...lifted]),
    ...closeUnguarded(identity, expected.callers),
  ];
  return {
    tables: expected.tables.length,
    demandGuarded: first,
    guarded: expected.tables,
    bootstrap: [...begin, ...bootstrap],
    clear: cleared,
    lift: [...begin, ...lift],
    seeing: (query) => [...begin, ...seeingAll(expected, schemas, query)],
    prepare: (rolesAreBoundary) => [
      ...begin,
      readLimit,
      refusePartitioned(tablesOf(schema)),
      ...(rolesAreBoundary && first !== undefined ? [first] : []),
      ...bootstrap,
      cleared,
      ...lift,
    ],
    addValues: (values) => [...begin, ...values],
    finish: (lifted, changes) => [
      ...begin,
      cleared,
      ...changes,
      ...closing(lifted),
      closePartitions(expected.tables),
      demandStructure(expected),
      ...security,
      demandSecurity(expected),
    ],
    close: (lifted) => [...begin, ...closing(lifted)],
    inspect: [demandStructure(expected)],
  };
};

/** The rows of a `lift` or `prepare` that ran. */
export const liftedBy = (results: ReadonlyArray<{ readonly rows: ReadonlyArray<object> }>): ReadonlyArray<Lifted> =>
  (results.at(-2)?.rows ?? []).flatMap((row) =>
    "schema" in row && typeof row.schema === "string" && "name" in row && typeof row.name === "string"
      ? [{ schema: row.schema, name: row.name }]
      : [],
  );

/** How long whoever ran `prepare` waits for a lock: not longer may drizzle-kit. */
export const limitBy = (results: ReadonlyArray<{ readonly rows: ReadonlyArray<object> }>): string | undefined => {
  const [row] = results[1]?.rows ?? [];
  return row !== undefined && "lock_timeout" in row && typeof row.lock_timeout === "string"
    ? row.lock_timeout
    : undefined;
};
