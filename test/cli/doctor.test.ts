/** Each risk is planted by hand, found, and removed again. */

import { doctor, push } from "hedgerow/drizzle-kit";
import { nodePostgres } from "hedgerow/node-postgres";
import { pglite } from "hedgerow/pglite";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type FreshPostgres, freshPglite, freshPostgres } from "../support/databases.js";
import { identity, schema } from "../support/guarded-schema.js";

describe("doctor() on PostgreSQL", () => {
  let postgres: FreshPostgres;
  let superuser: pg.Client;

  beforeAll(async () => {
    postgres = await freshPostgres();
    await push({ schema, identity, database: nodePostgres(postgres.ownerPool) });
    superuser = new pg.Client(postgres.superuserUrl);
    await superuser.connect();
  });

  afterAll(async () => {
    await superuser.end();
    await postgres.close();
  });

  const found = async (): Promise<ReadonlyArray<string>> =>
    (await doctor({ schema, identity, database: nodePostgres(postgres.ownerPool) })).map(
      ({ code, object }) => `${code} ${object}`,
    );

  it.each([
    ["create role powerful login bypassrls", "drop role powerful", ["login_bypasses_rls powerful"]],
    [
      "create role hidden bypassrls; grant hidden to hedgerow_auth",
      "drop role hidden",
      ["role_differs hedgerow_auth", "login_bypasses_rls hedgerow_auth"],
    ],
    [
      "alter table tasks owner to hedgerow_auth",
      "alter table tasks owner to hedgerow_owner",
      ["login_owns_table hedgerow_auth"],
    ],
    ["create view peek as select id from tasks", "drop view peek", ["view_without_invoker public.peek"]],
    [
      "create materialized view peek as select id from tasks",
      "drop materialized view peek",
      ["view_without_invoker public.peek"],
    ],
    ["create view fine with (security_invoker = on) as select id from tasks", "drop view fine", []],
    [
      "create table loose (id text); grant select (id) on loose to authenticated",
      "drop table loose",
      ["table_without_rls public.loose"],
    ],
    [
      "create table parts (id int) partition by list (id); alter table parts enable row level security; create table part partition of parts for values in (1); grant select on part to anonymous",
      "drop table parts",
      ["table_without_rls public.part"],
    ],
    [
      "create table mine (id int); alter table mine enable row level security; create policy a on mine using (true); create policy b on mine for select using (true)",
      "drop table mine",
      ["policies_overlap public.mine.b"],
    ],
    [
      "create table mine (id text); alter table mine enable row level security; create policy a on mine using (id = hedgerow.get_user_id())",
      "drop table mine",
      ["helper_per_row public.mine.a"],
    ],
    [
      "create table mine (id text); alter table mine enable row level security; create policy a on mine using (id = (select current_setting('x')) or (select hedgerow.has_any_role(array['a'])))",
      "drop table mine",
      [],
    ],
    [
      "create function risky() returns int language sql security definer as 'select 1'; revoke all on function risky() from public",
      "drop function risky()",
      ["search_path_mutable public.risky()"],
    ],
    [
      "create function risky() returns int language sql security definer set search_path = '' as 'select 1'",
      "drop function risky()",
      ["public_grant public.risky()"],
    ],
    // The same, for functions that nobody says have more rights than their caller.
    [
      "create function slack() returns int language sql as 'select 1'",
      "drop function slack()",
      ["search_path_mutable public.slack()"],
    ],
    [
      "create function helpful() returns int language sql security definer set search_path = '' as 'select 1'; revoke all on function helpful() from public; grant execute on function helpful() to authenticated",
      "drop function helpful()",
      ["definer_callable public.helpful()"],
    ],
    // Through a view that asks for its caller, a view that does not reads as its owner.
    [
      "create view outer1 with (security_invoker = on) as select id from tasks; create view outer2 as select id from outer1",
      "drop view outer2; drop view outer1",
      ["view_without_invoker public.outer2"],
    ],
    [
      "create table plain (id int, note text); create view over as select note from plain; grant select on over to authenticated",
      "drop table plain cascade",
      ["view_without_invoker public.over"],
    ],
    [
      "create table plain (id int); create materialized view over as select id from plain; grant select (id) on over to anonymous",
      "drop table plain cascade",
      ["view_without_invoker public.over"],
    ],
    [
      'create table vault (id int, "apiKey" text, pinned text); grant select on vault to authenticated',
      "drop table vault",
      ['sensitive_column_exposed public.vault."apiKey"', "table_without_rls public.vault"],
    ],
    [
      "create table vault (id int, password_hash text); create view keys with (security_invoker = on) as select password_hash from vault; grant select on keys to public",
      "drop table vault cascade",
      ["sensitive_column_exposed public.keys.password_hash", "public_grant public.keys"],
    ],
    [
      "create table sleeping (id text); alter table sleeping enable row level security; create policy mine on sleeping using (true); alter table sleeping disable row level security",
      "drop table sleeping",
      ["policies_without_rls public.sleeping"],
    ],
    [
      "create rule spill as on insert to tasks do also notify spilled",
      "drop rule spill on tasks",
      ["rule_by_hand public.tasks.spill"],
    ],
    [
      "alter default privileges for role hedgerow_owner in schema public grant select on tables to authenticated; alter default privileges for role hedgerow_owner grant usage on sequences to public",
      "select",
      ["default_grant hedgerow_owner", "default_grant hedgerow_owner"],
    ],
    ["alter default privileges for role hedgerow_auth grant select on tables to authenticated", "select", []],
    ...[
      "grant select on hedgerow.seal_keys to authenticated",
      "grant select (inner_key) on hedgerow.seal_keys to hedgerow_owner",
      "grant insert on hedgerow.seal_keys to public",
      "alter table hedgerow.seal_keys owner to hedgerow_owner",
    ].map((plant): [string, string, Array<string>] => [
      plant,
      "drop table hedgerow.seal_keys",
      ["seal_keys_exposed hedgerow.seal_keys"],
    ]),
    [
      "grant pg_read_server_files to hedgerow_auth",
      "revoke pg_read_server_files from hedgerow_auth",
      ["login_bypasses_rls hedgerow_auth", "role_differs hedgerow_auth"],
    ],
    [
      "alter role hedgerow_auth replication",
      "alter role hedgerow_auth noreplication",
      ["login_bypasses_rls hedgerow_auth", "role_differs hedgerow_auth"],
    ],
    [
      "alter role hedgerow_api set statement_timeout = '1ms'; alter role hedgerow_api in database app set role = anonymous",
      "alter role hedgerow_api reset all; alter role hedgerow_api in database app reset all",
      ["login_has_settings hedgerow_api"],
    ],
    [
      "alter role hedgerow_api set log_min_duration_statement = 500; alter role postgres set statement_timeout = '1h'",
      "alter role hedgerow_api reset all; alter role postgres reset all",
      [],
    ],
    ["alter role authenticated login", "alter role authenticated nologin", ["caller_role_logs_in authenticated"]],
    [
      "alter role authenticated login valid until '-infinity'",
      "alter role authenticated nologin valid until 'infinity'",
      [],
    ],
    ["alter role hedgerow_api inherit", "alter role hedgerow_api noinherit", ["role_differs hedgerow_api"]],
    [
      "create role keeper; grant keeper to hedgerow_api; grant create on schema public to keeper; alter table tasks owner to keeper",
      "alter table tasks owner to hedgerow_owner; revoke all on schema public from keeper; drop role keeper",
      ["login_owns_table hedgerow_api", "role_differs hedgerow_api"],
    ],
    [
      "alter schema public owner to hedgerow_auth",
      "alter schema public owner to pg_database_owner",
      ["login_owns_schema hedgerow_auth", "schema_grant_differs public"],
    ],
    // Rights that come from no rule.
    ["grant truncate on tasks to authenticated", "select", ["grant_undeclared public.tasks"]],
    [
      "grant references, trigger on tasks to hedgerow_api",
      "select",
      ["grant_undeclared public.tasks", "grant_undeclared public.tasks"],
    ],
    ["grant update (title) on tasks to anonymous", "select", ["grant_undeclared public.tasks"]],
    ["grant select on session to authenticated", "select", ["grant_undeclared public.session"]],
    [
      "create policy open on tasks using (true)",
      "drop policy open on tasks",
      [
        "policies_overlap public.tasks.tasks_delete",
        "policies_overlap public.tasks.tasks_insert",
        "policies_overlap public.tasks.tasks_select",
        "policy_undeclared public.tasks.open",
      ],
    ],
    [
      "alter table tasks disable trigger user",
      "alter table tasks enable trigger user",
      ['trigger_differs public.tasks."HEDGEROW_project_id_3b0669fcfbde7fd7"'],
    ],
    [
      "create table child (id text references projects)",
      "drop table child",
      ["foreign_key_without_index public.child.child_id_fkey"],
    ],
    [
      "drop index projects_organization_id_id_idx_dd154769714e89a0",
      "create index projects_organization_id_id_idx_dd154769714e89a0 on projects (organization_id, id)",
      ["scope_without_index public.projects.organization_id"],
    ],
    [
      "update pg_extension set extnamespace = 'public'::regnamespace where extname = 'plpgsql'",
      "update pg_extension set extnamespace = 'pg_catalog'::regnamespace where extname = 'plpgsql'",
      ["extension_in_public plpgsql"],
    ],
    [
      "create sequence counter; grant usage on counter to public",
      "drop sequence counter",
      ["public_grant public.counter"],
    ],
    [
      "grant create on schema public to public",
      "revoke create on schema public from public",
      ["public_grant public", "schema_grant_differs public"],
    ],
    [
      "alter policy tasks_select on tasks using (true)",
      "drop policy tasks_select on tasks",
      ["policy_differs public.tasks.tasks_select"],
    ],
    ["drop view hedgerow.user_sessions", "select 1", ["view_missing hedgerow.user_sessions"]],
    [
      "alter view hedgerow.user_sessions set (security_invoker = false)",
      "select 1",
      ["view_differs hedgerow.user_sessions"],
    ],
    ["grant update on hedgerow.user_sessions to authenticated", "select 1", ["view_differs hedgerow.user_sessions"]],
    ["grant select (token) on session to authenticated", "select 1", ["grant_undeclared public.session"]],
    [
      "alter policy hedgerow_caller_select on member using (true)",
      "select 1",
      ["policy_differs public.member.hedgerow_caller_select"],
    ],
    [
      "alter function hedgerow.member_organizations() security invoker",
      "alter function hedgerow.member_organizations() security definer",
      ["function_differs hedgerow.member_organizations()", "helpers_unrecorded hedgerow"],
    ],
  ])("finds what `%s` did", async (plant, remove, findings) => {
    await push({ schema, identity, database: nodePostgres(postgres.ownerPool) });
    expect(await found()).toEqual([]);
    await superuser.query(plant);
    const seen = await found();
    await superuser.query(remove);
    expect([...new Set(seen)].sort()).toEqual([...new Set(findings)].sort());
  });

  it("asks for the extension that checks tokens only where it is needed", async () => {
    const database = nodePostgres(postgres.ownerPool);
    await push({ schema, identity, database });
    const findings = await doctor({ schema, identity, database, sessionJwt: "required" });
    expect(findings).toEqual([
      {
        code: "session_jwt_missing",
        object: "pg_session_jwt",
        message: "extension pg_session_jwt is not installed, so no caller can be known by a token",
        fix: "create extension pg_session_jwt, on a database that offers it.",
      },
    ]);
  });

  it("also looks at a database that nobody has pushed to", async () => {
    const other = await freshPostgres();
    try {
      const findings = await doctor({ schema, identity, database: nodePostgres(other.ownerPool) });
      expect(new Set(findings.map(({ code }) => code))).toEqual(
        new Set(["table_missing", "function_missing", "role_missing", "temporary_granted", "view_missing"]),
      );
    } finally {
      await other.close();
    }
  });

  it("looks at the logins that it is told of", async () => {
    const database = nodePostgres(postgres.ownerPool);
    await push({ schema, identity, database });
    const findings = await doctor({ schema, identity, database, logins: ["hedgerow_owner"] });
    expect(new Set(findings.map(({ code }) => code))).toEqual(new Set(["login_owns_schema", "login_owns_table"]));
  });
});

it("doctor() has nothing to say about a PGlite that a push has made", async () => {
  const client = await freshPglite();
  await push({ schema, identity, database: pglite(client) });
  expect(await doctor({ schema, identity, database: pglite(client) })).toEqual([]);
  await client.close();
});
