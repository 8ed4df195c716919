import type { PGlite } from "@electric-sql/pglite";
import type { BetterAuthOptions } from "better-auth";
import { admin, organization } from "better-auth/plugins";
import { hedgerow, sessionAuthenticator, sessionIdentity } from "hedgerow/better-auth";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { basics, type Device, device, installBetterAuth, openPostgres, password } from "../support/better-auth.js";

let postgres: PGlite;

beforeAll(async () => {
  postgres = await openPostgres();
});

afterAll(() => postgres.close());

const credentials = { name: "Ada", email: "ada@example.com", password };

describe("without plugins", () => {
  it("the caller has an identity and nothing else", async () => {
    const world = await installBetterAuth(postgres, { ...basics, plugins: [hedgerow()] });
    const user = device(await world.auth.api.signUpEmail({ body: credentials, returnHeaders: true }));
    expect(await world.callerByHash(user.tokenHash)).toEqual({
      session_id: expect.any(String),
      user_id: user.userId,
      org_id: null,
      org_roles: [],
      team_id: null,
      user_roles: [],
      claims: {},
    });
    expect(world.identity.reads.map(({ name }) => name)).toEqual(["session", "user"]);
  });
});

describe("without teams", () => {
  it("the caller has an organization and no team", async () => {
    const world = await installBetterAuth(postgres, { ...basics, plugins: [organization(), hedgerow()] });
    const user = device(await world.auth.api.signUpEmail({ body: credentials, returnHeaders: true }));
    const created = await world.auth.api.createOrganization({
      body: { name: "Acme", slug: "acme" },
      headers: user.headers,
    });
    expect(await world.callerByHash(user.tokenHash)).toMatchObject({
      org_id: created.id,
      org_roles: ["owner"],
      team_id: null,
      user_roles: [],
    });
    expect(world.identity.reads.map(({ name }) => name)).toEqual(["session", "user", "member"]);
  });
});

describe("with renamed models and fields", () => {
  const renamed = {
    ...basics,
    user: { modelName: "Person", fields: { email: "mailAddress" } },
    session: { modelName: "login", fields: { token: "secretKey", userId: "person", expiresAt: "validUntil" } },
    plugins: [
      organization({
        teams: { enabled: true },
        schema: {
          organization: { modelName: "company" },
          member: { modelName: "order", fields: { organizationId: "company", userId: "person", role: "jobs" } },
          team: { modelName: "crew", fields: { organizationId: "companyId" } },
          teamMember: { modelName: "crewMember", fields: { teamId: "crew", userId: "person" } },
          session: { fields: { activeOrganizationId: "currentCompany", activeTeamId: "currentCrew" } },
        },
      }),
      admin({ schema: { user: { fields: { role: "powers", banned: "lockedOut", banExpires: "lockedOutUntil" } } } }),
      hedgerow(),
    ],
  } satisfies BetterAuthOptions;

  it("the caller is found all the same", async () => {
    const world = await installBetterAuth(postgres, renamed);
    expect(Object.keys(world.tables)).toContain("Person");
    const user = device(await world.auth.api.signUpEmail({ body: credentials, returnHeaders: true }));
    const created = await world.auth.api.createOrganization({
      body: { name: "Acme", slug: "acme" },
      headers: user.headers,
    });
    const [team] = await world.asOwner("select id from crew");
    expect(await world.callerByHash(user.tokenHash)).toMatchObject({
      user_id: user.userId,
      org_id: created.id,
      org_roles: ["owner"],
      team_id: team?.id,
      user_roles: ["user"],
    });
    await world.asOwner("update person set locked_out = true");
    expect(await world.callerByHash(user.tokenHash)).toBeUndefined();
  });
});

describe.each(["uuid", "serial"] as const)("with ids of the kind %s", (generateId) => {
  it("organizations are created, switched and deleted, and every id of the caller is a text", async () => {
    const world = await installBetterAuth(postgres, {
      ...basics,
      advanced: { database: { generateId } },
      plugins: [organization({ teams: { enabled: true } }), admin(), hedgerow()],
    });
    const user = device(await world.auth.api.signUpEmail({ body: credentials, returnHeaders: true }));
    const { headers } = user;
    const create = (slug: string) => world.auth.api.createOrganization({ body: { name: slug, slug }, headers });
    const first = await create("first");
    const second = await create("second");
    const caller = () => world.callerByHash(user.tokenHash);
    expect(await caller()).toMatchObject({
      session_id: expect.any(String),
      user_id: String(user.userId),
      org_id: String(second.id),
      team_id: expect.any(String),
    });
    await world.auth.api.setActiveOrganization({ body: { organizationId: first.id }, headers });
    expect((await caller())?.org_id).toBe(String(first.id));
    expect((await world.auth.api.getFullOrganization({ headers }))?.id).toBe(first.id);
    await world.auth.api.deleteOrganization({ body: { organizationId: first.id }, headers });
    expect((await caller())?.org_id).toBeNull();
  });
});

describe("claims", () => {
  const field = (type: "string" | "number" | "boolean" | "json") => ({ type, required: false, input: false }) as const;
  const options = {
    ...basics,
    user: { additionalFields: { region: field("string"), level: field("number"), settings: field("json") } },
    session: { additionalFields: { kiosk: field("boolean") } },
    plugins: [
      organization({
        schema: {
          organization: { additionalFields: { plan: field("string") } },
          member: { additionalFields: { desk: field("string") } },
        },
      }),
      hedgerow(),
    ],
  } satisfies BetterAuthOptions;
  const claims = {
    region: { from: "user", field: "region" },
    level: { from: "user", field: "level" },
    kiosk: { from: "session", field: "kiosk" },
    plan: { from: "organization", field: "plan" },
    "it's desk": { from: "member", field: "desk" },
  } as const;

  const start = () => installBetterAuth(postgres, options, { claims });
  let world: Awaited<ReturnType<typeof start>>;
  let user: Device;
  let organizationId: string;

  beforeAll(async () => {
    world = await start();
    user = device(await world.auth.api.signUpEmail({ body: credentials, returnHeaders: true }));
    const { headers } = user;
    organizationId = (await world.auth.api.createOrganization({ body: { name: "Acme", slug: "acme" }, headers })).id;
  });

  const claimsNow = async () => (await world.callerByHash(user.tokenHash))?.claims;

  it("are null where nothing is stored", async () => {
    expect(await claimsNow()).toEqual({ region: null, level: null, kiosk: null, plan: null, "it's desk": null });
  });

  it("follow the stored values at once, an empty text being none", async () => {
    await world.asOwner(`update "user" set region = 'north', level = 3`);
    await world.asOwner("update session set kiosk = true");
    await world.asOwner("update organization set plan = 'pro'");
    await world.asOwner("update member set desk = ''");
    expect(await claimsNow()).toEqual({ region: "north", level: 3, kiosk: true, plan: "pro", "it's desk": null });
    await world.asOwner(`update "user" set region = 'south'`);
    await world.asOwner("update member set desk = 'front'");
    expect(await claimsNow()).toMatchObject({ region: "south", "it's desk": "front" });
  });

  it("of the organization and the membership are gone when the membership is, those of the user stay", async () => {
    await world.asOwner("delete from member where organization_id = $1", [organizationId]);
    const [session] = await world.asOwner("select active_organization_id from session");
    expect(session?.active_organization_id).toBe(organizationId);
    expect(await claimsNow()).toEqual({ region: "south", level: 3, kiosk: true, plan: null, "it's desk": null });
  });

  it("are named in the identity, and the definer may read the organization only if a claim needs it", () => {
    expect(world.identity.claims).toEqual(Object.keys(claims));
    expect(world.identity.reads.map(({ name }) => name)).toContain("organization");
    expect(sessionIdentity(options).reads.map(({ name }) => name)).not.toContain("organization");
  });

  it("must exist, be one plain value and be no secret: all mistakes are told at once, with what there is", () => {
    const wrong = {
      a: { from: "user", field: "regoin" },
      b: { from: "session", field: "token" },
      c: { from: "user", field: "settings" },
    } as const;
    expect(() => sessionIdentity(options, { claims: wrong })).toThrowErrorMatchingInlineSnapshot(`
      [Error: Claims that Better Auth cannot answer:
      - claim "a": user has no usable field "regoin"; it has name, email, emailVerified, image, createdAt, updatedAt, region, level
      - claim "b": session has no usable field "token"; it has expiresAt, createdAt, updatedAt, ipAddress, userAgent, userId, activeOrganizationId, kiosk
      - claim "c": user has no usable field "settings"; it has name, email, emailVerified, image, createdAt, updatedAt, region, level]
    `);
    expect(() => sessionIdentity(basics, { claims: { plan: { from: "organization", field: "plan" } } })).toThrow(
      'claim "plan": Better Auth stores no organization',
    );
  });
});

describe("what would let somebody in is refused", () => {
  it("a platform role that users may write at sign-up", () => {
    const options = { ...basics, user: { additionalFields: { role: { type: "string" } } } } as const;
    expect(() => sessionIdentity({ ...options, plugins: [admin()] })).toThrow("users may write it at sign-up");
    expect(sessionIdentity(options).callerQuery).toContain("'{}'::text[] as user_roles");
  });

  it("sessions that are not in the database", () => {
    const secondaryStorage = {
      get: () => null,
      getAndDelete: () => null,
      increment: () => 1,
      set: () => undefined,
      delete: () => undefined,
    };
    expect(() => sessionIdentity({ ...basics, secondaryStorage })).toThrow("storeSessionInDatabase");
    const stored = { ...basics, secondaryStorage, session: { storeSessionInDatabase: true } };
    expect(sessionIdentity(stored).reads).toContainEqual({ schema: "public", name: "session" });
  });
});

describe("a field that is called like the variable of the query", () => {
  it("does not take its place", async () => {
    const world = await installBetterAuth(postgres, {
      ...basics,
      session: { additionalFields: { tokenHash: { type: "string", required: false } } },
      plugins: [hedgerow()],
    });
    const user = device(await world.auth.api.signUpEmail({ body: credentials, returnHeaders: true }));
    expect((await world.callerByHash(user.tokenHash))?.user_id).toBe(user.userId);
    const credential = await sessionAuthenticator(world.auth).identify(
      new Request("http://localhost", { headers: { cookie: user.headers.get("cookie") ?? "" } }),
    );
    expect(credential).toEqual({ _tag: "Session", tokenHash: user.tokenHash, via: "cookie" });
  });
});
