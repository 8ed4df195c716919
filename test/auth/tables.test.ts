import type { PGlite } from "@electric-sql/pglite";
import type { BetterAuthOptions } from "better-auth";
import { admin, bearer, organization } from "better-auth/plugins";
import { pushSchema } from "drizzle-kit/api";
import { getTableName } from "drizzle-orm";
import { pgTable, text } from "drizzle-orm/pg-core";
import { drizzle } from "drizzle-orm/pglite";
import { authTables, hedgerow } from "hedgerow/better-auth";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { basics, installBetterAuth, openPostgres, password, sha256 } from "../support/better-auth.js";

const options = {
  ...basics,
  rateLimit: { enabled: false, storage: "database" },
  plugins: [
    organization({ teams: { enabled: true }, dynamicAccessControl: { enabled: true } }),
    admin(),
    bearer(),
    hedgerow(),
  ],
} satisfies BetterAuthOptions;

const start = (postgres: PGlite) => installBetterAuth(postgres, options);

let world: Awaited<ReturnType<typeof start>>;

beforeAll(async () => {
  world = await start(await openPostgres());
});

afterAll(() => world.postgres.close());

describe("the tables", () => {
  it("are keyed by model name, and a foreign key may point at them", () => {
    const { user, organization, session } = world.tables;
    const notes = pgTable("notes", { userId: text("user_id").references(() => user.id) });
    expect(getTableName(notes)).toBe("notes");
    expect([user, session].map(getTableName)).toEqual(["user", "session"]);
    expect(organization && getTableName(organization)).toBe("organization");
    expect(Object.keys(world.tables)).toEqual(expect.arrayContaining(["teamMember", "organizationRole", "rateLimit"]));
  });

  it("take the names that models are renamed to", () => {
    const { people } = authTables({ user: { modelName: "people" } });
    expect(getTableName(people)).toBe("people");
  });

  it("have row-level security enabled and forced, and no time without a time zone", async () => {
    const unlocked = await world.asOwner(
      "select relname from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' and not (relrowsecurity and relforcerowsecurity)",
    );
    const zoneless = await world.asOwner(
      "select column_name from information_schema.columns where table_schema = 'public' and data_type = 'timestamp without time zone'",
    );
    expect(unlocked).toEqual([]);
    expect(zoneless).toEqual([]);
  });

  it("have exactly the policies that the identity lists", async () => {
    const inCatalog = await world.asOwner(
      `select tablename as "table", policyname as name, lower(cmd) as command, roles::text as role, permissive, qual as "using", with_check as "check"
       from pg_policies where schemaname = 'public'`,
    );
    // Postgres writes an expression in its own words; that it is the declared one, its recorded hash says.
    const spelled = (using: unknown) => (using === "true" ? "true" : "some rows");
    const declared = world.identity.policies.map(({ table, role, using, ...policy }) => ({
      ...policy,
      using: spelled(using),
      table: table.name,
      role: `{${role}}`,
      permissive: "PERMISSIVE",
    }));
    const sorted = (rows: ReadonlyArray<object>) =>
      rows.map((row) => JSON.stringify(Object.entries(row).sort())).sort();
    expect(sorted(inCatalog.map((row) => ({ ...row, using: spelled(row.using) })))).toEqual(sorted(declared));
    const { serviceTables, reads, readable = [] } = world.identity;
    expect(declared).toHaveLength(serviceTables.length + reads.length + readable.length);
  });

  it("are left as they are by drizzle-kit push: policies, row-level security and the index on the hashed token", async () => {
    await world.postgres.exec("reset role");
    const { statementsToExecute } = await pushSchema({ ...world.tables }, drizzle(world.postgres), ["public"]);
    await world.postgres.exec("set role hedgerow_auth");
    expect(statementsToExecute).toEqual([]);
  });
});

describe("Better Auth's role", () => {
  it("is no superuser and does not bypass row-level security: without its policy it sees nothing", async () => {
    const { user } = world.tables;
    await world.auth.api.signUpEmail({ body: { name: "Ada", email: "ada@example.com", password } });
    expect(await world.db.select().from(user)).toHaveLength(1);
    await world.asOwner('drop policy hedgerow_auth_all on "user"');
    expect(await world.db.select().from(user)).toEqual([]);
    await world.asOwner(
      'create policy hedgerow_auth_all on "user" for all to hedgerow_auth using (true) with check (true)',
    );
  });
});

describe("the caller query", () => {
  it("reaches every row through an index, among thousands of sessions", async () => {
    const rows = "from generate_series(1, 5000) i";
    await world.asOwner(`insert into "user"(id, name, email) select 'u' || i, 'n', 'e' || i ${rows}`);
    await world.asOwner(
      "insert into organization(id, name, slug, created_at) select 'o' || i, 'n', 's' || i, now() from generate_series(0, 49) i",
    );
    await world.asOwner(
      `insert into team(id, name, organization_id, created_at) select 't' || i, 'n', 'o' || i % 50, now() ${rows}`,
    );
    await world.asOwner(
      `insert into member(id, organization_id, user_id, role, created_at) select 'm' || i, 'o' || i % 50, 'u' || i, 'member', now() ${rows}`,
    );
    await world.asOwner(
      `insert into team_member(id, team_id, user_id) select 'x' || i, 't' || i % 50 + 1, 'u' || i ${rows}`,
    );
    await world.asOwner(
      `insert into session(id, token, user_id, expires_at, updated_at, active_organization_id, active_team_id)
       select 's' || i, 'token' || i, 'u' || i, now() + interval '1 day', now(), 'o' || i % 50, 't' || i % 50 + 1 ${rows}`,
    );
    await world.asOwner("analyze");
    await world.postgres.exec("set role hedgerow_definer");
    const query = world.identity.callerQuery.replace("token_hash as hash", `'\\x${sha256("token42")}'::bytea as hash`);
    const { rows: plan } = await world.postgres.query<{ "QUERY PLAN": string }>(`explain ${query}`);
    await world.postgres.exec("set role hedgerow_auth");
    const scans = plan.flatMap(
      (row) => row["QUERY PLAN"].match(/(?:Index|Index Only|Seq|Bitmap Heap) Scan.* (?:using|on) \S+/) ?? [],
    );
    expect(scans).toEqual([
      expect.stringContaining("using session_token_sha256_uidx"),
      expect.stringContaining("using user_pkey"),
      // Whoever acts as the user, where somebody does.
      expect.stringContaining("using user_pkey"),
      expect.stringContaining('using "member_organizationId_userId_uidx"'),
      expect.stringContaining('using "teamMember_teamId_userId_uidx"'),
      expect.stringContaining("using team_pkey"),
    ]);
  });
});
