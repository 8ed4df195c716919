/** Every command of `hedgerow` where tokens say who is calling, on PostgreSQL and on a Supabase stand-in. */
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DefinitionError } from "hedgerow";
import { generate } from "hedgerow/drizzle-kit";
import { nodePostgres } from "hedgerow/node-postgres";
import { claimsIdentity, compile, drift } from "hedgerow/postgres";
import { supabase } from "hedgerow/supabase";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseCaller } from "../../src/cli/explain/parse-caller.js";
import { copyToSupabase } from "../../src/cli/generate/supabase.js";
import { identity, schema } from "../support/claims-world.js";
import { type FreshPostgres, freshPostgres } from "../support/databases.js";
import { makeProject, type Project } from "../support/project.js";
import { supabasePlatform } from "../support/supabase.js";

const org = "org_acme";
const ada = "0a0f3f3a-0d2f-4c58-9d6a-6f1f2a9f4a11";

const tables = `
import { text } from "drizzle-orm/pg-core";
import { defineHedgerow, id, organization } from "hedgerow";
const { table } = defineHedgerow({ claims: { region: "string" } });
export const notes = table("notes", { id: id("note"), organizationId: organization(), body: text("body").notNull(), region: text("region").notNull().default("north") })
  .firewall("organization")
  .access({ read: { roles: ["member+"], record: { region: { equals: "ctx.claims.region" } } }, create: { roles: ["admin+"], record: { region: { equals: "ctx.claims.region" } } } });
`;

const config = (database: string, out: string): string => `
import { defineConfig } from "hedgerow/config";
import * as schema from "./schema";
export default defineConfig({
  name: "acme",
  schema: { path: "./schema.ts", module: schema },
  out: "${out}",
  providers: { runtime: "node", database: ${database}, auth: { type: "jwt", claims: ["region"] } },
});
`;

const simple = async (
  url: string,
  ...statements: ReadonlyArray<string>
): Promise<ReadonlyArray<pg.QueryResult["rows"]>> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const rows = [];
    for (const statement of statements) rows.push((await client.query(statement)).rows);
    return rows;
  } finally {
    await client.end();
  }
};

describe("the commands, where tokens say who is calling", () => {
  let postgres: FreshPostgres;
  let hosted: FreshPostgres;
  let project: Project;
  const environment = () => ({ PLAIN: postgres.ownerUrl, SUPABASE: hosted.ownerUrl, SUPER: postgres.superuserUrl });
  const hedgerow = (name: string, ...args: ReadonlyArray<string>) =>
    project.hedgerow([...args, "--config", `${name}.config.ts`], environment());

  beforeAll(async () => {
    [postgres, hosted, project] = await Promise.all([freshPostgres(), freshPostgres(), makeProject()]);
    await simple(hosted.superuserUrl, ...supabasePlatform);
    await project.write("schema.ts", tables);
    await project.write("plain.config.ts", config('{ type: "postgres", url: process.env.PLAIN }', "./plain"));
    await project.write("super.config.ts", config('{ type: "postgres", url: process.env.SUPER }', "./plain"));
    await project.write(
      "drizzle.config.ts",
      'import { withHedgerow } from "hedgerow/drizzle-kit";\nimport config from "./hosted.config";\nexport default withHedgerow(config);\n',
    );
    await project.write("hosted.config.ts", config('{ type: "supabase", url: process.env.SUPABASE }', "./hosted"));
  });
  afterAll(async () => {
    await Promise.all([postgres?.close(), hosted?.close(), project?.remove()]);
  });

  it("push, doctor, explain and matrix work on PostgreSQL", async () => {
    expect(await hedgerow("plain", "push")).toMatchObject({ code: 0 });
    expect(await hedgerow("plain", "push")).toMatchObject({ code: 0 });
    const doctor = await hedgerow("plain", "doctor");
    expect(doctor.stdout + doctor.stderr).not.toContain("✗");
    expect(doctor.code).toBe(0);
    const matrix = await hedgerow("plain", "matrix");
    expect(matrix.stdout).toContain("notes");
    expect((await hedgerow("plain", "check")).stdout).not.toContain("Error");

    await simple(postgres.superuserUrl, `insert into notes (id, organization_id, body) values ('n1', '${org}', 'x')`);
    const ask = (as: string) => hedgerow("super", "explain", "notes", "--id", "n1", "--as", as);
    const member = { userId: ada, activeOrgId: org, roles: ["member"], claims: { region: "north" } };
    const yes = await ask(JSON.stringify(member));
    expect(yes.stdout).toContain("Yes.");
    expect(yes.stdout).not.toContain("But Postgres");
    const no = await ask(JSON.stringify({ ...member, claims: { region: "south" } }));
    expect(no.stdout).toContain("No.");
    expect(no.stdout).not.toContain("But Postgres");
    expect((await ask("ada@example.com")).stderr).toContain("Say what the token says");
    expect((await ask('{"user":1}')).stderr).toContain('"user" is not known; there are userId');
  });

  it("generate and migrate work on Supabase, with a copy of each migration for its own tools", async () => {
    const first = await hedgerow("hosted", "generate");
    expect(first).toMatchObject({ code: 0 });
    const folder = join(project.directory, "supabase", "migrations");
    const copies = (await readdir(folder)).sort();
    expect(copies).toEqual([
      expect.stringMatching(/^\d{14}_0000_hedgerow_helpers_[0-9a-f]{12}\.sql$/),
      expect.stringMatching(/^\d{14}_0001_tables\.sql$/),
      expect.stringMatching(/^\d{14}_0002_hedgerow_rls_[0-9a-f]{12}\.sql$/),
    ]);
    expect(new Set(copies.map((name) => name.slice(0, 14))).size).toBe(3);
    for (const copy of copies) {
      const original = join(project.directory, "hosted", copy.slice(15));
      expect(await readFile(join(folder, copy), "utf8")).toBe(await readFile(original, "utf8"));
    }

    // What a command that was killed has not copied, the next one does; otherwise nothing is written.
    await rm(join(folder, copies[2] ?? ""));
    expect((await hedgerow("hosted", "generate")).stdout).toContain("nothing has changed");
    expect((await readdir(folder)).map((name) => name.slice(15)).sort()).toEqual(copies.map((name) => name.slice(15)));

    expect(await hedgerow("hosted", "migrate")).toMatchObject({ code: 0 });
    const doctor = await hedgerow("hosted", "doctor");
    // The stand-in for the owner of a project is not called postgres.
    expect(doctor.stdout.split("\n").filter((line) => line.startsWith("✗"))).toEqual([
      "✗ hedgerow_owner [login_bypasses_rls]",
    ]);
    expect((await hedgerow("hosted", "explain", "notes")).stdout).toContain("to authenticated");
    expect(await hedgerow("hosted", "push")).toMatchObject({ code: 0 });
    const kit = await project.drizzleKit(["push", "--config", "drizzle.config.ts"], environment());
    expect(kit.stdout + kit.stderr).toContain("Run `hedgerow push`");
    expect(kit.code).not.toBe(0);
  });

  it("the copies alone make a project what it should be, run as whole files", async () => {
    const other = await freshPostgres();
    try {
      await simple(other.superuserUrl, ...supabasePlatform);
      const out = await mkdtemp(join(tmpdir(), "hedgerow-supabase-"));
      const target = supabase();
      const copies = join(out, "supabase");
      await generate({ schema, identity, target, out: join(out, "drizzle"), copies });
      for (const file of (await readdir(copies)).sort())
        await simple(other.ownerUrl, await readFile(join(copies, file), "utf8"));
      expect(await drift({ schema, identity, target, database: nodePostgres(other.ownerPool) })).toEqual([]);
      await rm(out, { recursive: true });
    } finally {
      await other.close();
    }
  });
});

describe("copies for Supabase", () => {
  it("come after whatever stands there, in order, and are never replaced", async () => {
    const folder = await mkdtemp(join(tmpdir(), "hedgerow-supabase-"));
    await writeFile(join(folder, "29990101000000_by_hand.sql"), "select 1;");
    await writeFile(join(folder, "notes.txt"), "");
    const when = Date.parse("2026-01-31T23:59:59.900Z");
    const one = { name: "0000_a", when, text: "select 1;\n" };
    const two = { name: "0001_b", when: when + 1, text: "select 2;\n" };
    expect(copyToSupabase(folder, [one])).toEqual(["29990101000001_0000_a.sql"]);
    expect(copyToSupabase(folder, [one, two])).toEqual(["29990101000002_0001_b.sql"]);
    expect(copyToSupabase(folder, [one, two])).toEqual([]);
    await writeFile(join(folder, "29990101000002_0001_b.sql"), "drop table x;");
    expect(() => copyToSupabase(folder, [one, two])).toThrow("is not the migration 0001_b any more");
    expect(copyToSupabase(join(folder, "new"), [one, two])).toEqual([
      "20260131235959_0000_a.sql",
      "20260201000000_0001_b.sql",
    ]);
    await rm(folder, { recursive: true });
  });
});

describe("a claim that tokens do not carry", () => {
  it("is a problem of the definition, with what would be right", () => {
    const compiling = () => compile(schema, claimsIdentity({ claims: ["region"] }));
    expect(compiling).toThrow(DefinitionError);
    expect(compiling).toThrow('Name it where the identity is declared: claims: ["region", "clearance"].');
    expect(() => claimsIdentity({ claims: ["a.b"] })).toThrow("is not a plain name");
  });
});

describe("a caller as JSON", () => {
  it.each([
    ["{", "it is no JSON"],
    ["[]", "it must be an object"],
    ['{"userId":7}', "userId must be a text"],
    ['{"roles":"admin"}', "roles must be a list of texts"],
    ['{"claims":{"a":{}}}', "claims.a must be a text"],
  ])("%s: %s", (json, message) => {
    expect(() => parseCaller(json)).toThrow(message);
  });
});
