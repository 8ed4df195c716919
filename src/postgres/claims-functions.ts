/**
 * What the database asks about a caller whom a verified token names.
 *
 * Invariant: none of them reads a table. What is missing or no such value is null, false or an empty array.
 */
import type { ClaimsSql } from "./dialect.js";
import { aboutClaim, asUuid, define, entered, type HelperFunction, inline } from "./helper-function.js";
import { helperSchema } from "./names.js";

/** The numbers that a number of the process can be, beside zero. */
const smallest = "4.9e-324";
const largest = "1.7976931348623157e308";

const answer = (signature: string, returns: string, expression: string): HelperFunction =>
  define(signature, returns, "language plpgsql stable parallel safe", `begin return ${expression}; end`);

const own = (name: string): string => `${helperSchema}.${name}`;

/** Those that almost every policy asks are inlined where their expressions allow it: a call costs ten times what it answers. */
export const claimedFunctions = (sql: ClaimsSql): ReadonlyArray<HelperFunction> => {
  const ask = (signature: string, returns: string, expression: string): HelperFunction =>
    sql.ofPrelude
      ? inline(signature, returns, "stable parallel safe", expression)
      : answer(signature, returns, expression);
  const claim = (signature: string, returns: string, expression: string): HelperFunction =>
    aboutClaim(signature, returns, "language plpgsql stable parallel safe", own("claims()"), expression);
  /** Without a user nothing else counts, and without an organization no role in it. Of what the prelude wrote that is true. */
  const behind = (what: string, expression: string): string =>
    sql.ofPrelude ? expression : `case when ${own(what)} is not null then ${expression} end`;
  const user = "get_user_id()";
  const organization = "get_active_org_id()";
  const typed = (type: string, then: string): string =>
    `case when pg_catalog.jsonb_typeof(v) = '${type}' then ${then} end`;
  const among = (roles: string): string => `(${roles}) operator(pg_catalog.&&) roles`;
  return [
    ask(user, "text", sql.userId),
    ask("get_session_id()", "text", behind(user, sql.sessionId)),
    ask(organization, "text", behind(user, sql.activeOrgId)),
    ask("get_active_team_id()", "text", behind(organization, sql.activeTeamId)),
    ask(
      "get_active_org_id_as(roles text[])",
      "text",
      behind(user, `case when ${among(sql.roles)} then ${sql.activeOrgId} end`),
    ),
    ask("has_any_role(roles text[])", "boolean", `coalesce(${behind(organization, among(sql.roles))}, false)`),
    ask(
      "has_org_role(role text)",
      "boolean",
      `coalesce(${behind(organization, `role operator(pg_catalog.=) any (${sql.roles})`)}, false)`,
    ),
    ask("has_any_user_role(roles text[])", "boolean", `coalesce(${behind(user, among(sql.userRoles))}, false)`),
    ask("is_org_member()", "boolean", `(${behind(user, sql.activeOrgId)}) is not null`),
    ask("is_owner(owner_id text)", "boolean", `coalesce(owner_id operator(pg_catalog.=) (${sql.userId}), false)`),
    answer("claims()", "jsonb", `coalesce(${behind(user, sql.claims)}, '{}')`),
    claim(
      "has_claim(name text)",
      "boolean",
      "coalesce(pg_catalog.jsonb_typeof(v) in ('string', 'number', 'boolean') and t <> '', false)",
    ),
    claim("claim_text(name text)", "text", typed("string", "nullif(t, '')")),
    claim(
      "claim_bigint(name text)",
      "bigint",
      typed(
        "number",
        `case when t::numeric = pg_catalog.trunc(t::numeric) and pg_catalog.abs(t::numeric) <= 9007199254740991
    then t::numeric::bigint end`,
      ),
    ),
    claim(
      "claim_double(name text)",
      "double precision",
      typed(
        "number",
        `case when t::numeric = 0 or pg_catalog.abs(t::numeric) between ${smallest} and ${largest}
    then t::double precision end`,
      ),
    ),
    claim("claim_boolean(name text)", "boolean", typed("boolean", "t::boolean")),
    asUuid,
    ...entered(own("claims()")),
  ];
};
