/**
 * `doctor()`: everything that is wrong or risky in a database that runs.
 *
 * Invariant: it only reads. Each finding says what to do, and a database that Hedgerow made gives none.
 */
import * as Effect from "effect/Effect";
import type { DefinitionError } from "../condition/problem.js";
import type { DatabaseError } from "../database/database.js";
import { postgresTarget } from "../database/target.js";
import { compileEffect } from "../postgres/compile.js";
import type { Dialect } from "../postgres/dialect.js";
import { type Drift, type DriftOptions, driftEffect } from "../postgres/drift.js";
import { pinSearchPath } from "../postgres/inspect.js";
import { lints } from "../postgres/lints.js";
import { roles } from "../postgres/names.js";
import { dialectLayer } from "../postgres/supabase.js";
import { unguardedFinding } from "./guarding.js";

/** Every kind of risk, with what to do about it. */
const fixes = {
  login_bypasses_rls: "Connect the application as a role that is NOSUPERUSER NOBYPASSRLS and a member of no such role.",
  caller_role_logs_in:
    "alter role … nologin. Where tokens log in, as with Neon Authorize: alter role … valid until '-infinity'.",
  login_has_settings:
    "alter role … reset all. The router sets what it needs; an operator's own settings belong to the database.",
  login_owns_table: "Connect the application as a role that owns nothing, and keep the owner for migrations.",
  login_owns_schema: "Connect the application as a role that owns nothing, and keep the owner for migrations.",
  view_without_invoker:
    "alter view … set (security_invoker = true). A materialized view always has its owner's rights: revoke it.",
  table_without_rls: "Guard it: declare it with table(). Or revoke the rights, or enable row-level security.",
  policies_without_rls: "alter table … enable row level security. Without it no policy counts.",
  sensitive_column_exposed: "Revoke it, or guard the table: declare it with table().",
  rule_by_hand: "drop rule …. Say the same in a trigger, which has the rights of whoever writes.",
  policies_overlap: "Make one policy of them: Postgres evaluates both for every row, and either one admits it.",
  helper_per_row: "Write (select helper()), so that Postgres calls it once per statement.",
  search_path_mutable: "alter function … set search_path = ''.",
  foreign_key_without_index: "Declare an index that begins with its columns.",
  scope_without_index: "Push the schema again, or declare an index that begins with the column.",
  auth_guarded_later: unguardedFinding.fix,
  extension_in_public: "alter extension … set schema extensions.",
  definer_callable: "Revoke it, or make it security invoker. What it reads, no policy stops.",
  seal_keys_exposed:
    "drop table hedgerow.seal_keys, and push the schema again: it makes new keys, for the definer alone.",
  default_grant: "Push the schema again as this role, or alter default privileges for role … revoke ….",
  session_jwt_missing: "create extension pg_session_jwt, on a database that offers it.",
  public_grant: "Revoke it from public and grant it to those who need it.",
} as const;

export type RiskCode = keyof typeof fixes;

export interface Risk {
  readonly code: RiskCode;
  readonly object: string;
  readonly message: string;
  readonly fix: string;
}

/** A difference from the declaration, or a risk beside it. */
export type Finding = Drift | Risk;

export interface DoctorOptions extends DriftOptions {
  /** The schemas in which everything is looked at (`["public"]`). */
  readonly schemas?: ReadonlyArray<string>;
  /** The roles that applications connect as (`hedgerow_api` and, with Better Auth, `hedgerow_auth`). */
  readonly logins?: ReadonlyArray<string>;
  /** Whether callers are known by a token that the extension `pg_session_jwt` checks, which must be there then. */
  readonly sessionJwt?: "required";
}

const isRisk = (value: unknown): value is RiskCode => typeof value === "string" && Object.hasOwn(fixes, value);

const toRisk = (row: Readonly<Record<string, unknown>>): ReadonlyArray<Risk> =>
  isRisk(row.code)
    ? [{ code: row.code, object: String(row.object), message: String(row.message), fix: fixes[row.code] }]
    : [];

/** The program behind `doctor`, for those who use Effect. */
export const doctorEffect = ({
  schemas = ["public"],
  logins = [roles.api, roles.auth],
  sessionJwt,
  ...options
}: DoctorOptions): Effect.Effect<ReadonlyArray<Finding>, DefinitionError | DatabaseError, Dialect> =>
  Effect.gen(function* () {
    const differences = yield* driftEffect(options);
    const { expected, schema } = yield* compileEffect(options.schema, options.identity);
    const results = yield* options.database.transact([
      { text: pinSearchPath },
      { text: lints(expected, schema, { schemas, logins, sessionJwt: sessionJwt === "required" }) },
    ]);
    return [...differences, ...(results[1]?.rows ?? []).flatMap(toRisk)];
  });

/**
 * Looks at a database that runs: what differs from the schema, and what is risky beside it.
 *
 * @param options the schema, the identity provider, the database, and where to look.
 * @returns the findings, differences first; an empty list where all is well.
 * @throws DefinitionError with all problems of all tables.
 * @throws SqlError or ConnectionError where the database cannot be asked.
 *
 * @example
 * ```ts
 * const findings = await doctor({ schema, identity: sessionIdentity(authOptions), database: nodePostgres(pool) });
 * for (const { code, object, message, fix } of findings) console.error(`${code} ${object}: ${message}. ${fix}`);
 * process.exitCode = findings.length === 0 ? 0 : 1;
 * ```
 */
export const doctor = (options: DoctorOptions): Promise<ReadonlyArray<Finding>> =>
  Effect.runPromise(Effect.provide(doctorEffect(options), dialectLayer(options.target ?? postgresTarget)));
