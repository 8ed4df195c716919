/** What a push leaves alone, and what it leaves behind when it fails. */
import { text } from "drizzle-orm/pg-core";
import { id, organization, table } from "hedgerow";
import { push } from "hedgerow/drizzle-kit";
import { nodePostgres } from "hedgerow/node-postgres";
import { drift } from "hedgerow/postgres";
import pg from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type FreshPostgres, freshPostgres } from "../support/databases.js";
import { auth, files, identity, projects, schemaFile } from "../support/guarded-schema.js";
import { makeProject, type Project } from "../support/project.js";

/** Without a unique key of several columns: drizzle-kit makes those anew on every push. */
const tasks = table("tasks", {
  id: id(),
  organizationId: organization(),
  projectId: text("project_id").references(() => projects.id),
})
  .firewall("organization")
  .access({ read: { roles: ["member+"] }, create: { roles: ["member+"] } });

const schema: Readonly<Record<string, unknown>> = { ...auth, projects, tasks };

const stricter = table("projects", { id: id("prj"), organizationId: organization(), name: text("name").notNull() })
  .firewall("organization")
  .access({ read: { roles: ["admin+"] }, create: { roles: ["admin+"] }, update: { roles: ["admin+"] } });

/** What is made anew gets another oid; what is altered gets another row version. */
const objects = `
  select 'policy ' || polname as name, oid::text, xmin::text from pg_policy
  union all select 'trigger ' || tgname, oid::text, xmin::text from pg_trigger where not tgisinternal
  union all select 'table ' || relname, oid::text, xmin::text from pg_class where relnamespace = 'public'::regnamespace
  union all select 'comment ' || description, objoid::text, xmin::text from pg_description where classoid = 'pg_policy'::regclass
  order by 1, 2`;

describe("a push", () => {
  let postgres: FreshPostgres;
  const see = async (): Promise<ReadonlyArray<{ readonly name: string }>> =>
    (await postgres.ownerPool.query(objects)).rows;

  beforeAll(async () => {
    postgres = await freshPostgres();
    await push({ schema, identity, database: nodePostgres(postgres.ownerPool) });
  });

  afterAll(() => postgres.close());

  /** Runs while a transaction has read all tables and written to one, and has not ended. */
  const whileOthersWork = async (work: () => Promise<void>): Promise<void> => {
    const others = new pg.Client(postgres.superuserUrl);
    await others.connect();
    try {
      await others.query("begin");
      await others.query('select from projects, tasks, "user", session, organization, member');
      await others.query("insert into projects (organization_id, name) values ('o1', 'a')");
      await work();
      await others.query("rollback");
    } finally {
      await others.end();
    }
  };

  it("with unchanged rules makes and drops nothing, and waits for nobody who reads or writes", async () => {
    const before = await see();
    const impatient = postgres.pool(postgres.ownerUrl, { options: "-c statement_timeout=60s" });
    await whileOthersWork(() => push({ schema, identity, database: nodePostgres(impatient) }));
    expect(await see()).toEqual(before);
  });

  it("touches only the policies that changed", async () => {
    const before = await see();
    const database = nodePostgres(postgres.ownerPool);
    const changed = { ...schema, projects: stricter };
    expect((await drift({ schema: changed, identity, database })).map(({ code, object }) => [code, object])).toEqual([
      ["policy_differs", "public.projects.projects_firewall_select"],
      ["policy_differs", "public.projects.projects_select"],
    ]);
    await push({ schema: changed, identity, database });
    const after = await see();
    const kept = after.filter((object) => before.some((other) => JSON.stringify(other) === JSON.stringify(object)));
    expect(after.filter((object) => !kept.includes(object)).map(({ name }) => name.replace(/:[\s\S]*/, ""))).toEqual([
      "comment Second wall, select",
      "comment select",
      "policy projects_firewall_select",
      "policy projects_select",
    ]);
    expect(await drift({ schema: changed, identity, database })).toEqual([]);
    await push({ schema, identity, database });
  });

  it("that cannot finish leaves every policy as it was", async () => {
    const before = await see();
    const { projects: _, ...rest } = schema;
    const broken = table("broken", { id: id(), organizationId: organization() })
      .firewall("organization")
      .access({ read: { roles: ["member+"] } });
    await postgres.ownerPool.query("create view broken as select 1 as id");
    const failed = push({
      schema: { ...rest, projects: stricter, broken },
      identity,
      database: nodePostgres(postgres.ownerPool),
    });
    await expect(failed).rejects.toThrow(/broken/);
    await postgres.ownerPool.query("drop view broken");
    const policies = (all: ReadonlyArray<{ readonly name: string }>) =>
      all.filter(({ name }) => name.startsWith("policy "));
    expect(policies(await see())).toEqual(policies(before));
  });
});

describe("drizzle-kit push", () => {
  let postgres: FreshPostgres;
  let project: Project;

  beforeAll(async () => {
    [project, postgres] = await Promise.all([makeProject(), freshPostgres()]);
    for (const [file, text] of Object.entries(files)) await project.write(file, text);
  });

  beforeEach(() => project.write("schema.ts", schemaFile()));

  afterAll(async () => {
    await postgres.close();
    await project.remove();
  });

  const see = async () => (await postgres.ownerPool.query(objects)).rows;
  const kit = (url = postgres.ownerUrl) => project.drizzleKit(["push"], { DATABASE_URL: url });

  it("with unchanged rules makes and drops nothing, and waits for nobody who reads", async () => {
    expect((await kit()).code).toBe(0);
    const before = await see();
    const reader = new pg.Client(postgres.superuserUrl);
    await reader.connect();
    await reader.query("begin");
    await reader.query("select from notes, session");
    const { code, stderr } = await kit(`${postgres.ownerUrl}?options=-c%20statement_timeout%3D60s`);
    await reader.end();
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(await see()).toEqual(before);
  });

  it("that fails after a rule was changed leaves its table closed, and the next one finishes", async () => {
    const changed = schemaFile().replace('read: { roles: ["member+"] }', 'read: { roles: ["admin+"] }');
    const columns = 'body: text("body").notNull(), count: integer("count").default(sql`no_such_function()`)';
    await project.write("schema.ts", changed.replace('body: text("body").notNull()', columns));
    const failed = await kit();
    expect(failed.code).toBe(1);
    expect(failed.stderr).toContain("column count of table public.notes does not exist");
    const { rows } = await postgres.ownerPool.query(
      "select relrowsecurity and relforcerowsecurity as closed, (select count(*)::int from pg_policy where polrelid = c.oid and polcmd = 'r' and polqual is not null) as readable from pg_class c where relname = 'notes'",
    );
    expect(rows).toEqual([{ closed: true, readable: 0 }]);
    await project.write("schema.ts", changed);
    expect((await kit()).code).toBe(0);
  });
});
