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

/** Every test starts with a fresh organization of `owner`; `member` is signed in, belongs to it and is in it. */
beforeEach(async () => {
  await world.asOwner("delete from organization");
  organizationId = await createOrganization(owner);
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
