/**
 * What a new project of Supabase has, as far as row-level security is concerned: its roles, the functions of the schema
 * `auth` with their documented definitions, and its default privileges.
 *
 * Invariant: made by a superuser before Hedgerow comes; `hedgerow_owner` stands for Supabase's `postgres`.
 */
const owner = "hedgerow_owner";

export const supabasePlatform: ReadonlyArray<string> = [
  "create role anon nologin noinherit",
  "create role authenticated nologin noinherit",
  "create role service_role nologin noinherit bypassrls",
  "create role authenticator login noinherit password 'authenticator'",
  "create role supabase_auth_admin nologin noinherit createrole",
  "grant anon, authenticated, service_role to authenticator",
  `grant anon, authenticated, service_role to ${owner} with admin option`,
  `alter role ${owner} bypassrls`,
  "grant usage on schema public to anon, authenticated, service_role",
  ...["tables", "functions", "sequences"].map(
    (kind) =>
      `alter default privileges for role ${owner} in schema public grant all on ${kind} to postgres, anon, authenticated, service_role`,
  ),
  "create schema auth authorization supabase_auth_admin",
  `grant usage on schema auth to anon, authenticated, service_role, ${owner}`,
  `create function auth.uid() returns uuid language sql stable as $$
  select coalesce(
    nullif(current_setting('request.jwt.claim.sub', true), ''),
    (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')
  )::uuid
$$`,
  `create function auth.role() returns text language sql stable as $$
  select coalesce(
    nullif(current_setting('request.jwt.claim.role', true), ''),
    (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'role')
  )::text
$$`,
  `create function auth.jwt() returns jsonb language sql stable as $$
  select coalesce(
    nullif(current_setting('request.jwt.claim', true), ''),
    nullif(current_setting('request.jwt.claims', true), '')
  )::jsonb
$$`,
  ...["uid", "role", "jwt"].map((name) => `alter function auth.${name}() owner to supabase_auth_admin`),
];
