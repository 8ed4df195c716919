/**
 * drizzle-orm's own table of what a database has applied, as the installed line keeps it.
 *
 * Invariant: what stands there after this is what drizzle-orm's migrator would have written, so either goes on from the
 * other. 0.45 knows a migration by its time; 1.0 knows it by its name, and gives the rows of 0.45 their names first.
 */
import type { Line } from "../line.js";
import type { Migration } from "./history.js";

/** A row of `drizzle.__drizzle_migrations`. */
export interface Applied {
  readonly hash: string;
  readonly when: number;
  /** Unknown to 0.45. */
  readonly tag: string | undefined;
}

type Rows = ReadonlyArray<Readonly<Record<string, unknown>>>;

export interface Statement {
  readonly text: string;
  readonly values?: ReadonlyArray<string>;
}

/** As drizzle-orm makes it where there is none. */
export const recordTable = (line: Line): ReadonlyArray<string> => [
  "create schema if not exists drizzle",
  line === "0.31"
    ? "create table if not exists drizzle.__drizzle_migrations (id serial primary key, hash text not null, created_at bigint)"
    : "create table if not exists drizzle.__drizzle_migrations (id serial primary key, hash text not null, created_at bigint, name text, applied_at timestamp with time zone default now())",
];

/** Its rows in order, with whatever columns they have. */
export const readRecords = "select to_jsonb(applied) as row from drizzle.__drizzle_migrations applied order by id";

/** Returns a row where the table has names. */
export const readShape =
  "select from pg_catalog.pg_attribute where attrelid = 'drizzle.__drizzle_migrations'::regclass and attname = 'name' and not attisdropped";

interface Row {
  readonly id: number;
  readonly hash: string;
  readonly created_at: number | null;
  readonly name?: string | null;
}

const isRow = (value: unknown): value is Row =>
  typeof value === "object" && value !== null && "id" in value && "hash" in value && "created_at" in value;

const rowsOf = (rows: Rows): ReadonlyArray<Row> =>
  rows.map(({ row }) => (typeof row === "string" ? JSON.parse(row) : row)).filter(isRow);

export const appliedOf = (rows: Rows): ReadonlyArray<Applied> =>
  rowsOf(rows).map(({ hash, created_at, name }) => ({ hash, when: Number(created_at), tag: name ?? undefined }));

export type Upgrade =
  | { readonly _tag: "Statements"; readonly statements: ReadonlyArray<Statement> }
  | { readonly _tag: "Broken"; readonly problems: ReadonlyArray<string> };

const secondOf = (when: number): number => Math.floor(when / 1000);

/** The names for rows that 0.45 has written, found as drizzle-orm 1.0 finds them: by the second, or by the hash. */
export const upgrade = (migrations: ReadonlyArray<Migration>, rows: Rows): Upgrade => {
  const found = rowsOf(rows).map((row) => {
    const near = migrations.filter(({ when }) => secondOf(when) === secondOf(Number(row.created_at)));
    const [only, ...others] = near.length === 0 ? migrations.filter(({ hash }) => hash === row.hash) : near;
    return { row, migration: others.length === 0 ? only : near.find(({ hash }) => hash === row.hash) };
  });
  const unknown = found.filter(({ migration }) => migration === undefined);
  if (unknown.length > 0) {
    return {
      _tag: "Broken",
      problems: unknown.map(
        ({ row }) =>
          `The database has applied a migration that the folder does not have (id ${row.id} in drizzle.__drizzle_migrations). Restore it from version control.`,
      ),
    };
  }
  return {
    _tag: "Statements",
    statements: [
      { text: "alter table drizzle.__drizzle_migrations add column if not exists name text" },
      {
        text: "alter table drizzle.__drizzle_migrations add column if not exists applied_at timestamp with time zone default now()",
      },
      ...found.map(({ row, migration }) => ({
        text: "update drizzle.__drizzle_migrations set name = $1, applied_at = null where id = $2::integer",
        values: [migration?.tag ?? "", String(row.id)],
      })),
    ],
  };
};

/** Records a migration that has been applied. */
export const record = (line: Line, { hash, when, tag }: Migration): Statement =>
  line === "0.31"
    ? {
        text: "insert into drizzle.__drizzle_migrations (hash, created_at) values ($1, $2)",
        values: [hash, String(when)],
      }
    : {
        text: "insert into drizzle.__drizzle_migrations (hash, created_at, name) values ($1, $2, $3)",
        values: [hash, String(when), tag],
      };
