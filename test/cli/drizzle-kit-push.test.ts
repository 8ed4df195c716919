import { createHash } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { enterSession } from "../../src/database/session.js";
import { type FreshPostgres, freshPostgres } from "../support/databases.js";
import { files, schemaFile, seed } from "../support/guarded-schema.js";
import { makeProject, type Project } from "../support/project.js";

const verified = "row-level security of 8 tables applied and verified";
const tokenHash = createHash("sha256").update("ada").digest("hex");

let project: Project;

beforeAll(async () => {
  project = await makeProject();
  for (const [file, text] of Object.entries(files)) await project.write(file, text);
});

beforeEach(() => project.write("schema.ts", schemaFile()));

afterAll(() => project.remove());

describe("drizzle-kit push on PostgreSQL, as an owner who is no superuser", () => {
  let postgres: FreshPostgres;
  const push = (...args: ReadonlyArray<string>) =>
    project.drizzleKit(["push", ...args], { DATABASE_URL: postgres.ownerUrl });

  const superuser = async <A extends pg.QueryResultRow>(text: string): Promise<ReadonlyArray<A>> => {
    const client = new pg.Client(postgres.superuserUrl);
    await client.connect();
    try {
      const { rows } = await client.query<A>(text);
      return rows;
    } finally {
      await client.end();
    }
  };

  /** Runs as `hedgerow_api` in a transaction that carries a session. */
  const asApi = async (hash: string | null, text: string): Promise<ReadonlyArray<object>> => {
    await postgres.ownerPool.query("alter role hedgerow_api password 'api'");
    const client = new pg.Client(postgres.url("hedgerow_api", "api"));
    await client.connect();
    try {
      const enter = enterSession(hash, { statementMs: 0, lockMs: 0 });
      await client.query("begin");
      await client.query(enter.text, [...(enter.values ?? [])]);
      await client.query("select from hedgerow.enter()");
      return (await client.query(text)).rows;
    } finally {
      await client.end();
    }
  };

  const flags = (table: string) =>
    superuser<{ enabled: boolean; forced: boolean; acl: string | null }>(
      `select relrowsecurity as enabled, relforcerowsecurity as forced, relacl::text as acl from pg_class where oid = to_regclass('${table}')`,
    );

  beforeEach(async () => {
    postgres = await freshPostgres();
  });

  afterEach(() => postgres.close());

  it("ends with tables that show a caller their own tenant and nobody else anything", async () => {
    const first = await push();
    expect(first).toMatchObject({ code: 0, stderr: "", stdout: expect.stringContaining(verified) });
    await superuser(`${seed} insert into notes (organization_id, body) values ('o1', 'mine'), ('o2', 'theirs')`);

    const client = new pg.Client({ connectionString: postgres.ownerUrl });
    await client.connect();
    expect((await client.query("select * from notes")).rows).toEqual([]);
    expect((await client.query('select * from "user"')).rows).toEqual([]);
    await client.end();
    expect(await asApi(tokenHash, "select body from notes")).toEqual([{ body: "mine" }]);
    expect(await asApi("00".repeat(32), "select body from notes")).toEqual([]);
    await expect(asApi(null, "select body from notes")).rejects.toMatchObject({ code: "42501" });
    await expect(asApi(tokenHash, "delete from notes")).rejects.toMatchObject({ code: "42501" });
    await expect(asApi(tokenHash, "select * from session")).rejects.toMatchObject({ code: "42501" });
    expect(await asApi(tokenHash, "insert into notes (body) values ('new') returning organization_id")).toEqual([
      { organization_id: "o1" },
    ]);

    const again = await push();
    expect(again).toMatchObject({ code: 0, stderr: "", stdout: expect.stringContaining("No changes detected") });
    expect(again.stdout).toContain(verified);
    expect(await asApi(tokenHash, "select body from notes")).toEqual([{ body: "mine" }]);
  });

  it("guards a table that is added later, whatever stood on the others", async () => {
    expect((await push()).code).toBe(0);
    await postgres.ownerPool.query("alter table notes disable row level security");
    await postgres.ownerPool.query("create policy open on notes using (true)");
    await postgres.ownerPool.query("grant all on notes to public");
    await project.write(
      "schema.ts",
      schemaFile(
        "",
        'export const tags = table("tags", { id: id(), organizationId: organization(), noteId: text("note_id").references(() => notes.id) }).firewall("organization").access(guard);',
      ),
    );
    const { code, stdout, stderr } = await push("--config=drizzle.config.ts");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain("row-level security of 9 tables applied and verified");
    for (const table of ["notes", "tags"]) {
      expect(await flags(table)).toEqual([{ enabled: true, forced: true, acl: expect.not.stringContaining("{=") }]);
    }
    const policies = await superuser<{ policyname: string; complete: boolean }>(
      "select policyname, coalesce(qual, with_check) is not null as complete from pg_policies where tablename in ('notes', 'tags') order by 1",
    );
    expect(policies).toEqual(
      ["notes", "tags"]
        .flatMap((table) =>
          ["firewall_delete", "firewall_insert", "firewall_select", "firewall_update", "insert", "select"].map(
            (policy) => `${table}_${policy}`,
          ),
        )
        .map((policyname) => ({
          policyname,
          complete: true,
        })),
    );
  });

  it("fails and says what is missing when the first push breaks off, and no table is open", async () => {
    await project.write("schema.ts", schemaFile('count: integer("count").default(sql`no_such_function()`)'));
    const { code, stderr } = await push();
    expect(code).toBe(1);
    expect(stderr).toContain("[x] Hedgerow: The push was not finished");
    expect(stderr).toContain("drizzle-kit: function no_such_function() does not exist");
    expect(stderr).toContain("table public.notes does not exist");
    const open = await superuser(
      "select relname from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' and not (relrowsecurity and relforcerowsecurity)",
    );
    const granted = await superuser(
      "select table_name from information_schema.role_table_grants where table_schema = 'public' and grantee <> 'hedgerow_owner'",
    );
    expect({ open, granted }).toEqual({ open: [], granted: [] });
  });

  it("fails when a later push breaks off, keeps FORCE and the rules, and recovers", async () => {
    expect((await push()).code).toBe(0);
    await superuser(`${seed} insert into notes (organization_id, body) values ('o1', 'mine'), ('o2', 'theirs')`);
    await project.write("schema.ts", schemaFile('count: integer("count").default(sql`no_such_function()`)'));
    const failed = await push();
    expect(failed.code).toBe(1);
    expect(failed.stderr).toContain("column count of table public.notes does not exist");
    expect(await flags("notes")).toEqual([{ enabled: true, forced: true, acl: expect.not.stringContaining("{=") }]);
    expect(await asApi(tokenHash, "select body from notes")).toEqual([{ body: "mine" }]);

    await project.write("schema.ts", schemaFile('count: integer("count").default(1)'));
    expect(await push()).toMatchObject({ code: 0, stderr: "" });
    expect(await asApi(tokenHash, "select body, count from notes")).toEqual([{ body: "mine", count: 1 }]);
  });

  it("does not lose rows that FORCE hides from the owner, and fails without a terminal to ask in", async () => {
    await project.write("schema.ts", schemaFile('secret: text("secret")'));
    expect((await push()).code).toBe(0);
    await superuser("insert into notes (organization_id, body, secret) values ('o1', 'mine', 'kept')");
    await project.write("schema.ts", schemaFile());
    const { code, stdout, stderr } = await push();
    expect({ code, stdout }).toEqual({ code: 1, stdout: expect.stringContaining("CAUSE DATA LOSS") });
    expect(stderr).toContain("[x] Hedgerow");
    expect(await superuser("select secret from notes")).toEqual([{ secret: "kept" }]);
    expect(await flags("notes")).toMatchObject([{ enabled: true, forced: true }]);
  });

  it("takes the parts of a connection instead of a url, and prints no password", async () => {
    const { hostname, port, username, password, pathname } = new URL(postgres.ownerUrl);
    const config = (secret: string) =>
      files["drizzle.config.ts"].replace(
        "{ url: process.env.DATABASE_URL! }",
        JSON.stringify({
          host: hostname,
          port: Number(port),
          user: username,
          password: secret,
          database: pathname.slice(1),
          ssl: false,
        }),
      );
    await project.write("parts.config.ts", config(password));
    expect(await push("--config=parts.config.ts")).toMatchObject({ code: 0, stderr: "" });
    await project.write("parts.config.ts", config("a-wrong-secret"));
    const refused = await push("--config", "parts.config.ts");
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain("Nothing was pushed");
    expect(refused.stderr).toContain("password authentication failed");
    expect(refused.stdout + refused.stderr).not.toContain("a-wrong-secret");
  });

  it("does its part once when the config is made twice", async () => {
    await project.write(
      "twice.config.ts",
      `${files["drizzle.config.ts"].replace("export default", "const config = () =>")}config();export default config();`,
    );
    const { code, stdout } = await push("--config=twice.config.ts");
    expect({ code, said: stdout.split(verified).length - 1 }).toEqual({ code: 0, said: 1 });
  });

  it("does nothing for another command", async () => {
    const { code } = await project.drizzleKit(["generate"], { DATABASE_URL: postgres.ownerUrl });
    expect(code).toBe(0);
    expect(await superuser("select 1 from pg_roles where rolname = 'hedgerow_api'")).toEqual([]);
  });
});

describe("drizzle-kit push on PGlite", () => {
  it("guards the tables in a folder, twice", async () => {
    const folder = join(project.directory, "data");
    await mkdir(folder);
    await project.write(
      "pglite.config.ts",
      files["drizzle.config.ts"]
        .replace('schema: "./schema.ts"', 'driver: "pglite", schema: "./schema.ts"')
        .replace("process.env.DATABASE_URL!", JSON.stringify(folder)),
    );
    for (const said of ["Changes applied", "No changes detected"]) {
      const { code, stdout, stderr } = await project.drizzleKit(["push", "--config=pglite.config.ts"]);
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      expect(stdout).toContain(said);
      expect(stdout).toContain(verified);
    }
    const client = await PGlite.create(folder);
    const { rows } = await client.query(
      "select relrowsecurity and relforcerowsecurity as closed, (select count(*)::int from pg_policy where polrelid = c.oid and coalesce(polqual, polwithcheck) is not null) as policies from pg_class c where relname = 'notes'",
    );
    await client.close();
    expect(rows).toEqual([{ closed: true, policies: 6 }]);
  });
});

describe("a push that cannot begin", () => {
  it("says that the url is missing", async () => {
    const { code, stderr } = await project.drizzleKit(["push"], { DATABASE_URL: "" });
    expect(code).toBe(1);
    expect(stderr).toContain("dbCredentials.url is empty");
    expect(stderr).toContain("DATABASE_URL");
  });

  it("says that the database cannot be reached, without the password", async () => {
    const { code, stdout, stderr } = await project.drizzleKit(["push"], {
      DATABASE_URL: "postgres://owner:a-secret@127.0.0.1:1/app",
    });
    expect(code).toBe(1);
    expect(stderr).toContain("The database cannot be reached");
    expect(stdout + stderr).not.toContain("a-secret");
  });

  it("refuses to let drizzle-kit manage roles", async () => {
    await project.write(
      "roles.config.ts",
      files["drizzle.config.ts"].replace('schema: "./schema.ts"', 'schema: "./schema.ts", entities: { roles: true }'),
    );
    const { code, stderr } = await project.drizzleKit(["push", "--config=roles.config.ts"], {
      DATABASE_URL: "postgres://127.0.0.1:1/app",
    });
    expect(code).toBe(1);
    expect(stderr).toContain("leave entities.roles out");
  });
});
