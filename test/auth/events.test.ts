/**
 * What each event of Better Auth does to what a credential sees, asked by the next statement with that credential.
 *
 * Every event happens for real, through Better Auth's endpoints or by SQL behind its back, beside a mirror that is kept as
 * one often is: a row per user, written by Better Auth's session hooks. docs/event-matrix.md is what this run has seen on
 * both databases: a test fails when it says something else, and `vitest -u` writes it.
 */
import type { BetterAuthOptions } from "better-auth";
import { admin, organization as organizationPlugin } from "better-auth/plugins";
import { text } from "drizzle-orm/pg-core";
import { id, organization, owner, table, team } from "hedgerow";
import { hedgerow, sessionAuthenticator } from "hedgerow/better-auth";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { cheapPasswords, openAuthWorld } from "../support/auth-world.js";
import { basics, type Device, device, password } from "../support/better-auth.js";
import type { Kind } from "../support/world.js";

const reading = { read: { roles: ["member+"] } } as const;
const label = () => text("label").notNull();
const guarded = {
  notes: table("notes", { id: id(), organizationId: organization(), label: label() })
    .firewall("organization")
    .access(reading),
  ledgers: table("ledgers", { id: id(), organizationId: organization(), label: label() })
    .firewall("organization")
    .access({ read: { roles: ["admin+"] } }),
  boards: table("boards", { id: id(), teamId: team(), label: label() }).firewall("team").access(reading),
  diaries: table("diaries", { id: id(), userId: owner(), label: label() })
    .firewall("owner")
    .access({ read: { roles: ["AUTHENTICATED"] } }),
};
const everything = ["notes", "ledgers", "boards", "diaries"]
  .map((name) => `select label from ${name}`)
  .join(" union all ");

/** What the naive mirror's policies would show to a user. */
const mirrored = `with mine as (select * from naive.mirror where user_id = $1)
select n.label from notes n join mine on n.organization_id = mine.organization_id where mine.roles <> '{}'
union all select l.label from ledgers l join mine on l.organization_id = mine.organization_id where mine.roles && '{admin,owner}'
union all select b.label from boards b join mine on b.team_id = mine.team_id where mine.roles <> '{}'
union all select d.label from diaries d join mine on d.user_id = mine.user_id`;

type Run = (text: string, ...values: ReadonlyArray<string | null>) => Promise<unknown>;

/** The mirror: session hooks write what the session says into the user's row. */
const optionsWith = (run: Run) => {
  const copy = async (session: Readonly<Record<string, unknown>>): Promise<void> => {
    const value = (name: string): string | null => (typeof session[name] === "string" ? session[name] : null);
    await run(
      `insert into naive.mirror values ($1, $2, $3,
         coalesce((select string_to_array(role, ',') from member where user_id = $1 and organization_id = $2), '{}'))
       on conflict (user_id) do update set
         (organization_id, team_id, roles) = (excluded.organization_id, excluded.team_id, excluded.roles)`,
      value("userId"),
      value("activeOrganizationId"),
      value("activeTeamId"),
    );
  };
  return {
    ...basics,
    emailAndPassword: cheapPasswords,
    databaseHooks: {
      session: {
        create: { after: copy },
        update: { after: copy },
        delete: {
          after: async ({ userId }) => void (await run("delete from naive.mirror where user_id = $1", userId)),
        },
      },
    },
    plugins: [organizationPlugin({ teams: { enabled: true } }), admin(), hedgerow()],
  } satisfies BetterAuthOptions;
};

const openEvents = async (kind: Kind) => {
  let run: Run = async () => undefined;
  const options = optionsWith((...statement) => run(...statement));
  const world = await openAuthWorld(kind, guarded, options);
  run = world.truth;
  await run("create schema naive");
  await run(
    "create table naive.mirror (user_id text primary key, organization_id text, team_id text, roles text[] not null)",
  );
  const { api } = world.auth;

  let people = 0;
  const email = (name: string): string => `${name}@example.com`;
  /** Every row is labelled with what one has to be to see it. */
  const row = (table: string, column: string, owner: string, label: string) =>
    run(`insert into ${table} (${column}, label) values ($1, $2)`, owner, label);
  const signUp = async (name: string): Promise<Device & { readonly name: string }> => {
    people += 1;
    const unique = `${name}${people}`;
    const body = { name: unique, email: email(unique), password };
    const signedUp = device(await api.signUpEmail({ body, returnHeaders: true }));
    await row("diaries", "user_id", signedUp.userId, "own");
    return { ...signedUp, name: unique };
  };
  const signIn = async (name: string): Promise<Device> =>
    device(await api.signInEmail({ body: { email: email(name), password }, returnHeaders: true }));
  const enrich = async (organizationId: string, name: string): Promise<string> => {
    await row("notes", "organization_id", organizationId, name);
    await row("ledgers", "organization_id", organizationId, `${name} ledger`);
    return organizationId;
  };
  const createOrganization = async ({ headers }: Device, name: string): Promise<string> => {
    people += 1;
    const body = { name, slug: `${name}-${people}` };
    return enrich((await api.createOrganization({ body, headers })).id, name);
  };

  const olive = await signUp("olive");
  const boss = await signUp("boss");
  await run(`update "user" set role = 'admin' where id = $1`, boss.userId);

  const createTeam = async (organizationId: string, name: string, label: string): Promise<string> => {
    const created = await api.createTeam({ body: { name, organizationId }, headers: olive.headers });
    await row("boards", "team_id", created.id, label);
    return created.id;
  };

  /** Mia, a plain member of `acme` that olive owns: in it with the laptop, in the team `red`; in no organization with the phone. */
  const scene = async () => {
    const laptop = await signUp("mia");
    const phone = await signIn(laptop.name);
    const { userId } = laptop;
    const bolt = await createOrganization(olive, "bolt");
    const acme = await createOrganization(olive, "acme");
    const red = await createTeam(acme, "red", "acme red");
    const blue = await createTeam(acme, "blue", "acme blue");
    const join = (organizationId: string, role: "member" | "admin") =>
      api.addMember({ body: { userId, role, organizationId }, headers: olive.headers });
    const activate = ({ headers }: Device, organizationId: string | null) =>
      api.setActiveOrganization({ body: { organizationId }, headers });
    const joinTeam = (teamId: string) => api.addTeamMember({ body: { teamId, userId }, headers: olive.headers });
    const activateTeam = ({ headers }: Device, teamId: string) => api.setActiveTeam({ body: { teamId }, headers });
    const membership = await join(acme, "member");
    await joinTeam(red);
    await activate(laptop, acme);
    await activateTeam(laptop, red);
    const devices: Record<string, Credential> = { laptop, phone };
    return {
      devices,
      world,
      api,
      run,
      signUp,
      signIn: () => signIn(laptop.name),
      email: email(laptop.name),
      createOrganization,
      row,
      olive,
      boss,
      userId,
      memberId: membership.id,
      laptop,
      phone,
      acme,
      bolt,
      red,
      blue,
      join,
      activate,
      joinTeam,
      activateTeam,
      /** Another Better Auth on the same tables. */
      variant: (session: BetterAuthOptions["session"], more: Pick<BetterAuthOptions, "secondaryStorage"> = {}) =>
        world.start({ ...options, ...more, session }),
    };
  };

  const labels = (rows: ReadonlyArray<Readonly<Record<string, unknown>>>): ReadonlyArray<string> =>
    rows.map((each) => String(each.label)).sort();
  return {
    scene,
    sees: async ({ tokenHash }: Credential) => labels((await world.as(tokenHash, everything))[0]?.rows ?? []),
    mirrorShows: async ({ userId }: Credential) => labels(await world.truth(mirrored, userId)),
    close: world.close,
  };
};

type Scene = Awaited<ReturnType<Awaited<ReturnType<typeof openEvents>>["scene"]>>;
type Credential = Pick<Device, "userId" | "tokenHash">;

interface Event {
  /** Puts what credentials it makes among the scene's devices. */
  readonly happens: (scene: Scene) => Promise<unknown>;
  /** What each device sees afterwards. */
  readonly sees: Readonly<Record<string, string>>;
}

const atWork = "acme, acme red, own";
const nothing = "nothing";

/** A key-value store that keeps what it is given. */
const memory = () => {
  const values = new Map<string, string>();
  return {
    values,
    storage: {
      get: (key: string) => values.get(key) ?? null,
      getAndDelete: (key: string) => {
        const value = values.get(key) ?? null;
        values.delete(key);
        return value;
      },
      increment: () => 1,
      set: (key: string, value: string) => void values.set(key, value),
      delete: (key: string) => void values.delete(key),
    },
  };
};

const signInWith = async (auth: Pick<Scene, "api">, { email }: Pick<Scene, "email">): Promise<Device> =>
  device(await auth.api.signInEmail({ body: { email, password }, returnHeaders: true }));

const impersonate = async ({ api, boss, userId }: Scene, by: Device = boss): Promise<Device> => {
  const answer = await api.impersonateUser({ body: { userId }, headers: by.headers, returnHeaders: true });
  const { session, user } = answer.response;
  return device({ headers: answer.headers, response: { token: session.token, user } });
};

/** By a platform admin of its own, to whom something may happen. */
const impersonateAnew = async (scene: Scene): Promise<{ readonly impersonator: Device; readonly admin: Device }> => {
  const admin = await scene.signUp("admin");
  await scene.api.setRole({ body: { userId: admin.userId, role: "admin" }, headers: scene.boss.headers });
  return { impersonator: await impersonate(scene, admin), admin };
};

const ban = ({ run, userId }: Scene, expires: string | null) =>
  run(`update "user" set banned = true, ban_expires = $2 where id = $1`, userId, expires);

const inSeconds = (seconds: number): string => new Date(Date.now() + seconds * 1000).toISOString();

const events: Readonly<Record<string, Event>> = {
  "signs up": {
    happens: async ({ devices, signUp }) => {
      devices.newcomer = await signUp("newcomer");
    },
    sees: { newcomer: "own" },
  },
  "signs in on another device": {
    happens: async ({ devices, signIn }) => {
      devices.tablet = await signIn();
    },
    sees: { laptop: atWork, tablet: "own" },
  },
  "works in another organization, as its admin, on the phone": {
    happens: async ({ join, bolt, activate, phone }) => {
      await join(bolt, "admin");
      await activate(phone, bolt);
    },
    sees: { laptop: atWork, phone: "bolt, bolt ledger, own" },
  },
  "creates an organization": {
    happens: async ({ createOrganization, laptop, run }) => {
      const created = await createOrganization(laptop, "corp");
      await run(
        "insert into boards (team_id, label) select id, 'corp team' from team where organization_id = $1",
        created,
      );
    },
    sees: { laptop: "corp, corp ledger, corp team, own", phone: "own" },
  },
  "switches the organization; the session still names a team of the other one": {
    happens: async ({ join, bolt, activate, laptop, run, red }) => {
      await join(bolt, "admin");
      await activate(laptop, bolt);
      expect(await run("select active_team_id from session where token = $1", laptop.token)).toEqual([
        { active_team_id: red },
      ]);
    },
    sees: { laptop: "bolt, bolt ledger, own", phone: "own" },
  },
  "chooses no organization": {
    happens: ({ activate, laptop }) => activate(laptop, null),
    sees: { laptop: "own", phone: "own" },
  },
  "asks for an organization of others": {
    happens: async ({ activate, laptop, bolt }) => {
      await expect(activate(laptop, bolt)).rejects.toThrow("not a member");
    },
    sees: { laptop: "own", phone: "own" },
  },
  "leaves the organization on the device that is in it": {
    happens: ({ api, acme, laptop: { headers } }) => api.leaveOrganization({ body: { organizationId: acme }, headers }),
    sees: { laptop: "own", phone: "own" },
  },
  "leaves the organization on the phone, which is not in it": {
    happens: ({ api, acme, phone: { headers } }) => api.leaveOrganization({ body: { organizationId: acme }, headers }),
    sees: { laptop: "own", phone: "own" },
  },
  "somebody deletes the organization": {
    happens: ({ api, acme, olive: { headers } }) => api.deleteOrganization({ body: { organizationId: acme }, headers }),
    sees: { laptop: "own", phone: "own" },
  },
  "somebody adds them to another organization": {
    happens: ({ join, bolt }) => join(bolt, "admin"),
    sees: { laptop: atWork, phone: "own" },
  },
  "somebody removes them from the organization": {
    happens: async ({ api, acme, memberId, olive: { headers }, run, laptop }) => {
      await api.removeMember({ body: { memberIdOrEmail: memberId, organizationId: acme }, headers });
      expect(await run("select active_organization_id from session where token = $1", laptop.token)).toEqual([
        { active_organization_id: acme },
      ]);
    },
    sees: { laptop: "own", phone: "own" },
  },
  "somebody removes them from the organization and adds them again": {
    happens: async ({ api, acme, memberId, olive: { headers }, join }) => {
      await api.removeMember({ body: { memberIdOrEmail: memberId, organizationId: acme }, headers });
      await join(acme, "member");
    },
    sees: { laptop: "acme, own", phone: "own" },
  },
  "somebody makes them an admin": {
    happens: ({ api, acme, memberId, olive: { headers } }) =>
      api.updateMemberRole({ body: { memberId, role: "admin", organizationId: acme }, headers }),
    sees: { laptop: "acme, acme ledger, acme red, own", phone: "own" },
  },
  "somebody demotes them from admin to member": {
    happens: async ({ api, acme, memberId, olive: { headers }, activate, laptop }) => {
      await api.updateMemberRole({ body: { memberId, role: "admin", organizationId: acme }, headers });
      await activate(laptop, acme);
      await api.updateMemberRole({ body: { memberId, role: "member", organizationId: acme }, headers });
    },
    sees: { laptop: atWork, phone: "own" },
  },
  "accepts an invitation": {
    happens: async ({ api, bolt, email, olive, laptop, run, userId }) => {
      const invitation = await api.createInvitation({
        body: { email, role: "admin", organizationId: bolt },
        headers: olive.headers,
      });
      await run(`update "user" set email_verified = true where id = $1`, userId);
      await api.acceptInvitation({ body: { invitationId: invitation.id }, headers: laptop.headers });
    },
    sees: { laptop: "bolt, bolt ledger, own", phone: "own" },
  },
  "somebody creates a team": {
    happens: ({ api, acme, olive: { headers } }) =>
      api.createTeam({ body: { name: "green", organizationId: acme }, headers }),
    sees: { laptop: atWork, phone: "own" },
  },
  "chooses another team": {
    happens: async ({ joinTeam, blue, activateTeam, laptop }) => {
      await joinTeam(blue);
      await activateTeam(laptop, blue);
    },
    sees: { laptop: "acme, acme blue, own", phone: "own" },
  },
  "somebody removes them from the team": {
    happens: ({ api, red, userId, olive: { headers } }) =>
      api.removeTeamMember({ body: { teamId: red, userId }, headers }),
    sees: { laptop: "acme, own", phone: "own" },
  },
  "somebody deletes the team": {
    happens: ({ api, acme, red, olive: { headers } }) =>
      api.removeTeam({ body: { teamId: red, organizationId: acme }, headers }),
    sees: { laptop: "acme, own", phone: "own" },
  },
  "a platform admin impersonates them": {
    happens: async (scene) => {
      scene.devices.impersonator = await impersonate(scene);
    },
    sees: { laptop: atWork, phone: "own", impersonator: "own" },
  },
  "a platform admin who impersonates them goes to work": {
    happens: async (scene) => {
      const impersonator = await impersonate(scene);
      await scene.activate(scene.laptop, null);
      await scene.activate(impersonator, scene.acme);
      scene.devices.impersonator = impersonator;
    },
    sees: { laptop: "own", phone: "own", impersonator: "acme, own" },
  },
  "a platform admin stops impersonating them": {
    happens: async (scene) => {
      const impersonator = await impersonate(scene);
      await scene.api.stopImpersonating({ headers: impersonator.headers });
      Object.assign(scene.devices, { impersonator, "platform admin": scene.boss });
    },
    sees: { laptop: atWork, phone: "own", impersonator: nothing, "platform admin": "own" },
  },
  "the platform admin who impersonates them is demoted": {
    happens: async (scene) => {
      const { impersonator, admin } = await impersonateAnew(scene);
      await scene.api.setRole({ body: { userId: admin.userId, role: "user" }, headers: scene.boss.headers });
      Object.assign(scene.devices, { impersonator, "platform admin": admin });
    },
    sees: { laptop: atWork, phone: "own", impersonator: nothing, "platform admin": "own" },
  },
  "the platform admin who impersonates them is banned": {
    happens: async (scene) => {
      const { impersonator, admin } = await impersonateAnew(scene);
      await scene.api.banUser({ body: { userId: admin.userId }, headers: scene.boss.headers });
      Object.assign(scene.devices, { impersonator, "platform admin": admin });
    },
    sees: { laptop: atWork, phone: "own", impersonator: nothing, "platform admin": nothing },
  },
  "the platform admin who impersonates them is deleted": {
    happens: async (scene) => {
      const { impersonator, admin } = await impersonateAnew(scene);
      await scene.api.removeUser({ body: { userId: admin.userId }, headers: scene.boss.headers });
      Object.assign(scene.devices, { impersonator, "platform admin": admin });
    },
    sees: { laptop: atWork, phone: "own", impersonator: nothing, "platform admin": nothing },
  },
  "they become a platform admin while one impersonates them": {
    happens: async (scene) => {
      const { impersonator } = await impersonateAnew(scene);
      await scene.api.setRole({ body: { userId: scene.userId, role: "admin" }, headers: scene.boss.headers });
      Object.assign(scene.devices, { impersonator });
    },
    sees: { laptop: atWork, phone: "own", impersonator: nothing },
  },
  "a platform admin bans them": {
    happens: ({ api, userId, boss: { headers } }) => api.banUser({ body: { userId }, headers }),
    sees: { laptop: nothing, phone: nothing },
  },
  "SQL bans them": {
    happens: (scene) => ban(scene, null),
    sees: { laptop: nothing, phone: nothing },
  },
  "SQL bans them for a while": {
    happens: (scene) => ban(scene, inSeconds(60)),
    sees: { laptop: nothing, phone: nothing },
  },
  "the ban lapses": {
    happens: (scene) => ban(scene, inSeconds(-60)),
    sees: { laptop: atWork, phone: "own" },
  },
  "signs out": {
    happens: ({ api, laptop: { headers } }) => api.signOut({ headers }),
    sees: { laptop: nothing, phone: "own" },
  },
  "revokes the laptop's session on the phone": {
    happens: ({ api, phone: { headers }, laptop: { token } }) => api.revokeSession({ body: { token }, headers }),
    sees: { laptop: nothing, phone: "own" },
  },
  "revokes the other sessions on the phone": {
    happens: ({ api, phone: { headers } }) => api.revokeOtherSessions({ headers }),
    sees: { laptop: nothing, phone: "own" },
  },
  "revokes all sessions": {
    happens: ({ api, phone: { headers } }) => api.revokeSessions({ headers }),
    sees: { laptop: nothing, phone: nothing },
  },
  "a platform admin revokes all their sessions": {
    happens: ({ api, userId, boss: { headers } }) => api.revokeUserSessions({ body: { userId }, headers }),
    sees: { laptop: nothing, phone: nothing },
  },
  "changes the password and revokes the other sessions": {
    happens: async ({ devices, api, laptop: { headers } }) => {
      const body = { currentPassword: password, newPassword: `${password}!`, revokeOtherSessions: true };
      devices["new session"] = device(await api.changePassword({ body, headers, returnHeaders: true }));
    },
    sees: { laptop: nothing, phone: nothing, "new session": "own" },
  },
  "the session expires": {
    happens: ({ run, laptop }) =>
      run("update session set expires_at = now() - interval '1 second' where token = $1", laptop.token),
    sees: { laptop: nothing, phone: "own" },
  },
  "the session is refreshed": {
    happens: async ({ api, run, laptop: { token, headers } }) => {
      await run("update session set expires_at = now() + interval '1 day' where token = $1", token);
      await api.getSession({ headers });
      expect(
        await run("select expires_at > now() + interval '6 days' as later from session where token = $1", token),
      ).toEqual([{ later: true }]);
    },
    sees: { laptop: atWork, phone: "own" },
  },
  "a platform admin deletes them": {
    happens: ({ api, userId, boss: { headers } }) => api.removeUser({ body: { userId }, headers }),
    sees: { laptop: nothing, phone: nothing },
  },
  "SQL deletes the membership": {
    happens: ({ run, memberId }) => run("delete from member where id = $1", memberId),
    sees: { laptop: "own", phone: "own" },
  },
  "SQL deletes the organization": {
    happens: ({ run, acme }) => run("delete from organization where id = $1", acme),
    sees: { laptop: "own", phone: "own" },
  },
  "SQL deletes the team": {
    happens: ({ run, red }) => run("delete from team where id = $1", red),
    sees: { laptop: "acme, own", phone: "own" },
  },
  "SQL deletes the session": {
    happens: ({ run, laptop }) => run("delete from session where token = $1", laptop.token),
    sees: { laptop: nothing, phone: "own" },
  },
  "SQL deletes the user": {
    happens: ({ run, userId }) => run(`delete from "user" where id = $1`, userId),
    sees: { laptop: nothing, phone: nothing },
  },
  "cookie cache: SQL deletes the session while the signed cookie still says that there is one": {
    happens: async (scene) => {
      const auth = scene.variant({ cookieCache: { enabled: true, maxAge: 300 } });
      const tablet = await signInWith(auth, scene);
      await scene.activate(tablet, scene.acme);
      await scene.run("delete from session where token = $1", tablet.token);
      expect((await auth.api.getSession({ headers: tablet.headers }))?.user.id).toBe(scene.userId);
      const request = new Request(basics.baseURL, { headers: tablet.headers });
      expect(await sessionAuthenticator(auth).identify(request)).toMatchObject({ tokenHash: tablet.tokenHash });
      scene.devices.tablet = tablet;
    },
    sees: { laptop: atWork, phone: "own", tablet: nothing },
  },
  "secondary storage, sessions in the database too: chooses the organization": {
    happens: async (scene) => {
      const auth = scene.variant({ storeSessionInDatabase: true }, { secondaryStorage: memory().storage });
      const tablet = await signInWith(auth, scene);
      await auth.api.setActiveOrganization({ body: { organizationId: scene.acme }, headers: tablet.headers });
      scene.devices.tablet = tablet;
    },
    sees: { laptop: atWork, phone: "own", tablet: "acme, own" },
  },
  "secondary storage, sessions in the database too: signs out": {
    happens: async (scene) => {
      const auth = scene.variant({ storeSessionInDatabase: true }, { secondaryStorage: memory().storage });
      const tablet = await signInWith(auth, scene);
      await auth.api.signOut({ headers: tablet.headers });
      scene.devices.tablet = tablet;
    },
    sees: { laptop: atWork, phone: "own", tablet: nothing },
  },
  "secondary storage that preserves sessions in the database: signs out": {
    happens: async (scene) => {
      const { storage } = memory();
      const session = { storeSessionInDatabase: true, preserveSessionInDatabase: true };
      const auth = scene.variant(session, { secondaryStorage: storage });
      const tablet = await signInWith(auth, scene);
      await auth.api.signOut({ headers: tablet.headers });
      expect(await scene.run("select 1 as kept from session where token = $1", tablet.token)).toEqual([{ kept: 1 }]);
      scene.devices.tablet = tablet;
    },
    sees: { laptop: atWork, phone: "own", tablet: nothing },
  },
  "secondary storage: SQL deletes the session that the storage still has": {
    happens: async (scene) => {
      const { storage, values } = memory();
      const auth = scene.variant({ storeSessionInDatabase: true }, { secondaryStorage: storage });
      const tablet = await signInWith(auth, scene);
      await scene.run("delete from session where token = $1", tablet.token);
      expect(values.has(tablet.token)).toBe(true);
      expect((await auth.api.getSession({ headers: tablet.headers }))?.user.id).toBe(scene.userId);
      scene.devices.tablet = tablet;
    },
    sees: { laptop: atWork, phone: "own", tablet: nothing },
  },
};

const said = (labels: ReadonlyArray<string>): string => labels.join(", ") || nothing;

/** What both databases have shown of each event, device by device. */
const lines = new Map<Kind, Map<string, ReadonlyArray<string>>>();

describe.each<Kind>(["pglite", "postgres"])("on %s", (kind) => {
  let world: Awaited<ReturnType<typeof openEvents>>;
  let scene: Scene;
  const seen = new Map<string, ReadonlyArray<string>>();
  lines.set(kind, seen);

  beforeAll(async () => {
    world = await openEvents(kind);
  });
  afterAll(() => world.close());
  beforeEach(async () => {
    scene = await world.scene();
    expect([said(await world.sees(scene.laptop)), said(await world.sees(scene.phone))]).toEqual([atWork, "own"]);
  });

  /** What the mirror shows to a credential that has no right to it. */
  const leakedTo = async (credential: Credential): Promise<ReadonlyArray<string>> => {
    const now = await world.sees(credential);
    return (await world.mirrorShows(credential)).filter((each) => !now.includes(each));
  };

  it.each(Object.entries(events))("%s", async (name, { happens, sees }) => {
    const before = await leakedTo(scene.phone);
    await happens(scene);
    const live: Record<string, string> = {};
    const rows: Array<string> = [];
    for (const device of Object.keys(sees)) {
      const credential = scene.devices[device];
      if (credential === undefined) throw new Error(`There is no ${device}.`);
      const now = await world.sees(credential);
      const mirror = await world.mirrorShows(credential);
      live[device] = said(now);
      const leaked = mirror.filter((each) => !now.includes(each));
      const verdict =
        leaked.length > 0
          ? device === "phone" && said(leaked) === said(before)
            ? "leaks as before"
            : "**leaks**"
          : mirror.length < now.length
            ? "hides rows"
            : "shows the same";
      rows.push(`| ${[name, device, said(now), said(mirror), verdict].join(" | ")} |`);
    }
    expect(live).toEqual(sees);
    seen.set(name, rows);
  });
});

it("docs/event-matrix.md is what was seen, on both databases alike", async () => {
  const [onPglite, onPostgres] = [lines.get("pglite"), lines.get("postgres")];
  expect(onPglite).toEqual(onPostgres);
  const rows = Object.keys(events).flatMap((name) => onPglite?.get(name) ?? ["?"]);
  const document = `# What each event does to what a caller sees

Written by \`test/auth/events.test.ts\` from what it saw, on PGlite and on PostgreSQL alike. Before each event Mia is a member of the
organization *acme* and of its team *red*. Her laptop is in both; her phone is signed in and in no organization. The third column is
what the next statement with that device's credential reads from guarded tables: her own row, the organization's, the one that only
its admins see (*ledger*), and the team's.

The last two columns are the comparison with a mirror as one is often kept: a table with a row per user, written by Better Auth's
\`databaseHooks\` for sessions (\`create.after\`, \`update.after\`, \`delete.after\`), which policies would trust. It **leaks** where
it shows a row that this credential has no right to; to the phone it does so before anything happens, because the laptop is at work.

| event | device | sees | by the mirror it would see | the mirror |
|---|---|---|---|---|
${rows.join("\n")}
`;
  await expect(document).toMatchFileSnapshot("../../docs/event-matrix.md");
});
