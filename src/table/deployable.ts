/**
 * A schema that is to be pushed: understood, no rule in it that admits nobody, no key that spans tenants, no parent that a row
 * meets by chance alone, and nothing that Postgres would refuse or that would reach it unseen.
 *
 * Invariant: these are problems of a schema that a push makes, not of one that stands: a router, which has to be small and
 * asks the catalog, does not look for them.
 */
import * as Effect from "effect/Effect";
import { DefinitionError } from "../condition/problem.js";
import { unusableTypes } from "./column-types.js";
import { contradictions } from "./contradictions.js";
import { draftReferences } from "./draft-references.js";
import { sharedNames } from "./relation-names.js";
import { type Schema, type SchemaModule, understand } from "./schema.js";
import { keysAcrossTenants } from "./tenant-keys.js";
import { viaWithoutReference } from "./via-references.js";

/** @returns an effect that fails with one `DefinitionError` holding every problem of every table. */
export const understandToPush = (module: SchemaModule): Effect.Effect<Schema, DefinitionError> =>
  Effect.flatMap(understand(module), (schema) => {
    const sources = schema.tables.map(({ source }) => source);
    const problems = [
      ...schema.tables.flatMap((table) => [
        ...contradictions(table.definition),
        ...keysAcrossTenants(table),
        ...viaWithoutReference(table),
      ]),
      ...draftReferences(schema),
      ...sharedNames(sources),
      ...sources.flatMap(unusableTypes),
    ];
    return problems.length > 0 ? Effect.fail(new DefinitionError({ problems })) : Effect.succeed(schema);
  });
