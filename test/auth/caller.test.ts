import type { PGlite } from "@electric-sql/pglite";
import type { BetterAuthOptions } from "better-auth";
import { admin, bearer, organization } from "better-auth/plugins";
import { hedgerow } from "hedgerow/better-auth";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  basics,
  type Device,
  device,
  installBetterAuth,
  openPostgres,
  password,
  sha256,
} from "../support/better-auth.js";

const options = {
  ...basics,
  plugins: [organization({ teams: { enabled: true } }), admin(), bearer(), hedgerow()],
} satisfies BetterAuthOptions;

const start = (postgres: PGlite) => installBetterAuth(postgres, options);

let world: Awaited<ReturnType<typeof start>>;
let owner: Device;
let member: Device;
let boss: Device;
let organizationId: string;
let otherOrganizationId: string;
let memberId: string;
let number = 0;

const signUp = async (name: string): Promise<Device> =>
  device(
    await world.auth.api.signUpEmail({
      body: { name, email: `${name}@example.com`, password },
      returnHeaders: true,
    }),
  );

const signIn = async (name: string): Promise<Device> =>
  device(await world.auth.api.signInEmail({ body: { email: `${name}@example.com`, password }, returnHeaders: true }));

const createOrganization = async ({ headers }: Device): Promise<string> => {
  number += 1;
  const created = await world.auth.api.createOrganization({ body: { name: "Acme", slug: `acme-${number}` }, headers });
  return created.id;
};

const activate = ({ headers }: Device, id: string | null) =>
  world.auth.api.setActiveOrganization({ body: { organizationId: id }, headers });

const caller = ({ tokenHash }: Device) => world.callerByHash(tokenHash);

const memberRow = (device: Device, organization: string): Promise<ReadonlyArray<Record<string, unknown>>> =>
  world.asOwner("select id from member where user_id = $1 and organization_id = $2", [device.userId, organization]);

beforeAll(async () => {
  world = await start(await openPostgres());
  owner = await signUp("owner");
  boss = await signUp("boss");
  member = await signUp("member");
  await world.asOwner(`update "user" set role = 'admin' where id = $1`, [boss.userId]);
});

afterAll(() => world.postgres.close());

/** Every test starts with two fresh organizations of `owner`; `member` is signed in, belongs to the first and is in it. */
beforeEach(async () => {
  await world.asOwner("delete from organization");
  organizationId = await createOrganization(owner);
  otherOrganizationId = await createOrganization(owner);
  member = await signIn("member");
  const added = await world.auth.api.addMember({
    body: { userId: member.userId, role: "member", organizationId },
    headers: owner.headers,
  });
  memberId = added.id;
  await activate(member, organizationId);
});

describe("the live caller", () => {
  it("is known right after sign-up and after sign-in, each with its own session", async () => {
    const first = await signUp("newcomer");
    const second = await signIn("newcomer");
    const a = await caller(first);
    const b = await caller(second);
    expect(a).toEqual({
      session_id: expect.any(String),
      user_id: first.userId,
      org_id: null,
      org_roles: [],
      team_id: null,
      user_roles: ["user"],
      claims: {},
    });
    expect(b?.user_id).toBe(first.userId);
    expect(b?.session_id).not.toBe(a?.session_id);
  });

  it("has the organization, the roles and the default team of the organization they just created", async () => {
    const id = await createOrganization(owner);
    const [team] = await world.asOwner("select id from team where organization_id = $1", [id]);
    expect(await caller(owner)).toMatchObject({ org_id: id, org_roles: ["owner"], team_id: team?.id });
  });

  it("changes organization and roles when they switch organization", async () => {
    expect(await caller(member)).toMatchObject({ org_id: organizationId, org_roles: ["member"] });
    await world.auth.api.addMember({
      body: { userId: member.userId, role: "admin", organizationId: otherOrganizationId },
      headers: owner.headers,
    });
    await activate(member, otherOrganizationId);
    expect(await caller(member)).toMatchObject({ org_id: otherOrganizationId, org_roles: ["admin"] });
  });

  it("has no organization, role or team after choosing none", async () => {
    await activate(owner, organizationId);
    await activate(owner, null);
    expect(await caller(owner)).toMatchObject({ user_id: owner.userId, org_id: null, org_roles: [], team_id: null });
  });

  it("has separate organizations on two devices", async () => {
    const phone = await signIn("owner");
    await activate(owner, organizationId);
    expect((await caller(phone))?.org_id).toBeNull();
    await activate(phone, otherOrganizationId);
    expect((await caller(owner))?.org_id).toBe(organizationId);
    expect((await caller(phone))?.org_id).toBe(otherOrganizationId);
  });

  it("loses the organization at once when somebody removes them, although their session still names it", async () => {
    await activate(owner, organizationId);
    await world.auth.api.removeMember({ body: { memberIdOrEmail: memberId, organizationId }, headers: owner.headers });
    const [session] = await world.asOwner("select active_organization_id from session where token = $1", [
      member.token,
    ]);
    expect(session?.active_organization_id).toBe(organizationId);
    expect(await caller(member)).toMatchObject({ user_id: member.userId, org_id: null, org_roles: [] });
  });

  it("loses the organization on every device when they leave on one", async () => {
    const phone = await signIn("member");
    await activate(phone, organizationId);
    await world.auth.api.leaveOrganization({ body: { organizationId }, headers: phone.headers });
    expect((await caller(phone))?.org_id).toBeNull();
    expect((await caller(member))?.org_id).toBeNull();
  });

  it("loses a role at once when demoted", async () => {
    const setRole = (role: "admin" | "member") =>
      world.auth.api.updateMemberRole({ body: { memberId, role, organizationId }, headers: owner.headers });
    await setRole("admin");
    expect((await caller(member))?.org_roles).toEqual(["admin"]);
    await setRole("member");
    expect((await caller(member))?.org_roles).toEqual(["member"]);
  });

  it("has every role that Better Auth stores for a membership", async () => {
    await world.auth.api.updateMemberRole({
      body: { memberId, role: ["member", "admin"], organizationId },
      headers: owner.headers,
    });
    expect((await caller(member))?.org_roles).toEqual(["member", "admin"]);
  });

  it("has roles without the spaces and empty parts between commas", async () => {
    await world.asOwner("update member set role = E' member ,admin,, \\n' where id = $1", [memberId]);
    expect((await caller(member))?.org_roles).toEqual(["member", "admin"]);
  });

  it("has platform roles, separated like the others", async () => {
    await world.asOwner(`update "user" set role = 'admin, support' where id = $1`, [boss.userId]);
    expect((await caller(boss))?.user_roles).toEqual(["admin", "support"]);
    await world.asOwner(`update "user" set role = 'admin' where id = $1`, [boss.userId]);
  });

  it("is nobody once banned, also when no session was revoked, and is back when the ban has lapsed", async () => {
    const ban = (expires: string | null) =>
      world.asOwner(`update "user" set banned = true, ban_expires = $2 where id = $1`, [member.userId, expires]);
    await ban(null);
    expect(await caller(member)).toBeUndefined();
    await ban(new Date(Date.now() + 60_000).toISOString());
    expect(await caller(member)).toBeUndefined();
    await ban(new Date(Date.now() - 60_000).toISOString());
    expect((await caller(member))?.user_id).toBe(member.userId);
    await world.asOwner(`update "user" set banned = false, ban_expires = null where id = $1`, [member.userId]);
    expect((await caller(member))?.user_id).toBe(member.userId);
  });

  it("is nobody once an administrator bans them through Better Auth", async () => {
    await world.auth.api.banUser({ body: { userId: member.userId }, headers: boss.headers });
    expect(await caller(member)).toBeUndefined();
    await world.auth.api.unbanUser({ body: { userId: member.userId }, headers: boss.headers });
  });

  it("is nobody once the session has expired, whatever the time zone of the connection", async () => {
    await world.asOwner("update session set expires_at = now() - interval '1 minute' where token = $1", [member.token]);
    await world.asOwner("set time zone 'America/New_York'");
    expect(await caller(member)).toBeUndefined();
    await world.asOwner("set time zone 'Asia/Tokyo'");
    expect(await caller(member)).toBeUndefined();
    await world.asOwner("update session set expires_at = now() + interval '1 minute' where token = $1", [member.token]);
    expect((await caller(member))?.user_id).toBe(member.userId);
    await world.asOwner("set time zone 'UTC'");
  });

  it("is nobody after signing out, and stays somebody on the other device", async () => {
    const phone = await signIn("member");
    await world.auth.api.signOut({ headers: member.headers });
    expect(await caller(member)).toBeUndefined();
    expect((await caller(phone))?.user_id).toBe(member.userId);
  });

  it("is nobody once an administrator has deleted their account", async () => {
    const leaver = await signUp("leaver");
    await world.auth.api.removeUser({ body: { userId: leaver.userId }, headers: boss.headers });
    expect(await caller(leaver)).toBeUndefined();
  });

  it("has no organization once the owner has deleted it", async () => {
    await activate(owner, organizationId);
    await world.auth.api.deleteOrganization({ body: { organizationId }, headers: owner.headers });
    expect(await caller(member)).toMatchObject({ user_id: member.userId, org_id: null, org_roles: [], team_id: null });
    expect(await caller(owner)).toMatchObject({ user_id: owner.userId, org_id: null, org_roles: [], team_id: null });
  });

  it("has no team that belongs to another organization, although the session still names it", async () => {
    await activate(owner, organizationId);
    const team = await world.auth.api.createTeam({ body: { name: "Red", organizationId }, headers: owner.headers });
    await world.auth.api.addTeamMember({ body: { teamId: team.id, userId: owner.userId }, headers: owner.headers });
    await world.auth.api.setActiveTeam({ body: { teamId: team.id }, headers: owner.headers });
    expect(await caller(owner)).toMatchObject({ org_id: organizationId, team_id: team.id });
    await activate(owner, otherOrganizationId);
    const [session] = await world.asOwner("select active_team_id from session where token = $1", [owner.token]);
    expect(session?.active_team_id).toBe(team.id);
    expect(await caller(owner)).toMatchObject({ org_id: otherOrganizationId, team_id: null });
  });

  it("has no team once they are removed from it, or once it is deleted", async () => {
    await activate(owner, organizationId);
    const body = async () => {
      const team = await world.auth.api.createTeam({ body: { name: "Blue", organizationId }, headers: owner.headers });
      await world.auth.api.addTeamMember({ body: { teamId: team.id, userId: member.userId }, headers: owner.headers });
      await world.auth.api.setActiveTeam({ body: { teamId: team.id }, headers: member.headers });
      expect((await caller(member))?.team_id).toBe(team.id);
      return { teamId: team.id, userId: member.userId };
    };
    await world.auth.api.removeTeamMember({ body: await body(), headers: owner.headers });
    expect(await caller(member)).toMatchObject({ org_id: organizationId, team_id: null });
    const { teamId } = await body();
    await world.auth.api.removeTeam({ body: { teamId, organizationId }, headers: owner.headers });
    expect(await caller(member)).toMatchObject({ org_id: organizationId, team_id: null });
  });

  it("is in the organization whose invitation they accepted", async () => {
    await activate(owner, otherOrganizationId);
    const invitation = await world.auth.api.createInvitation({
      body: { email: "member@example.com", role: "admin", organizationId: otherOrganizationId },
      headers: owner.headers,
    });
    await world.asOwner(`update "user" set email_verified = true where id = $1`, [member.userId]);
    await world.auth.api.acceptInvitation({ body: { invitationId: invitation.id }, headers: member.headers });
    expect(await memberRow(member, otherOrganizationId)).toHaveLength(1);
    expect(await caller(member)).toMatchObject({ org_id: otherOrganizationId, org_roles: ["admin"] });
  });

  it("is the impersonated user while an administrator impersonates them, without an organization", async () => {
    const answer = await world.auth.api.impersonateUser({
      body: { userId: member.userId },
      headers: boss.headers,
      returnHeaders: true,
    });
    const tokenHash = sha256(answer.response.session.token);
    expect(await world.callerByHash(tokenHash)).toMatchObject({
      user_id: member.userId,
      org_id: null,
      user_roles: ["user"],
    });
  });
});

describe("a token that is not a live session's", () => {
  it.each([
    ["an empty token", ""],
    ["a forged token", sha256("forged")],
    ["the empty text's hash", sha256("")],
  ])("is nobody: %s", async (_, tokenHash) => {
    expect(await world.callerByHash(tokenHash)).toBeUndefined();
  });

  it("is nobody: the id of a session, and a token that was not hashed", async () => {
    const [session] = await world.asOwner("select id from session where token = $1", [member.token]);
    expect(await world.callerByHash(sha256(String(session?.id)))).toBeUndefined();
    expect(await world.callerByHash(Buffer.from(member.token).toString("hex"))).toBeUndefined();
  });
});

describe("Better Auth's tables", () => {
  it("cannot be written by callers, and only those are read that the identity says", async () => {
    const readable = world.identity.readable?.map(({ table }) => table.name) ?? [];
    expect([...readable].sort()).toEqual(["invitation", "member", "organization", "session", "user"]);
    for (const { name } of world.identity.serviceTables) {
      const commands = [
        `delete from public."${name}"`,
        `update public."${name}" set id = id`,
        `truncate public."${name}"`,
      ];
      for (const role of ["authenticated", "anonymous"]) {
        const isReader = role === "authenticated" && readable.includes(name);
        for (const statement of [...commands, ...(isReader ? [] : [`select from public."${name}"`])]) {
          const attempt = world.postgres.transaction(async (tx) => {
            await tx.exec(`set local role ${role}`);
            await tx.query(statement);
          });
          await expect(attempt).rejects.toThrow(`permission denied for table ${name}`);
        }
      }
    }
  });

  it("are not readable by the definer beyond what the caller query reads", async () => {
    const readable = await world.asOwner(
      "select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'public' and c.relkind = 'r' and has_table_privilege('hedgerow_definer', c.oid, 'select') order by 1",
    );
    expect(readable.map(({ relname }) => relname)).toEqual(["member", "session", "team", "team_member", "user"]);
  });

  it("hold one membership only when two are added at the same time", async () => {
    const guest = await signUp(`guest-${number}`);
    const add = (role: "member" | "admin") =>
      world.auth.api.addMember({ body: { userId: guest.userId, role, organizationId }, headers: owner.headers });
    await Promise.allSettled([add("member"), add("admin")]);
    expect(await memberRow(guest, organizationId)).toHaveLength(1);
  });
});
