/**
 * A schema: all tables of a module, understood together.
 *
 * Invariant: tables keep their order of declaration by SQL name, so that what is made of a schema does not depend on
 * the order of a file's exports or on the machine.
 */
import { is } from "drizzle-orm";
import { PgTable } from "drizzle-orm/pg-core";
import * as Effect from "effect/Effect";
import { DefinitionError, type Problem } from "../condition/problem.js";
import { type Declaration, declarationOf } from "./declaration.js";
import { define, parentsOf, type TableDefinition } from "./definition.js";

/** A module that exports tables; anything else that it exports is left alone. */
export type SchemaModule = Readonly<Record<string, unknown>>;

export interface SchemaTable {
  /** The name under which the module exports the table. */
  readonly key: string;
  readonly source: PgTable;
  readonly definition: TableDefinition;
}

export interface Schema {
  readonly tables: ReadonlyArray<SchemaTable>;
  /** Tables of the module that have no rules, for example those of the identity provider. */
  readonly plain: ReadonlyArray<PgTable>;
}

interface Found {
  readonly key: string;
  readonly source: PgTable;
  readonly declaration: Declaration;
}

const find = (module: SchemaModule): ReadonlyArray<Found> =>
  Object.entries(module)
    .flatMap(([key, source]) => {
      const declaration = is(source, PgTable) ? declarationOf(source) : undefined;
      return declaration && is(source, PgTable) ? [{ key, source, declaration }] : [];
    })
    .sort((a, b) => (a.declaration.name < b.declaration.name ? -1 : a.declaration.name > b.declaration.name ? 1 : 0));

const checkDuplicates = (found: ReadonlyArray<Found>, sink: Array<Problem>): void => {
  const first = new Map<string, Found>();
  for (const table of found) {
    const earlier = first.get(table.declaration.name);
    if (!earlier) first.set(table.declaration.name, table);
    else if (earlier.source !== table.source) {
      sink.push({
        code: "duplicate_table",
        table: table.declaration.name,
        path: "(table)",
        message: `"${earlier.key}" and "${table.key}" have the same SQL name.`,
        hint: "Give each a name of its own, within 63 bytes.",
      });
    }
  }
};

/** A firewall that follows `via` back to its own table would make Postgres recurse without end (42P17). */
const checkCycles = (found: ReadonlyArray<Found>, sink: Array<Problem>): void => {
  const reported = new Set<string>();
  const visit = (declaration: Declaration, path: ReadonlyArray<string>): void => {
    const start = path.indexOf(declaration.name);
    if (start >= 0) {
      const cycle = path.slice(start);
      const name = [...cycle].sort().join(" ");
      if (reported.has(name)) return;
      reported.add(name);
      sink.push({
        code: "via_cycle",
        table: declaration.name,
        path: "firewall.via",
        message: `The firewalls follow each other in a circle: ${[...cycle, declaration.name].join(" → ")}.`,
        hint: "Scope one of them by a column of its own.",
      });
      return;
    }
    for (const parent of parentsOf(declaration)) {
      const next = declarationOf(parent);
      if (next) visit(next, [...path, declaration.name]);
    }
  };
  for (const { declaration } of found) visit(declaration, []);
};

const checkParents = (found: ReadonlyArray<Found>, sink: Array<Problem>): void => {
  for (const { declaration } of found) {
    for (const parent of parentsOf(declaration)) {
      const of = declarationOf(parent);
      const access: unknown = of?.access;
      if (of && (typeof access !== "object" || access === null || Reflect.get(access, "read") === undefined)) {
        sink.push({
          code: "parent_unreadable",
          table: declaration.name,
          path: "firewall.via",
          message: `Nobody may read "${of.name}", so no row would exist.`,
          hint: `Give "${of.name}" a read rule.`,
        });
      }
    }
  }
};

const checkNames = (found: ReadonlyArray<Found>, sink: Array<Problem>): void => {
  const [first] = found;
  for (const { declaration } of found) {
    if (first && JSON.stringify(declaration.names) !== JSON.stringify(first.declaration.names)) {
      sink.push({
        code: "declaration_mismatch",
        table: declaration.name,
        path: "(table)",
        message: `Its roles or claims differ from those of "${first.declaration.name}".`,
        hint: "Make all with the table() of one defineHedgerow().",
      });
    }
  }
};

/**
 * Understands all guarded tables of a module, at once.
 *
 * @throws DefinitionError with every problem of every table.
 */
export const understandNow = (module: SchemaModule): Schema => {
  const sink: Array<Problem> = [];
  const found = find(module);
  checkDuplicates(found, sink);
  checkCycles(found, sink);
  checkParents(found, sink);
  checkNames(found, sink);
  const unique = found.filter((table, index) => found.findIndex(({ source }) => source === table.source) === index);
  const tables = unique.map(({ key, source, declaration }) => ({
    key,
    source,
    definition: define(source, declaration, sink),
  }));
  if (sink.length > 0) throw new DefinitionError({ problems: sink });
  const plain = Object.values(module).flatMap((table) =>
    is(table, PgTable) && declarationOf(table) === undefined ? [table] : [],
  );
  return { tables, plain: [...new Set(plain)] };
};

/**
 * Understands all guarded tables of a module.
 *
 * @returns an effect that fails with one `DefinitionError` holding every problem of every table.
 */
export const understand = (module: SchemaModule): Effect.Effect<Schema, DefinitionError> =>
  Effect.suspend(() => {
    try {
      return Effect.succeed(understandNow(module));
    } catch (error) {
      return error instanceof DefinitionError ? Effect.fail(error) : Effect.die(error);
    }
  });
