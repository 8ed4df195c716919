/**
 * `examples/token` as it is deployed: Better Auth on one database as `hedgerow_auth`, the guarded tables on a PostgreSQL that
 * has no table of Better Auth, and nothing between the two but HTTP on this machine.
 */
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { toNodeHandler } from "better-auth/node";
import { push } from "hedgerow/drizzle-kit";
import { nodePostgres } from "hedgerow/node-postgres";
import { afterAll, afterEach, beforeAll, expect, it, vi } from "vitest";
import { createApi, identity, invoices, titles } from "../../examples/token/api.js";
import { authOptions, createAuth, tables } from "../../examples/token/issuer.js";
import { basics, type Device, device, installBetterAuth, openPostgres, password } from "../support/better-auth.js";
import { type FreshPostgres, freshPostgres } from "../support/databases.js";

const minute = 60_000;
const apiPassword = "api-Password-of-a-test";

let postgres: FreshPostgres;
let world: Awaited<ReturnType<typeof startIssuer>>;
let auth: ReturnType<typeof createAuth>;
let authUrl: string;
let apiUrl: string;
const servers: Array<Server> = [];

const startIssuer = async () => installBetterAuth(await openPostgres(), { ...basics, ...authOptions });

const listen = async (listener: RequestListener): Promise<string> => {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

const signUp = async (name: string): Promise<Device> =>
  device(
    await auth.api.signUpEmail({
      body: { name, email: `${name}@example.com`, password },
      returnHeaders: true,
    }),
  );

const tokenOf = async ({ headers }: Device): Promise<string> => (await auth.api.getToken({ headers })).token;

const call = async (token: string | null, path: string, init: { method?: string; body?: unknown } = {}) => {
  const response = await fetch(`${apiUrl}${path}`, {
    method: init.method ?? "GET",
    headers: {
      ...(token !== null && { authorization: `Bearer ${token}` }),
      ...(init.body !== undefined && { "content-type": "application/json" }),
    },
    ...(init.body !== undefined && { body: JSON.stringify(init.body) }),
  });
  return { status: response.status, text: await response.text() };
};

const seen = async (token: string): Promise<ReadonlyArray<string>> => {
  const { status, text } = await call(token, "/invoices");
  expect([status, text]).toEqual([200, expect.any(String)]);
  return JSON.parse(text).data.map(({ title }: { title: string }) => title);
};

let ada: Device;
let ben: Device;
let acme: string;
let globex: string;

const activate = (of: Device, organizationId: string | null) =>
  auth.api.setActiveOrganization({ body: { organizationId }, headers: of.headers });

beforeAll(async () => {
  [world, postgres] = await Promise.all([startIssuer(), freshPostgres()]);
  auth = createAuth(world.db, basics.baseURL, basics.secret);
  authUrl = await listen(toNodeHandler(auth));

  await push({ schema: { invoices }, identity, database: nodePostgres(postgres.ownerPool) });
  await postgres.pool(postgres.superuserUrl).query(`alter role hedgerow_api password '${apiPassword}'`);
  const pool = postgres.pool(postgres.url("hedgerow_api", apiPassword), { max: 2 });
  apiUrl = await listen(getRequestListener(createApi(nodePostgres(pool), authUrl).fetch));

  ada = await signUp("ada");
  ben = await signUp("ben");
  const create = async (of: Device, name: string): Promise<string> =>
    (await auth.api.createOrganization({ body: { name, slug: name }, headers: of.headers })).id;
  acme = await create(ada, "acme");
  const first = await tokenOf(ada);
  globex = await create(ada, "globex");
  const second = await tokenOf(ada);
  await auth.api.addMember({ body: { userId: ben.userId, role: "member", organizationId: acme } });
  for (const [token, title] of [
    [first, "of acme"],
    [second, "of globex"],
  ] as const) {
    expect(await call(token, "/invoices", { method: "POST", body: { title } })).toMatchObject({ status: 201 });
  }
});

afterEach(() => {
  vi.useRealTimers();
});

afterAll(async () => {
  for (const server of servers) {
    server.close();
    server.closeAllConnections();
  }
  await Promise.all([world?.postgres.close(), postgres?.close()]);
});

it("the two databases share nothing", async () => {
  const { rows } = await postgres.ownerPool.query("select tablename from pg_tables where schemaname = 'public'");
  expect(rows).toEqual([{ tablename: "invoices" }]);
  expect(Object.keys(tables)).toContain("jwks");
  const stored = await world.asOwner("select tablename from pg_tables where schemaname = 'public'");
  expect(stored.map(({ tablename }) => tablename)).not.toContain("invoices");
});

it("who signs in sees the rows of the own organization, and after a switch those of the other", async () => {
  await activate(ada, acme);
  const cookie = ada.headers.get("cookie") ?? "";
  expect(await titles(authUrl, apiUrl, cookie)).toEqual(["of acme"]);
  const before = await tokenOf(ada);
  await activate(ada, globex);
  expect(await titles(authUrl, apiUrl, cookie)).toEqual(["of globex"]);
  // The older token is for the organization of its moment, and for no other.
  expect(await seen(before)).toEqual(["of acme"]);
});

it("roles are those of the organization that the token is for", async () => {
  await activate(ben, acme);
  const [row] = JSON.parse((await call(await tokenOf(ben), "/invoices")).text).data;
  expect(row).toMatchObject({ title: "of acme", organizationId: acme, userId: ada.userId });
  expect((await call(await tokenOf(ben), `/invoices/${row.id}`, { method: "DELETE" })).status).toBe(403);
});

it("after a removal the old token is good for the rest of its five minutes, and a new one has no organization", async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  await activate(ben, acme);
  const old = await tokenOf(ben);
  await auth.api.removeMember({
    body: { memberIdOrEmail: "ben@example.com", organizationId: acme },
    headers: ada.headers,
  });
  expect((await auth.api.getSession({ headers: ben.headers }))?.session.activeOrganizationId).toBe(acme);
  expect(await seen(old)).toEqual(["of acme"]);
  const { status, text } = await call(await tokenOf(ben), "/invoices");
  expect([status, text]).toEqual([403, expect.stringContaining("organization")]);

  vi.setSystemTime(Date.now() + 4 * minute + 50_000);
  expect(await seen(old)).toEqual(["of acme"]);
  vi.setSystemTime(Date.now() + 20_000);
  expect((await call(old, "/invoices")).status).toBe(401);
});

it("after signing out there is no new token, and the old one ends by itself", async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  const cleo = await signUp("cleo");
  const old = await tokenOf(cleo);
  await auth.api.signOut({ headers: cleo.headers });
  await expect(tokenOf(cleo)).rejects.toMatchObject({ status: "UNAUTHORIZED" });
  expect((await call(old, "/invoices")).status).toBe(403);
  vi.setSystemTime(Date.now() + 5 * minute + 10_000);
  expect((await call(old, "/invoices")).status).toBe(401);
});

it("a token of another audience, of nobody, or of one's own making opens nothing", async () => {
  const other = await auth.api.signJWT({
    body: { payload: { sub: ada.userId, aud: "https://other.example.com", o: { id: acme, roles: ["owner"] } } },
  });
  expect((await call(other.token, "/invoices")).status).toBe(401);
  expect((await call(null, "/invoices")).status).toBe(401);
  const [header = "", payload = "", signature = ""] = (await tokenOf(ada)).split(".");
  const forged = { ...JSON.parse(Buffer.from(payload, "base64url").toString()), o: { id: acme, roles: ["owner"] } };
  const body = Buffer.from(JSON.stringify(forged)).toString("base64url");
  expect((await call(`${header}.${body}.${signature}`, "/invoices")).status).toBe(401);
});
