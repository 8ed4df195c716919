/** A second push of what stands as declared, whatever it is, changes nothing. */
import type { PGlite } from "@electric-sql/pglite";
import { push } from "hedgerow/drizzle-kit";
import { nodePostgres } from "hedgerow/node-postgres";
import { pglite } from "hedgerow/pglite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type FreshPostgres, freshPglite, freshPostgres } from "../support/databases.js";
import { auth, files, identity } from "../support/guarded-schema.js";
import { type DrizzleLine, makeProject, type Project } from "../support/project.js";
import * as shapes from "../support/shapes-of-tables.js";

/** Every row of the catalog that says what a table is, with who wrote it last. */
const written = `
  select 'class' as what, c.oid::int, c.relname::text as name, '' as written from pg_class c
  where c.relnamespace in ('public'::regnamespace, 'billing'::regnamespace)
  union all select 'column', a.attrelid::int, a.attname, a.xmin::text from pg_attribute a join pg_class c on c.oid = a.attrelid
  where c.relnamespace in ('public'::regnamespace, 'billing'::regnamespace) and a.attnum > 0
  union all select 'default', d.adrelid::int, d.oid::text, d.xmin::text from pg_attrdef d
  union all select 'key', k.oid::int, k.conname, k.xmin::text from pg_constraint k
  union all select 'index', i.indexrelid::int, '', i.xmin::text from pg_index i where i.indexrelid > 16383
  union all select 'policy', p.oid::int, p.polname, p.xmin::text from pg_policy p
  union all select 'value', e.enumtypid::int, e.enumlabel, e.xmin::text from pg_enum e
  union all select 'sequence', s.seqrelid::int, '', s.xmin::text from pg_sequence s
  order by 1, 2, 3`;

/** Rows in tables that drizzle-kit would ask about, or empty, before it makes a key or a type anew. */
const rows = `
  insert into uniques (id, a, b, c, d) values ('u', 'a', 'b', 'c', 'd');
  insert into pairs values ('a', 'b'); insert into defaults (word) values ('x'); insert into checks values ('c', 1, 'x');
  insert into enums (id) values ('e'); insert into billing.enums values ('e', 'open', '{paid}');
  insert into billing.pairs values ('c', 'd'); insert into indexes (id, a) values ('i', 'A')`;

const schema = { ...auth, ...shapes };

describe("a second push of every shape of table, with rows", { timeout: 240_000 }, () => {
  let client: PGlite;
  let postgres: FreshPostgres;

  beforeAll(async () => {
    client = await freshPglite();
    postgres = await freshPostgres();
  });
  afterAll(async () => {
    await client?.close();
    await postgres?.close();
  });

  it("changes nothing on PGlite", async () => {
    const pushed = () => push({ schema, identity, database: pglite(client) });
    await pushed();
    await client.exec(rows);
    const before = (await client.query(written)).rows;
    await pushed();
    expect((await client.query(written)).rows).toEqual(before);
  });

  it("changes nothing on PostgreSQL", async () => {
    const pushed = () => push({ schema, identity, database: nodePostgres(postgres.ownerPool) });
    await pushed();
    await postgres.pool(postgres.superuserUrl).query(rows);
    const before = (await postgres.ownerPool.query(written)).rows;
    await pushed();
    expect((await postgres.ownerPool.query(written)).rows).toEqual(before);
  });
});

const config = `
import { defineConfig } from "hedgerow/config";
import { authOptions } from "./auth.js";
import * as schema from "./schema.js";
export default defineConfig({
  name: "shapes",
  schema: { path: "./schema.ts", module: schema },
  providers: {
    runtime: "node",
    database: { type: "postgres", url: process.env.DATABASE_URL },
    auth: { type: "better-auth", options: authOptions },
  },
});
`;

const timeout = 240_000;

describe.each<DrizzleLine>(["0.45", "1.0"])("a project of every shape with Drizzle %s", { timeout }, (line) => {
  let project: Project;
  let postgres: FreshPostgres;
  const hedgerow = () => project.hedgerow(["push"], { DATABASE_URL: postgres.ownerUrl });

  beforeAll(async () => {
    project = await makeProject(line);
    await project.write("package.json", JSON.stringify({ private: true, type: "module" }));
    for (const [file, text] of Object.entries(files)) await project.write(file, text);
    await project.share("shapes-of-tables.ts");
    await project.write("schema.ts", `export * from "./auth";\nexport * from "./shapes-of-tables";\n`);
    await project.write("hedgerow.config.ts", config);
    postgres = await freshPostgres();
  }, timeout);
  afterAll(async () => {
    await postgres?.close();
    await project?.remove();
  });

  it("is pushed by hedgerow push twice, and the second time changes nothing", async () => {
    expect(await hedgerow()).toMatchObject({ code: 0, stdout: expect.stringContaining("as declared"), stderr: "" });
    await postgres.pool(postgres.superuserUrl).query(rows);
    const before = (await postgres.ownerPool.query(written)).rows;
    expect(await hedgerow()).toMatchObject({ code: 0, stdout: expect.stringContaining("as declared"), stderr: "" });
    expect((await postgres.ownerPool.query(written)).rows).toEqual(before);
  });
});

const keys = `
export * from "./auth";
import { pgTable, primaryKey, text } from "drizzle-orm/pg-core";
import { organization, table } from "hedgerow";
export const plain = pgTable("plain", { a: text("a").notNull(), b: text("b").notNull() }, (t) => [
  primaryKey({ columns: [t.b, t.a] }),
]);
export const links = table("links", { organizationId: organization(), a: text("a").notNull() }, (t) => [
  primaryKey({ columns: [t.organizationId, t.a] }),
]).firewall("organization").access({ read: { roles: ["member+"] } });
`;

describe.each<DrizzleLine>(["0.45", "1.0"])("keys of several columns with Drizzle %s", { timeout }, (line) => {
  let project: Project;
  let postgres: FreshPostgres;

  beforeAll(async () => {
    project = await makeProject(line);
    await project.write("package.json", JSON.stringify({ private: true, type: "module" }));
    for (const [file, text] of Object.entries(files)) await project.write(file, text);
    await project.write("schema.ts", keys);
    postgres = await freshPostgres();
  }, timeout);
  afterAll(async () => {
    await postgres?.close();
    await project?.remove();
  });

  it("are pushed by drizzle-kit push twice, and the second time changes nothing", async () => {
    const pushed = async () => {
      const { code, stdout, stderr } = await project.drizzleKit(["push"], { DATABASE_URL: postgres.ownerUrl });
      expect(stdout + stderr).toContain("applied and verified");
      expect(code).toBe(0);
      const shown = `select conname, xmin::text from pg_constraint where conrelid in ('plain'::regclass, 'links'::regclass) order by 1`;
      return (await postgres.ownerPool.query(shown)).rows;
    };
    const before = await pushed();
    expect(before.length).toBeGreaterThanOrEqual(2);
    expect(await pushed()).toEqual(before);
  });
});
