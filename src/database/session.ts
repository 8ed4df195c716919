/**
 * What one request's transaction is told before it does anything.
 *
 * Invariant: the names here are the whole contract between the request path and the SQL layer. Every value is set for
 * the transaction only, and every one is set each time, so nothing of one request survives into the next on the same
 * connection.
 */
import type { Statement } from "./database.js";
import { postgresTarget, type Target } from "./target.js";

/** Where helper functions live. */
export const helperSchema = "hedgerow";

/** Roles whose names are the same on every target; those that a request takes are in `Target`. */
export const roles = {
  /** What the router connects as; it owns nothing and may do nothing until it switches to one of the caller's roles. */
  api: "hedgerow_api",
  /** What the identity provider connects as. */
  auth: "hedgerow_auth",
  /** Owns the helper that reads sessions and memberships. */
  definer: "hedgerow_definer",
} as const;

/** Transaction-local settings. Setting one costs Postgres more than reading it, so a request brings all it says in one. */
export const settings = {
  /** What the request says of whoever sends it, field by field (`requestText`). */
  request: "hedgerow.request",
  /** The live caller as `hedgerow.enter()` found them, and the proof that it did, in this very transaction. */
  caller: "hedgerow.caller",
  seal: "hedgerow.seal",
} as const;

/** `0` means no limit, as in Postgres. */
export interface Timeouts {
  readonly statementMs: number;
  readonly lockMs: number;
}

/** A caller whose values a verified token gave; every text is one that Postgres can hold. */
export interface ClaimedCaller {
  readonly userId: string | null;
  readonly sessionId: string | null;
  readonly activeOrgId: string | null;
  readonly activeTeamId: string | null;
  readonly roles: ReadonlyArray<string>;
  readonly userRoles: ReadonlyArray<string>;
  readonly claims: Readonly<Record<string, string | number | boolean | null>>;
}

/** Between the elements of a list in a field. */
export const listSeparator = "\x1f";

/** Between the fields of a request. Neither is in a name that a caller has (`heldCaller`), so no text can be read as two. */
export const fieldSeparator = "\x1e";

/**
 * The caller as a verified token says, in whose words policies and column defaults ask; then the hash of the secret by which
 * the caller is found live, in hexadecimal digits.
 */
const requestFields = [
  "userId",
  "sessionId",
  "activeOrgId",
  "activeTeamId",
  /** Roles in the organization, with `listSeparator` between them. */
  "roles",
  /** Platform roles, in the same way. */
  "userRoles",
  /** A flat JSON object. */
  "claims",
  "token",
  "apiKey",
] as const;

export type RequestField = (typeof requestFields)[number];

/** @returns the setting `hedgerow.request`; a field that is not given is empty. */
export const requestText = (fields: Readonly<Partial<Record<RequestField, string | null>>>): string => {
  let text = "";
  for (const field of requestFields) text += `${fields[field] ?? ""}${fieldSeparator}`;
  return text;
};

/** @returns the place of a field in that text, from 1, as `split_part` counts. */
export const requestPlace = (field: RequestField): number => requestFields.indexOf(field) + 1;

/** Exactly one of them says who is calling; none is an anonymous caller. */
interface Presented {
  readonly token?: string | null;
  readonly apiKey?: string;
  readonly caller?: ClaimedCaller | null;
}

/** Settings of the session that a policy or an answer depends on, and which the session's own SQL could have changed. */
const fixed = {
  // Where Supabase and others keep extensions. A push takes from callers the right to make anything in either of them.
  search_path: "public, extensions, pg_temp",
  TimeZone: "UTC",
  DateStyle: "ISO",
  IntervalStyle: "postgres",
  bytea_output: "hex",
  extra_float_digits: "1",
  row_security: "on",
  standard_conforming_strings: "on",
} as const;

const setLocal = (name: string, value: string): string => `pg_catalog.set_config('${name}', ${value}, true)`;

const milliseconds = (value: number): string => {
  if (Number.isSafeInteger(value) && value >= 0) return `'${value}'`;
  throw new RangeError(`A timeout is a whole number of milliseconds, or 0 for none; ${value} is none.`);
};

/**
 * What differs from request to request is bound, and nothing else: a value that is bound costs Postgres more than one that stands
 * in the text, and a connection prepares the few texts there are once. `num_nonnulls` evaluates all and answers with one small
 * column.
 */
const textOf = (role: string, timeouts: Timeouts, target: Target): string => {
  const bound = [
    settings.request,
    ...(target.name === "supabase" ? Object.keys(target.settings(null, role, target.paths)) : []),
  ];
  const set = [
    setLocal("role", `'${role}'`),
    ...bound.map((setting, index) => setLocal(setting, `$${index + 1}`)),
    setLocal("statement_timeout", milliseconds(timeouts.statementMs)),
    setLocal("lock_timeout", milliseconds(timeouts.lockMs)),
    ...Object.entries(fixed).map(([setting, value]) => setLocal(setting, `'${value}'`)),
  ];
  return `select pg_catalog.num_nonnulls(${set.join(", ")}), pg_catalog.pg_advisory_unlock_all()`;
};

/** A router has the same limits for all its requests, and of each target one text for each role. */
const texts = new WeakMap<Timeouts, Map<string, string>>();

const enterText = (role: string, timeouts: Timeouts, target: Target): string => {
  let known = texts.get(timeouts);
  if (known === undefined) {
    known = new Map();
    texts.set(timeouts, known);
  }
  // The targets give their roles different names, but for those who are signed in.
  const key = target.name === "postgres" ? role : `${target.name} ${role}`;
  let text = known.get(key);
  if (text === undefined) {
    text = textOf(role, timeouts, target);
    known.set(key, text);
  }
  return text;
};

/** Most callers have no claims of their own. */
const claimsText = (claims: ClaimedCaller["claims"]): string => {
  for (const _ in claims) return JSON.stringify(claims);
  return "{}";
};

const requestOf = ({ token, apiKey }: Presented, named: ClaimedCaller | null): string =>
  requestText(
    named === null
      ? { token: token ?? null, apiKey: apiKey ?? null }
      : {
          userId: named.userId,
          sessionId: named.sessionId,
          activeOrgId: named.activeOrgId,
          activeTeamId: named.activeTeamId,
          roles: named.roles.join(listSeparator),
          userRoles: named.userRoles.join(listSeparator),
          claims: claimsText(named.claims),
        },
  );

const enter = (presented: Presented, timeouts: Timeouts, target: Target): Statement => {
  const { token, apiKey, caller } = presented;
  const known = caller?.userId == null ? null : caller;
  const role =
    token == null && apiKey === undefined && known === null ? target.roles.anonymous : target.roles.authenticated;
  const request =
    // Supabase's functions read the token, so there nothing else names a caller.
    target.name === "supabase"
      ? [requestOf(presented, null), ...Object.values(target.settings(known, role, target.paths))]
      : [requestOf(presented, known)];
  return { text: enterText(role, timeouts, target), values: request, raw: true, prepared: true };
};

/**
 * The first statement of a request whose caller is found live: role, secret, and every session setting that SQL of an
 * earlier request on the same connection could have changed in its favour.
 *
 * @param tokenHash SHA-256 of the session token in hexadecimal digits; null for an anonymous caller.
 */
export const enterSession = (
  tokenHash: string | null,
  timeouts: Timeouts,
  target: Target = postgresTarget,
): Statement => enter({ token: tokenHash }, timeouts, target);

/**
 * The first statement of a request that presents an API key.
 *
 * @param keyHash SHA-256 of the key in hexadecimal digits.
 */
export const enterApiKey = (keyHash: string, timeouts: Timeouts, target: Target = postgresTarget): Statement =>
  enter({ apiKey: keyHash }, timeouts, target);

/**
 * The first statement of a request whose caller a verified token names.
 *
 * @param caller null for an anonymous caller; so is one without a user.
 */
export const enterClaims = (
  caller: ClaimedCaller | null,
  timeouts: Timeouts,
  target: Target = postgresTarget,
): Statement => enter({ caller }, timeouts, target);

/**
 * Goes in front of an application's own SQL, which must not see what the connection remembers of an earlier request and no
 * rollback undoes: the numbers of sequences (`lastval()`), and with `newSeed` the state of `random()`.
 */
export const forgetSequences: Statement = { text: "discard sequences", raw: true };

/**
 * An expression of a select list: takes away what SQL of an earlier request has prepared, whose text could be read
 * (`pg_prepared_statements`). A PREPARE survives a rollback, so this is for the beginning and not for the end. What a driver keeps
 * prepared stays.
 */
export const forgetPrepared = `case when exists (select from pg_catalog.pg_prepared_statement() p where p.from_sql) then ${helperSchema}.forget_prepared() end`;

/** An expression of a select list. As a literal: a bound value costs Postgres more, and the statement is prepared by nobody. */
export const newSeed = (): string => {
  const [random = 0] = crypto.getRandomValues(new Uint32Array(1));
  return `pg_catalog.setseed(${random / 2_147_483_648 - 1})`;
};

/**
 * For each later statement of a transaction: what an earlier one set must not make it run without end.
 *
 * @param longestMs what a statement may take at most; a limit that SQL has set below it stays.
 * @returns expressions of a select list.
 */
export const boundStatement = (longestMs: number): string =>
  setLocal(
    "statement_timeout",
    `least(nullif(extract(epoch from pg_catalog.current_setting('statement_timeout')::pg_catalog.interval) * 1000, 0), ${milliseconds(longestMs)})::pg_catalog.int8::pg_catalog.text`,
  );

/**
 * The last statements of a transaction in which an application's own SQL ran: what such SQL can leave on a connection beyond
 * the transaction is cleared in it. What a failed transaction leaves, Postgres clears, apart from advisory locks, which
 * the next `enterSession` or `enterClaims` on the connection releases, and what `forgetSequences`, `forgetPrepared` and
 * `newSeed` forget.
 *
 * Triggers that wait for the end run first, while the caller is still known to them. A large object is owned by the role that
 * all callers share, so each could read it, and a transaction that made one fails. Postgres's own counter says whether to look:
 * to plan a look costs more than the rest.
 */
export const leaveSession: ReadonlyArray<Statement> = /*#__PURE__*/ [
  "set constraints all immediate",
  "close all",
  "unlisten *",
  "reset all",
  `select pg_advisory_unlock_all(),
  case when pg_catalog.pg_stat_get_xact_tuples_inserted('pg_catalog.pg_largeobject_metadata'::pg_catalog.regclass) > 0 then ${helperSchema}.refuse_large_objects() end,
  set_config('role', 'none', false)`,
].map((text) => ({ text }));
