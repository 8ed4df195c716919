/** `check`, `matrix`, `explain` and `doctor` as commands, in a project of a user. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type FreshPostgres, freshPostgres } from "../support/databases.js";
import { makeProject, type Project } from "../support/project.js";
import { auth, config } from "../support/project-files.js";

const schema = (more = "") => `
import { text } from "drizzle-orm/pg-core";
import { id, organization, table } from "hedgerow";
export const notes = table("notes", { id: id(), organizationId: organization(), body: text("body") ${more} })
  .firewall("organization")
  .access({ read: { roles: ["member+"] }, create: { roles: ["member+"] } });
`;

let project: Project;
let postgres: FreshPostgres;

beforeAll(async () => {
  project = await makeProject();
  await project.write("package.json", '{ "type": "module" }');
  await project.write("hedgerow.config.ts", config);
  await project.write("auth.ts", auth);
  await project.write("schema.ts", schema());
  postgres = await freshPostgres();
});
afterAll(async () => {
  await postgres.close();
  await project.remove();
});

const run = (...args: ReadonlyArray<string>) => project.hedgerow(args, { DATABASE_URL: postgres.superuserUrl });
const asOwner = (...args: ReadonlyArray<string>) => project.hedgerow(args, { DATABASE_URL: postgres.ownerUrl });

describe("hedgerow check", () => {
  it("ends well without findings, and fails a build with one, in every format", async () => {
    expect(await run("check")).toMatchObject({ code: 0, stdout: "0 findings, 0 accepted\n" });
    await project.write("schema.ts", schema(', password: text("password")'));
    const text = await run("check");
    expect([text.code, text.stderr]).toEqual([1, ""]);
    expect(text.stdout).toContain("✗ notes columns.password [readable_secret]");
    expect(JSON.parse((await run("check", "--json")).stdout)[0].code).toBe("readable_secret");
    expect(JSON.parse((await run("check", "--format", "sarif")).stdout).runs[0].results).toHaveLength(1);
    await project.write("schema.ts", schema());
  });
});

describe("hedgerow matrix", () => {
  it("prints who may do what", async () => {
    expect((await run("matrix")).stdout).toMatch(/create +– +– +own scope/);
    expect((await run("matrix", "--format", "markdown")).stdout).toContain("### notes");
  });
});

describe("hedgerow explain and doctor", () => {
  it("explain a rule without a database, and a row with one", async () => {
    expect((await run("explain", "notes")).stdout).toContain("create policy notes_select on public.notes");
    const wrong = await run("explain", "note");
    expect([wrong.code, wrong.stdout]).toEqual([1, ""]);
    expect(wrong.stderr).toContain('Did you mean "notes"?');
    expect(await asOwner("push")).toMatchObject({ code: 0 });
    const superuser = postgres.pool(postgres.superuserUrl);
    await superuser.query("insert into notes (id, organization_id) values ('n1', 'o1')");
    expect((await run("explain", "notes", "--id", "n1")).stdout).toContain("Caller: nobody");
    const hidden = await asOwner("explain", "notes", "--id", "n1");
    expect([hidden.code, hidden.stderr.includes("BYPASSRLS")]).toEqual([1, true]);
  });

  it("find nothing in a database as declared, and drift that was made by hand", async () => {
    expect(await asOwner("doctor")).toMatchObject({ code: 0, stdout: "The database is as declared.\n" });
    const superuser = postgres.pool(postgres.superuserUrl);
    await superuser.query("alter policy notes_select on notes using (true)");
    await superuser.query("alter table notes no force row level security");
    await superuser.query("grant select on notes to public");
    const ill = await asOwner("doctor", "--json");
    expect(ill.code).toBe(1);
    const codes = JSON.parse(ill.stdout).map(({ code }: { code: string }) => code);
    expect(codes).toEqual(expect.arrayContaining(["policy_differs", "row_security_off", "grant_undeclared"]));
    expect(await asOwner("push")).toMatchObject({ code: 0 });
    expect(await asOwner("doctor")).toMatchObject({ code: 0 });
  });
});
