/**
 * Hedgerow: declare a table once, with the rules that guard it.
 *
 * Invariant: importing this module costs no database driver, no HTTP framework and no identity provider.
 */

export { anonymousCaller, type Caller, type ClaimValue } from "./condition/caller.js";
export { DefinitionError, type Problem, type ProblemCode } from "./condition/problem.js";
export type { ClaimType, Operation, PseudoRole, ScopeColumn, Undeclared, Vocabulary, Wrong } from "./condition/rule.js";
export type { Names } from "./condition/vocabulary.js";
export { defineHedgerow, type Hedgerow, type TableFunction, table, type VocabularyOf } from "./define.js";
export { id, organization, owner, team } from "./table/presets.js";
export { type Schema, type SchemaModule, understand } from "./table/schema.js";
export type { DraftTable, FirewalledTable, Guard, GuardedTable } from "./table/types.js";
