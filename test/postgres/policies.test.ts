/** Two walls that cost as much as one. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as schema from "../../examples/app/tables.js";
import { openWorld, type Person, type World } from "../support/world.js";

describe("the policies of a table, on PostgreSQL", () => {
  let world: World;
  let ada: Person;

  beforeAll(async () => {
    world = await openWorld("postgres", schema);
    ada = await world.signUp("ada");
    await world.createOrganization(ada, "acme");
  });
  afterAll(() => world.close());

  const planOf = async (statement: string): Promise<string> => {
    const [result] = await world.as(ada, `explain (verbose, costs off) ${statement}`);
    return (result?.rows ?? []).map((row) => String(row["QUERY PLAN"])).join("\n");
  };

  it("say the same of a row twice, once restrictive and once permissive", async () => {
    const pairs = await world.truth(
      `select w.polrelid::regclass::text as table, w.polcmd::text as command, pg_get_expr(w.polqual, w.polrelid) = pg_get_expr(p.polqual, p.polrelid) as same
       from pg_policy w join pg_policy p on p.polrelid = w.polrelid and p.polcmd = w.polcmd and p.polpermissive
       where not w.polpermissive and w.polqual is not null`,
    );
    expect(pairs.length).toBeGreaterThan(5);
    expect(pairs.filter(({ same }) => same !== true)).toEqual([]);
  });

  it.each(["documents", "projects"])("ask each question about the caller once to read %s", async (table) => {
    const plan = await planOf(`select * from ${table}`);
    const questions = plan.match(/Output: .*hedgerow\..*/g) ?? [];
    expect(questions.length).toBeGreaterThan(0);
    expect(new Set(questions).size).toBe(questions.length);
    expect(plan).not.toContain("One-Time Filter");
  });

  it("ask for the organization and a role in it in one question", async () => {
    expect(await planOf("select * from projects")).toContain("get_active_org_id_as");
  });

  it("let a policy that somebody adds show, change and remove nothing more", async () => {
    const globex = await world.createOrganization(await world.signUp("gus"), "globex");
    await world.truth(`insert into projects (id, organization_id, name) values ('prj_g', '${globex}', 'Theirs')`);
    await world.truth("create policy extra on projects for all to public using (true) with check (true)");
    const [read, changed, removed] = await world.as(
      ada,
      "select * from projects",
      "update projects set name = 'Mine'",
      "delete from projects",
    );
    expect([read?.count, changed?.count, removed?.count]).toEqual([0, 0, 0]);
    expect(await world.refusal(ada, `insert into projects (organization_id, name) values ('${globex}', 'x')`)).toBe(
      "42501",
    );
    await world.truth("drop policy extra on projects");
  });
});
