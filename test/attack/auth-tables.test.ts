/** What a member of one organization tries on Better Auth's own tables, with SQL of their own as the API's role. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as schema from "../../examples/app/tables.js";
import { saying } from "../support/request.js";
import { openWorld, type Person, type World } from "../support/world.js";

let world: World;
let ada: Person;
let ben: Person;
let cleo: Person;
let mallory: Person;
let acme: string;
let globex: string;

beforeAll(async () => {
  world = await openWorld("postgres", schema);
  ada = await world.signUp("ada");
  ben = await world.signUp("ben");
  cleo = await world.signUp("cleo");
  mallory = await world.signUp("mallory");
  acme = await world.createOrganization(ada, "acme");
  globex = await world.createOrganization(cleo, "globex");
  await world.join(ben, acme, "member");
  await world.join(mallory, globex, "admin");
  const invite = (by: Person, organizationId: string, email: string, role: "member" | "owner") =>
    world.auth.api.createInvitation({ body: { organizationId, email, role }, headers: world.headersOf(by) });
  await invite(ada, acme, "dora@example.com", "member");
  await invite(ada, acme, "heir@example.com", "owner");
  await invite(cleo, globex, "emil@example.com", "member");
  await invite(cleo, globex, "rich@example.com", "owner");
});
afterAll(() => world.close());

const rows = async (who: Person | null, text: string): Promise<ReadonlyArray<object>> =>
  (await world.as(who, text))[0]?.rows ?? [];

const column = async (who: Person | null, text: string): Promise<ReadonlyArray<unknown>> =>
  (await rows(who, text)).map((row) => Object.values(row)[0]).sort();

const denied = "42501";

describe("a signed-in caller", () => {
  it("reads their own user, and nobody else's, not even a colleague's", async () => {
    for (const who of [ada, ben, mallory]) {
      expect(await column(who, 'select email from "user"')).toEqual([who.email]);
    }
  });

  it("reads their own sessions, on every device, and never a token", async () => {
    const phone = await world.signIn(ben.email);
    expect(await rows(phone, "select id, user_id from session")).toHaveLength(2);
    expect(await column(phone, "select distinct user_id from session")).toEqual([ben.userId]);
    await world.auth.api.signOut({ headers: world.headersOf(phone) });
  });

  it("reads the organizations that they belong to, with all their members, whichever is active", async () => {
    await world.auth.api.addMember({ body: { organizationId: globex, userId: ben.userId, role: "member" } });
    expect(await column(ben, "select slug from organization")).toEqual(["acme", "globex"]);
    expect(await rows(ben, "select user_id, role from member")).toHaveLength(5);
    await world.auth.api.removeMember({
      body: { memberIdOrEmail: ben.email, organizationId: globex },
      headers: world.headersOf(cleo),
    });
    expect(await column(ben, "select slug from organization")).toEqual(["acme"]);
    expect(await column(ben, "select user_id from member")).toEqual([ada.userId, ben.userId].sort());
  });

  it("reads nothing of another organization, however they ask", async () => {
    for (const text of [
      `select id from organization where id = '${globex}'`,
      `select id from member where organization_id = '${globex}'`,
      `select id from invitation where organization_id = '${globex}'`,
      `select m.id from member m join organization o on o.id = m.organization_id where o.slug = 'globex'`,
      `select o.id from member m left join organization o on true where o.slug = 'globex'`,
      `with all_of_them as materialized (select * from (select id, organization_id from member) m) select id from all_of_them where organization_id = '${globex}'`,
      `select id from member where organization_id = '${globex}' and id::text ~ '.'`,
      `select x.id from organization o, lateral (select id from member where organization_id <> o.id) x`,
    ]) {
      expect(await rows(ben, text), text).toEqual([]);
    }
    expect(await column(ben, "select count(*)::int from member")).toEqual([2]);
  });

  it("cannot ask the helpers about other organizations or somebody else", async () => {
    expect(await column(ben, "select hedgerow.member_organizations()")).toEqual([[acme]]);
    expect(await column(ben, "select hedgerow.organizations_with_role(array['owner', 'admin'])")).toEqual([[]]);
    expect(await column(mallory, "select hedgerow.organizations_with_role(array['admin', null])")).toEqual([[globex]]);
    expect(await column(mallory, "select hedgerow.organizations_with_role(null)")).toEqual([[]]);
  });
});

describe("invitations", () => {
  it("are not seen by a plain member", async () => {
    expect(await rows(ben, "select id from invitation")).toEqual([]);
  });

  it("are seen by an owner, those of their own organization only", async () => {
    expect(await column(ada, "select email from invitation")).toEqual(["dora@example.com", "heir@example.com"]);
    expect(await column(cleo, "select email from invitation")).toEqual(["emil@example.com", "rich@example.com"]);
  });

  it("that make an owner are not seen by an admin, because the id accepts it", async () => {
    expect(await column(mallory, "select email from invitation")).toEqual(["emil@example.com"]);
    await world.truth("update invitation set role = 'member, owner' where email = 'emil@example.com'");
    expect(await rows(mallory, "select id from invitation")).toEqual([]);
    await world.truth("update invitation set role = null where email = 'emil@example.com'");
    expect(await column(mallory, "select email from invitation")).toEqual(["emil@example.com"]);
  });

  it("are seen by who has the role among others, with spaces between, and no longer once demoted", async () => {
    await world.truth("update member set role = 'member , admin' where user_id = $1", ben.userId);
    expect(await column(ben, "select email from invitation")).toEqual(["dora@example.com"]);
    await world.truth("update member set role = 'member,administrator' where user_id = $1", ben.userId);
    expect(await rows(ben, "select id from invitation")).toEqual([]);
    await world.truth("update member set role = 'member' where user_id = $1", ben.userId);
  });
});

describe("columns and tables that are nobody's business", () => {
  it.each([
    "select token from session",
    "select * from session",
    "select s from session s",
    "select to_jsonb(s) from session s",
    "select count(token) from session",
    "select id from session where token like 'a%'",
    "select id from session order by token",
    "select id from session group by id, token",
    "select (select token from session limit 1)",
    'select banned from "user"',
    'select * from "user"',
    "select metadata from organization",
    "select password from account",
    "select from account",
    "select from verification",
    "select from team",
    "select from team_member",
    "copy session to stdout",
    "copy (select token from session) to stdout",
    "copy account to stdout",
    "create view public.leak as select token from session",
    "create table public.leak as select token from session",
    "create function public.leak() returns text language sql as 'select token from session limit 1'",
    "do $$ begin perform token from public.session; end $$",
    "select query_to_xml('select token from session', true, true, '')",
    "select table_to_xml('session', true, true, '')",
    "select set_config('role', 'hedgerow_auth', true)",
    "set role hedgerow_definer",
    "select pg_read_file('PG_VERSION')",
  ])("are refused: %s", async (text) => {
    expect(await world.refusal(ben, text)).toBe(denied);
  });

  it("are refused to a prepared statement", async () => {
    expect(await world.refusal(ben, "prepare leak as select token from session", "execute leak")).toBe(denied);
  });

  it("are not told by statistics", async () => {
    const statistics =
      "select tablename from pg_stats where schemaname = 'public' and tablename in ('session', 'member')";
    await world.truth("analyze");
    expect(await world.truth(statistics)).not.toEqual([]);
    expect(await rows(ben, statistics)).toEqual([]);
  });

  it("are not told by the error of an expression that would run on hidden rows", async () => {
    const told = await world
      .as(ben, "select id from member where role::int = 1")
      .catch((error: Error) => error.message);
    expect(told).toMatch(/"(owner|member)"/);
    const hidden = `select id from member where organization_id = '${globex}' and role::int = 1`;
    expect(await rows(ben, hidden)).toEqual([]);
  });
});

describe("a caller cannot write", () => {
  it.each([
    `update "user" set role = 'admin'`,
    `update "user" set name = 'x' where false`,
    "update session set active_organization_id = null returning id",
    "delete from session",
    "update member set role = 'owner' returning id",
    "insert into member (id, organization_id, user_id, role, created_at) values ('x', 'x', 'x', 'owner', now()) returning id",
    "delete from member returning id",
    "update organization set name = 'x'",
    "update invitation set role = 'owner'",
    "insert into invitation (id) values ('x') on conflict do nothing",
    "merge into member m using organization o on false when not matched then insert (id) values ('x')",
    "select id from member for update",
    "lock table member in exclusive mode",
    "truncate session",
    "copy member from stdin",
    "alter table member disable row level security",
    "alter table session no force row level security",
    "create policy more on member for select to authenticated using (true)",
    "grant select on session to authenticated",
    "create or replace function hedgerow.member_organizations() returns text[] language sql as $$ select array['x'] $$",
    "drop view hedgerow.user_sessions",
    "alter view hedgerow.user_sessions set (security_invoker = false)",
  ])("%s", async (text) => {
    expect(await world.refusal(ben, text)).toBe(denied);
  });
});

describe("who is nobody reads nothing", () => {
  it("because they are not signed in", async () => {
    for (const table of ['"user"', "session", "organization", "member", "invitation"]) {
      expect(await world.refusal(null, `select id from ${table}`)).toBe(denied);
    }
    expect(await rows(null, "select * from hedgerow.user_sessions")).toEqual([]);
    expect(await world.refusal(null, "select hedgerow.member_organizations() is null")).toBe("accepted");
    expect(await column(null, "select hedgerow.member_organizations()")).toEqual([[]]);
  });

  const nothing = async (who: Person): Promise<void> => {
    for (const table of ['"user"', "session", "organization", "member", "invitation"]) {
      expect(await rows(who, `select id from ${table}`), table).toEqual([]);
    }
    expect(await rows(who, "select * from hedgerow.user_sessions")).toEqual([]);
  };

  it("because they are banned, or their session is over, or they have signed out", async () => {
    const eve = await world.signUp("eve");
    await world.join(eve, acme, "owner");
    expect(await rows(eve, "select id from invitation")).toHaveLength(2);
    await world.truth('update "user" set banned = true where id = $1', eve.userId);
    await nothing(eve);
    await world.truth('update "user" set banned = false where id = $1', eve.userId);
    await world.truth("update session set expires_at = now() - interval '1 second' where user_id = $1", eve.userId);
    await nothing(eve);
    const again = await world.signIn(eve.email);
    expect(await rows(again, "select id from member")).not.toEqual([]);
    await world.auth.api.signOut({ headers: world.headersOf(again) });
    await nothing(again);
  });

  it("because the settings of a request name somebody else", async () => {
    const [, seen] = await world.as(
      ben,
      `select ${saying({ token: ben.tokenHash, userId: cleo.userId, activeOrgId: globex })}, set_config('request.jwt.claims', '{"sub":"${cleo.userId}"}', true)`,
      'select email from "user"',
    );
    expect(seen?.rows).toEqual([{ email: ben.email }]);
  });
});

describe("hedgerow.user_sessions", () => {
  it("is the caller's own session as it is now: organization, roles and team", async () => {
    const [session] = await world.truth("select id, active_team_id from session where user_id = $1", ada.userId);
    expect(await rows(ada, "select * from hedgerow.user_sessions")).toEqual([
      {
        session_id: session?.id,
        user_id: ada.userId,
        active_organization_id: acme,
        active_team_id: session?.active_team_id,
        org_roles: ["owner"],
        user_roles: ["user"],
      },
    ]);
  });

  it("follows a removal on the next statement, and shows no other session", async () => {
    const finn = await world.signUp("finn");
    await world.join(finn, acme, "admin");
    const phone = await world.signIn(finn.email);
    expect(await column(finn, "select active_organization_id from hedgerow.user_sessions")).toEqual([acme]);
    expect(await column(phone, "select active_organization_id from hedgerow.user_sessions")).toEqual([null]);
    await world.truth("delete from member where user_id = $1", finn.userId);
    expect(await rows(finn, "select active_organization_id, org_roles from hedgerow.user_sessions")).toEqual([
      { active_organization_id: null, org_roles: [] },
    ]);
    expect(await rows(finn, "select id from member")).toEqual([]);
    expect(await rows(finn, "select id from organization")).toEqual([]);
  });

  it("answers what the helpers answer", async () => {
    expect(
      await rows(
        ada,
        `select active_organization_id = hedgerow.get_active_org_id() as org, active_team_id = hedgerow.get_active_team_id() as team,
           user_id = hedgerow.get_user_id() as person, session_id = hedgerow.get_session_id() as session, hedgerow.is_owner(user_id) as owner,
           hedgerow.has_any_role(org_roles) as roles, hedgerow.has_org_role('owner') as role, hedgerow.is_org_member() as member,
           hedgerow.has_any_user_role(user_roles) as platform
         from hedgerow.user_sessions`,
      ),
    ).toEqual([
      {
        org: true,
        team: true,
        person: true,
        session: true,
        owner: true,
        roles: true,
        role: true,
        member: true,
        platform: true,
      },
    ]);
  });
});
