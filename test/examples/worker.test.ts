/** The Worker of the examples: bundled as wrangler does it, in the real workerd, on Neon's SQL over HTTP. */
import { readFileSync } from "node:fs";
import { sessionIdentity } from "hedgerow/better-auth";
import { push } from "hedgerow/drizzle-kit";
import { type NeonLocal, startNeonLocal } from "hedgerow/neon-local";
import { nodePostgres } from "hedgerow/node-postgres";
import { Miniflare } from "miniflare";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { authOptions } from "../../examples/worker/auth.js";
import * as schema from "../../examples/worker/schema.js";
import { playTour } from "../../examples/worker/tour.js";
import { bundleWorker } from "../../scripts/bundle-worker.js";
import { workerConfiguration } from "../../scripts/wrangler-configuration.js";
import { type FreshPostgres, freshPostgres } from "../support/databases.js";
import { eventually } from "../support/eventually.js";
import { openRelay, type Relay } from "../support/relay.js";

const configuration = workerConfiguration();
const baseURL: string = configuration.vars.BASE_URL;

let postgres: FreshPostgres;
let local: NeonLocal;
let relays: { readonly api: Relay; readonly auth: Relay };
let worker: Miniflare;
let address: URL;

beforeAll(async () => {
  postgres = await freshPostgres();
  // Outside of the Worker, and with the owner's login, as it is for the real one.
  await push({ schema, identity: sessionIdentity(authOptions), database: nodePostgres(postgres.ownerPool) });
  await postgres.ownerPool.query("alter role hedgerow_api password 'api'");
  await postgres.ownerPool.query("alter role hedgerow_auth password 'auth'");
  local = await startNeonLocal({ target: { url: postgres.ownerUrl } });
  relays = { api: await openRelay(local.port, 0), auth: await openRelay(local.port, 0) };
  const { code } = await bundleWorker("examples/worker/worker.ts");
  worker = new Miniflare({
    // What it logs about the requests that the tests break is as expected.
    handleRuntimeStdio: (...streams: ReadonlyArray<NodeJS.ReadableStream>) => {
      for (const stream of streams) stream.resume();
    },
    modules: [{ type: "ESModule", path: "worker.js", contents: code }],
    compatibilityDate: configuration.compatibility_date,
    compatibilityFlags: configuration.compatibility_flags,
    bindings: {
      ...configuration.vars,
      DATABASE_URL: relays.api.through(local.url("hedgerow_api", "api", "app")),
      AUTH_DATABASE_URL: relays.auth.through(local.url("hedgerow_auth", "auth", "app")),
      BETTER_AUTH_SECRET: "a-secret-that-is-only-used-in-these-tests-0123456789",
    },
  });
  address = await worker.ready;
});
afterAll(async () => {
  await worker?.dispose();
  await relays?.api.close();
  await relays?.auth.close();
  await local?.close();
  await postgres?.close();
});

let addresses = 0;
/** Somewhere else than every other client. */
const elsewhere = (): string => {
  addresses += 1;
  return `203.0.113.${addresses}`;
};

const call = (method: string, path: string, cookie = "", body?: object, from = elsewhere()): Promise<Response> =>
  fetch(new URL(path, address), {
    method,
    headers: {
      cookie,
      origin: baseURL,
      // What Cloudflare adds, and what a client may pretend.
      "cf-connecting-ip": from,
      "x-forwarded-for": elsewhere(),
      ...(body && { "content-type": "application/json" }),
    },
    ...(body && { body: JSON.stringify(body) }),
  });

const cookieOf = (response: Response): string =>
  response.headers
    .getSetCookie()
    .map((cookie) => cookie.split(";")[0])
    .join("; ");

const password = "correct horse battery staple";

const post = async (path: string, cookie: string, body: object): Promise<Response> => {
  const response = await call("POST", `/auth/v1${path}`, cookie, body);
  expect(response.status, `${path}: ${await response.clone().text()}`).toBe(200);
  return response;
};

const signUp = async (name: string): Promise<string> =>
  cookieOf(await post("/sign-up/email", "", { email: `${name}@example.com`, name, password }));

const createOrganization = async (cookie: string, slug: string): Promise<string> =>
  (await (await post("/organization/create", cookie, { name: slug, slug })).json()).id;

const titles = async (cookie: string): Promise<ReadonlyArray<string>> => {
  const response = await call("GET", "/api/v1/documents?sort=title", cookie);
  expect(response.status, await response.clone().text()).toBe(200);
  return (await response.json()).data.map(({ title }: { title: string }) => title);
};

describe("the example Worker in workerd", () => {
  it.each([
    ["auth", "/auth/v1/get-session", 200],
    ["api", "/api/v1/documents", 401],
  ] as const)(
    "does not let requests wait for one that the database of %s never answers",
    async (name, path, status) => {
      const relay = relays[name];
      relay.stallNext();
      const abort = new AbortController();
      const first = fetch(new URL(path, address), { signal: abort.signal }).catch(() => "given up");
      await eventually("the first request at the database", () => expect(relay.requests()).toBe(1));
      const others = await Promise.all(Array.from({ length: 10 }, () => call("GET", path)));
      expect(others.map((response) => response.status)).toEqual(Array.from({ length: 10 }, () => status));
      abort.abort();
      expect(await first).toBe("given up");
      expect((await call("GET", path)).status).toBe(status);
    },
  );

  it("signs up, signs in, switches the organization, and keeps tenants apart", async () => {
    await signUp("ada");
    const ada = cookieOf(await post("/sign-in/email", "", { email: "ada@example.com", password }));
    const acme = await createOrganization(ada, "acme");
    const created = await call("POST", "/api/v1/documents", ada, { title: "Roadmap" });
    expect(created.status).toBe(201);
    const { id, organizationId } = await created.json();
    expect(organizationId).toBe(acme);
    expect(await titles(ada)).toEqual(["Roadmap"]);

    await createOrganization(ada, "initech");
    expect(await titles(ada)).toEqual([]);
    await post("/organization/set-active", ada, { organizationId: acme });
    expect(await titles(ada)).toEqual(["Roadmap"]);

    const eve = await signUp("eve");
    expect((await call("GET", "/api/v1/documents", eve)).status).toBe(403);
    await createOrganization(eve, "globex");
    expect(await titles(eve)).toEqual([]);
    expect((await call("GET", `/api/v1/documents/${id}`, eve)).status).toBe(404);
    expect((await call("PATCH", `/api/v1/documents/${id}`, eve, { title: "x" })).status).toBe(404);
    expect((await call("DELETE", `/api/v1/documents/${id}`, eve)).status).toBe(404);
    expect((await call("POST", "/auth/v1/organization/set-active", eve, { organizationId: acme })).status).toBe(403);
    expect(await titles(ada)).toEqual(["Roadmap"]);
  });

  it("plays the story of the guide, which can be played again", async () => {
    const lines: Array<string> = [];
    const stage = { url: address.href, origin: baseURL, asked: relays.api.requests };
    await playTour({ ...stage, print: (line) => lines.push(line) });
    const guide = readFileSync("docs/workers-and-neon.md", "utf8");
    const told = /```console\n\$ npm run tour:worker\n([\s\S]*?)```/.exec(guide)?.[1];
    expect(`${lines.join("\n")}\n`).toBe(told);
    await playTour({ ...stage, print: () => {} });
  });

  it("answers 401 without a cookie, with a forged one and after sign-out", async () => {
    expect((await call("GET", "/api/v1/documents")).status).toBe(401);
    const cookie = await signUp("ben");
    await createOrganization(cookie, "hooli");
    expect(await titles(cookie)).toEqual([]);
    const forged = cookie.replace(/=(.)/, (_, first: string) => `=${first === "x" ? "y" : "x"}`);
    expect((await call("GET", "/api/v1/documents", forged)).status).toBe(401);
    await post("/sign-out", cookie, {});
    expect((await call("GET", "/api/v1/documents", cookie)).status).toBe(401);
  });

  it("lets nobody try passwords without end, whatever address they pretend to have", async () => {
    const from = elsewhere();
    const guess = (): Promise<Response> =>
      call("POST", "/auth/v1/sign-in/email", "", { email: "ada@example.com", password: "guess" }, from);
    const statuses: Array<number> = [];
    for (let attempt = 0; attempt < 5; attempt += 1) statuses.push((await guess()).status);
    expect(statuses).toEqual([401, 401, 401, 429, 429]);
  });

  it("keeps callers apart whose requests run in one isolate at the same time", async () => {
    const people = await Promise.all(
      ["kim", "lou", "mia"].map(async (name) => {
        const cookie = await signUp(name);
        await createOrganization(cookie, name);
        expect((await call("POST", "/api/v1/documents", cookie, { title: name })).status).toBe(201);
        return { name, cookie };
      }),
    );
    const crowd = Array.from({ length: 30 }, (_, index) => people[index % people.length]);
    const seen = await Promise.all(crowd.map((person) => titles(person?.cookie ?? "")));
    expect(seen).toEqual(crowd.map((person) => [person?.name]));
  });
});
