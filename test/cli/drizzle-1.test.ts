/** The same project with Drizzle 1.0 in the place of 0.45: pushed by its own command, looked at by ours. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type FreshPostgres, freshPostgres } from "../support/databases.js";
import { files, schemaFile } from "../support/guarded-schema.js";
import { makeProject, type Project } from "../support/project.js";

let project: Project;
let postgres: FreshPostgres;

beforeAll(async () => {
  project = await makeProject("1.0");
  for (const [file, text] of Object.entries(files)) await project.write(file, text);
  await project.write("schema.ts", schemaFile());
  postgres = await freshPostgres();
});
afterAll(async () => {
  await postgres.close();
  await project.remove();
});

const push = () => project.drizzleKit(["push"], { DATABASE_URL: postgres.ownerUrl });

const policy = async (name: string): Promise<string> => {
  const { rows } = await postgres
    .pool(postgres.superuserUrl)
    .query("select coalesce(qual, with_check) as expression from pg_policies where policyname = $1", [name]);
  expect(rows).toHaveLength(1);
  return String(rows[0]?.expression);
};

describe("drizzle-kit 1.0 push", () => {
  it("ends with the database as declared, and changes nothing the second time", async () => {
    const first = await push();
    expect(first.stdout).toContain("applied and verified");
    expect(first.code).toBe(0);
    const second = await push();
    expect(second.stdout).toContain("No changes detected");
    expect(second.stdout).toContain("applied and verified");
    expect(second.code).toBe(0);
  });

  it("carries a changed rule, which drizzle-kit itself does not see", async () => {
    const before = await policy("notes_insert");
    await project.write(
      "schema.ts",
      schemaFile().replaceAll('create: { roles: ["member+"] }', 'create: { roles: ["owner"] }'),
    );
    expect((await push()).code).toBe(0);
    expect(await policy("notes_insert")).not.toBe(before);
    expect(await policy("notes_insert")).toContain("'owner'");
  });
});
