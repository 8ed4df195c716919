/**
 * The same rows, guarded in different ways: one database each.
 *
 * Invariant: table, rows and indexes are the same everywhere; only the guards differ. Hedgerow's are what `push` makes.
 */
import { generateDrizzleJson, generateMigration } from "drizzle-kit/api";
import { authTables, sessionIdentity } from "hedgerow/better-auth";
import { push } from "hedgerow/drizzle-kit";
import { nodePostgres } from "hedgerow/node-postgres";
import { claimsIdentity, type IdentitySource } from "hedgerow/postgres";
import pg from "pg";
import type { FreshPostgres } from "../../test/support/cluster.js";
import { authOptions, sessionToken } from "./auth.js";
import { documents as guarded } from "./guarded.js";
import { documents as plain } from "./plain.js";
import type { Connections } from "./target.js";
import { insertDocuments, organizationId, organizationOf, roleOf, type Size, userId } from "./world.js";

/** Where each database of the server is, for whoever logs in. */
interface Addresses {
  readonly superuser: (database: string) => string;
  readonly owner: (database: string) => string;
  readonly login: (role: string, database: string) => string;
}

const secret = "password-of-the-benchmark";

const addressesOf = (server: FreshPostgres): Addresses => {
  const on = (url: string, database: string): string => {
    const address = new URL(url);
    address.pathname = `/${database}`;
    return address.href;
  };
  return {
    superuser: (database) => on(server.superuserUrl, database),
    owner: (database) => on(server.ownerUrl, database),
    login: (role, database) => on(server.url(role, secret), database),
  };
};

type Run = (...statements: ReadonlyArray<string>) => Promise<void>;

/** Connected for the time of the work. */
const connected = async (url: string, work: (run: Run) => Promise<void>): Promise<void> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await work(async (...statements) => {
      for (const statement of statements) await client.query(statement);
    });
  } finally {
    await client.end();
  }
};

/** The statements that make tables, and nothing that guards them. */
const tables = async (schema: Readonly<Record<string, unknown>>): Promise<ReadonlyArray<string>> =>
  (await generateMigration(generateDrizzleJson({}), generateDrizzleJson(schema))).filter(
    (statement) => !/^CREATE POLICY|ROW LEVEL SECURITY/.test(statement),
  );

const insertPeople = (size: Size): ReadonlyArray<string> => {
  const each = (count: number, values: (number: number) => string): string =>
    Array.from({ length: count }, (_, number) => `(${values(number)})`).join(", ");
  return [
    `insert into organization (id, name, slug, created_at) values ${each(size.organizations, (n) => `'${organizationId(n)}', 'Organization ${n}', 'organization-${n}', now()`)}`,
    `insert into "user" (id, name, email, email_verified, created_at, updated_at) values ${each(size.users, (n) => `'${userId(n)}', 'User ${n}', 'user-${n}@example.com', true, now(), now()`)}`,
    `insert into member (id, organization_id, user_id, role, created_at) values ${each(size.users, (n) => `'member-${n}', '${organizationId(organizationOf(n, size))}', '${userId(n)}', '${roleOf(n, size)}', now()`)}`,
    `insert into session (id, token, user_id, active_organization_id, expires_at, created_at, updated_at) values ${each(size.users, (n) => `'session-${n}', '${sessionToken(n)}', '${userId(n)}', '${organizationId(organizationOf(n, size))}', now() + interval '7 days', now(), now()`)}`,
  ];
};

/** What somebody writes who knows how row-level security stays fast: every comparison of the caller alone is asked once. */
const handwritten = [
  "create role app_user nologin",
  `create role app_login login noinherit password '${secret}'`,
  "grant app_user to app_login",
  "grant select, insert, update, delete on documents to app_user",
  "alter table documents enable row level security",
  "alter table documents force row level security",
  `create function claim(name text) returns text language sql stable
     return nullif(current_setting('request.jwt.claims', true), '')::json ->> name`,
  `create policy documents_read on documents for select to app_user using (
     organization_id = (select claim('org'))
     and ((select claim('org_role') in ('admin', 'owner')) or user_id = (select claim('sub'))))`,
  `create policy documents_insert on documents for insert to app_user with check (
     organization_id = (select claim('org')) and user_id = (select claim('sub')))`,
  `create policy documents_update on documents for update to app_user using (
     organization_id = (select claim('org'))
     and ((select claim('org_role') in ('admin', 'owner')) or user_id = (select claim('sub'))))`,
  `create policy documents_delete on documents for delete to app_user using (
     organization_id = (select claim('org')) and (select claim('org_role') in ('admin', 'owner')))`,
];

const prepare = async (
  addresses: Addresses,
  database: string,
  size: Size,
  fill: (run: Run) => Promise<void>,
): Promise<void> => {
  await connected(addresses.superuser("postgres"), (run) => run(`create database ${database} owner hedgerow_owner`));
  await connected(addresses.superuser(database), async (run) => {
    await fill(run);
    await run(insertDocuments(size), "vacuum analyze");
  });
};

const pushed = async (
  addresses: Addresses,
  database: string,
  schema: object,
  identity: IdentitySource,
): Promise<void> => {
  const pool = new pg.Pool({ connectionString: addresses.owner(database), max: 1 });
  try {
    await push({ schema: { ...schema }, identity, database: nodePostgres(pool) });
  } finally {
    await pool.end();
  }
};

/** Makes all of them, on an empty server. */
export const prepareDatabases = async (server: FreshPostgres, size: Size): Promise<Connections> => {
  const addresses = addressesOf(server);
  const identityTables = authTables(authOptions);
  await prepare(addresses, "plain", size, async (run) => {
    await run(...(await tables({ ...identityTables, plain })), ...insertPeople(size));
    await run(
      `create role plain_login login password '${secret}'`,
      "grant select, insert, update, delete on all tables in schema public to plain_login",
    );
  });
  await prepare(addresses, "policies", size, async (run) => run(...(await tables({ plain })), ...handwritten));
  await prepare(addresses, "claims", size, () => pushed(addresses, "claims", { guarded }, claimsIdentity()));
  await prepare(addresses, "session", size, async (run) => {
    await pushed(addresses, "session", { ...identityTables, guarded }, sessionIdentity(authOptions));
    await run(...insertPeople(size));
  });
  await connected(addresses.superuser("postgres"), (run) =>
    run(`alter role hedgerow_api password '${secret}'`, `alter role hedgerow_auth password '${secret}'`, "checkpoint"),
  );
  return {
    plain: addresses.login("plain_login", "plain"),
    policies: addresses.login("app_login", "policies"),
    claims: addresses.login("hedgerow_api", "claims"),
    session: addresses.login("hedgerow_api", "session"),
    sessionAuth: addresses.login("hedgerow_auth", "session"),
  };
};
