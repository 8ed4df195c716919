import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { integer, pgTable, text } from "drizzle-orm/pg-core";
import { id, organization, table } from "hedgerow";
import { sessionIdentity } from "hedgerow/better-auth";
import { GenerateError, generate } from "hedgerow/drizzle-kit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { authOptions } from "../../examples/app/auth.js";
import * as example from "../../examples/app/schema.js";
import { identity, schema, tasks } from "../support/guarded-schema.js";

let out: string;

beforeEach(async () => {
  out = await mkdtemp(join(tmpdir(), "hedgerow-migrations-"));
});

afterEach(() => rm(out, { recursive: true, force: true }));

const generated = (module: Readonly<Record<string, unknown>>, name?: string) =>
  generate({ schema: module, identity, out, ...(name !== undefined && { name }) });

const read = (file: string | undefined): Promise<string> => readFile(join(out, file ?? ""), "utf8");

/** Every file with its text. */
const contents = async (): Promise<Readonly<Record<string, string>>> =>
  Object.fromEntries(
    await Promise.all(
      [...(await readdir(out)), ...(await readdir(join(out, "meta"))).map((file) => join("meta", file))]
        .filter((file) => file !== "meta")
        .map(async (file) => [file, await read(file)] as const),
    ),
  );

const helpers = expect.stringMatching(/^0000_hedgerow_helpers_[0-9a-f]{12}\.sql$/);
const security = (idx: string) => expect.stringMatching(new RegExp(`^${idx}_hedgerow_rls_[0-9a-f]{12}\\.sql$`));

const { tasks: _, ...withoutTasks } = schema;
/** `projects`, with other rules. */
const changed = table("projects", { id: id("prj"), organizationId: organization(), name: text("name").notNull() })
  .firewall("organization")
  .access({ read: { roles: ["admin+"] }, delete: { roles: ["owner"] } });

describe("generate()", () => {
  it("writes helpers, tables and row-level security, one statement for each part, and then nothing more", async () => {
    const files = await generated(schema);
    expect(files).toEqual([helpers, "0001_tables.sql", security("0002")]);
    const before = await contents();
    for (const file of files) {
      expect(before[file]?.split("--> statement-breakpoint").every((part) => part.trim().endsWith(";"))).toBe(true);
    }
    expect(before["0001_tables.sql"]).not.toContain("POLICY");
    expect(await generated(schema)).toEqual([]);
    expect(await contents()).toEqual(before);
  });

  it("is the same whatever the order of the exports", async () => {
    await generated(schema);
    const before = await contents();
    expect(await generated(Object.fromEntries(Object.entries(schema).reverse()))).toEqual([]);
    expect(await contents()).toEqual(before);

    const elsewhere = await mkdtemp(join(tmpdir(), "hedgerow-migrations-"));
    const reversed = Object.fromEntries(Object.entries(schema).reverse());
    expect(await generate({ schema: reversed, identity, out: elsewhere })).toEqual(
      Object.keys(before)
        .filter((file) => file.endsWith(".sql"))
        .sort(),
    );
    for (const file of ["0001_tables.sql", join("meta", "0002_snapshot.json")]) {
      expect(await readFile(join(elsewhere, file), "utf8")).toBe(before[file]);
    }
    await rm(elsewhere, { recursive: true });
  });

  it("writes one file for a changed rule, without a question about policies", async () => {
    await generated(withoutTasks);
    expect(await generated({ ...withoutTasks, projects: changed })).toEqual([security("0003")]);
    expect(await generated({ ...withoutTasks, projects: changed })).toEqual([]);
    // And back: what counts is the last one, not whether there ever was one like it.
    expect(await generated(withoutTasks)).toEqual([security("0004")]);
  });

  it("takes back what it gave to a table that it no longer guards", async () => {
    await generated(schema);
    const plain = pgTable("tasks", {
      id: text("id").primaryKey(),
      organizationId: text("organization_id").notNull(),
      projectId: text("project_id").notNull(),
      title: text("title").notNull(),
    });
    const files = await generated({ ...withoutTasks, tasks: plain });
    expect(files).toEqual(["0003_tables.sql", security("0004")]);
    expect(await read(files[0])).toContain('DROP POLICY "tasks_select" ON "tasks"');
    expect(await read(files[1])).toContain(`perform hedgerow.revoke_all('"public"."tasks"')`);
    expect(await read(files[1])).not.toContain("create policy tasks");
  });

  it("moves policies out of the way of a column that changes, and makes them again", async () => {
    const sized = (size: ReturnType<typeof integer> | ReturnType<typeof text>) =>
      table("projects", { id: id("prj"), organizationId: organization(), name: text("name").notNull(), size })
        .firewall("organization")
        .access({ read: { roles: ["member+"], record: { size: { isNull: false } } } });
    await generated({ ...withoutTasks, projects: sized(integer("size")) });
    const files = await generated({ ...withoutTasks, projects: sized(text("size")) }, "bigger");
    expect(files).toEqual(["0003_bigger.sql", security("0004")]);
    expect((await read(files[0])).indexOf("drop %s %I on %s")).toBeLessThan(
      (await read(files[0])).indexOf("SET DATA TYPE"),
    );
  });

  it("writes nothing where drizzle-kit would have to ask", async () => {
    await generated(schema);
    const before = await contents();
    const renamed = table("jobs", { id: id(), organizationId: organization(), title: text("title").notNull() })
      .firewall("organization")
      .access({ read: { roles: ["member+"] } });
    const asked = generated({ ...withoutTasks, renamed });
    await expect(asked).rejects.toBeInstanceOf(GenerateError);
    await expect(asked).rejects.toThrow(/^Nothing was written: drizzle-kit has a question.*in a terminal/);
    expect(await contents()).toEqual(before);
  });

  it("appends to what drizzle-kit has written, in its journal and after its times", async () => {
    await generated(schema);
    const journal = JSON.parse(await read("meta/_journal.json"));
    journal.entries[2].when += 1_000_000;
    await writeFile(join(out, "meta", "_journal.json"), JSON.stringify(journal));
    await generated({ ...schema, projects: changed, tasks });
    const { entries } = JSON.parse(await read("meta/_journal.json"));
    expect(entries.map(({ idx }: { idx: number }) => idx)).toEqual([0, 1, 2, 3]);
    expect(entries[3].when).toBeGreaterThan(entries[2].when);
  });

  it("says what is wrong with a folder that is not whole", async () => {
    await generated(schema);
    const [file] = (await readdir(out)).filter((each) => each.startsWith("0002"));
    await rm(join(out, file ?? ""));
    await expect(generated({ ...schema, projects: changed })).rejects.toThrow(
      /does not exist, but the journal names it/,
    );
    await writeFile(join(out, "meta", "_journal.json"), "{");
    await expect(generated(schema)).rejects.toThrow(/_journal\.json is not JSON/);
  });

  it("writes this for the example's tables", async () => {
    const files = await generate({ schema: { ...example }, identity: sessionIdentity(authOptions), out });
    const golden = join(import.meta.dirname, "..", "golden", "migrations");
    for (const file of files)
      await expect(await read(file)).toMatchFileSnapshot(join(golden, file.replace(/_[0-9a-f]{12}/, "")));
  });
});
