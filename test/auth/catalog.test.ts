/** Every table of every plugin: the same as Better Auth's own generator writes them, and Better Auth runs on them. */

import { randomUUID } from "node:crypto";
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { PGlite } from "@electric-sql/pglite";
import { type BetterAuthOptions, betterAuth } from "better-auth";
import { drizzleAdapter } from "better-auth/adapters/drizzle";
import { organization } from "better-auth/plugins";
import { generateDrizzleJson, generateMigration, pushSchema } from "drizzle-kit/api";
import { getTableName } from "drizzle-orm";
import { drizzle } from "drizzle-orm/node-postgres";
import { drizzle as drizzlePglite } from "drizzle-orm/pglite";
import { authTables, sessionIdentity } from "hedgerow/better-auth";
import { push } from "hedgerow/drizzle-kit";
import { nodePostgres } from "hedgerow/node-postgres";
import { pglite } from "hedgerow/pglite";
import { drift } from "hedgerow/postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { basics, cookieOf, password, sha256 } from "../support/better-auth.js";
import { catalog, catalogSize } from "../support/catalog.js";
import { type FreshPostgres, freshPglite, freshPostgres } from "../support/databases.js";
import { saying } from "../support/request.js";

type Generate = (of: {
  readonly adapter: object;
  readonly options: BetterAuthOptions;
  readonly file: string;
}) => Promise<{ readonly code?: string; readonly schemaProblems?: ReadonlyArray<string> }>;

let folder: string;
let generate: Generate;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "hedgerow-generated-"));
  await symlink(
    fileURLToPath(new URL("../../node_modules", import.meta.url)),
    join(folder, "node_modules"),
    "junction",
  );
  await writeFile(join(folder, "package.json"), '{ "type": "module" }');
  // Better Auth's generator needs a function that Node 20 does not have.
  if (!("groupBy" in Object)) Object.assign(Object, { groupBy });
  const generators: { readonly generateDrizzleSchema: unknown } = await import("auth/api");
  generate = generators.generateDrizzleSchema as Generate;
});
afterAll(() => rm(folder, { recursive: true }));

const groupBy = <A>(values: Iterable<A>, key: (value: A, index: number) => PropertyKey): object => {
  const groups = new Map<PropertyKey, Array<A>>();
  let index = 0;
  for (const value of values) {
    const name = key(value, index++);
    groups.set(name, [...(groups.get(name) ?? []), value]);
  }
  return Object.fromEntries(groups);
};

type Snapshot = ReturnType<typeof generateDrizzleJson>;

/** What Better Auth's own command would write for these options, loaded. */
const generated = async (name: string, options: BetterAuthOptions, usePlural: boolean): Promise<Snapshot> => {
  const adapter = drizzleAdapter({}, { provider: "pg", schema: {}, usePlural })(options);
  const file = join(folder, `${name}.ts`);
  const { code = "", schemaProblems = [] } = await generate({ adapter, options, file });
  expect(schemaProblems).toEqual([]);
  await writeFile(file, code);
  const tables: Record<string, unknown> = await import(/* @vite-ignore */ pathToFileURL(file).href);
  return generateDrizzleJson(tables);
};

/**
 * The differences that occur in many places: a time is an instant, and names and defaults are spelled as Postgres keeps them,
 * because drizzle-kit would otherwise find them changed on every push.
 */
const respelled = (snapshot: Snapshot): Snapshot =>
  JSON.parse(
    JSON.stringify(snapshot)
      .replaceAll('"type":"timestamp"', '"type":"timestamp with time zone"')
      .replaceAll("pg_catalog.gen_random_uuid()", "gen_random_uuid()")
      .replace(/"(\w{63})\w+"/g, '"$1"'),
  );

interface Difference {
  /** As Better Auth's Drizzle adapter would be told. */
  readonly usePlural?: boolean;
  readonly options: BetterAuthOptions;
  /** Everything but row-level security and policies, which have a test of their own. */
  readonly statements: ReadonlyArray<string>;
}

const hashed = (column: string): string => String.raw`sha256(decode(replace(${column}, E'\\', E'\\\\'), 'escape'))`;

const pointer = (table: string, column: string, target: string): string =>
  `ALTER TABLE "${table}" ADD CONSTRAINT "${table}_${column}_${target}_id_fk" FOREIGN KEY ("${column}") REFERENCES "public"."${target}"("id") ON DELETE set null ON UPDATE no action;`;

const uniqueIndex = (name: string, table: string, columns: string): string =>
  `CREATE UNIQUE INDEX "${name}" ON "${table}" USING btree (${columns});`;

const plainIndex = (name: string, table: string, column: string): string =>
  `CREATE INDEX "${name}" ON "${table}" USING btree ("${column}");`;

/** What the catalog has beyond Better Auth's own: each line is meant, and any other is a mistake. */
const additions = (s: "" | "s"): ReadonlyArray<string> => [
  // A session cannot point at an organization or team that is gone.
  pointer(`session${s}`, "active_organization_id", `organization${s}`),
  pointer(`session${s}`, "active_team_id", `team${s}`),
  plainIndex(`session${s}_activeOrganizationId_idx`, `session${s}`, "active_organization_id"),
  plainIndex(`session${s}_activeTeamId_idx`, `session${s}`, "active_team_id"),
  // A session is found by the hash of its token.
  uniqueIndex(`session${s}_token_sha256_uidx`, `session${s}`, hashed("token")),
  // One membership each.
  uniqueIndex(`member${s}_organizationId_userId_uidx`, `member${s}`, '"organization_id","user_id"'),
  uniqueIndex(`teamMember${s}_teamId_userId_uidx`, `team_member${s}`, '"team_id","user_id"'),
  // What points somewhere is looked for when that is deleted.
  plainIndex(`invitation${s}_inviterId_idx`, `invitation${s}`, "inviter_id"),
  plainIndex(`ssoProvider${s}_userId_idx`, `sso_provider${s}`, "user_id"),
  // Better Auth fills in an array itself, and drizzle-kit cannot compare its default.
  `ALTER TABLE "oauth_client${s}" ALTER COLUMN "client_credentials_scopes" DROP DEFAULT;`,
  plainIndex(`agentCapabilityGrant${s}_deniedBy_idx`, `agent_capability_grant${s}`, "denied_by"),
];

const retyped = (type: string): ReadonlyArray<string> =>
  ["active_organization_id", "active_team_id"].map(
    (column) => `ALTER TABLE "session" ALTER COLUMN "${column}" SET DATA TYPE ${type};`,
  );

const withIds = (generateId: "uuid" | "serial" | false): BetterAuthOptions => ({
  ...catalog,
  advanced: { database: { generateId } },
});

const renamed: BetterAuthOptions = {
  ...basics,
  user: { modelName: "Person", fields: { email: "mailAddress" } },
  session: { modelName: "login", fields: { token: "secretKey", userId: "person" } },
  plugins: [
    organization({
      schema: {
        organization: { modelName: "company", fields: { slug: "shortName" } },
        member: { modelName: "order", fields: { organizationId: "company", userId: "person" } },
        session: { fields: { activeOrganizationId: "currentCompany" } },
      },
    }),
  ],
};

const differences: Readonly<Record<string, Difference>> = {
  core: { options: basics, statements: [uniqueIndex("session_token_sha256_uidx", "session", hashed("token"))] },
  catalog: { options: catalog, statements: additions("") },
  plural: { options: catalog, usePlural: true, statements: additions("s") },
  uuid: { options: withIds("uuid"), statements: [...additions(""), ...retyped("uuid")] },
  serial: { options: withIds("serial"), statements: [...additions(""), ...retyped("integer")] },
  database: {
    options: withIds(false),
    statements: [
      ...additions(""),
      ...Object.values(authTables(withIds(false))).map(
        (table) =>
          `ALTER TABLE "${getTableName(table)}" ALTER COLUMN "id" SET DEFAULT lower((gen_random_uuid())::text);`,
      ),
    ],
  },
  renamed: {
    options: renamed,
    statements: [
      pointer("login", "current_company", "company"),
      plainIndex("login_currentCompany_idx", "login", "current_company"),
      uniqueIndex("login_secretKey_sha256_uidx", "login", hashed("secret_key")),
      uniqueIndex("order_company_person_uidx", "order", '"company","person"'),
      plainIndex("invitation_inviterId_idx", "invitation", "inviter_id"),
    ],
  },
};

const isSecurity = (statement: string): boolean => /^(ALTER TABLE "\w+" ENABLE ROW|CREATE POLICY)/.test(statement);

describe("the derived tables and those of Better Auth's own generator", () => {
  it.each(Object.entries(differences))("differ only where they are meant to: %s", async (name, difference) => {
    const { options, usePlural = false, statements } = difference;
    const theirs = respelled(await generated(name, options, usePlural));
    const tables = authTables(options, { usePlural });
    const found = await generateMigration(theirs, generateDrizzleJson(tables));
    expect(found.filter((statement) => !isSecurity(statement)).sort()).toEqual([...statements].sort());
    const { policies } = sessionIdentity(options, { usePlural });
    expect(found.filter(isSecurity)).toHaveLength(Object.keys(tables).length + policies.length);
  });

  it("are those of the whole catalog", () => {
    expect(Object.keys(authTables(catalog))).toHaveLength(catalogSize);
  });
});

describe("the whole catalog on PostgreSQL, as in production", () => {
  const tables = authTables(catalog);
  const identity = sessionIdentity(catalog);
  let server: FreshPostgres;

  beforeAll(async () => {
    server = await freshPostgres();
    await push({ schema: tables, identity, database: nodePostgres(server.ownerPool) });
    await server.pool(server.superuserUrl).query("alter role hedgerow_auth password 'auth'");
  });
  afterAll(() => server.close());

  it("stands as declared", async () => {
    expect(await drift({ schema: tables, identity, database: nodePostgres(server.ownerPool) })).toEqual([]);
  });

  it("lets Better Auth sign people up and in and make organizations, as a role that owns nothing", async () => {
    const database = drizzle(server.pool(server.url("hedgerow_auth", "auth")));
    const auth = betterAuth({
      ...catalog,
      database: drizzleAdapter(database, { provider: "pg", schema: tables, transaction: true }),
    });
    const body = { name: "Ada", email: "ada@example.com", password };
    const post = async (path: string, body: object, cookie = ""): Promise<Response> => {
      const headers = { "content-type": "application/json", origin: basics.baseURL, cookie };
      const request = { method: "POST", headers, body: JSON.stringify(body) };
      const response = await auth.handler(new Request(`${basics.baseURL}/api/auth${path}`, request));
      expect(response.status, path).toBe(200);
      return response;
    };
    await post("/sign-up/email", body);
    const cookie = cookieOf((await post("/sign-in/email", body)).headers);
    await post("/organization/create", { name: "Acme", slug: "acme" }, cookie);
    await post("/api-key/create", { name: "a key" }, cookie);
    const counted = "select (select count(*) from member)::int as member, (select count(*) from apikey)::int as apikey";
    expect((await server.pool(server.superuserUrl).query(counted)).rows).toEqual([{ member: 1, apikey: 1 }]);
  });

  it("opens to callers these columns of these tables and nothing else", async () => {
    const { rows } = await server.ownerPool.query<{ readonly opened: string }>(
      `select format('%s.%s', c.relname, a.attname) as opened from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0
       where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and has_column_privilege('authenticated', c.oid, a.attnum, 'select') order by c.relname, a.attnum`,
    );
    expect(rows.map(({ opened }) => opened)).toMatchInlineSnapshot(`
      [
        "invitation.id",
        "invitation.organization_id",
        "invitation.email",
        "invitation.role",
        "invitation.team_id",
        "invitation.status",
        "invitation.expires_at",
        "invitation.created_at",
        "invitation.inviter_id",
        "member.id",
        "member.organization_id",
        "member.user_id",
        "member.role",
        "member.created_at",
        "organization.id",
        "organization.name",
        "organization.slug",
        "organization.logo",
        "organization.created_at",
        "session.id",
        "session.expires_at",
        "session.created_at",
        "session.updated_at",
        "session.ip_address",
        "session.user_agent",
        "session.user_id",
        "session.active_organization_id",
        "session.active_team_id",
        "session.impersonated_by",
        "user.id",
        "user.name",
        "user.email",
        "user.email_verified",
        "user.image",
        "user.created_at",
        "user.updated_at",
        "user.role",
        "user.two_factor_enabled",
        "user.username",
        "user.display_username",
        "user.is_anonymous",
        "user.phone_number",
        "user.phone_number_verified",
        "user.last_login_method",
      ]
    `);
    const writable = await server.ownerPool.query(
      `select c.relname from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
       and (has_any_column_privilege('authenticated', c.oid, 'insert, update, references') or has_table_privilege('authenticated', c.oid, 'delete, truncate, trigger') or has_any_column_privilege('anonymous', c.oid, 'select, insert, update'))`,
    );
    expect(writable.rows).toEqual([]);
  });
});

describe.each(["uuid", "serial", "database"] as const)(
  "the whole catalog on PGlite with ids of the kind %s",
  (kind) => {
    const options = withIds(kind === "database" ? false : kind);
    const schema = authTables(options);
    const identity = sessionIdentity(options);
    let client: PGlite;

    beforeAll(async () => {
      client = await freshPglite();
      await push({ schema, identity, database: pglite(client) });
    });
    afterAll(() => client.close());

    it("is made, and a second push changes nothing", async () => {
      const database = drizzlePglite(client);
      const { statementsToExecute } = await pushSchema({ ...schema }, database, ["public"]);
      expect(statementsToExecute).toEqual([]);
    });

    it("shows a caller what is theirs, through an index", async () => {
      const ids = kind === "database" ? ["ada", "acme"] : kind === "uuid" ? [randomUUID(), randomUUID()] : [7, 8];
      const [ada, acme] = ids;
      const other = kind === "serial" ? 9 : randomUUID();
      await client.query(
        'insert into "user" (id, name, email) values ($1, $1::text, $1::text), ($2, $2::text, $2::text)'
          .replaceAll("$1::text", "'a'")
          .replaceAll("$2::text", "'b'"),
        [ada, other],
      );
      await client.query(
        "insert into organization (id, name, slug, created_at) values ($1, 'a', 'a', now()), ($2, 'b', 'b', now())",
        [acme, other],
      );
      await client.query(
        "insert into member (organization_id, user_id, role, created_at, id) values ($1, $2, 'owner', now(), $1), ($3, $3, 'owner', now(), $3)",
        [acme, ada, other],
      );
      await client.query(
        "insert into session (id, token, user_id, expires_at, updated_at) values ($1, 'token', $1, now() + interval '1 day', now())",
        [ada],
      );
      await client.query(
        "insert into invitation (id, organization_id, email, role, expires_at, inviter_id) values ($1, $1, 'x', 'member', now(), $2), ($3, $3, 'x', 'member', now(), $3)",
        [acme, ada, other],
      );
      await client.transaction(async (tx) => {
        await tx.exec("set local role authenticated; set local enable_seqscan = off");
        await tx.query(`select ${saying({ token: sha256("token") })}`);
        for (const [table, id] of [
          ['"user"', ada],
          ["session", ada],
          ["organization", acme],
          ["member", acme],
          ["invitation", acme],
        ]) {
          expect((await tx.query(`select id from ${table}`)).rows, String(table)).toEqual([{ id }]);
          const { rows } = await tx.query<{ "QUERY PLAN": string }>(`explain select id from ${table}`);
          expect(rows.map((row) => row["QUERY PLAN"]).join("\n"), String(table)).toMatch(/Index (Only )?Scan/);
        }
      });
    });
  },
);
