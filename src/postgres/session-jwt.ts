/**
 * The functions of Neon's extension `pg_session_jwt`, where the extension does not exist: locally, and on other hosts.
 *
 * Invariant: names, results and volatility are the extension's own, as it behaves without a key: it reads the setting
 * `request.jwt.claims`, and where that holds no claims there is nobody, and never an error. A schema that the extension
 * has made is left alone.
 */

/** JSON null, and not SQL's, where there are no claims. */
const session = `select coalesce(
    case when pg_catalog.pg_input_is_valid(pg_catalog.current_setting('request.jwt.claims', true), 'jsonb')
      then pg_catalog.current_setting('request.jwt.claims', true)::pg_catalog.jsonb end,
    'null'::pg_catalog.jsonb)`;

interface Helper {
  readonly name: string;
  readonly returns: string;
  readonly body: string;
}

const helpers: ReadonlyArray<Helper> = [
  { name: "session", returns: "jsonb", body: session },
  { name: "jwt", returns: "jsonb", body: "select auth.session()" },
  {
    name: "user_id",
    returns: "text",
    body: "select case when pg_catalog.jsonb_typeof(auth.session() -> 'sub') = 'string' then auth.session() ->> 'sub' end",
  },
  {
    name: "uid",
    returns: "uuid",
    body: "select case when pg_catalog.pg_input_is_valid(auth.user_id(), 'uuid') then auth.user_id()::pg_catalog.uuid end",
  },
  {
    name: "organization",
    returns: "jsonb",
    body: "select case when pg_catalog.jsonb_typeof(auth.session() -> 'o') = 'object' then auth.session() -> 'o' end",
  },
  {
    name: "organization_id",
    returns: "uuid",
    body: `select case when pg_catalog.pg_input_is_valid(auth.organization() ->> 'id', 'uuid')
    then (auth.organization() ->> 'id')::pg_catalog.uuid end`,
  },
];

/** Something of an extension must not be replaced, whether or not the extension would let it. */
const refuseExtension = `do $hedgerow$ begin
  if exists (
    select from pg_catalog.pg_depend as d join pg_catalog.pg_extension as e on e.oid = d.refobjid
    where d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass and d.deptype = 'e' and (
      (d.classid = 'pg_catalog.pg_namespace'::pg_catalog.regclass and d.objid = pg_catalog.to_regnamespace('auth'))
      or (d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass and d.objid in (
        select oid from pg_catalog.pg_proc where pronamespace = pg_catalog.to_regnamespace('auth')
          and proname in (${helpers.map(({ name }) => `'${name}'`).join(", ")})))
    )
  ) then
    raise exception 'the schema auth has functions of an extension, which must not be replaced'
      using errcode = 'object_not_in_prerequisite_state',
        hint = 'pg_session_jwt is installed here: nothing is to be done.';
  end if;
end $hedgerow$`;

/**
 * The functions that Neon's `pg_session_jwt` has, for a PostgreSQL (16 or later) or PGlite without it: `auth.session()`,
 * `auth.jwt()`, `auth.user_id()`, `auth.uid()`, `auth.organization()` and `auth.organization_id()`.
 *
 * They believe whoever can set `request.jwt.claims`, and any SQL can. Run only statements of your own behind them, and set
 * the claims only after you have verified a token. Hedgerow's helpers, with `by: "verified-token"`, also want
 * `pg_session_jwt.jwk` to have a value, as on a connection that verifies; `hedgerow neon-local` sets both.
 *
 * @returns statements, to run in one transaction as the owner of the database. They are refused, with
 * `object_not_in_prerequisite_state`, where the extension is installed; a second run changes nothing.
 *
 * @example
 * ```ts
 * import { sessionJwtShim } from "hedgerow/postgres";
 *
 * for (const statement of sessionJwtShim()) await client.query(statement);
 * ```
 */
export const sessionJwtShim = (): ReadonlyArray<string> => [
  refuseExtension,
  "create schema if not exists auth",
  ...helpers.map(
    ({ name, returns, body }) =>
      `create or replace function auth.${name}() returns pg_catalog.${returns} language sql stable parallel safe as $hedgerow$
  ${body}
$hedgerow$`,
  ),
];
