/**
 * What the author wrote, as it was written.
 *
 * Invariant: nothing is judged here. A declaration may be wrong in every way; `definition.ts` says how. It travels on
 * the Drizzle table under a registered symbol, so it is found even when a tool has loaded this module twice.
 */

import type { ExtraConfigColumn, PgTable, PgTableExtraConfigValue } from "drizzle-orm/pg-core";
import type { ColumnBuilder } from "../condition/drizzle-types.js";
import type { ProblemCode } from "../condition/problem.js";
import type { ScopeName } from "../condition/rule.js";
import type { Names } from "../condition/vocabulary.js";
import type { Acceptances } from "./finding.js";

/** Drizzle's third argument of `pgTable`: the author's own indexes, keys and checks. */
export type Extras = (self: Record<string, ExtraConfigColumn>) => ReadonlyArray<PgTableExtraConfigValue>;

export interface Declaration {
  readonly name: string;
  readonly columns: Readonly<Record<string, ColumnBuilder>>;
  readonly extras: Extras | undefined;
  readonly names: Names;
  readonly presets: Readonly<Partial<Record<ScopeName, string>>>;
  /** What was given to `.firewall()`; undefined where it was never called. */
  readonly firewall: unknown;
  /** What was given to `.access()`; undefined where it was never called. */
  readonly access: unknown;
  /** What was given to `.accept()`. */
  readonly accepted: Acceptances;
  /** Calls in a wrong order, which only callers without types can make. */
  readonly mistakes: ReadonlyArray<ProblemCode>;
}

const key = Symbol.for("hedgerow:declaration");

export const attachDeclaration = (table: PgTable, declaration: Declaration): void => {
  Object.defineProperty(table, key, { value: declaration, enumerable: false });
};

const isDeclaration = (value: unknown): value is Declaration =>
  typeof value === "object" && value !== null && "name" in value && "mistakes" in value;

/** The declaration of a table made by `table()`; undefined for anything else. */
export const declarationOf = (table: unknown): Declaration | undefined => {
  if (typeof table !== "object" || table === null) return undefined;
  const value: unknown = Reflect.get(table, key);
  return isDeclaration(value) ? value : undefined;
};
