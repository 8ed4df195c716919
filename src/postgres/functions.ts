/**
 * The helper functions that policies, defaults and the router's prelude call.
 *
 * Invariant: every function has an empty `search_path` or is inlined and qualifies every name, is TEXT-typed, and answers for
 * the caller of the transaction. Where the caller is found live, `hedgerow.enter()`, `hedgerow.identity()` and what an identity
 * source adds to them read tables, as their definer; none of the others has more rights than who calls it, and where a verified
 * token names the caller none reads a table at all. Missing, expired, forged or no such value: null, false or an empty array.
 */
import { text } from "../condition/sql-text.js";
import { claimedFunctions } from "./claims-functions.js";
import type { DialectShape } from "./dialect.js";
import { bare, callers, define, type HelperFunction } from "./helper-function.js";
import type { IdentitySource } from "./identity.js";
import { liveFunctions } from "./live-functions.js";
import { entries, everyone, helperSchema, roles, sealKeys } from "./names.js";
import {
  dropFunctionsBody,
  fingerprintBody,
  grantSequencesBody,
  isRecordedBody,
  recordBody,
  recordHelpersBody,
  revokeAllBody,
} from "./reconcile.js";
import { rememberBody } from "./remembered.js";
import { verifiedClaims, verifiedToken } from "./token-claims.js";

/** For the owner alone: what keeps the database as declared. */
const keepers = (service: ReadonlyArray<string>): ReadonlyArray<HelperFunction> => [
  define(
    "fingerprint(kind text, target regclass, object name)",
    "text",
    "language sql stable",
    fingerprintBody(service),
    [],
  ),
  define(
    "is_recorded(kind text, target regclass, object name, said text)",
    "boolean",
    "language sql stable",
    isRecordedBody,
    [],
  ),
  define(
    "record(kind text, target regclass, object name, said text)",
    "void",
    "language plpgsql volatile",
    recordBody,
    [],
  ),
  define("revoke_all(target regclass)", "void", "language plpgsql volatile", revokeAllBody(service), []),
  define(
    "grant_sequences(target regclass, readers jsonb)",
    "void",
    "language plpgsql volatile",
    grantSequencesBody(service),
    [],
  ),
  define("drop_functions_but(declared text[])", "void", "language plpgsql volatile", dropFunctionsBody, []),
  define("record_helpers()", "void", "language plpgsql volatile", recordHelpersBody, []),
  define("remember(protocol text, declared text[])", "void", "language plpgsql volatile", rememberBody, []),
];

/** For the end of a transaction that has made one: `leaveSession` asks. */
const refuseLargeObjects = define(
  "refuse_large_objects()",
  "void",
  "language plpgsql volatile",
  `begin
  if exists (select from pg_catalog.pg_largeobject_metadata o where pg_catalog.age(o.xmin) <= 0) then
    raise feature_not_supported using message = 'a large object would belong to every caller';
  end if;
end`,
);

/** Always in quotes: `deallocate prepare` would be a syntax error, and `deallocate all` would be all. */
const forgetPrepared = define(
  "forget_prepared()",
  "void",
  "language plpgsql volatile",
  `declare
  prepared text;
begin
  for prepared in select p.name from pg_catalog.pg_prepared_statement() p where p.from_sql loop
    execute pg_catalog.concat('deallocate "', pg_catalog.replace(prepared, '"', '""'), '"');
  end loop;
end`,
);

const ofCaller = (identity: IdentitySource, dialect: DialectShape): ReadonlyArray<HelperFunction> => {
  if (identity._tag === "Live") return liveFunctions(identity);
  return identity.verified === undefined
    ? claimedFunctions(dialect.claims)
    : [verifiedToken, ...claimedFunctions(verifiedClaims(identity.verified))];
};

/** All helpers; where one reads tables, it is the first. */
export const helperFunctions = (identity: IdentitySource, dialect: DialectShape): ReadonlyArray<HelperFunction> => {
  const allowed = [dialect.roles.authenticated, dialect.roles.anonymous, ...dialect.service];
  return [...ofCaller(identity, dialect), refuseLargeObjects, forgetPrepared, ...keepers(dialect.service)].map(
    (helper) => ({
      ...helper,
      executors: helper.executors === callers ? allowed : helper.executors,
    }),
  );
};

/** What a live identity would leave behind. The owner of the schema may drop also what belongs to the definer. */
const dropLive: ReadonlyArray<string> = [
  ...["enter()", "admit(boolean, boolean, boolean)", "caller()", "identity()"].map(
    (name) => `drop function if exists ${helperSchema}.${name}`,
  ),
  `drop table if exists ${helperSchema}.${sealKeys}, ${helperSchema}.${entries}`,
];

/**
 * Runs statements as the definer, in one statement. What the definer makes belongs to it from the start: to give it away
 * afterwards, or to replace it the next time, the owner would have to inherit the definer's rights.
 */
const asDefiner = (statements: ReadonlyArray<string>, unless?: string): string =>
  `do $as_definer$ declare owner name := current_user; begin${unless === undefined ? "" : `\n  if ${unless} then return; end if;`}
  perform pg_catalog.set_config('role', ${text(roles.definer)}, true);
${statements.map((statement) => `  execute ${text(statement)};`).join("\n")}
  perform pg_catalog.set_config('role', owner, true);
end $as_definer$`;

/** Postgres's own randomness: a version 4 UUID has 122 bits of it. */
const randomBlock = `pg_catalog.decode(pg_catalog.replace(pg_catalog.concat(${Array<string>(4).fill("pg_catalog.gen_random_uuid()").join(", ")}), '-', ''), 'hex')`;

/** Keys that stay as they are once they are made; where there is no row nothing is sealed, and everybody is looked up. */
const makeSealKeys = asDefiner(
  [
    `create table if not exists ${helperSchema}.${sealKeys} (one boolean primary key default true check (one), inner_key bytea not null, outer_key bytea not null)`,
    `alter table ${helperSchema}.${sealKeys} enable row level security`,
    `insert into ${helperSchema}.${sealKeys} (inner_key, outer_key) values (${randomBlock}, ${randomBlock}) on conflict do nothing`,
  ],
  `pg_catalog.to_regclass(${text(`${helperSchema}.${sealKeys}`)}) is not null`,
);

const makeEntries = asDefiner(
  [
    `create table if not exists ${helperSchema}.${entries} ()`,
    `alter table ${helperSchema}.${entries} enable row level security`,
  ],
  `pg_catalog.to_regclass(${text(`${helperSchema}.${entries}`)}) is not null`,
);

/** A helper that another role made could not be replaced. No policy depends on one that runs as the definer. */
const dropOthers = (signature: string): string => `do $$ begin
  if exists (select 1 from pg_catalog.pg_proc where oid = pg_catalog.to_regprocedure('${signature}') and proowner <> '${roles.definer}'::regrole) then
    drop function ${signature};
  end if;
end $$`;

/**
 * @returns the statements that create or replace all helpers and say who may call them. Tables need not exist yet:
 * PL/pgSQL looks names up when it runs.
 */
export const functionStatements = (identity: IdentitySource, dialect: DialectShape): ReadonlyArray<string> => [
  ...(identity._tag === "Claims" ? dropLive : [makeSealKeys, makeEntries]),
  ...helperFunctions(identity, dialect).flatMap((helper) => {
    const others = [...everyone(dialect.roles, identity._tag), ...dialect.service].filter(
      (role) => !helper.executors.includes(role) && !(helper.definer && role === roles.definer),
    );
    const statements = [
      helper.statement,
      `revoke all on function ${bare(helper.signature)} from ${others.join(", ")}`,
      ...(helper.executors.length === 0
        ? []
        : [`grant execute on function ${bare(helper.signature)} to ${helper.executors.join(", ")}`]),
    ];
    return helper.definer ? [dropOthers(bare(helper.signature)), asDefiner(statements)] : statements;
  }),
];
