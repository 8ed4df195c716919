/**
 * The live caller found by a token that the database verified: real Better Auth and its tokens on PostgreSQL 18, where
 * `auth.session()` is what pg_session_jwt is without a key, so that what it cannot promise then is shown, too.
 */
import { type BetterAuthOptions, betterAuth } from "better-auth";
import { drizzleAdapter } from "better-auth/adapters/drizzle";
import { admin, organization } from "better-auth/plugins";
import { drizzle } from "drizzle-orm/node-postgres";
import { text } from "drizzle-orm/pg-core";
import * as Effect from "effect/Effect";
import { id, organization as organizationId, table, understand } from "hedgerow";
import { authTables, hedgerow, sessionIdentity, tokenIssuer } from "hedgerow/better-auth";
import { push } from "hedgerow/drizzle-kit";
import { nodePostgres } from "hedgerow/node-postgres";
import { decodeJwt } from "jose";
import type pg from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { why } from "../../src/cli/explain/why.js";
import { basics, type Device, device, installBetterAuth, openPostgres, password } from "../support/better-auth.js";
import { type FreshPostgres, freshPostgres } from "../support/databases.js";
import { saying } from "../support/request.js";

const options = {
  ...basics,
  plugins: [
    organization({ teams: { enabled: true } }),
    admin(),
    hedgerow(),
    tokenIssuer({ issuer: "https://id.example.com", audience: "https://api.example.com" }),
  ],
} satisfies BetterAuthOptions;

const tables = authTables(options);
const identity = sessionIdentity(options, { by: "verified-token" });

const papers = table("papers", { id: id("pap"), organizationId: organizationId(), title: text("title").notNull() })
  .firewall("organization")
  .access({ read: { roles: ["member+"] } });
const schema = { ...tables, papers };

/** As pg_session_jwt answers without a key. */
const extension = `
create schema auth;
create function auth.session() returns jsonb language sql stable parallel safe as $$
  select coalesce(case when pg_input_is_valid(current_setting('request.jwt.claims', true), 'jsonb')
    then current_setting('request.jwt.claims', true)::jsonb end, 'null'::jsonb) $$`;

let server: FreshPostgres;
let superuser: pg.Pool;
let api: pg.Pool;
let auth: ReturnType<typeof start>;

const start = () =>
  betterAuth({
    ...options,
    database: drizzleAdapter(drizzle(server.pool(server.url("hedgerow_auth", "auth-Password"), { max: 2 })), {
      provider: "pg",
      schema: tables,
    }),
  });

interface Claims {
  readonly [name: string]: unknown;
}

/** SQL of a request whose token the database has verified: its connection has a key to do so. */
const as = async (claims: Claims | string | null, statement: string, values: Array<unknown> = [], hasKey = true) => {
  const client = await api.connect();
  try {
    await client.query("begin");
    if (hasKey) await client.query("set local pg_session_jwt.jwk = 'a key'");
    await client.query("set local role authenticated");
    if (claims !== null) {
      const said = typeof claims === "string" ? claims : JSON.stringify(claims);
      await client.query("select set_config('request.jwt.claims', $1, true)", [said]);
    }
    return (await client.query(statement, values)).rows;
  } finally {
    await client.query("rollback");
    client.release();
  }
};

const callerOf = async (claims: Claims | string | null) => (await as(claims, "select * from hedgerow.caller()"))[0];
const titlesOf = async (claims: Claims | string | null) =>
  (await as(claims, "select title from papers order by title")).map(({ title }) => title);

let number = 0;
const signUp = async (): Promise<Device> => {
  number += 1;
  return device(
    await auth.api.signUpEmail({
      body: { name: "Ada", email: `ada${number}@example.com`, password },
      returnHeaders: true,
    }),
  );
};
const claimsOf = async ({ headers }: Device): Promise<Claims> =>
  decodeJwt((await auth.api.getToken({ headers })).token);

let ada: Device;
let acme: string;
let claims: Claims;

const pushed = () => push({ schema, identity, database: nodePostgres(server.ownerPool) });

beforeAll(async () => {
  server = await freshPostgres();
  superuser = server.pool(server.superuserUrl, { max: 1 });
});

afterAll(() => server?.close());

describe("a push", () => {
  it("says what is missing where the database cannot verify tokens", async () => {
    await expect(pushed()).rejects.toThrow("auth.session() is missing");
  });

  it("says who has to allow it where the owner may not", async () => {
    await superuser.query(extension);
    await expect(pushed()).rejects.toThrow("hedgerow_definer may not call auth.session()");
  });

  it("lets the definer alone call it", async () => {
    await superuser.query("grant usage on schema auth to hedgerow_owner with grant option");
    await pushed();
    await pushed();
    const { rows } = await superuser.query(
      "select r as role from unnest(array['hedgerow_definer', 'authenticated', 'anonymous', 'hedgerow_api']) r where has_schema_privilege(r, 'auth', 'usage')",
    );
    expect(rows).toEqual([{ role: "hedgerow_definer" }]);
    await superuser.query(
      "alter role hedgerow_api password 'api-Password'; alter role hedgerow_auth password 'auth-Password'",
    );
    api = server.pool(server.url("hedgerow_api", "api-Password"), { max: 2 });
    auth = start();
  });
});

describe("the caller of a verified token", () => {
  beforeEach(async () => {
    ada = await signUp();
    const slug = `acme-${number}`;
    acme = (await auth.api.createOrganization({ body: { name: slug, slug }, headers: ada.headers })).id;
    await superuser.query("insert into papers (id, organization_id, title) values ($1, $2, $3)", [slug, acme, slug]);
    claims = await claimsOf(ada);
  });

  it("is the live one: of the session's organization and roles now, whatever the token says", async () => {
    const found = await callerOf({ ...claims, o: { id: "other", roles: ["owner"] }, roles: ["admin"] });
    expect(found).toMatchObject({ session_id: claims.sid, user_id: ada.userId, org_id: acme, org_roles: ["owner"] });
    expect(await titlesOf(claims)).toEqual([`acme-${number}`]);
    await superuser.query("update member set role = 'member' where user_id = $1", [ada.userId]);
    expect(await callerOf(claims)).toMatchObject({ org_roles: ["member"] });
    await superuser.query("delete from member where user_id = $1", [ada.userId]);
    expect(await callerOf(claims)).toMatchObject({ org_id: null, org_roles: [] });
    expect(await titlesOf(claims)).toEqual([]);
  });

  it.each([
    ["is over", "update session set expires_at = now() where user_id = $1"],
    ["was deleted", "delete from session where user_id = $1"],
    ["is of a banned user", `update "user" set banned = true where id = $1`],
  ])("is nobody when the session %s, however long the token is still good", async (_, change) => {
    await superuser.query(change, [ada.userId]);
    expect(await callerOf(claims)).toBeUndefined();
    expect(await titlesOf(claims)).toEqual([]);
  });

  it("is nobody after signing out", async () => {
    await auth.api.signOut({ headers: ada.headers });
    expect(await callerOf(claims)).toBeUndefined();
  });

  it("is nobody without both the session and its own user", async () => {
    const eve = await claimsOf(await signUp());
    const { sid, sub } = claims;
    for (const wrong of [
      null,
      "",
      "not json",
      "null",
      '"text"',
      `[${JSON.stringify(claims)}]`,
      {},
      { sub },
      { sid },
      { sid, sub: null },
      { sid: [sid], sub },
      { sid: { toString: sid }, sub },
      { sid: eve.sid, sub },
      { sid, sub: eve.sub },
      { sid: "", sub: "" },
      { sid: true, sub: 1 },
    ]) {
      expect([wrong, await callerOf(wrong)]).toEqual([wrong, undefined]);
      expect(await titlesOf(wrong)).toEqual([]);
    }
  });

  it("is not found by the hash of a session's secret, which the router would send", async () => {
    const client = await api.connect();
    await client.query("begin; set local role authenticated");
    await client.query(`select ${saying({ token: ada.tokenHash })}`);
    expect((await client.query("select * from hedgerow.caller()")).rows).toEqual([]);
    await client.query("rollback");
    client.release();
  });

  it("is nobody on a connection that has no key to verify with, whatever its SQL says", async () => {
    const ask = "select * from hedgerow.caller()";
    expect(await as(claims, ask)).toHaveLength(1);
    expect(await as(claims, ask, [], false)).toEqual([]);
    expect(await as(claims, "select title from papers", [], false)).toEqual([]);
  });

  it("is whoever SQL of the caller says, where a stand-in believes a setting: the limit that is written down", async () => {
    const eve = await claimsOf(await signUp());
    const statement =
      "with forged as materialized (select set_config('request.jwt.claims', $1, true)) select c.user_id from forged, hedgerow.caller() c";
    const known = JSON.stringify({ sid: claims.sid, sub: claims.sub });
    expect(await as(eve, statement, [known])).toEqual([{ user_id: ada.userId }]);
    // Both ids are needed, and who knows one does not see the other.
    expect(await as(eve, statement, [JSON.stringify({ sid: claims.sid, sub: eve.sub })])).toEqual([]);
    expect(await as(eve, "select id from session")).toEqual([{ id: eve.sid }]);
  });

  it("cannot be explained by a user's name, and explain says so", async () => {
    const refused = await Effect.runPromise(
      Effect.flip(
        why({
          schema: Effect.runSync(understand({ papers })),
          identity,
          database: nodePostgres(superuser),
          table: "papers",
          command: "select",
          as: "ada1@example.com",
          id: `acme-${number}`,
        }),
      ),
    );
    expect(refused).toMatchObject({ _tag: "CannotExplain", message: expect.stringContaining("the database verifies") });
  });
});

describe("ids that are not texts", () => {
  it.each([["uuid"], ["serial"]] as const)(
    "are found as %s by the primary key, and nothing else breaks the query",
    async (generateId) => {
      const world = await installBetterAuth(await openPostgres(), {
        ...basics,
        advanced: { database: { generateId } },
        plugins: [hedgerow()],
      });
      try {
        const { userId, token } = device(
          await world.auth.api.signUpEmail({
            body: { name: "Ada", email: "ada@example.com", password },
            returnHeaders: true,
          }),
        );
        const [session] = await world.asOwner("select id::text from session where token = $1", [token]);
        const query = sessionIdentity(
          { ...basics, advanced: { database: { generateId } }, plugins: [hedgerow()] },
          { by: "verified-token" },
        )
          .callerQuery.replace("verified_session as sid", "$1::text as sid")
          .replace("verified_user as sub", "$2::text as sub");
        await world.asOwner("select set_config('pg_session_jwt.jwk', 'a key', false)");
        const found = async (sid: unknown, sub: unknown) => (await world.asOwner(query, [sid, sub])).length;
        expect(await found(session?.id, userId)).toBe(1);
        for (const odd of [
          "",
          "x",
          "1 or 1=1",
          "99999999999999999999",
          "-1",
          "{00000000-0000-0000-0000-000000000000}",
        ]) {
          expect([odd, await found(odd, userId), await found(session?.id, odd)]).toEqual([odd, 0, 0]);
        }
      } finally {
        await world.postgres.close();
      }
    },
  );
});
