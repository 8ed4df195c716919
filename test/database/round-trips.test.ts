/** A request of the API is one round trip to Postgres, on every driver that can send statements together. */
import { drizzle } from "drizzle-orm/node-postgres";
import { sessionAuthenticator, sessionIdentity } from "hedgerow/better-auth";
import { push } from "hedgerow/drizzle-kit";
import { createRouter, type DatabaseShape } from "hedgerow/hono";
import { type NeonOptions, neon } from "hedgerow/neon";
import { type NeonLocal, startNeonLocal } from "hedgerow/neon-local";
import { nodePostgres } from "hedgerow/node-postgres";
import { postgresJs } from "hedgerow/postgres-js";
import postgresjs from "postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Auth, authOptions, createAuth } from "../../examples/app/auth.js";
import * as schema from "../../examples/app/schema.js";
import { type FreshPostgres, freshPostgres } from "../support/databases.js";
import { openRelay, type Relay } from "../support/relay.js";

const baseURL = "http://localhost:3000";
let postgres: FreshPostgres;
let local: NeonLocal;
let relays: { readonly server: Relay; readonly neon: Relay };
let auth: Auth;
let cookie: string;

beforeAll(async () => {
  postgres = await freshPostgres();
  await push({ schema, identity: sessionIdentity(authOptions), database: nodePostgres(postgres.ownerPool) });
  await postgres.ownerPool.query("alter role hedgerow_api password 'api'");
  await postgres.ownerPool.query("alter role hedgerow_auth password 'auth'");
  local = await startNeonLocal({ target: { url: postgres.ownerUrl } });
  relays = { server: await openRelay(Number(new URL(postgres.ownerUrl).port)), neon: await openRelay(local.port) };
  auth = createAuth(
    drizzle(postgres.pool(postgres.url("hedgerow_auth", "auth"))),
    baseURL,
    "a-secret-that-is-only-used-in-these-tests-0123456789",
  );
  const { headers } = await auth.api.signUpEmail({
    body: { email: "ada@example.com", name: "Ada", password: "correct horse battery" },
    returnHeaders: true,
  });
  cookie = headers
    .getSetCookie()
    .map((each) => each.split(";")[0])
    .join("; ");
  await auth.api.createOrganization({
    body: { name: "Acme", slug: "acme" },
    headers: new Headers({ cookie, origin: baseURL }),
  });
});
afterAll(async () => {
  await relays?.neon.close();
  await relays?.server.close();
  await local?.close();
  await postgres?.close();
});

interface Opened {
  readonly database: DatabaseShape;
  readonly relay: Relay;
  readonly close: () => Promise<unknown>;
}

const openNeon = (mode: NonNullable<NeonOptions["mode"]>) => (): Opened => {
  const url = relays.neon.through(local.url("hedgerow_api", "api", "app"));
  const database = neon({ url, mode, local: true, max: 1 });
  return { database, relay: relays.neon, close: database.close };
};

const drivers: ReadonlyArray<readonly [string, string, () => Opened]> = [
  ["Neon over HTTP", "neon-http", openNeon("http")],
  ["Neon over a WebSocket", "neon-websocket", openNeon("websocket")],
  ["Neon as it suits Node", "neon-websocket", openNeon("auto")],
  [
    "node-postgres",
    "node-postgres",
    () => {
      const pool = postgres.pool(relays.server.through(postgres.url("hedgerow_api", "api")), { max: 1 });
      return { database: nodePostgres(pool), relay: relays.server, close: () => pool.end() };
    },
  ],
  [
    "postgres.js",
    "postgres-js",
    () => {
      const sql = postgresjs(relays.server.through(postgres.url("hedgerow_api", "api")), { max: 1 });
      return { database: postgresJs(sql), relay: relays.server, close: () => sql.end() };
    },
  ],
];

it("is told from several by the wire in between", async () => {
  const pool = postgres.pool(relays.server.through(postgres.url("hedgerow_api", "api")), { max: 1 });
  await pool.query("select 1");
  relays.server.reset();
  for (const text of ["begin", "select 1", "commit"]) await pool.query(text);
  expect(relays.server.roundTrips()).toBe(3);
  await pool.end();
});

describe.each(drivers)("a request on %s", (_, name, open) => {
  it("is one round trip, whether it reads or writes", async () => {
    const { database, relay, close } = open();
    expect(database.driver).toBe(name);
    const router = createRouter({ schema, auth: sessionAuthenticator(auth), database });
    const call = async (method: string, path: string, body?: object) => {
      relay.reset();
      const response = await router.request(`${baseURL}${path}`, {
        method,
        headers: { cookie, "sec-fetch-site": "same-origin", ...(body && { "content-type": "application/json" }) },
        ...(body && { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      return {
        status: response.status,
        data: text === "" ? undefined : JSON.parse(text),
        trips: relay.roundTrips(),
        requests: relay.requests(),
      };
    };
    const life = async () => {
      const created = await call("POST", "/documents", { title: "Roadmap" });
      const path = `/documents/${created.data.id}`;
      return [
        created,
        await call("GET", "/documents?total=true"),
        await call("GET", path),
        await call("PATCH", path, { title: "Budget" }),
        await call("DELETE", path),
        await call("GET", path),
      ];
    };
    // The first use of a connection opens it, checks the database, and on postgres.js makes statements known.
    await life();
    const answers = await life();
    expect(answers.map(({ status }) => status)).toEqual([201, 200, 200, 200, 204, 404]);
    expect(answers[1]?.data.data.map(({ title }: { title: string }) => title)).toEqual(["Roadmap"]);
    expect(answers[3]?.data.title).toBe("Budget");
    expect(answers.map(({ trips }) => trips)).toEqual([1, 1, 1, 1, 1, 1]);
    const requests = name === "neon-http" ? 1 : 0;
    expect(answers.map((answer) => answer.requests)).toEqual(answers.map(() => requests));
    await close();
  });
});
