/**
 * The kinds of caller that a project has: nobody, somebody, each role, each platform role.
 *
 * Invariant: every caller is of at least one of these kinds as far as a rule can tell by roles: a rule that treats two
 * callers differently treats two of these kinds differently, or two of their values.
 */
import type { Condition, ContextPath } from "../condition/condition.js";
import { type CallerKind, residual } from "../condition/residual.js";
import { canNeverHold } from "../condition/satisfiable.js";
import { defaultNames } from "../condition/vocabulary.js";
import { declarationOf } from "./declaration.js";
import type { TableDefinition } from "./definition.js";
import type { Schema } from "./schema.js";

export interface NamedKind extends CallerKind {
  readonly name: string;
}

const ofUser = (path: ContextPath): boolean => path === "userId" || path === "sessionId" || path.startsWith("claims.");

/** Whether a caller of this kind can fulfil a condition on any row of a table. */
export const admits = (condition: Condition | undefined, kind: CallerKind, definition: TableDefinition): boolean =>
  condition !== undefined && !canNeverHold(residual(condition, kind), definition.columns);

type Facts = Pick<CallerKind, "roles" | "userRoles" | "has">;

const namesOf = (schema: Schema) => {
  const [first] = schema.tables;
  return (first && declarationOf(first.source)?.names) ?? defaultNames;
};

const kindIn = (schema: Schema, name: string, facts: Facts): NamedKind => {
  const made: NamedKind = {
    name,
    ...facts,
    canRead: (parent) => {
      const found = schema.tables.find(
        ({ definition }) => definition.table.name === parent.name && definition.table.schema === parent.schema,
      );
      return found === undefined || admits(found.definition.commands.select, made, found.definition);
    },
  };
  return made;
};

/** @returns the kinds in a fixed order: least first. */
export const callerKinds = (schema: Schema): ReadonlyArray<NamedKind> => {
  const names = namesOf(schema);
  return [
    kindIn(schema, "anonymous", { roles: [], userRoles: [], has: () => false }),
    kindIn(schema, "signed in", { roles: [], userRoles: [], has: ofUser }),
    ...names.roles.map((role) => kindIn(schema, role, { roles: [role], userRoles: [], has: () => true })),
    ...names.userRoles.map((role) => kindIn(schema, `platform ${role}`, { roles: [], userRoles: [role], has: ofUser })),
  ];
};

/**
 * Kinds that have something of two: a platform role inside an organization. What excludes each by itself can admit both
 * together.
 */
export const mixedKinds = (schema: Schema): ReadonlyArray<NamedKind> => {
  const { roles, userRoles } = namesOf(schema);
  return userRoles.flatMap((userRole) =>
    roles.map((role) =>
      kindIn(schema, `platform ${userRole} as ${role}`, { roles: [role], userRoles: [userRole], has: () => true }),
    ),
  );
};
