/**
 * What a push does around drizzle-kit's own diff, as statements.
 *
 * Invariant: plain SQL, decided before anything runs. Each list is one transaction under Hedgerow's lock; `finish` ends
 * with the check of what it did, so it either leaves the database as declared or does not touch it.
 */
import { text } from "../condition/sql-text.js";
import { compile } from "../postgres/compile.js";
import type { IdentitySource } from "../postgres/identity.js";
import { demandSecurity, demandStructure } from "../postgres/inspect.js";
import { closingStatements, lockStatement } from "../postgres/security.js";
import type { SchemaModule } from "../table/schema.js";

export interface Guard {
  /** A module, or several spread into one, with all tables made by `table()` and those of the identity provider. */
  readonly schema: SchemaModule;
  /** Where sessions and memberships are kept, for example `sessionIdentity(options)` of `hedgerow/better-auth`. */
  readonly identity: IdentitySource;
}

/** A table whose FORCE was lifted for drizzle-kit. */
export interface Lifted {
  readonly schema: string;
  readonly name: string;
}

export interface Plan {
  /** How many tables of the author's and of the identity provider's are guarded. */
  readonly tables: number;
  /** Before drizzle-kit: roles and helpers. The last but one returns the `Lifted`, the last lifts them. */
  readonly prepare: ReadonlyArray<string>;
  /** The changes that drizzle-kit has not made itself, then what guards the tables, checked before and after. */
  readonly finish: (lifted: ReadonlyArray<Lifted>, changes: ReadonlyArray<string>) => ReadonlyArray<string>;
  /** After it did not: row-level security on whatever exists, and nothing else. */
  readonly close: (lifted: ReadonlyArray<Lifted>) => ReadonlyArray<string>;
  /** Raises what is missing. */
  readonly inspect: ReadonlyArray<string>;
}

/**
 * Before it drops a table or a column, drizzle-kit counts the rows, as the owner. Under FORCE the owner sees none, and
 * data would be dropped without a question.
 */
const forced = (schemas: ReadonlyArray<string>): string =>
  `select n.nspname as schema, c.relname as name from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.relforcerowsecurity and n.nspname in (${schemas.map(text).join(", ")}) and pg_catalog.pg_has_role(c.relowner, 'usage')
order by 1, 2`;

const lift = (schemas: ReadonlyArray<string>): string => `do $$ declare t record; begin
  for t in ${forced(schemas)} loop
    execute pg_catalog.format('alter table %I.%I no force row level security', t.schema, t.name);
  end loop;
end $$`;

/** Whoever holds a lock on a table for longer turns into an error; a command that waits without a word helps nobody. */
const begin: ReadonlyArray<string> = ["select pg_catalog.set_config('lock_timeout', '30s', true)", lockStatement];

/**
 * @param schemas the schemas in which drizzle-kit may change something.
 * @throws DefinitionError with all problems of all tables.
 */
export const planPush = ({ schema, identity }: Guard, schemas: ReadonlyArray<string>): Plan => {
  const { bootstrap, security, expected } = compile(schema, identity);
  const closing = (lifted: ReadonlyArray<Lifted>): ReadonlyArray<string> =>
    closingStatements([...expected.tables, ...lifted]);
  return {
    tables: expected.tables.length,
    prepare: [...begin, ...bootstrap, forced(schemas), lift(schemas)],
    finish: (lifted, changes) => [
      ...begin,
      ...changes,
      ...closing(lifted),
      demandStructure(expected),
      ...security,
      demandSecurity(expected),
    ],
    close: (lifted) => [...begin, ...closing(lifted)],
    inspect: [demandStructure(expected)],
  };
};

/** The rows of a `prepare` that ran. */
export const liftedBy = (results: ReadonlyArray<{ readonly rows: ReadonlyArray<object> }>): ReadonlyArray<Lifted> =>
  (results.at(-2)?.rows ?? []).flatMap((row) =>
    "schema" in row && typeof row.schema === "string" && "name" in row && typeof row.name === "string"
      ? [{ schema: row.schema, name: row.name }]
      : [],
  );
