/** What an API key of the real plugin is worth, asked by the next statement with it, and what it takes to make one do more. */
import { apiKey } from "@better-auth/api-key";
import type { BetterAuthOptions } from "better-auth";
import { admin, organization as organizationPlugin } from "better-auth/plugins";
import { text } from "drizzle-orm/pg-core";
import { id, organization, owner, table } from "hedgerow";
import {
  authTables,
  hedgerow,
  type IdentityOptions,
  sessionAuthenticator,
  sessionIdentity,
} from "hedgerow/better-auth";
import { push } from "hedgerow/drizzle-kit";
import { createRouter } from "hedgerow/hono";
import { pglite } from "hedgerow/pglite";
import { drift } from "hedgerow/postgres";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { enterApiKey, requestText } from "../../src/database/session.js";
import { cheapPasswords, openAuthWorld } from "../support/auth-world.js";
import { basics, type Device, device, password, sha256 } from "../support/better-auth.js";
import { freshPglite } from "../support/databases.js";
import { saying } from "../support/request.js";
import type { Kind } from "../support/world.js";

const label = () => text("label").notNull();
const guarded = {
  notes: table("notes", { id: id(), organizationId: organization(), label: label() })
    .firewall("organization")
    .access({ read: { roles: ["member+"] }, create: { roles: ["admin+"] } }),
  ledgers: table("ledgers", { id: id(), organizationId: organization(), label: label() })
    .firewall("organization")
    .access({ read: { roles: ["admin+"] } }),
  lobbies: table("lobbies", { id: id(), organizationId: organization(), label: label() })
    .firewall("organization")
    .access({ read: { roles: ["AUTHENTICATED"] } }),
  diaries: table("diaries", { id: id(), userId: owner(), label: label() })
    .firewall("owner")
    .access({ read: { roles: ["AUTHENTICATED"] } }),
};
const everything = ["notes", "ledgers", "lobbies", "diaries"]
  .map((name) => `select label from ${name}`)
  .join(" union all ");

const field = { type: "string", required: false, input: false } as const;
const options = {
  ...basics,
  emailAndPassword: cheapPasswords,
  user: { additionalFields: { region: field } },
  plugins: [
    organizationPlugin({ teams: { enabled: true }, schema: { organization: { additionalFields: { plan: field } } } }),
    admin(),
    apiKey([
      { configId: "default", enableMetadata: true },
      { configId: "company", references: "organization" },
      { configId: "unlisted", enableMetadata: true },
      { configId: "unhashed", disableKeyHashing: true },
    ]),
    hedgerow(),
  ],
} satisfies BetterAuthOptions;
const identityOptions = {
  apiKeys: { user: ["default", "unhashed"], organization: ["company"] },
  claims: { region: { from: "user", field: "region" }, plan: { from: "organization", field: "plan" } },
} satisfies IdentityOptions;

/** What a server may say of a key that it makes. */
interface KeyOptions {
  readonly configId?: string;
  readonly userId?: string;
  readonly organizationId?: string;
  readonly expiresIn?: number;
  readonly remaining?: number;
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly permissions?: Record<string, Array<string>>;
}

/** Texts that Postgres does not cast to jsonb, most of which begin as a key's own would. */
const broken = (organizationId: string): ReadonlyArray<string> => {
  const said = `"organizationId": "${organizationId}", "roles": ["member"]`;
  return [
    ...["", " ", "member", "{", "[object Object]", "undefined", "NaN", "{'roles': ['member']}"],
    ...[`{${said}`, `{${said}}}`, `{${said},}`, `{${said}} {}`, `{${said}, "x": 01}`, `{${said}, "x": 1e99999999}`],
    ...[`{${said}, "x": "\\u0000"}`, `{${said}, "x": "\\ud800"}`, `{${said}, "x": "\\x"}`, `{${said}, "x": "\n"}`],
    `{${said}, "x": ${"[".repeat(50_000)}${"]".repeat(50_000)}}`,
  ];
};

const timeouts = { statementMs: 10_000, lockMs: 5_000 };

describe.each<Kind>(["pglite", "postgres"])("an API key on %s", (kind) => {
  const open = () => openAuthWorld(kind, guarded, options, identityOptions);
  let world: Awaited<ReturnType<typeof open>>;
  let olive: Device;
  let boss: Device;
  let mia: Device;
  let acme: string;
  let bolt: string;
  let membership: string;
  let people = 0;

  const api = () => world.auth.api;
  const signUp = async (name: string): Promise<Device> => {
    people += 1;
    const body = { name, email: `${name}${people}@example.com`, password };
    return device(await api().signUpEmail({ body, returnHeaders: true }));
  };
  const createOrganization = async (name: string): Promise<string> => {
    people += 1;
    const body = { name, slug: `${name}${people}` };
    const created = await api().createOrganization({ body, headers: olive.headers });
    for (const [table, label] of [
      ["notes", name],
      ["ledgers", `${name} ledger`],
      ["lobbies", `${name} lobby`],
    ]) {
      await world.truth(`insert into ${table} (organization_id, label) values ($1, $2)`, created.id, label ?? "");
    }
    await world.truth("update organization set plan = $2 where id = $1", created.id, name);
    return created.id;
  };

  beforeAll(async () => {
    world = await open();
    olive = await signUp("olive");
    boss = await signUp("boss");
    await world.truth(`update "user" set role = 'admin' where id = $1`, boss.userId);
    acme = await createOrganization("acme");
    bolt = await createOrganization("bolt");
  });
  afterAll(() => world.close());

  /** Mia is a member of acme and not of bolt. */
  beforeEach(async () => {
    mia = await signUp("mia");
    await world.truth("insert into diaries (user_id, label) values ($1, 'own')", mia.userId);
    await world.truth(`update "user" set region = 'north' where id = $1`, mia.userId);
    const body = { userId: mia.userId, role: "member" as const, organizationId: acme };
    membership = (await api().addMember({ body })).id;
  });

  const keyOf = async (more: KeyOptions = {}) => {
    const created = await api().createApiKey({ body: { userId: mia.userId, ...more } });
    return { key: created.key, id: created.id };
  };
  const inAcme = () => ({ metadata: { organizationId: acme }, permissions: { roles: ["member"] } });
  const ofAcme = (roles: ReadonlyArray<string>) =>
    keyOf({ configId: "company", userId: olive.userId, organizationId: acme, permissions: { roles: [...roles] } });

  const ask = (key: string, ...statements: ReadonlyArray<string>) =>
    world.request(enterApiKey(sha256(key), timeouts), ...statements);
  const sees = async ({ key }: { readonly key: string }): Promise<ReadonlyArray<unknown>> =>
    ((await ask(key, everything))[0]?.rows ?? []).map((row) => row.label).sort();
  const caller = async ({ key }: { readonly key: string }) =>
    (await ask(key, "select * from hedgerow.caller()"))[0]?.rows[0];

  describe("of a user", () => {
    it("is that user, without session, organization, roles and platform roles", async () => {
      await world.truth(`update "user" set role = 'admin' where id = $1`, mia.userId);
      const key = await keyOf();
      expect(await caller(key)).toEqual({
        session_id: null,
        user_id: mia.userId,
        org_id: null,
        org_roles: [],
        team_id: null,
        user_roles: [],
        claims: { region: "north", plan: null },
      });
      expect(await sees(key)).toEqual(["own"]);
    });

    it("is in the organization of its metadata with the roles that its permissions name", async () => {
      const key = await keyOf(inAcme());
      expect(await sees(key)).toEqual(["acme", "acme lobby", "own"]);
      expect((await caller(key))?.claims).toEqual({ region: "north", plan: "acme" });
    });

    it("is in no organization unless it names one and a role in it", async () => {
      for (const more of [
        { metadata: { organizationId: acme } },
        { permissions: { roles: ["member"] } },
        { metadata: { organizationId: acme }, permissions: { roles: [] } },
        { metadata: { organizationId: acme }, permissions: { roles: [""] } },
        { metadata: { organizationId: acme }, permissions: { documents: ["member"] } },
        { metadata: { organizationId: [acme] }, permissions: { roles: ["member"] } },
        { metadata: { organization: acme }, permissions: { roles: ["member"] } },
      ]) {
        expect(await sees(await keyOf(more)), JSON.stringify(more)).toEqual(["own"]);
      }
    });

    it("has no role that its user has not: a member's key cannot be an owner's", async () => {
      const roles = ["owner", "admin", "member"];
      const key = await keyOf({ ...inAcme(), permissions: { roles } });
      expect(await sees(key)).toEqual(["acme", "acme lobby", "own"]);
      const owner = await keyOf({ ...inAcme(), permissions: { roles: ["owner"] } });
      expect(await sees(owner)).toEqual(["own"]);
      await world.truth("update member set role = 'member, admin' where id = $1", membership);
      expect(await sees(key)).toEqual(["acme", "acme ledger", "acme lobby", "own"]);
      expect((await caller(key))?.org_roles).toEqual(["member", "admin"]);
      await world.truth("update member set role = 'member' where id = $1", membership);
      expect(await sees(key)).toEqual(["acme", "acme lobby", "own"]);
    });

    it("is in no organization that its user is not a member of, now", async () => {
      const foreign = await keyOf({ ...inAcme(), metadata: { organizationId: bolt } });
      expect(await sees(foreign)).toEqual(["own"]);
      const key = await keyOf(inAcme());
      await api().removeMember({
        body: { memberIdOrEmail: membership, organizationId: acme },
        headers: olive.headers,
      });
      expect(await sees(key)).toEqual(["own"]);
    });

    it("is nobody while the user is banned, and gone with the user", async () => {
      const key = await keyOf(inAcme());
      await api().banUser({ body: { userId: mia.userId }, headers: boss.headers });
      expect(await sees(key)).toEqual([]);
      await api().unbanUser({ body: { userId: mia.userId }, headers: boss.headers });
      expect(await sees(key)).toEqual(["acme", "acme lobby", "own"]);
      await world.truth(`delete from "user" where id = $1`, mia.userId);
      expect(await caller(key)).toBeUndefined();
    });

    it.each(["metadata", "permissions"])("is nobody, and raises nothing, while its %s are no JSON", async (column) => {
      const key = await keyOf(inAcme());
      const ofOrganization = await ofAcme(["member"]);
      const store = async ({ id }: { readonly id: string }, text: string | null) => {
        await world.truth(`update apikey set ${column} = $2 where id = $1`, id, text);
      };
      for (const text of broken(acme)) {
        await store(key, text);
        expect(await caller(key), text).toBeUndefined();
        expect(await sees(key), text).toEqual([]);
        if (column === "permissions") {
          await store(ofOrganization, text);
          expect(await caller(ofOrganization), text).toBeUndefined();
        }
      }
      await store(key, null);
      expect(await sees(key)).toEqual(["own"]);
      await store(key, JSON.stringify(inAcme()[column === "metadata" ? "metadata" : "permissions"]));
      expect(await sees(key)).toEqual(["acme", "acme lobby", "own"]);
    });

    it("reads nothing of Better Auth's tables", async () => {
      const { key } = await keyOf(inAcme());
      for (const table of ['"user"', "session", "organization", "member", "invitation"]) {
        expect((await ask(key, `select id from ${table}`))[0]?.count, table).toBe(0);
        expect(
          (await world.as(mia.tokenHash, `select id from ${table}`))[0]?.count,
          `${table} with a session`,
        ).toBeGreaterThanOrEqual(table === "invitation" ? 0 : 1);
      }
      const [answer] = await ask(key, "select hedgerow.member_organizations() as organizations");
      expect(answer?.rows).toEqual([{ organizations: [] }]);
      await expect(ask(key, "select 1 from apikey")).rejects.toMatchObject({ sqlState: "42501" });
    });
  });

  describe("of an organization", () => {
    it("is in that organization with the roles that it names, and is no user", async () => {
      const key = await ofAcme(["member"]);
      expect(await caller(key)).toEqual({
        session_id: null,
        user_id: null,
        org_id: acme,
        org_roles: ["member"],
        team_id: null,
        user_roles: [],
        claims: { region: null, plan: "acme" },
      });
      expect(await sees(key)).toEqual(["acme"]);
      expect(await sees(await ofAcme(["member", "admin"]))).toEqual(["acme", "acme ledger"]);
    });

    it("is nobody without a role", async () => {
      expect(await caller(await ofAcme([]))).toBeUndefined();
      const plain = await keyOf({ configId: "company", userId: olive.userId, organizationId: acme });
      expect(await caller(plain)).toBeUndefined();
    });

    it("stays when who made it leaves, and is gone with the organization", async () => {
      const corp = await createOrganization("corp");
      const permissions = { roles: ["member"] };
      const key = await keyOf({ configId: "company", userId: olive.userId, organizationId: corp, permissions });
      await world.truth("delete from member where organization_id = $1", corp);
      expect(await sees(key)).toEqual(["corp"]);
      await world.truth("delete from organization where id = $1", corp);
      expect(await caller(key)).toBeUndefined();
    });
  });

  describe("is nobody", () => {
    const worthless = async (key: { readonly key: string }): Promise<void> => {
      expect(await caller(key)).toBeUndefined();
      expect(await sees(key)).toEqual([]);
    };

    it("when it is forged, cut, longer, or empty", async () => {
      const { key } = await keyOf(inAcme());
      for (const other of ["forged", key.slice(0, -1), `${key}x`, key.toLowerCase(), ""]) {
        await worthless({ key: other });
      }
    });

    it("when it is revoked or disabled by its user, or has expired", async () => {
      const revoked = await keyOf(inAcme());
      await api().deleteApiKey({ body: { keyId: revoked.id }, headers: mia.headers });
      await worthless(revoked);
      const disabled = await keyOf(inAcme());
      await api().updateApiKey({ body: { keyId: disabled.id, enabled: false }, headers: mia.headers });
      await worthless(disabled);
      const expired = await keyOf({ ...inAcme(), expiresIn: 86_400 });
      expect(await sees(expired)).toContain("acme");
      await world.truth("update apikey set expires_at = now() - interval '1 second' where id = $1", expired.id);
      await worthless(expired);
    });

    it("when its uses are counted, because nobody counts here", async () => {
      const key = await keyOf({ ...inAcme(), remaining: 5 });
      await worthless(key);
      await world.truth("update apikey set remaining = 0 where id = $1", key.id);
      await worthless(key);
    });

    it("when its configuration is not listed, or does not hash", async () => {
      await worthless(await keyOf({ ...inAcme(), configId: "unlisted" }));
      const raw = await keyOf({ configId: "unhashed", permissions: { roles: ["member"] } });
      expect(await world.truth("select key from apikey where id = $1", raw.id)).toEqual([{ key: raw.key }]);
      await worthless(raw);
    });

    it("when what is stored of it is presented instead of it", async () => {
      const { id } = await keyOf(inAcme());
      const [row] = await world.truth("select key from apikey where id = $1", id);
      await worthless({ key: String(row?.key) });
    });
  });

  describe("is not a session", () => {
    const byToken = async (hash: string) =>
      (await world.as(hash, "select * from hedgerow.caller()"))[0]?.rows[0]?.user_id;

    it("where a session is asked for, nor a session's token a key", async () => {
      const { key } = await keyOf(inAcme());
      expect(await byToken(sha256(key))).toBeUndefined();
      expect(await caller({ key: mia.token })).toBeUndefined();
      expect(await byToken(mia.tokenHash)).toBe(mia.userId);
    });

    it("and together with one it is nobody", async () => {
      const { key } = await keyOf(inAcme());
      const also = `select ${saying({ token: olive.tokenHash, apiKey: sha256(key) })}`;
      const [, answer] = await world.as(olive.tokenHash, also, "select * from hedgerow.caller()");
      expect(answer?.rows).toEqual([]);
    });
  });

  it("leaves nothing to the next request on the same connection", async () => {
    const { key } = await keyOf(inAcme());
    for (let connection = 0; connection < 2; connection++) {
      await ask(key, `select ${saying({ apiKey: sha256(key) }, true)}`);
    }
    for (let connection = 0; connection < 2; connection++) {
      const [answer] = await world.as(
        null,
        "select current_setting('hedgerow.request') as said, hedgerow.get_user_id() as id",
      );
      expect(answer?.rows).toEqual([{ said: requestText({}), id: null }]);
      const [asOlive] = await world.as(olive.tokenHash, "select hedgerow.get_user_id() as id");
      expect(asOlive?.rows).toEqual([{ id: olive.userId }]);
    }
  });

  it("is found through the index, whatever the definer may read beside", async () => {
    const indexes = await world.truth("select indexdef from pg_indexes where tablename = 'apikey'");
    expect(indexes.map(({ indexdef }) => indexdef)).toContain(
      "CREATE INDEX apikey_key_idx ON public.apikey USING btree (key)",
    );
    const readable = await world.truth(
      "select c.relname from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and has_table_privilege('hedgerow_definer', c.oid, 'select') order by 1",
    );
    expect(readable.map(({ relname }) => relname)).toEqual([
      "apikey",
      "member",
      "organization",
      "session",
      "team",
      "team_member",
      "user",
    ]);
  });

  describe("over HTTP", () => {
    const post = async (who: Device, path: string, body: unknown): Promise<number> => {
      const headers = new Headers(who.headers);
      headers.set("content-type", "application/json");
      const url = `${basics.baseURL}/api/auth${path}`;
      return (await world.auth.handler(new Request(url, { method: "POST", headers, body: JSON.stringify(body) })))
        .status;
    };

    it("cannot be made or changed by a client so that it has roles or uses", async () => {
      const { id, key } = await keyOf({ metadata: { organizationId: acme } });
      for (const more of [{ permissions: { roles: ["owner"] } }, { remaining: 5 }]) {
        expect(await post(mia, "/api-key/create", { name: "mine", ...more })).toBe(400);
        expect(await post(mia, "/api-key/update", { keyId: id, ...more })).toBe(400);
      }
      expect(await post(mia, "/api-key/create", { userId: olive.userId })).toBe(401);
      expect(await post(mia, "/api-key/create", { configId: "company", organizationId: acme })).toBe(403);
      expect(await sees({ key })).toEqual(["own"]);
      // Only the choice between their own organizations is theirs.
      expect(await post(mia, "/api-key/update", { keyId: id, metadata: { organizationId: bolt } })).toBe(200);
      expect(await sees({ key })).toEqual(["own"]);
    });

    const request = async (headers: Record<string, string>, path = "/notes", init: RequestInit = {}) => {
      const router = createRouter({
        schema: guarded,
        auth: sessionAuthenticator(world.auth, { apiKeys: {} }),
        database: world.api,
      });
      const response = await router.request(`${basics.baseURL}${path}`, { ...init, headers });
      const json = await response.json();
      return {
        status: response.status,
        labels: json.data?.map?.((row: { label: string }) => row.label),
        code: json.code,
      };
    };

    it("is asked alone: no cookie takes the place of a key that is worth nothing", async () => {
      await api().setActiveOrganization({ body: { organizationId: acme }, headers: mia.headers });
      const cookie = mia.headers.get("cookie") ?? "";
      const { key } = await keyOf(inAcme());
      expect(await request({ cookie })).toMatchObject({ status: 200, labels: ["acme"] });
      expect(await request({ "x-api-key": key })).toMatchObject({ status: 200, labels: ["acme"] });
      for (const wrong of ["forged", "", mia.token, `${key}, ${key}`, "k".repeat(10_000)]) {
        expect(await request({ cookie, "x-api-key": wrong }), wrong.slice(0, 9)).toMatchObject({
          status: 401,
          code: "authentication_required",
        });
      }
      const ofOlive = await keyOf({ userId: olive.userId, permissions: { roles: ["owner"] } });
      expect(await request({ cookie, "x-api-key": ofOlive.key })).toMatchObject({ code: "no_active_organization" });
    });

    it("of an organization may what its roles may, and not what needs a user", async () => {
      const member = await ofAcme(["member"]);
      const admin = await ofAcme(["admin"]);
      const write = { method: "POST", body: JSON.stringify({ label: "by a key" }) };
      const json = { "content-type": "application/json" };
      expect(await request({ "x-api-key": member.key })).toMatchObject({ status: 200, labels: ["acme"] });
      expect(await request({ "x-api-key": member.key }, "/ledgers")).toMatchObject({ status: 403, code: "forbidden" });
      expect((await request({ "x-api-key": member.key }, "/lobbies")).status).toBe(403);
      expect((await request({ "x-api-key": member.key }, "/diaries")).status).toBe(403);
      expect((await request({ "x-api-key": member.key, ...json }, "/notes", write)).status).toBe(403);
      expect((await request({ "x-api-key": admin.key, ...json }, "/notes", write)).status).toBe(201);
      expect(await world.truth("select organization_id from notes where label = 'by a key'")).toEqual([
        { organization_id: acme },
      ]);
      await world.truth("delete from notes where label = 'by a key'");
    });

    it("of one organization does not reach another, whatever else the request names", async () => {
      const { key } = await ofAcme(["admin"]);
      const body = JSON.stringify({ label: "smuggled", organizationId: bolt });
      const headers = { "x-api-key": key, "content-type": "application/json", "x-organization-id": bolt };
      expect((await request(headers)).labels).toEqual(["acme"]);
      expect((await request(headers, `/notes?organizationId=${bolt}`)).labels ?? []).toEqual([]);
      expect((await request(headers, "/notes", { method: "POST", body })).status).toBeGreaterThanOrEqual(400);
      expect(await world.truth("select 1 from notes where label = 'smuggled'")).toEqual([]);
    });
  });
});

describe.each(["uuid", "serial"] as const)("where ids are of the kind %s", (generateId) => {
  it("keys are found, those whose uses are counted as long as some are left where that is asked for", async () => {
    const more = { ...options, advanced: { database: { generateId } } } satisfies BetterAuthOptions;
    const apiKeys = { user: ["default"], organization: ["company"], uncounted: true };
    const world = await openAuthWorld("pglite", {}, more, { apiKeys });
    try {
      const { api } = world.auth;
      const body = { name: "mia", email: "mia@example.com", password };
      const { userId, headers } = device(await api.signUpEmail({ body, returnHeaders: true }));
      const acme = await api.createOrganization({ body: { name: "acme", slug: "acme" }, headers });
      const organizationId = String(acme.id);
      const caller = async (key: string) => {
        const statement = "select user_id, org_id, org_roles from hedgerow.caller()";
        return (await world.request(enterApiKey(sha256(key), timeouts), statement))[0]?.rows;
      };
      const permissions = { roles: ["owner"] };
      const mine = { userId: String(userId), metadata: { organizationId }, permissions, remaining: 1 };
      const { key } = await api.createApiKey({ body: mine });
      expect(await caller(key)).toEqual([{ user_id: String(userId), org_id: organizationId, org_roles: ["owner"] }]);
      await world.truth("update apikey set remaining = 0");
      expect(await caller(key)).toEqual([]);
      const odd = await api.createApiKey({ body: { ...mine, metadata: { organizationId: "not an id" } } });
      expect(await caller(odd.key)).toEqual([{ user_id: String(userId), org_id: null, org_roles: [] }]);
      const ours = { configId: "company", userId: String(userId), organizationId, permissions };
      const company = await api.createApiKey({ body: ours });
      expect(await caller(company.key)).toEqual([{ user_id: null, org_id: organizationId, org_roles: ["owner"] }]);
    } finally {
      await world.close();
    }
  });
});

it("is pushed, and pushed again: the catalog is as declared", async () => {
  const client = await freshPglite();
  try {
    const identity = sessionIdentity(options, identityOptions);
    const pushed = {
      schema: { ...authTables(options, identityOptions), ...guarded },
      identity,
      database: pglite(client),
    };
    await push(pushed);
    expect(await drift(pushed)).toEqual([]);
    await push(pushed);
    expect(await drift(pushed)).toEqual([]);
  } finally {
    await client.close();
  }
});

describe("what is said of keys", () => {
  it("must be true: keys that are stored, each of one kind, and at least one", () => {
    expect(() => sessionIdentity(basics, { apiKeys: { user: ["default"] } })).toThrow("Better Auth stores no keys");
    expect(() => sessionIdentity(options, { apiKeys: { user: ["a"], organization: ["a"] } })).toThrow("not to both");
    expect(() => sessionIdentity(options, { apiKeys: {} })).toThrow("list the configurations");
    const plugins = [apiKey()];
    expect(() => sessionIdentity({ ...basics, plugins }, { apiKeys: { organization: ["default"] } })).toThrow(
      "stores no organizations",
    );
  });

  it("is nothing unless said, even where the plugin is there", () => {
    const identity = sessionIdentity(options);
    expect(identity.apiKeyQuery).toBeUndefined();
    expect(identity.reads.map(({ name }) => name)).not.toContain("apikey");
  });
});
