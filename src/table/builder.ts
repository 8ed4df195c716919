/**
 * `table()`, `.firewall()` and `.access()`.
 *
 * Invariant: every step returns a new Drizzle table built from the same column builders; a step never changes the
 * table it was called on. What Postgres makes of the declaration (defaults, policies, keys) is asked of a `Lowering`,
 * so this layer knows no SQL.
 */
import type { SQL } from "drizzle-orm";
import { type ExtraConfigColumn, type PgTable, type PgTableExtraConfigValue, pgTable } from "drizzle-orm/pg-core";
import type { ContextPath } from "../condition/condition.js";
import type { ColumnBuilder } from "../condition/drizzle-types.js";
import { scopeColumns, scopePaths } from "../condition/parse-firewall.js";
import type { ProblemCode } from "../condition/problem.js";
import type { ScopeName } from "../condition/rule.js";
import type { Names } from "../condition/vocabulary.js";
import { attachDeclaration, type Declaration, type Extras } from "./declaration.js";
import { presetOf } from "./presets.js";

/** What a database makes of a declaration. */
export interface Lowering {
  /** The default that fills a scope column; undefined where the column's type cannot hold the value. */
  readonly scopeDefault: (path: ContextPath, columnType: string) => SQL | undefined;
  /** The default that makes a primary key; undefined where the type has none. */
  readonly keyDefault: (columnType: string) => SQL | undefined;
  /** Policies, indexes and keys that follow from the declaration. */
  readonly extras: (
    table: PgTable,
    self: Readonly<Record<string, ExtraConfigColumn>>,
    declaration: Declaration,
  ) => ReadonlyArray<PgTableExtraConfigValue>;
}

interface BuilderConfig {
  readonly columnType: string;
  readonly dimensions?: unknown;
  readonly primaryKey: boolean;
  readonly hasDefault: boolean;
  readonly default?: unknown;
  readonly generated?: unknown;
  readonly generatedIdentity?: unknown;
}

const isConfig = (value: unknown): value is BuilderConfig =>
  typeof value === "object" && value !== null && "columnType" in value && "primaryKey" in value;

const configOf = (builder: ColumnBuilder): BuilderConfig | undefined => {
  const config: unknown = Reflect.get(builder, "config");
  return isConfig(config) ? config : undefined;
};

/** In Drizzle 1.0 an array has the type of its elements, and dimensions. */
const typeOf = ({ columnType, dimensions }: BuilderConfig): string => (dimensions ? "PgArray" : columnType);

/** A copy that the database fills and nobody else: the original may be shared between tables. */
const withDefault = (builder: ColumnBuilder, value: SQL): ColumnBuilder => {
  const copy: ColumnBuilder = Object.create(Object.getPrototypeOf(builder), Object.getOwnPropertyDescriptors(builder));
  const own = { default: value, hasDefault: true, defaultFn: undefined, onUpdateFn: undefined };
  Object.assign(copy, { config: { ...configOf(builder), ...own } });
  return copy;
};

const withDefaults = (declaration: Declaration, lowering: Lowering): Record<string, ColumnBuilder> => {
  const scope = scopeColumns(declaration.firewall, declaration.presets);
  const keys = Object.values(declaration.columns).filter((builder) => configOf(builder)?.primaryKey);
  return Object.fromEntries(
    Object.entries(declaration.columns).map(([key, builder]) => {
      const config = configOf(builder);
      if (!config || config.generated || config.generatedIdentity) return [key, builder];
      const preset = presetOf(builder);
      const path = preset ? scopePaths[preset] : scope.find(({ column }) => column === key)?.path;
      // What decides about the tenant is not for the application to compute.
      if ((path ? config.default !== undefined : config.hasDefault) && !preset) return [key, builder];
      const value = path
        ? lowering.scopeDefault(path, typeOf(config))
        : config.primaryKey && keys.length === 1 && scope.length > 0
          ? lowering.keyDefault(typeOf(config))
          : undefined;
      return [key, value ? withDefault(builder, value) : builder];
    }),
  );
};

const build = (declaration: Declaration, lowering: Lowering): PgTable => {
  const columns = withDefaults(declaration, lowering);
  const table = pgTable(declaration.name, columns, (self): PgTableExtraConfigValue[] => [
    ...(declaration.extras?.(self) ?? []),
    ...lowering.extras(table, self, declaration),
  ]);
  table.enableRLS();
  attachDeclaration(table, declaration);
  const step = (name: "firewall" | "access" | "accept", next: (value: unknown) => Declaration): void => {
    Object.defineProperty(table, name, {
      enumerable: false,
      value: (value: unknown) => build(next(value), lowering),
    });
  };
  const mistake = (wrong: boolean, code: ProblemCode): ReadonlyArray<ProblemCode> =>
    wrong ? [...declaration.mistakes, code] : declaration.mistakes;
  step("firewall", (firewall) => ({
    ...declaration,
    firewall,
    mistakes: mistake(declaration.firewall !== undefined, "firewall_declared_twice"),
  }));
  step("access", (access) => ({
    ...declaration,
    access,
    mistakes:
      declaration.firewall === undefined
        ? mistake(true, "access_before_firewall")
        : mistake(declaration.access !== undefined, "access_declared_twice"),
  }));
  step("accept", (accepted) => ({
    ...declaration,
    accepted: typeof accepted === "object" ? { ...declaration.accepted, ...accepted } : declaration.accepted,
  }));
  return table;
};

/** The untyped `table()`; `define.ts` gives it its types. */
export const makeTable = (
  name: string,
  columns: Readonly<Record<string, ColumnBuilder>>,
  extras: Extras | undefined,
  names: Names,
  lowering: Lowering,
): PgTable => {
  const presets: Partial<Record<ScopeName, string>> = {};
  for (const [key, builder] of Object.entries(columns)) {
    const scope = presetOf(builder);
    if (scope && presets[scope] === undefined) presets[scope] = key;
  }
  return build(
    { name, columns, extras, names, presets, firewall: undefined, access: undefined, accepted: {}, mistakes: [] },
    lowering,
  );
};
