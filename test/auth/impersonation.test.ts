/** That an impersonation lasts no longer than the right to it, whatever the options say about who has that right. */
import type { PGlite } from "@electric-sql/pglite";
import type { BetterAuthOptions } from "better-auth";
import { type AdminOptions, admin } from "better-auth/plugins";
import { adminAc, defaultAc, userAc } from "better-auth/plugins/admin/access";
import { hedgerow, sessionIdentity } from "hedgerow/better-auth";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  basics,
  type Device,
  device,
  installBetterAuth,
  openPostgres,
  password,
  sha256,
} from "../support/better-auth.js";

let postgres: PGlite;

beforeAll(async () => {
  postgres = await openPostgres();
});

afterAll(() => postgres.close());

const optionsWith = (options: AdminOptions, generateId?: "uuid" | "serial") =>
  ({
    ...basics,
    ...(generateId !== undefined && { advanced: { database: { generateId } } }),
    plugins: [admin(options), hedgerow()],
  }) satisfies BetterAuthOptions;

const start = async (options: AdminOptions, generateId?: "uuid" | "serial") => {
  const world = await installBetterAuth(postgres, optionsWith(options, generateId));
  const signUp = async (name: string): Promise<Device> => {
    const body = { name, email: `${name}@example.com`, password };
    return device(await world.auth.api.signUpEmail({ body, returnHeaders: true }));
  };
  const boss = await signUp("boss");
  const mia = await signUp("mia");
  const setRole = ({ userId }: Device, role: string | null) =>
    world.asOwner(`update "user" set role = $2 where id::text = $1`, [String(userId), role]);
  const impersonate = async (): Promise<string> => {
    const { session } = await world.auth.api.impersonateUser({ body: { userId: mia.userId }, headers: boss.headers });
    return sha256(session.token);
  };
  return { ...world, boss, mia, setRole, impersonate };
};

const support = defaultAc.newRole({ user: ["impersonate"] });
const chief = defaultAc.newRole({ user: ["impersonate", "impersonate-admins"] });
const reader = defaultAc.newRole({ user: ["list"] });
const roles = { admin: adminAc, user: userAc, support, chief, reader };

const variants: Readonly<Record<string, AdminOptions>> = {
  "the default options": {},
  "roles of the application's own": { roles },
  "an admin role that is not called admin": { roles, adminRoles: ["chief"] },
  "admin roles, which are admins and not who may impersonate": { roles, adminRoles: ["reader", "support"] },
  "a default role that may impersonate": { roles, defaultRole: "support" },
  "admins who may be impersonated": { roles, allowImpersonatingAdmins: true },
};

const held = [null, "", "user", "admin", "support", "chief", "reader", "reader,support", "user, admin", "nonsense"];

describe.each(Object.entries(variants))("with %s", (_, options) => {
  it("a session is worth something exactly while Better Auth would begin it", async () => {
    const { auth, boss, mia, setRole, impersonate, callerByHash } = await start(options);
    await setRole(boss, "chief");
    await setRole(mia, "user");
    if (options.roles === undefined) await setRole(boss, "admin");
    const tokenHash = await impersonate();
    const answers = new Set<boolean>();
    for (const role of held) {
      for (const other of ["user", "admin", "chief", "support", null]) {
        await setRole(boss, role);
        await setRole(mia, other);
        const body = { userId: mia.userId };
        const may = await auth.api.impersonateUser({ body, headers: boss.headers }).then(
          () => true,
          () => false,
        );
        const lives = (await callerByHash(tokenHash)) !== undefined;
        expect({ role, other, lives }).toEqual({ role, other, lives: may });
        answers.add(lives);
      }
    }
    expect(answers).toEqual(new Set([true, false]));
  });
});

describe.each([undefined, "uuid", "serial"] as const)("with ids of the kind %s", (generateId) => {
  it("a session ends with the role, the ban and the row of who acts, and with nothing before", async () => {
    const { asOwner, boss, mia, setRole, impersonate, callerByHash } = await start({}, generateId);
    await setRole(boss, "admin");
    const tokenHash = await impersonate();
    const who = async () => (await callerByHash(tokenHash))?.user_id;
    const bossId = String(boss.userId);
    expect(await who()).toBe(String(mia.userId));
    await setRole(boss, "user");
    expect(await who()).toBeUndefined();
    await setRole(boss, "admin");
    await asOwner(`update "user" set banned = true where id::text = $1`, [bossId]);
    expect(await who()).toBeUndefined();
    await asOwner(`update "user" set ban_expires = now() - interval '1 second' where id::text = $1`, [bossId]);
    expect(await who()).toBe(String(mia.userId));
    await asOwner(`update "user" set ban_expires = now() + interval '1 hour' where id::text = $1`, [bossId]);
    expect(await who()).toBeUndefined();
    await asOwner(`update "user" set banned = null where id::text = $1`, [bossId]);
    for (const nobody of ["", "nobody", "1 ", "99999999999", "00000000-0000-0000-0000-000000000000"]) {
      await asOwner("update session set impersonated_by = $1 where impersonated_by is not null", [nobody]);
      expect(await who()).toBeUndefined();
    }
    await asOwner("update session set impersonated_by = $1 where impersonated_by is not null", [bossId]);
    expect(await who()).toBe(String(mia.userId));
    await asOwner(`delete from "user" where id::text = $1`, [bossId]);
    expect(await who()).toBeUndefined();
  });
});

it("users who are admins by their id may impersonate, and not be impersonated", async () => {
  const first = await start({});
  await first.setRole(first.boss, "admin");
  const tokenHash = await first.impersonate();
  await first.setRole(first.boss, "user");
  expect(await first.callerByHash(tokenHash)).toBeUndefined();
  const whereIdsAre = async (adminUserIds: ReadonlyArray<string>) => {
    const { callerQuery } = sessionIdentity(optionsWith({ adminUserIds: [...adminUserIds] }));
    const rows = await first.asOwner(
      callerQuery.replaceAll("token_hash as hash", `decode('${tokenHash}', 'hex') as hash`),
    );
    return rows.length;
  };
  expect(await whereIdsAre([])).toBe(0);
  expect(await whereIdsAre([first.boss.userId])).toBe(1);
  expect(await whereIdsAre([first.mia.userId])).toBe(0);
});

it("a session that a verified token names ends with the right to it, too", async () => {
  const { asOwner, boss, mia, setRole, impersonate } = await start({});
  await setRole(boss, "admin");
  await impersonate();
  const { callerQuery } = sessionIdentity(optionsWith({}), { by: "verified-token" });
  const asked = callerQuery
    .replaceAll("verified_session as sid", `(select id from session where impersonated_by = '${boss.userId}') as sid`)
    .replaceAll("verified_user as sub", `'${mia.userId}' as sub`);
  await asOwner("set pg_session_jwt.jwk = 'a key'");
  expect(await asOwner(asked)).toMatchObject([{ user_id: mia.userId }]);
  await setRole(boss, "user");
  expect(await asOwner(asked)).toEqual([]);
  await asOwner("reset pg_session_jwt.jwk");
});

describe("options that do not say who may impersonate", () => {
  const field = { type: "string", required: false } as const;

  it("are refused where the field is there and the admin plugin is not", () => {
    const options = { ...basics, session: { additionalFields: { impersonatedBy: { ...field, input: false } } } };
    expect(() => sessionIdentity(options)).toThrow("the plugin is missing");
  });

  it("are refused where users may write the field", () => {
    const options = { ...optionsWith({}), session: { additionalFields: { impersonatedBy: field } } };
    expect(() => sessionIdentity(options)).toThrow("users may write it");
  });
});
