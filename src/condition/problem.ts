/**
 * What is wrong with a definition.
 *
 * Invariant: problems are collected, never thrown one at a time: whoever fixes a schema sees all of them at once.
 */
import * as Data from "effect/Data";

export type ProblemCode =
  | "access_before_firewall"
  | "access_declared_twice"
  | "client_made_id"
  | "column_name_reserved"
  | "command_without_read"
  | "contradiction"
  | "declaration_mismatch"
  | "duplicate_column"
  | "duplicate_name"
  | "duplicate_path"
  | "duplicate_table"
  | "empty_list"
  | "empty_rule"
  | "firewall_declared_twice"
  | "identifier_too_long"
  | "invalid_literal"
  | "invalid_rule"
  | "missing_firewall"
  | "missing_preset"
  | "missing_primary_key"
  | "not_a_table"
  | "parent_unreadable"
  | "reference_to_draft"
  | "schema_not_exported"
  | "type_mismatch"
  | "unique_key_without_scope"
  | "unknown_column"
  | "unknown_context_value"
  | "unknown_operation"
  | "unknown_operator"
  | "unknown_role"
  | "unsupported_reference"
  | "unsupported_type"
  | "via_cycle"
  | "via_without_reference";

export interface Problem {
  readonly code: ProblemCode;
  /** The SQL name of the table. */
  readonly table: string;
  /** Where in the declaration, for example `access.update.after.record.ownerId`. */
  readonly path: string;
  readonly message: string;
  /** What would be right. */
  readonly hint: string;
}

const line = (problem: Problem): string =>
  `  ${problem.table} ${problem.path} [${problem.code}] ${problem.message}\n    ${problem.hint}`;

/**
 * All problems of a schema.
 *
 * @example
 * ```ts
 * try { compile(schema); } catch (error) {
 *   if (error instanceof DefinitionError) for (const problem of error.problems) console.error(problem.code, problem.hint);
 * }
 * ```
 */
export class DefinitionError extends Data.TaggedError("DefinitionError")<{
  readonly problems: ReadonlyArray<Problem>;
}> {
  override get message(): string {
    const count = this.problems.length;
    return `The schema has ${count} problem${count === 1 ? "" : "s"}:\n${this.problems.map(line).join("\n")}`;
  }
}

/** Collects problems under a table and a path. */
export interface Report {
  readonly problem: (code: ProblemCode, message: string, hint: string) => void;
  readonly at: (segment: string | number) => Report;
}

export const report = (table: string, sink: Array<Problem>, path = ""): Report => ({
  problem: (code, message, hint) => {
    sink.push({ code, table, path: path === "" ? "(table)" : path, message, hint });
  },
  at: (segment) =>
    report(
      table,
      sink,
      typeof segment === "number" ? `${path}[${segment}]` : path === "" ? segment : `${path}.${segment}`,
    ),
});
