import { cp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { PGlite } from "@electric-sql/pglite";
import { drizzle } from "drizzle-orm/node-postgres";
import { migrate as drizzleMigrate } from "drizzle-orm/node-postgres/migrator";
import { drizzle as drizzlePglite } from "drizzle-orm/pglite";
import { migrate as drizzleMigratePglite } from "drizzle-orm/pglite/migrator";
import { drizzle as drizzle1 } from "drizzle-orm-1/node-postgres";
import { migrate as drizzleMigrate1 } from "drizzle-orm-1/node-postgres/migrator";
import pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type FreshPostgres, freshPglite, freshPostgres } from "../support/databases.js";
import { files, schemaFile, seed } from "../support/guarded-schema.js";
import { type DrizzleLine, makeProject, type Project } from "../support/project.js";

const config = `
import { defineConfig } from "hedgerow/config";
import { authOptions } from "./auth.js";
import * as schema from "./schema.js";
const url = process.env.DATABASE_URL;
export default defineConfig({
  name: "acme",
  schema: { path: "./schema.ts", module: schema },
  providers: {
    runtime: "node",
    database: process.env.FOLDER ? { type: "pglite", dataDir: process.env.FOLDER } : { type: "postgres", url },
    auth: { type: "better-auth", options: authOptions },
  },
});
`;
const tasks = `
export const tasks = table("tasks", { id: id(), organizationId: organization(), noteId: text("note_id").references(() => notes.id) })
  .firewall("organization").access(guard);`;

/** Everything that decides who sees what, and what has been recorded. */
const catalog = `
  select c.relname, c.relrowsecurity, c.relforcerowsecurity, coalesce(c.relacl, pg_catalog.acldefault('r', c.relowner))::text as relacl,
    (select json_agg(json_build_array(polname, polcmd, polpermissive, polroles::regrole[]::text, obj_description(oid, 'pg_policy'),
      pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid)) order by polname)::text from pg_policy where polrelid = c.oid) as policies,
    (select json_agg(json_build_array(attname, atttypid::regtype, attnotnull, attacl::text) order by attname)::text
      from pg_attribute where attrelid = c.oid and attnum > 0 and not attisdropped) as columns,
    (select json_agg(pg_get_constraintdef(oid) order by conname)::text from pg_constraint where conrelid = c.oid) as keys,
    (select json_agg(pg_get_triggerdef(oid) order by tgname)::text from pg_trigger where tgrelid = c.oid and not tgisinternal) as triggers
  from pg_class c where relnamespace = 'public'::regnamespace and relkind = 'r' order by 1`;
const helpers =
  "select proname, prosrc, proowner::regrole::text, proacl::text from pg_proc where pronamespace = 'hedgerow'::regnamespace order by 1";
/** Whatever columns it has, but when it was written. */
const records = "select to_jsonb(m) - 'id' - 'applied_at' as row, hash from drizzle.__drizzle_migrations m order by id";

/** Many processes one after the other. */
const slow = { timeout: 300_000 };

const lines: ReadonlyArray<DrizzleLine> = ["0.45", "1.0"];

let project: Project;
let line: DrizzleLine;
const projects = new Map<DrizzleLine, Project>();

const use = (other: DrizzleLine): void => {
  line = other;
  project = projects.get(other) ?? project;
};

beforeAll(async () => {
  for (const each of lines) {
    projects.set(each, await makeProject(each));
    use(each);
    for (const [file, text] of Object.entries(files)) await project.write(file, text);
    await project.write("hedgerow.config.ts", config);
    await project.write("schema.ts", schemaFile("", tasks));
    await generated();
    await rename(out(), join(project.directory, "prepared"));
  }
});

const reset = async (): Promise<void> => {
  await rm(join(project.directory, "drizzle"), { recursive: true, force: true });
  await project.write("schema.ts", schemaFile("", tasks));
};

beforeEach(async () => {
  use("0.45");
  await reset();
});

afterAll(async () => {
  for (const each of projects.values()) await each.remove();
});

const out = (...path: ReadonlyArray<string>): string => join(project.directory, "drizzle", ...path);

interface Written {
  readonly tag: string;
  /** From the folder. */
  readonly file: string;
}

/** The migrations in their order. */
const written = async (): Promise<ReadonlyArray<Written>> => {
  if (line === "1.0") {
    const tags = (await readdir(out())).sort();
    return tags.map((tag) => ({ tag, file: `${tag}/migration.sql` }));
  }
  const { entries }: { readonly entries: ReadonlyArray<{ readonly tag: string }> } = JSON.parse(
    await readFile(out("meta", "_journal.json"), "utf8"),
  );
  return entries.map(({ tag }) => ({ tag, file: `${tag}.sql` }));
};

/** What a migration is called behind its number or time. */
const called = (idx: number, name: string) =>
  expect.stringMatching(new RegExp(line === "1.0" ? `^\\d{14}_${name}$` : `^000${idx}_${name}$`));

const drizzleMigrateHere = (pool: pg.Pool): Promise<unknown> =>
  line === "1.0"
    ? drizzleMigrate1(drizzle1({ client: pool }), { migrationsFolder: out() })
    : drizzleMigrate(drizzle(pool), { migrationsFolder: out() });

/** The migrations of the schema that every test starts with, made once. */
const prepared = (): Promise<void> => cp(join(project.directory, "prepared"), out(), { recursive: true });

const generated = async (): Promise<void> => {
  expect(await project.hedgerow(["generate"])).toMatchObject({ code: 0, stderr: "" });
};

describe("hedgerow, the command", () => {
  it("helps, tells its version and completes, without colours where there is no terminal", async () => {
    const help = await project.hedgerow(["--help"]);
    expect(help).toMatchObject({ code: 0, stderr: "" });
    for (const command of ["push", "generate", "migrate"]) expect(help.stdout).toContain(`  ${command} `);
    expect(help.stdout).not.toContain("\u001b[");
    expect((await project.hedgerow(["--version"])).stdout).toMatch(/^hedgerow v\d+\.\d+\.\d+\n$/);
    expect((await project.hedgerow(["--completions", "bash"])).stdout).toContain("complete ");
    expect(await project.hedgerow(["pusch"])).toMatchObject({ code: 2, stderr: expect.stringContaining("pusch") });
  });

  it("says in one message what is wrong with a config, and shows a stack only when asked", async () => {
    await project.write("wrong.config.ts", 'export default { name: "", schema: { path: "./schema.ts" } };');
    const short = await project.hedgerow(["generate", "--config", "wrong.config.ts"]);
    expect(short).toMatchObject({ code: 1, stdout: "" });
    expect(short.stderr).toBe(
      [
        "The config of Hedgerow is not right:",
        "  - name must be a text that is not empty",
        "  - schema.module must be an object",
        "  - providers must be an object\n",
      ].join("\n"),
    );
    const long = await project.hedgerow(["generate", "--config", "wrong.config.ts", "--verbose"]);
    expect(long.stderr).toMatch(/^The config of Hedgerow is not right:(.|\n)*\n {4}at /);
    expect((await project.hedgerow(["migrate", "-c", "none.ts"])).stderr).toBe("There is no file none.ts.\n");
    const nowhere = await project.hedgerow(["migrate"]);
    expect(nowhere).toMatchObject({ code: 1, stderr: expect.stringContaining("providers.database.url is empty") });
  });
});

describe.each(lines)("drizzle-kit generate with the same config, plain, with Drizzle %s", (each) => {
  beforeEach(async () => {
    use(each);
    await reset();
    await project.write(
      "drizzle.config.ts",
      'import { withHedgerow } from "hedgerow/drizzle-kit";\nimport config from "./hedgerow.config";\nexport default withHedgerow(config);\n',
    );
  });

  it("writes helpers and row-level security too, and agrees with hedgerow generate", async () => {
    // Also with a table that is not guarded, in a schema of its own.
    const logs =
      'export const app = pgSchema("app");\nexport const logs = app.table("logs", { id: text("id").primaryKey() });';
    const declared = schemaFile("", tasks + logs).replace("{ integer, text }", "{ integer, pgSchema, text }");
    await project.write("schema.ts", declared);
    const first = await project.drizzleKit(["generate", "--name=first"]);
    expect(first).toMatchObject({ code: 0, stderr: "" });
    const migrations = await written();
    expect(migrations.map(({ tag }) => tag)).toEqual([
      called(0, "hedgerow_helpers_[0-9a-f]+"),
      called(1, "first"),
      called(2, "hedgerow_rls_[0-9a-f]+"),
    ]);
    expect(await readFile(out(migrations[1]?.file ?? ""), "utf8")).not.toContain("POLICY");
    expect((await project.hedgerow(["generate"])).stdout).toContain("nothing has changed");

    await project.write(
      "schema.ts",
      declared.replace('create: { roles: ["member+"] }', 'create: { roles: ["admin+"] }'),
    );
    expect(await project.drizzleKit(["generate"])).toMatchObject({ code: 0, stderr: "" });
    expect((await written()).slice(3).map(({ tag }) => tag)).toEqual([called(3, "hedgerow_rls_[0-9a-f]+")]);
    expect((await project.hedgerow(["generate"])).stdout).toContain("nothing has changed");
    expect((await project.drizzleKit(["generate"])).stdout).toContain("No schema changes");
  });

  it("fails where drizzle-kit could not ask, and leaves the folder as it was", async () => {
    await prepared();
    const before = await written();
    await project.write("schema.ts", schemaFile("", tasks.replace('"tasks"', '"jobs"')));
    const { code, stderr } = await project.drizzleKit(["generate"]);
    expect(code).toBe(1);
    expect(stderr).toContain("drizzle-kit has not written what changed");
    expect(await written()).toEqual(before);
    expect(await project.hedgerow(["generate"])).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^Nothing was written: drizzle-kit has a question/),
    });
  });
});

describe("hedgerow migrate on PostgreSQL, as an owner who is no superuser", () => {
  let postgres: FreshPostgres;
  const migrate = () => project.hedgerow(["migrate"], { DATABASE_URL: postgres.ownerUrl });
  const query = async (text: string) => (await postgres.ownerPool.query(text)).rows;

  const state = async () => ({
    catalog: await query(catalog),
    helpers: await query(helpers),
    records: await query(records),
  });

  const empty = async () => {
    for (const schema of ["public", "hedgerow", "drizzle"]) await query(`drop schema if exists ${schema} cascade`);
    await query("create schema public");
    await query("grant usage on schema public to public");
  };

  beforeEach(async () => {
    postgres = await freshPostgres();
  });

  afterEach(() => postgres.close());

  describe.each(lines)("with Drizzle %s", (each) => {
    beforeEach(async () => {
      use(each);
      await reset();
    });

    it("applies what is new, once, and ends where drizzle-orm's migrator ends", async () => {
      await prepared();
      const first = await migrate();
      expect(first).toMatchObject({ code: 0, stderr: "" });
      expect(first.stdout).toContain("3 applied, the database is as declared");
      const ours = await state();
      expect((await migrate()).stdout).toContain("nothing to apply, the database is as declared");
      await drizzleMigrateHere(postgres.ownerPool);
      expect(await state()).toEqual(ours);

      await empty();
      await drizzleMigrateHere(postgres.ownerPool);
      expect(await state()).toEqual(ours);
      expect(await migrate()).toMatchObject({ code: 0, stdout: expect.stringContaining("nothing to apply") });

      await empty();
      expect(await project.hedgerow(["push"], { DATABASE_URL: postgres.ownerUrl })).toMatchObject({
        code: 0,
        stderr: "",
      });
      expect(await query(catalog)).toEqual(ours.catalog);
    });

    it("carries a changed rule, a changed column and a removed table to a database with rows", async () => {
      await prepared();
      expect((await migrate()).code).toBe(0);
      await postgres
        .pool(postgres.superuserUrl)
        .query(`${seed} insert into notes (organization_id, body) values ('o1', 'kept')`);
      await project.write(
        "schema.ts",
        schemaFile('size: text("size"),').replace(
          'create: { roles: ["member+"] }',
          'create: { roles: ["admin+"] }, delete: { roles: ["owner"] }',
        ),
      );
      await generated();
      expect(await migrate()).toMatchObject({ code: 0, stderr: "" });
      await project.write(
        "schema.ts",
        schemaFile('size: varchar("size"),').replace("{ integer, text }", "{ integer, text, varchar }"),
      );
      await generated();
      expect(await migrate()).toMatchObject({ code: 0, stderr: "" });
      const { rows } = await postgres
        .pool(postgres.superuserUrl)
        .query("select organization_id, body, size from notes");
      expect(rows).toEqual([{ organization_id: "o1", body: "kept", size: null }]);
      const { catalog: migrated } = await state();
      await empty();
      await project.hedgerow(["push"], { DATABASE_URL: postgres.ownerUrl });
      expect(await query(catalog)).toEqual(migrated);
    });

    it("refuses a folder or a database that does not fit the other, by name, and changes nothing", async () => {
      await prepared();
      expect((await migrate()).code).toBe(0);
      const [helpers, , last] = await written();
      const file = out(last?.file ?? "");
      const text = await readFile(file, "utf8");
      await writeFile(file, `${text}\n-- changed\n`);
      expect(await migrate()).toMatchObject({
        code: 1,
        stderr: `Nothing was migrated.\n  - ${last?.file} was changed after it had been applied. Restore it, and put the change into a new migration.\n`,
      });
      await writeFile(file, text);
      await query("alter table notes no force row level security");
      const drifted = await migrate();
      expect(drifted.code).toBe(1);
      expect(drifted.stderr).toContain("row-level security of table public.notes is not enabled and forced");
      const client = new pg.Client(postgres.ownerUrl);
      await client.connect();
      expect((await client.query("select pg_try_advisory_lock(7522529147838689143) as free")).rows).toEqual([
        { free: true },
      ]);
      await client.end();
      await query("delete from drizzle.__drizzle_migrations where id = 1");
      expect((await migrate()).stderr).toContain(
        `${helpers?.tag} is older than ${line === "1.0" ? `${last?.tag}, which was applied` : "the last migration that was applied"}`,
      );
    });

    it("takes over a database that a push has made, where it and the folder are as declared, and goes on from there", async () => {
      await prepared();
      const env = { DATABASE_URL: postgres.ownerUrl };
      const baseline = () => project.hedgerow(["migrate", "--baseline"], env);
      expect(await baseline()).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(
          /^Nothing was recorded\. The database is not as declared[\s\S]*table public\.notes does not exist/,
        ),
      });
      expect((await project.hedgerow(["push"], env)).code).toBe(0);
      await query("alter policy notes_select on notes using (true)");
      expect((await baseline()).stderr).toContain("policy notes_select on table public.notes is not as declared");
      expect(await query(records)).toEqual([]);
      expect((await project.hedgerow(["push"], env)).code).toBe(0);
      const before = await query(catalog);
      expect(await baseline()).toMatchObject({ code: 0, stdout: expect.stringContaining("3 recorded") });
      expect(await query(catalog)).toEqual(before);
      expect(await migrate()).toMatchObject({ code: 0, stdout: expect.stringContaining("nothing to apply") });
      await project.write("schema.ts", schemaFile('done: text("done"),', tasks));
      expect(await baseline()).toMatchObject({
        code: 1,
        stderr: expect.stringContaining("does not say what the schema says. Run `hedgerow generate` first."),
      });
      await generated();
      expect((await migrate()).code).toBe(0);
    });

    it("names the statement that failed, and keeps nothing of its migration", async () => {
      await prepared();
      await query("create table notes (id text)");
      const { code, stderr } = await migrate();
      expect(code).toBe(1);
      expect(stderr).toMatch(
        /^(\w+) was not applied, and nothing of it is left\. What is wrong:\n {2}- \1(\.sql|\/migration\.sql), statement \d+ of \d+: relation "notes" already exists\n {2}- Was this database pushed before\?.*--baseline.*\n$/,
      );
      expect(await query(records)).toHaveLength(1);
      expect(
        await query("select relname from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'"),
      ).toEqual([{ relname: "notes" }]);
    });
  });

  it("goes on in the next line of Drizzle, with the folder and the rows of the last one", async () => {
    await prepared();
    expect((await migrate()).code).toBe(0);
    const { catalog: guarded } = await state();
    const old = out();
    use("1.0");
    await rm(out(), { recursive: true, force: true });
    await cp(old, out(), { recursive: true });
    expect(await migrate()).toMatchObject({ code: 1, stderr: expect.stringContaining("`drizzle-kit up`") });
    expect(await project.drizzleKit(["up", "--dialect=postgresql", "--out=drizzle"])).toMatchObject({ code: 0 });
    expect((await project.hedgerow(["generate"])).stdout).toContain("nothing has changed");
    expect((await written()).map(({ tag }) => tag)).toEqual([
      called(0, "hedgerow_helpers_[0-9a-f]+"),
      called(1, "tables"),
      called(2, "hedgerow_rls_[0-9a-f]+"),
    ]);
    expect(await migrate()).toMatchObject({ code: 0, stdout: expect.stringContaining("nothing to apply") });
    await drizzleMigrateHere(postgres.ownerPool);
    expect(await query(catalog)).toEqual(guarded);
    expect((await query(records)).map(({ row }) => row.name)).toEqual((await written()).map(({ tag }) => tag));
  });

  it("lets two at once take turns", async () => {
    await prepared();
    const both = await Promise.all([migrate(), migrate()]);
    // On a machine that is busy, one of them waits for long enough to say so.
    const stderr = expect.stringMatching(/^(acme: waiting for [^\n]*\n)*$/);
    for (const each of both) expect(each).toMatchObject({ code: 0, stderr });
    expect(both.flatMap(({ stdout }) => stdout.match(/applied 000\d/g) ?? [])).toHaveLength(3);
    expect(await query(records)).toHaveLength(3);
  });

  it("leaves a state between two migrations when it is killed, and goes on from there", slow, async () => {
    await prepared();
    const running = async () => (await query("select from pg_locks where locktype = 'advisory'")).length > 0;
    const first = migrate();
    while (!(await running())) await sleep(1);
    const started = performance.now();
    while (await running()) await sleep(1);
    const duration = performance.now() - started;
    expect((await first).code).toBe(0);
    const whole = await state();
    const hashes = whole.records.map(({ hash }) => hash);
    const attempts = 8;
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      await empty();
      const { child, ran } = project.start(["migrate"], { DATABASE_URL: postgres.ownerUrl });
      while (!(await running())) await sleep(1);
      // Anywhere in its work, and spread over it.
      await sleep((duration * (attempt + Math.random())) / attempts);
      child.kill("SIGKILL");
      await ran;
      // The server may still be busy with what the dead process had sent.
      await query("select pg_advisory_lock(7522529147838689143), pg_advisory_unlock(7522529147838689143)");
      const [{ made }] = await query("select to_regclass('drizzle.__drizzle_migrations') is not null as made");
      const applied = made === true ? (await query(records)).map(({ hash }) => hash) : [];
      expect(applied).toEqual(hashes.slice(0, applied.length));
      const [{ helped }] = await query("select to_regnamespace('hedgerow') is not null as helped");
      const tables = await query(catalog);
      const guarded = tables.filter(({ policies }) => policies !== null);
      expect([helped, tables.length > 0, guarded.length > 0]).toEqual([1, 2, 3].map((n) => applied.length >= n));
      // Between tables and policies nobody reads: row-level security is on and no policy lets anyone in.
      for (const table of tables) expect(table).toMatchObject({ relrowsecurity: true });
      expect(await migrate()).toMatchObject({ code: 0, stderr: "" });
      expect(await state()).toEqual(whole);
    }
  });
});

describe("hedgerow migrate on a folder of PGlite", () => {
  const stateOf = async (client: PGlite) => {
    const rows = async (text: string) => (await client.query(text)).rows;
    return { catalog: await rows(catalog), helpers: await rows(helpers), records: await rows(records) };
  };

  it("survives a kill, takes turns, and ends where drizzle-orm's migrator ends", slow, async () => {
    await prepared();
    const folder = join(project.directory, "data");
    // To make a folder takes seconds, and a kill meanwhile would be PGlite's own affair.
    await (await PGlite.create(folder)).close();
    const migrate = () => project.start(["migrate"], { FOLDER: folder });
    const { child, ran } = migrate();
    child.stdout?.once("data", () => child.kill("SIGKILL"));
    expect((await ran).code).not.toBe(0);
    const both = await Promise.all([migrate().ran, migrate().ran]);
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    // Where one came later, it says for whom it waits.
    const words = both.map(({ stderr }) => stderr).join("");
    expect(words).toMatch(
      /^(?:acme: waiting\. (?:\S+ is open in process \d+ \(bin\.js\)|Others are just opening).*\n)?$/,
    );

    const client = await PGlite.create(folder);
    const ours = await stateOf(client);
    await client.close();
    expect(ours.records).toHaveLength(3);
    const other = await freshPglite();
    await drizzleMigratePglite(drizzlePglite(other), { migrationsFolder: out() });
    expect(await stateOf(other)).toEqual(ours);
    await other.close();
  });
});
