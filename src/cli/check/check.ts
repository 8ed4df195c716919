/**
 * `check`: everything that is risky in a schema, without a database.
 *
 * Invariant: nothing is silenced. An accepted finding is still reported, with its reason; a reason for something that
 * is not found is a finding itself.
 */
import * as Effect from "effect/Effect";
import { guardsService, type IdentitySource } from "../../postgres/identity.js";
import { declarationOf } from "../../table/declaration.js";
import { understandToPush } from "../../table/deployable.js";
import type { Acceptances, Finding } from "../../table/finding.js";
import { callerKinds, mixedKinds } from "../../table/kinds.js";
import type { Schema, SchemaModule, SchemaTable } from "../../table/schema.js";
import { unguardedFinding } from "../guarding.js";
import { tableRules, unreachableRoles } from "./rules/index.js";
import type { Scene } from "./rules/scene.js";

const reasonFor = (accepted: Acceptances, code: string): string | undefined => {
  const reason: unknown = Reflect.get(accepted, code);
  return typeof reason === "string" && reason.trim() !== "" ? reason : undefined;
};

const checkTable = (table: SchemaTable, around: Omit<Scene, "table">): ReadonlyArray<Finding> => {
  const accepted = declarationOf(table.source)?.accepted ?? {};
  const found = tableRules.flatMap((rule) => rule({ ...around, table }));
  const unused = Object.keys(accepted).filter(
    (code) => reasonFor(accepted, code) === undefined || !found.some((finding) => finding.code === code),
  );
  return [
    ...found.map((finding) => ({ ...finding, accepted: reasonFor(accepted, finding.code) })),
    ...unused.map(
      (code): Finding => ({
        code: "unused_acceptance",
        table: table.definition.table.name,
        path: `accept.${code}`,
        message: `"${code}" is accepted, but ${reasonFor(accepted, code) === undefined ? "without a reason" : "there is no such finding"}.`,
        fix: "Remove it, or correct the code or the reason.",
        accepted: undefined,
      }),
    ),
  ];
};

/** What is risky in how callers are known. */
export const checkIdentity = (identity: IdentitySource): ReadonlyArray<Finding> =>
  guardsService(identity)
    ? []
    : [{ ...unguardedFinding, table: "(schema)", path: "providers.auth.guard", accepted: undefined }];

/** @returns the findings of a schema that is already understood, in the order of the tables' names. */
export const checkSchema = (schema: Schema): ReadonlyArray<Finding> => {
  const kinds = callerKinds(schema);
  const around = { schema, kinds, mixed: mixedKinds(schema) };
  return [
    ...unreachableRoles(schema, kinds).map((finding) => ({ ...finding, accepted: undefined })),
    ...schema.tables.flatMap((table) => checkTable(table, around)),
  ];
};

/**
 * Looks for what is risky in a schema: roles that open nothing, rules that exclude nothing, negations of columns that can
 * be empty, rows that can be written and never read, references that a writer cannot make, missing indexes, readable
 * secrets; and for what lets tenants feel each other: conflicts, references and deletions that tell of rows which nobody
 * showed them, numbers that count everybody's rows, columns that only look as if they were filled with the caller.
 *
 * @param module a module that exports tables made by `table()`.
 * @returns findings; `accepted` holds the reason of those that a table accepts with `.accept({ code: "reason" })`.
 * @throws DefinitionError with all problems of a schema that is wrong.
 *
 * @example
 * ```ts
 * const open = check(schema).filter(({ accepted }) => accepted === undefined);
 * if (open.length > 0) process.exitCode = 1;
 * ```
 */
export const check = (module: SchemaModule): ReadonlyArray<Finding> =>
  checkSchema(Effect.runSync(understandToPush(module)));
