/**
 * What a database remembers of the rules that were pushed to it, by which a router knows that it is older and not wrong.
 *
 * Invariant: written by the owner alone, at the end of a push, after everything that it speaks of. It forgets all earlier
 * rules when the way in which callers are known changes, because who enforces the newer ones would ask what an older version
 * does not say.
 */
import { policyHash, rememberedSql, shortHash, standingSql } from "../condition/fingerprint.js";
import { referenceSql } from "../condition/reference-statement.js";
import { text, textArray } from "../condition/sql-text.js";
import { referencesOf } from "../table/reference.js";
import type { SchemaTable } from "../table/schema.js";
import { askedBy } from "./asked.js";
import { commentedPoliciesOf } from "./commented.js";
import type { DialectShape } from "./dialect.js";
import type { HelperFunction } from "./helper-function.js";
import type { IdentitySource } from "./identity.js";
import { helperSchema } from "./names.js";

/** How many declarations stay known, if the last push has not more itself. */
const capacity = 2000;

const helpers = `pg_catalog.to_regnamespace('${helperSchema}')::oid`;

/** Writes nothing where nothing has changed. */
export const rememberBody = `declare
  earlier text := (${rememberedSql(helpers)});
  said text := pg_catalog.concat_ws(' ', ${standingSql(helpers)}, protocol, (
    select pg_catalog.string_agg(k.hash, ' ' order by k.place) from (
      select u.hash, pg_catalog.min(u.place) as place from pg_catalog.unnest(declared || case
        when pg_catalog.split_part(earlier, ' ', 2) = protocol then (pg_catalog.string_to_array(earlier, ' '))[3:]
      end) with ordinality as u(hash, place)
      group by u.hash order by 2 limit greatest(${capacity}, pg_catalog.cardinality(declared))
    ) k));
begin
  if said is distinct from earlier then
    execute pg_catalog.format('comment on function ${helperSchema}.remember(text, text[]) is %L', said);
  end if;
end`;

/**
 * What must be the same for an older version to be heard as it means to: all that says who is calling, and as which role.
 * What a token says an application reads itself: an older one may not pass on what no rule has asked before, and a rule that
 * asks for its absence would then be open. The user it always says.
 */
const protocolOf = (
  tables: ReadonlyArray<SchemaTable>,
  functions: ReadonlyArray<HelperFunction>,
  identity: IdentitySource,
  { roles }: DialectShape,
): string => {
  const asked = tables.flatMap(({ definition }) => askedBy(definition));
  return shortHash(
    JSON.stringify([
      functions.map(({ statement, executors }) => [statement, executors]),
      identity._tag === "Live" ? [] : [...new Set(asked)].filter((path) => path !== "userId").sort(),
      [roles.authenticated, roles.anonymous],
    ]),
  );
};

/** @returns the statement that ends a push. */
export const rememberStatement = (
  tables: ReadonlyArray<SchemaTable>,
  functions: ReadonlyArray<HelperFunction>,
  identity: IdentitySource,
  dialect: DialectShape,
): string => {
  const declared = tables.flatMap(({ definition, source }) => [
    ...commentedPoliciesOf(definition, dialect).map(policyHash),
    ...referencesOf(source)
      .map((reference) => referenceSql(reference, helperSchema))
      .flatMap(({ createTrigger, source: body }) => [shortHash(createTrigger), shortHash(body)]),
  ]);
  const hashes = [...new Set(declared)].sort();
  return `select ${helperSchema}.remember(${text(protocolOf(tables, functions, identity, dialect))}, ${textArray(hashes)})`;
};
