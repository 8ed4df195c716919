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
    [
      "create table child (id text references projects)",
      "drop table child",
      ["foreign_key_without_index public.child.child_id_fkey"],
    ],
    [
      "drop index projects_organization_id_id_idx",
      "create index projects_organization_id_id_idx on projects (organization_id, id)",
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
    ["grant create on schema public to public", "revoke create on schema public from public", ["public_grant public"]],
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
      ["function_differs hedgerow.member_organizations()"],
    ],
  ])("finds what `%s` did", async (plant, remove, findings) => {
    await push({ schema, identity, database: nodePostgres(postgres.ownerPool) });
    expect(await found()).toEqual([]);
    await superuser.query(plant);
    const seen = await found();
    await superuser.query(remove);
    expect(seen).toEqual(findings);
  });

  it("looks at the logins that it is told of", async () => {
    const database = nodePostgres(postgres.ownerPool);
    await push({ schema, identity, database });
    const findings = await doctor({ schema, identity, database, logins: ["hedgerow_owner"] });
    expect(new Set(findings.map(({ code }) => code))).toEqual(new Set(["login_owns_table"]));
  });
});

it("doctor() has nothing to say about a PGlite that a push has made", async () => {
  const client = await freshPglite();
  await push({ schema, identity, database: pglite(client) });
  expect(await doctor({ schema, identity, database: pglite(client) })).toEqual([]);
  await client.close();
});
