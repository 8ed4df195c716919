import type { PGlite } from "@electric-sql/pglite";
import { push } from "hedgerow/drizzle-kit";
import { pglite } from "hedgerow/pglite";
import { compile } from "hedgerow/postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { demandSecurity, demandStructure, unmetState } from "../../src/postgres/inspect.js";
import { freshPglite } from "../support/databases.js";
import { identity, schema } from "../support/guarded-schema.js";

const { expected } = compile(schema, identity);

let client: PGlite;

beforeAll(async () => {
  client = await freshPglite();
  await push({ schema, identity, database: pglite(client) });
});

afterAll(() => client.close());

/** What is wrong after a change, which is rolled back. */
const problemsAfter = async (change: string): Promise<ReadonlyArray<string>> => {
  const problems: Array<string> = [];
  await client.transaction(async (transaction) => {
    await transaction.exec(change);
    for (const demand of [demandStructure(expected), demandSecurity(expected)]) {
      await transaction.exec("savepoint before");
      await transaction.exec(demand).catch((error: unknown) => {
        expect(error).toMatchObject({ code: unmetState });
        if (error instanceof Error && "detail" in error) problems.push(...String(error.detail).split("\n"));
      });
      await transaction.exec("rollback to savepoint before");
    }
    await transaction.rollback();
  });
  return problems;
};

describe("the check of the catalog", () => {
  it("has nothing to say about what a push has made", async () => {
    expect(await problemsAfter("select 1")).toEqual([]);
  });

  it.each([
    ["drop table tasks", ["table public.tasks does not exist"]],
    ["alter table tasks rename to other", ["table public.tasks does not exist"]],
    [
      "alter table tasks drop column title",
      [
        "column title of table public.tasks does not exist",
        "unique key tasks_organization_id_title_unique of table public.tasks does not stand as declared",
        "INSERT (title) on table public.tasks is not granted to authenticated",
        "SELECT (title) on table public.tasks is not granted to authenticated",
      ],
    ],
    [
      "alter table projects alter name type varchar(9)",
      ["column name of table public.projects has the type character varying, not text"],
    ],
    ["alter table projects alter name drop not null", ["column name of table public.projects may be null"]],
    ["alter table projects alter id drop default", ["column id of table public.projects has no default"]],
    [
      "alter table tasks drop constraint tasks_project_id_projects_id_fk",
      ["foreign key tasks_project_id_projects_id_fk of table public.tasks does not stand as declared"],
    ],
    [
      "drop index session_token_sha256_uidx",
      ["unique index session_token_sha256_uidx of table public.session does not exist"],
    ],
    [
      "alter table tasks no force row level security",
      ["row-level security of table public.tasks is not enabled and forced"],
    ],
    [
      'alter table "user" disable row level security',
      ['row-level security of table public."user" is not enabled and forced'],
    ],
    ["drop policy tasks_select on tasks", ["policy tasks_select on table public.tasks does not exist"]],
    ["create policy extra on tasks using (true)", ["policy extra on table public.tasks is not declared"]],
    ["alter policy tasks_select on tasks to public", ["policy tasks_select on table public.tasks is not as declared"]],
    [
      "drop policy tasks_firewall_select on tasks; create policy tasks_firewall_select on tasks as restrictive for all to public",
      ["policy tasks_firewall_select on table public.tasks is not as declared"],
    ],
    [
      "drop policy tasks_select on tasks; create policy tasks_select on tasks for delete to authenticated using (true)",
      ["policy tasks_select on table public.tasks is not as declared"],
    ],
    ["grant select on tasks to public", ["SELECT on table public.tasks is granted to public, which is not declared"]],
    [
      "grant truncate on tasks to authenticated",
      ["TRUNCATE on table public.tasks is granted to authenticated, which is not declared"],
    ],
    [
      "grant update (title) on tasks to anonymous",
      ["UPDATE (title) on table public.tasks is granted to anonymous, which is not declared"],
    ],
    [
      "grant select on tasks to authenticated with grant option",
      ["SELECT with grant option on table public.tasks is granted to authenticated, which is not declared"],
    ],
    ["revoke delete on tasks from authenticated", ["DELETE on table public.tasks is not granted to authenticated"]],
    [
      "grant select on session to hedgerow_api",
      ["SELECT on table public.session is granted to hedgerow_api, which is not declared"],
    ],
    [
      'drop trigger "HEDGEROW_project_id_3b0669fcfbde7fd7" on tasks',
      ['trigger "HEDGEROW_project_id_3b0669fcfbde7fd7" of table public.tasks does not exist'],
    ],
  ])("finds what `%s` did", async (change, problems) => {
    expect([...(await problemsAfter(change))].sort()).toEqual([...problems].sort());
  });
});
