/** A Better Auth that was there before, with an owner that is no superuser: it works at every step of guarding its tables. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BetterAuthOptions, betterAuth } from "better-auth";
import { drizzleAdapter } from "better-auth/adapters/drizzle";
import { organization } from "better-auth/plugins";
import { generateDrizzleJson, generateMigration } from "drizzle-kit/api";
import { drizzle } from "drizzle-orm/node-postgres";
import { text } from "drizzle-orm/pg-core";
import { id, owner, table } from "hedgerow";
import {
  authTables,
  hedgerow,
  type IdentityOptions,
  sessionAuthenticator,
  sessionIdentity,
} from "hedgerow/better-auth";
import { doctor, generate, MigrateError, migrate, PushError, push } from "hedgerow/drizzle-kit";
import { createRouter } from "hedgerow/hono";
import { nodePostgres } from "hedgerow/node-postgres";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type FreshPostgres, freshPostgres } from "../support/databases.js";

const slow = { timeout: 300_000 };

const options = {
  baseURL: "http://localhost:3000",
  secret: "a-secret-that-is-only-used-in-these-tests-0123456789",
  emailAndPassword: { enabled: true },
  telemetry: { enabled: false },
  rateLimit: { enabled: false },
  logger: { disabled: true },
  plugins: [organization(), hedgerow()],
} satisfies BetterAuthOptions;

const notes = table("notes", { id: id("note"), userId: owner(), body: text("body").notNull() })
  .firewall("owner")
  .access({ read: { roles: ["AUTHENTICATED"] }, create: { roles: ["AUTHENTICATED"] } });

const declared = (identity: IdentityOptions) => ({
  schema: { ...authTables(options, identity), notes },
  identity: sessionIdentity(options, identity),
});
const now = declared({});
const later = declared({ guard: "later" });

const password = "correct horse battery staple";
let people = 0;
let postgres: FreshPostgres;

/** Better Auth, as it runs behind one login. */
const authAs = (url: string) =>
  betterAuth({
    ...options,
    database: drizzleAdapter(drizzle(postgres.pool(url, { max: 2 })), { provider: "pg", schema: authTables(options) }),
  });

const signUp = async (url: string) => {
  people += 1;
  const email = `person${people}@example.com`;
  const auth = authAs(url);
  const { headers, response } = await auth.api.signUpEmail({
    body: { email, name: email, password },
    returnHeaders: true,
  });
  const cookie = headers
    .getSetCookie()
    .map((each) => each.split(";")[0])
    .join("; ");
  return { auth, cookie, email, userId: response.user.id };
};

const asOwnerDatabase = () => nodePostgres(postgres.ownerPool);
const asOwner = async (statement: string) => (await postgres.ownerPool.query(statement)).rows;
const app = () => postgres.url("app", "app");
const authUrl = () => postgres.url("hedgerow_auth", "secret");
const giveSecrets = async () => {
  for (const role of ["hedgerow_auth", "hedgerow_api"]) await asOwner(`alter role ${role} password 'secret'`);
};

/** Tables as a project has them without Hedgerow, used by their owner and by a login that was given rights. */
beforeEach(async () => {
  postgres = await freshPostgres();
  const made = await generateMigration(generateDrizzleJson({}), generateDrizzleJson(authTables(options)));
  for (const statement of made) {
    if (!/POLICY|ROW LEVEL SECURITY|sha256/.test(statement)) await asOwner(statement);
  }
  await asOwner("create role app login password 'app'");
  await asOwner("grant select, insert, update, delete on all tables in schema public to app");
  await signUp(postgres.ownerUrl);
  await signUp(app());
}, 60_000);
afterEach(() => postgres.close());

const steps = [
  'Say guard: "later"',
  "alter role hedgerow_auth password",
  "Let Better Auth connect as hedgerow_auth",
  'Leave guard: "later" out and push again',
];

/** What says so, in an order that can be followed. */
const expectSteps = (message: string): void => {
  const places = steps.map((step) => message.indexOf(step));
  expect(places).not.toContain(-1);
  expect([...places].sort((one, other) => one - other)).toEqual(places);
};

describe("a push over Better Auth's tables that have rows", () => {
  it(
    "says what would happen before it changes anything, and changes nothing unless somebody agrees",
    slow,
    async () => {
      const refused = await push({ ...now, database: asOwnerDatabase() }).catch((error: unknown) => error);
      expect(refused).toBeInstanceOf(PushError);
      const { message } = refused as PushError;
      expect(message).toContain('Better Auth\'s tables have rows and are not guarded yet: "user", session, account');
      expectSteps(message);
      expect(await asOwner("select 1 from pg_roles where rolname like 'hedgerow\\_a%'")).toEqual([]);
      await signUp(postgres.ownerUrl);

      const asked: Array<ReadonlyArray<string>> = [];
      const answer = (agreed: boolean) => async (meaning: ReadonlyArray<string>) => {
        asked.push(meaning);
        return agreed;
      };
      await expect(
        push({ ...now, database: asOwnerDatabase(), acceptAuthGuard: answer(false) }),
      ).rejects.toBeInstanceOf(PushError);
      await signUp(postgres.ownerUrl);
      await push({ ...now, database: asOwnerDatabase(), acceptAuthGuard: answer(true) });
      expect(asked).toHaveLength(2);
      await expect(signUp(postgres.ownerUrl)).rejects.toThrow();
      // Once is enough.
      await push({ ...now, database: asOwnerDatabase() });
    },
  );

  it("guards without a question where they are empty", slow, async () => {
    await asOwner('truncate "user" cascade');
    await push({ ...now, database: asOwnerDatabase() });
    expect(await doctor({ ...now, database: asOwnerDatabase() })).toEqual([]);
  });

  it('lets people sign up at every step from guard: "later" to the guard, and on the way back', slow, async () => {
    await push({ ...later, database: asOwnerDatabase() });
    await signUp(postgres.ownerUrl);
    await signUp(app());
    await giveSecrets();
    await signUp(authUrl());
    await push({ ...later, database: asOwnerDatabase() });
    expect(await doctor({ ...later, database: asOwnerDatabase() })).toMatchObject([
      {
        code: "auth_guarded_later",
        object: expect.stringContaining("public.session"),
        fix: expect.stringContaining("hedgerow_auth"),
      },
    ]);
    await signUp(postgres.ownerUrl);

    const refused = await push({ ...now, database: asOwnerDatabase() }).catch((error: unknown) => error);
    expectSteps((refused as PushError).message);
    await signUp(postgres.ownerUrl);

    await push({ ...now, database: asOwnerDatabase(), acceptAuthGuard: true });
    await signUp(authUrl());
    await expect(signUp(postgres.ownerUrl)).rejects.toThrow();
    await expect(signUp(app())).rejects.toThrow();
    expect(await doctor({ ...now, database: asOwnerDatabase() })).toEqual([]);

    await push({ ...later, database: asOwnerDatabase() });
    await signUp(postgres.ownerUrl);
    await signUp(authUrl());
  });

  it("guards the tables of the project, and callers, in full while Better Auth's wait", slow, async () => {
    await push({ ...later, database: asOwnerDatabase() });
    await giveSecrets();
    const ada = await signUp(postgres.ownerUrl);
    const ben = await signUp(app());
    const database = nodePostgres(postgres.pool(postgres.url("hedgerow_api", "secret")));
    const router = createRouter({ schema: { notes }, auth: sessionAuthenticator(ada.auth), database });
    const call = (who: typeof ada, body?: unknown) =>
      router.request(`${options.baseURL}/notes`, {
        headers: { cookie: who.cookie, origin: options.baseURL, "content-type": "application/json" },
        ...(body !== undefined && { method: "POST", body: JSON.stringify(body) }),
      });
    expect((await call(ada, { body: "mine" })).status).toBe(201);
    expect(await (await call(ada)).json()).toMatchObject({ data: [{ body: "mine" }] });
    expect(await (await call(ben)).json()).toMatchObject({ data: [] });
    expect(await asOwner("select * from notes")).toEqual([]);
    await expect(postgres.pool(app()).query("select * from notes")).rejects.toMatchObject({ code: "42501" });

    const api = postgres.pool(postgres.url("hedgerow_api", "secret"));
    const codes = async (role: string, ...statements: ReadonlyArray<string>) => {
      const found: Array<unknown> = [];
      for (const statement of statements) {
        const client = await api.connect();
        await client.query(`begin; set local role ${role}`);
        found.push(
          await client.query(statement).then(
            ({ rowCount }) => rowCount,
            (error: { code: string }) => error.code,
          ),
        );
        await client.query("rollback");
        client.release();
      }
      return found;
    };
    const asks = [
      'select id, email from "user"',
      "select id, user_id from session",
      "select token from session",
      "select password from account",
      "select * from verification",
      `update "user" set name = 'x'`,
      "delete from session",
      "set local role hedgerow_auth",
      "set local role hedgerow_definer",
      "set local role app",
    ];
    const denied = "42501";
    expect(await codes("authenticated", ...asks)).toEqual([0, 0, ...Array(8).fill(denied)]);
    expect(await codes("anonymous", ...asks)).toEqual(Array(10).fill(denied));
    expect(await codes("none", ...asks)).toEqual(Array(10).fill(denied));

    // Who was given the callers' role sees what callers see, and none of it without a session.
    await asOwner("create role reporter login password 'reporter'");
    await asOwner("grant authenticated to reporter");
    const reporter = postgres.pool(postgres.url("reporter", "reporter"));
    expect((await reporter.query('select id, email from "user"')).rows).toEqual([]);
    await asOwner("create role stranger login password 'stranger'");
    const stranger = postgres.pool(postgres.url("stranger", "stranger"));
    await expect(stranger.query('select id from "user"')).rejects.toMatchObject({ code: denied });
    // The right that everybody was given before would be the callers' as well.
    await asOwner('grant select on "user" to public');
    expect(await doctor({ ...later, database: asOwnerDatabase() })).toContainEqual(
      expect.objectContaining({ code: "grant_undeclared", object: 'public."user"' }),
    );
    await push({ ...later, database: asOwnerDatabase() });
    await expect(stranger.query('select id from "user"')).rejects.toMatchObject({ code: denied });
    await signUp(app());
  });

  it('refuses guard: "later" on tables with policies of their own, which it would open', slow, async () => {
    await asOwner('alter table "user" enable row level security');
    await asOwner('create policy own on "user" to app using (true)');
    await expect(push({ ...later, database: asOwnerDatabase() })).rejects.toThrow(
      'policies of their own say who may: own on "user"',
    );
    expect(await asOwner("select polname from pg_policy")).toEqual([{ polname: "own" }]);
  });

  it("leaves Better Auth working where it fails", slow, async () => {
    await asOwner("create view notes as select 1 as id");
    await expect(push({ ...later, database: asOwnerDatabase() })).rejects.toBeInstanceOf(PushError);
    await signUp(postgres.ownerUrl);
    await signUp(app());
    await asOwner("drop view notes");
    await push({ ...later, database: asOwnerDatabase() });
    // As where drizzle-kit has switched it off and did not come to its end: callers keep nothing that no policy bounds.
    await asOwner('alter table "user" disable row level security');
    await asOwner("drop table notes");
    await asOwner("create view notes as select 1 as id");
    await expect(push({ ...later, database: asOwnerDatabase() })).rejects.toBeInstanceOf(PushError);
    const rights = "select has_column_privilege('authenticated', 'public.user', 'email', 'select') as has";
    expect(await asOwner(rights)).toEqual([{ has: false }]);
    await signUp(postgres.ownerUrl);
    await signUp(app());
  });

  it("is a migration that asks as well", slow, async () => {
    const out = await mkdtemp(join(tmpdir(), "hedgerow-migrations-"));
    const connection = { driver: "pg", options: { connectionString: postgres.ownerUrl } } as const;
    for (const name of ["account", "invitation", "member", "organization", "session", "user", "verification"]) {
      await asOwner(`drop table if exists "${name}" cascade`);
    }
    await generate({ ...later, out });
    await migrate({ ...later, out, connection });
    await giveSecrets();
    await signUp(postgres.ownerUrl);
    await generate({ ...now, out });
    const refused = await migrate({ ...now, out, connection }).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(MigrateError);
    expectSteps((refused as MigrateError).message);
    await signUp(postgres.ownerUrl);
    await migrate({ ...now, out, connection, acceptAuthGuard: true });
    await signUp(authUrl());
    await expect(signUp(postgres.ownerUrl)).rejects.toThrow();
    await rm(out, { recursive: true });
  });
});
