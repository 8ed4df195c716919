/**
 * The caller as a token says that the database itself has verified.
 *
 * Invariant: nothing counts unless the connection was started with a key to verify with. That is asked after the extension
 * has been loaded by `auth.session()`, because before anybody could give the setting a value; and also ahead of it, so
 * that a connection with a password needs no right to call it.
 */
import { text, textArray } from "../condition/sql-text.js";
import type { ClaimsSql } from "./dialect.js";
import { define, type HelperFunction } from "./helper-function.js";
import { helperSchema } from "./names.js";

/**
 * Where in a token a value is: names with dots between them (`"o.id"`), or a list of names where one of them has a dot in it.
 * A text with `://` in it is one name, as in `"https://acme.example/roles"`.
 */
export type TokenPath = string | ReadonlyArray<string>;

/** Where the token of `tokenIssuer()` has each value, unless given. */
export interface TokenPaths {
  /** `"sid"`. */
  readonly session: TokenPath;
  /** `"o.id"`. */
  readonly organization: TokenPath;
  /** `"o.team"`. */
  readonly team: TokenPath;
  /** Roles in the organization, a list or a text with commas or spaces: `"o.roles"`. */
  readonly roles: TokenPath;
  /** Platform roles, in the same form: nowhere. */
  readonly userRoles: TokenPath | null;
  /** The object that holds the custom claims by name (`"claims"`); the empty list is the whole token. */
  readonly claims: TokenPath;
}

export const tokenPaths: TokenPaths = Object.freeze({
  session: "sid",
  organization: "o.id",
  team: "o.team",
  roles: "o.roles",
  userRoles: null,
  claims: "claims",
});

const namesOf = (path: TokenPath): ReadonlyArray<string> =>
  typeof path !== "string" ? path : path.includes("://") ? [path] : path.split(".");

/** @returns what is wrong with these paths, one sentence each; the empty list where nothing is. */
export const problemsOfTokenPaths = (paths: Readonly<Record<string, unknown>>): ReadonlyArray<string> =>
  Object.entries(paths).flatMap(([name, path]): ReadonlyArray<string> => {
    if (!Object.hasOwn(tokenPaths, name)) {
      return [`paths.${name} is not known; there are ${Object.keys(tokenPaths).join(", ")}`];
    }
    if (path === undefined || (path === null && name === "userRoles")) return [];
    const names: ReadonlyArray<unknown> | null =
      typeof path === "string" ? namesOf(path) : Array.isArray(path) ? path : null;
    const isWhole = name === "claims" && names?.length === 0;
    return isWhole ||
      (names !== null && names.length > 0 && names.every((each) => typeof each === "string" && each !== ""))
      ? []
      : [`paths.${name} must be names with dots between them, as in "o.id", or a list of names`];
  });

/** `hedgerow.verified_token()`: the payload, or null where nothing was verified. */
export const verifiedToken: HelperFunction = define(
  "verified_token()",
  "jsonb",
  "language plpgsql stable parallel safe",
  `declare
  verified jsonb;
begin
  if nullif(pg_catalog.current_setting('pg_session_jwt.jwk', true), '') is null then
    return null;
  end if;
  verified := auth.session();
  if nullif(pg_catalog.current_setting('pg_session_jwt.jwk', true), '') is null then
    return null;
  end if;
  return verified;
end`,
);

const token = `${helperSchema}.verified_token()`;

/** One row with the value `v`. */
const at = (path: TokenPath): string => `(select ${token} #> ${textArray(namesOf(path))}) as found(v)`;

const textAt = (path: TokenPath): string =>
  `(select case when pg_catalog.jsonb_typeof(v) = 'string' then nullif(v #>> '{}', '') end from ${at(path)})`;

/** Blank space in front of and behind a role, and between the roles of one text. */
const space = text("[\\s,]+");

const textsAt = (path: TokenPath): string => `(select case pg_catalog.jsonb_typeof(v)
    when 'array' then array(
      select pg_catalog.btrim(element #>> '{}', e' \\t\\r\\n') from pg_catalog.jsonb_array_elements(v) as element
      where pg_catalog.jsonb_typeof(element) = 'string' and pg_catalog.btrim(element #>> '{}', e' \\t\\r\\n') <> '')
    when 'string' then array(select part from pg_catalog.regexp_split_to_table(v #>> '{}', ${space}) as part where part <> '')
    else '{}'::text[] end from ${at(path)})`;

/** @returns where the helpers find each value. */
export const verifiedClaims = (paths: TokenPaths): ClaimsSql => ({
  ofPrelude: false,
  userId: textAt("sub"),
  sessionId: textAt(paths.session),
  activeOrgId: textAt(paths.organization),
  activeTeamId: textAt(paths.team),
  roles: textsAt(paths.roles),
  userRoles: paths.userRoles === null ? "'{}'::text[]" : textsAt(paths.userRoles),
  claims: `(select case when pg_catalog.jsonb_typeof(v) = 'object' then v else '{}'::jsonb end from ${at(paths.claims)})`,
});
