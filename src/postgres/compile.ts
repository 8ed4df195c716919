/**
 * Schema to SQL, as one effect.
 *
 * Invariant: pure. The same definitions give the same statements, in the same order, on every machine.
 */
import * as Effect from "effect/Effect";
import { DefinitionError, type Problem } from "../condition/problem.js";
import { postgresTarget, type Target } from "../database/target.js";
import { understandToPush } from "../table/deployable.js";
import type { Schema, SchemaModule } from "../table/schema.js";
import { askedBy } from "./asked.js";
import { bootstrapStatements } from "./bootstrap.js";
import { commentedPoliciesOf, type Policy } from "./commented.js";
import { Dialect } from "./dialect.js";
import { type Expectation, expectationOf } from "./expectation.js";
import type { IdentitySource } from "./identity.js";
import { securityStatements } from "./security.js";
import { dialectLayer } from "./supabase.js";

export interface CompiledSchema {
  readonly schema: Schema;
  readonly policies: ReadonlyArray<Policy>;
  /** Before the tables exist: roles and helper functions. */
  readonly bootstrap: ReadonlyArray<string>;
  /** Once the tables exist: row-level security, policies, grants, reference checks. */
  readonly security: ReadonlyArray<string>;
  /** What the catalog must hold afterwards. */
  readonly expected: Expectation;
}

/** A rule with a claim that no token carries would admit nobody, and nobody would know why. */
const claimProblems = (schema: Schema, identity: IdentitySource): ReadonlyArray<Problem> => {
  if (identity._tag === "Live") return [];
  return schema.tables.flatMap(({ definition }) =>
    askedBy(definition).flatMap((path): ReadonlyArray<Problem> => {
      const name = path.startsWith("claims.") ? path.slice("claims.".length) : undefined;
      if (name === undefined || identity.claims.includes(name)) return [];
      return [
        {
          code: "unknown_context_value",
          table: definition.table.name,
          path: "(rules)",
          message: `"ctx.${path}" is not among the claims that tokens carry: ${identity.claims.join(", ") || "none"}.`,
          hint: `Name it where the identity is declared: claims: [${[...identity.claims, name].map((each) => JSON.stringify(each)).join(", ")}].`,
        },
      ];
    }),
  );
};

/**
 * The program behind `compile`, for those who use Effect.
 *
 * @returns an effect that needs a `Dialect` and fails with one `DefinitionError` that lists every problem.
 */
export const compileEffect = (
  module: SchemaModule,
  identity: IdentitySource,
): Effect.Effect<CompiledSchema, DefinitionError, Dialect> =>
  Effect.gen(function* () {
    const schema = yield* understandToPush(module);
    const dialect = yield* Dialect;
    const problems = claimProblems(schema, identity);
    if (problems.length > 0) return yield* new DefinitionError({ problems });
    return {
      schema,
      policies: schema.tables.flatMap(({ definition }) => commentedPoliciesOf(definition, dialect)),
      bootstrap: bootstrapStatements(identity, dialect),
      security: securityStatements(schema.tables, identity, dialect),
      expected: expectationOf(module, schema, identity, dialect),
    };
  });

/**
 * Compiles a schema to the SQL that guards it.
 *
 * @param module a module that exports tables made by `table()`; other exports are left alone.
 * @param identity where sessions and memberships are kept, for example `sessionIdentity(options)` of
 * `hedgerow/better-auth`, or that tokens say who is calling (`claimsIdentity()`).
 * @param target the kind of database: PostgreSQL unless given, or `supabase()` of `hedgerow/supabase`.
 * @throws DefinitionError with all problems of all tables.
 *
 * @example
 * ```ts
 * const { bootstrap, security } = compile(schema, sessionIdentity(authOptions));
 * ```
 */
export const compile = (
  module: SchemaModule,
  identity: IdentitySource,
  target: Target = postgresTarget,
): CompiledSchema => Effect.runSync(Effect.provide(compileEffect(module, identity), dialectLayer(target)));
