/**
 * How a target spells the caller.
 *
 * Invariant: the only place that knows which roles requests take, and where a verified token is found; policies, defaults and
 * grants are the same on every target.
 */
import * as Context from "effect/Context";
import * as Layer from "effect/Layer";
import type { CallerSql } from "../condition/policy.js";
import type { RequestField } from "../database/session.js";
import { type CallerRoles, postgresTarget } from "../database/target.js";
import { helperCaller } from "./helper-caller.js";
import { requestField, requestList } from "./request.js";

/**
 * Where the values of a caller stand whom a verified token names, as expressions. None of them fails, whatever stands there:
 * what is no such value is null, or the empty list or object.
 */
export interface ClaimsSql {
  /**
   * Whether they read what the prelude wrote, which nobody else writes in its place: there is no organization without a user, and no
   * role without an organization. They qualify every function, type and operator then, so that any search path reads them alike.
   */
  readonly ofPrelude: boolean;
  readonly userId: string;
  readonly sessionId: string;
  readonly activeOrgId: string;
  readonly activeTeamId: string;
  /** `text[]`; null is none. */
  readonly roles: string;
  /** The same. */
  readonly userRoles: string;
  /** `jsonb`: an object, never null. */
  readonly claims: string;
}

export interface DialectShape {
  readonly name: string;
  readonly caller: CallerSql;
  /** What a request's transaction becomes. */
  readonly roles: CallerRoles;
  /** Roles that bypass the rules by design and serve no caller: their rights are left to them. None of them may log in. */
  readonly service: ReadonlyArray<string>;
  /** Logins of the platform's own that bypass the rules. */
  readonly platform: ReadonlyArray<string>;
  readonly claims: ClaimsSql;
  /** Functions that the helpers call and that the platform makes: `auth.jwt()`. */
  readonly requires: ReadonlyArray<string>;
}

export class Dialect extends Context.Service<Dialect, DialectShape>()("hedgerow/Dialect") {}

const name = (field: RequestField): string =>
  `case when ${requestField(field)} operator(pg_catalog.<>) '' then ${requestField(field)} end`;

// No escape for NUL or for half of a surrogate pair: jsonb would not take them.
const jsonText = '"([^"\\\\\\x01-\\x1f]|\\\\(["\\\\/bfnrt]|u00(0[1-9a-f]|1[0-9a-f])))*"';
const jsonNumber = "-?(0|[1-9][0-9]*)(\\.[0-9]+)?(e[+-]?[0-9]{1,3})?";
const jsonMember = `${jsonText}:(${jsonText}|${jsonNumber}|true|false|null)`;
const flatObjectPattern = `^\\{(${jsonMember}(,${jsonMember})*)?\\}$`;

/** Whether a cast would fail is asked first: a pattern that only what the prelude writes, and the like, matches. */
const checkedObject = (field: RequestField): string =>
  `case when ${requestField(field)} operator(pg_catalog.~) '${flatObjectPattern}' then ${requestField(field)}::pg_catalog.jsonb else '{}'::pg_catalog.jsonb end`;

const requestClaims: ClaimsSql = {
  ofPrelude: true,
  userId: name("userId"),
  sessionId: name("sessionId"),
  activeOrgId: name("activeOrgId"),
  activeTeamId: name("activeTeamId"),
  roles: requestList("roles"),
  userRoles: requestList("userRoles"),
  claims: checkedObject("claims"),
};

export const postgresDialect: DialectShape = {
  name: "postgres",
  caller: helperCaller,
  roles: postgresTarget.roles,
  service: [],
  platform: [],
  claims: requestClaims,
  requires: [],
};

/** PostgreSQL, PGlite and Neon: helpers of Hedgerow's own. */
export const Postgres: Layer.Layer<Dialect> = /*#__PURE__*/ Layer.succeed(Dialect, postgresDialect);
