/**
 * Why a user does or does not see a row of a live database.
 *
 * Invariant: changes nothing, and is honest: beside the reason found in memory stands what Postgres itself answers the
 * same caller, so a difference (a policy that drifted) shows.
 */
import { getTableColumns } from "drizzle-orm";
import type { PgColumn } from "drizzle-orm/pg-core";
import * as Data from "effect/Data";
import * as Effect from "effect/Effect";
import { anonymousCaller, type Caller, type ClaimValue } from "../../condition/caller.js";
import { type Condition, fold, type TableName } from "../../condition/condition.js";
import { dataTypeOf } from "../../condition/drizzle-column.js";
import { identifier, qualified, text } from "../../condition/sql-text.js";
import { culprits, type Trace, trace } from "../../condition/trace.js";
import type { DatabaseError, DatabaseShape, Result, Statement } from "../../database/database.js";
import { enterClaims, enterSession, requestText, settings } from "../../database/session.js";
import { postgresTarget, type Target } from "../../database/target.js";
import { knownOn } from "../../http/known-caller.js";
import type { IdentitySource, LiveIdentity } from "../../postgres/identity.js";
import type { Schema, SchemaTable } from "../../table/schema.js";
import { conditionFor, findTable, type SqlCommand } from "./explain.js";

/** The question cannot be answered; `message` says why and what would help. */
export class CannotExplain extends Data.TaggedError("CannotExplain")<{ readonly message: string }> {}

export interface WhyOptions {
  readonly schema: Schema;
  readonly identity: IdentitySource;
  /** The kind of database: PostgreSQL unless given. */
  readonly target?: Target;
  /** A connection that bypasses row-level security: the reason for a hidden row is in the row. */
  readonly database: DatabaseShape;
  readonly table: string;
  readonly command: Exclude<SqlCommand, "insert">;
  /** Primary key of the row. */
  readonly id: string;
  /**
   * Id or email of the user, whose newest session is looked at; where tokens say who is calling, the caller as a token
   * would name them; null for somebody who is not signed in.
   */
  readonly as: string | Caller | null;
}

export interface Why {
  readonly caller: Caller;
  /** Whether the row exists at all. */
  readonly exists: boolean;
  /** Whether the rule admits the row to the caller. */
  readonly admitted: boolean;
  /** What Postgres answers the same caller when asked for the row; only for select. */
  readonly visible: boolean | undefined;
  readonly trace: Trace | undefined;
  /** The clauses that alone explain a refusal. */
  readonly reasons: ReadonlyArray<Trace>;
}

type Asking<A> = Effect.Effect<A, CannotExplain | DatabaseError>;

const timeouts = { statementMs: 10_000, lockMs: 1_000 };

const fail = (message: string): Effect.Effect<never, CannotExplain> => Effect.fail(new CannotExplain({ message }));

const keyOf = (table: SchemaTable): Effect.Effect<PgColumn, CannotExplain> => {
  const [key, ...rest] = table.definition.primaryKey;
  const columns: Readonly<Record<string, PgColumn>> = getTableColumns(table.source);
  const column = key === undefined ? undefined : columns[key];
  return column && rest.length === 0
    ? Effect.succeed(column)
    : fail(`Table "${table.definition.table.name}" has no primary key of one column.`);
};

const firstRow = (result: Result | undefined): Readonly<Record<string, unknown>> | undefined => result?.rows[0];

const one = (
  database: DatabaseShape,
  ...statements: ReadonlyArray<Statement>
): Effect.Effect<Result | undefined, DatabaseError> =>
  Effect.map(database.transact(statements), (results) => results.at(-1));

const asText = (value: unknown): string | null => (typeof value === "string" ? value : null);
const asTexts = (value: unknown): ReadonlyArray<string> =>
  Array.isArray(value) ? value.filter((item): item is string => typeof item === "string") : [];
const isClaim = (value: unknown): value is ClaimValue =>
  value === null || typeof value === "string" || typeof value === "number" || typeof value === "boolean";
const asClaims = (value: unknown): Caller["claims"] =>
  typeof value === "object" && value !== null
    ? Object.fromEntries(Object.entries(value).filter((entry): entry is [string, ClaimValue] => isClaim(entry[1])))
    : {};

const toCaller = (row: Readonly<Record<string, unknown>> | undefined): Caller =>
  row === undefined
    ? anonymousCaller
    : {
        userId: asText(row.user_id),
        sessionId: asText(row.session_id),
        activeOrgId: asText(row.org_id),
        activeTeamId: asText(row.team_id),
        roles: asTexts(row.org_roles),
        userRoles: asTexts(row.user_roles),
        claims: asClaims(row.claims),
      };

/** The first statement of whatever the caller asks, and the caller. */
interface Asker {
  readonly prelude: Statement;
  readonly caller: Caller;
}

const askerOf = (options: WhyOptions): Asking<Asker> => {
  const { identity, as, target = postgresTarget } = options;
  if (identity._tag === "Live") {
    if (typeof as === "object" && as !== null) {
      return fail("The caller is looked up live here: say who by id or email.");
    }
    if (identity.by === "verified-token" && as !== null) {
      return fail("The caller is found by a token that the database verifies here: nobody else can present one.");
    }
    return Effect.gen(function* () {
      const token = yield* tokenOf(options.database, identity, as);
      const secret = { text: `select set_config('${settings.request}', $1, true)`, values: [requestText({ token })] };
      const found = yield* one(options.database, secret, { text: "select * from hedgerow.caller()" });
      return { prelude: enterSession(token, timeouts, target), caller: toCaller(firstRow(found)) };
    });
  }
  if (typeof as === "string") {
    return fail(
      'No sessions are kept here, because tokens say who is calling. Say what the token says: --as \'{"userId":"…","activeOrgId":"…","roles":["…"]}\'.',
    );
  }
  if (identity.verified !== undefined && as !== null) {
    return fail("The caller is named by a token that the database verifies here: nobody else can present one.");
  }
  const caller = knownOn(as ?? anonymousCaller, target);
  return Effect.succeed({ prelude: enterClaims(caller, timeouts, target), caller });
};

const tokenOf = (database: DatabaseShape, identity: LiveIdentity, as: string | null): Asking<string | null> =>
  as === null
    ? Effect.succeed(null)
    : Effect.flatMap(one(database, { text: identity.sessionsQuery, values: [as] }), (result) => {
        const token = asText(firstRow(result)?.token_hash);
        return token === null
          ? fail(`"${as}" has no session: no such user, or never signed in.`)
          : Effect.succeed(token);
      });

/** Every column as text but booleans: what `evaluate` compares exactly, whatever the driver makes of a type. */
const rowQuery = (table: SchemaTable, key: PgColumn): string => {
  const fields = Object.entries<PgColumn>(getTableColumns(table.source)).map(
    ([name, column]) =>
      `${identifier(column.name)}${dataTypeOf(column) === "boolean" ? "" : "::text"} as "${name.replaceAll('"', '""')}"`,
  );
  return `select ${fields.join(", ")} from ${qualified(table.definition.table)} where ${identifier(key.name)}::text = $1`;
};

const parentsIn = (
  condition: Condition,
): ReadonlyArray<{ readonly column: string; readonly parent: TableName; readonly parentColumn: string }> =>
  fold<ReturnType<typeof parentsIn>>({
    Constant: () => [],
    Compare: () => [],
    Member: () => [],
    IsNull: () => [],
    HasContext: () => [],
    HasRole: () => [],
    Via: (node) => [node],
    And: (all) => all.flat(),
    Or: (any) => any.flat(),
    Not: (inner) => inner,
  })(condition);

/**
 * @returns what decides, clause by clause.
 * @throws CannotExplain (as a failure) for a connection that is itself under row-level security, a user without a session,
 * a table without a key of one column.
 */
export const why = (options: WhyOptions): Asking<Why> =>
  Effect.gen(function* () {
    const { database } = options;
    const table = findTable(options.schema, options.table);
    const name = qualified(table.definition.table);
    const guarded = yield* one(database, { text: `select row_security_active(${text(name)}) as active` });
    if (firstRow(guarded)?.active === true) {
      return yield* fail(
        `This connection is itself under the rules of ${name}. Connect as a superuser or a role with BYPASSRLS to see why a row is hidden.`,
      );
    }
    const key = yield* keyOf(table);
    const { prelude, caller } = yield* askerOf(options);
    const row = firstRow(yield* one(database, { text: rowQuery(table, key), values: [options.id] }));
    const condition = conditionFor(table, options.command);

    /** Whether the caller, as themselves, gets a row. */
    const sees = (of: string, column: string, value: string): Effect.Effect<boolean, DatabaseError> =>
      Effect.map(
        one(database, prelude, {
          text: `select 1 as one from ${of} where ${identifier(column)}::text = $1`,
          values: [value],
        }),
        (result) => (result?.rows.length ?? 0) > 0,
      ).pipe(
        // No right on the table at all: the role of an anonymous caller, for most tables.
        Effect.catch((error) =>
          error._tag === "SqlError" && error.sqlState === "42501" ? Effect.succeed(false) : Effect.fail(error),
        ),
      );
    if (!condition || !row) {
      return { caller, exists: row !== undefined, admitted: false, visible: undefined, trace: undefined, reasons: [] };
    }
    const readable = new Map<string, boolean>();
    for (const { column, parent, parentColumn } of parentsIn(condition)) {
      const value = row[column];
      if (typeof value === "string") {
        readable.set(`${qualified(parent)} ${value}`, yield* sees(qualified(parent), parentColumn, value));
      }
    }
    const root = trace(condition, {
      columns: table.definition.columns,
      row,
      caller,
      canRead: (parent, _, value) => readable.get(`${qualified(parent)} ${String(value)}`) ?? false,
    });
    return {
      caller,
      exists: true,
      admitted: root.truth === true,
      visible: options.command === "select" ? yield* sees(name, key.name, options.id) : undefined,
      trace: root,
      reasons: culprits(root),
    };
  });

const kindOf = (caller: Caller): string => {
  if (caller.userId === null) return "nobody (not signed in, or the session is not live)";
  const roles = caller.roles.length > 0 ? ` as ${caller.roles.join(", ")}` : "";
  return `user ${caller.userId}${caller.activeOrgId === null ? ", with no active organization" : ` in organization ${caller.activeOrgId}${roles}`}`;
};

/** The answer as lines. */
export const whyText = ({ caller, exists, admitted, visible, reasons, trace: root }: Why): string => {
  const verdict = !exists
    ? "There is no such row."
    : root === undefined
      ? "No: no rule allows it to anybody."
      : admitted
        ? "Yes."
        : "No.";
  const because = reasons.map(
    ({ clause, missing }) => `  - not true: ${clause}${missing.length > 0 ? ` (${missing.join(", ")})` : ""}`,
  );
  const drift =
    visible !== undefined && visible !== admitted
      ? [
          `But Postgres says ${visible ? "yes" : "no"}: the policies in the database are not the declared ones. Push, then ask again.`,
        ]
      : [];
  return [`Caller: ${kindOf(caller)}`, verdict, ...because, ...drift].join("\n");
};
