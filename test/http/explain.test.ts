/** How Postgres runs the statements of a request on 100,000 rows: the scope's index, and helpers once per statement. */
import { integer, text, timestamp } from "drizzle-orm/pg-core";
import { defineHedgerow, id, organization, owner, team } from "hedgerow";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openWorld, type Person, type World } from "../support/world.js";

const { table } = defineHedgerow({});
const common = { title: text("title").notNull().default(""), rank: integer("rank").notNull().default(0) };

const documents = table("documents", {
  id: id("doc"),
  organizationId: organization(),
  userId: owner(),
  ...common,
  createdAt: timestamp("created_at", { withTimezone: true }).notNull().defaultNow(),
})
  .firewall("organization")
  .access({
    read: { or: [{ roles: ["admin+"] }, { record: { userId: { equals: "ctx.userId" } } }] },
    create: { roles: ["member+"] },
    update: { roles: ["admin+"] },
    delete: { roles: ["owner"] },
  });
const drafts = table("drafts", { id: id(), userId: owner(), ...common })
  .firewall("owner")
  .access({ read: { roles: ["AUTHENTICATED"] }, update: { roles: ["AUTHENTICATED"] } });
const boards = table("boards", { id: id(), organizationId: organization(), teamId: team(), ...common })
  .firewall([
    { field: "organizationId", equals: "ctx.activeOrgId" },
    { field: "teamId", equals: "ctx.activeTeamId" },
  ])
  .access({ read: { roles: ["member+"] } });
const comments = table("comments", {
  id: id(),
  documentId: text("document_id")
    .notNull()
    .references(() => documents.id),
  ...common,
})
  .firewall({ field: "documentId", via: () => documents })
  .access({ read: { roles: ["AUTHENTICATED"] } });

const schema = { documents, drafts, boards, comments };

interface Plan {
  readonly "Node Type": string;
  readonly "Index Name"?: string;
  readonly "Relation Name"?: string;
  readonly "Subplan Name"?: string;
  readonly "Parent Relationship"?: string;
  readonly "Actual Loops": number;
  readonly "Actual Rows": number;
  readonly "Rows Removed by Filter"?: number;
  readonly Plans?: ReadonlyArray<Plan>;
}

const nodes = (plan: Plan): ReadonlyArray<Plan> => [plan, ...(plan.Plans ?? []).flatMap(nodes)];

describe("on 100,000 rows PostgreSQL", () => {
  let world: World;
  let ada: Person;

  beforeAll(async () => {
    world = await openWorld("postgres", schema);
    ada = await world.signUp("ada");
    const acme = await world.createOrganization(ada, "acme");
    const group = await world.auth.api.createTeam({
      body: { name: "team", organizationId: acme },
      headers: world.headersOf(ada),
    });
    await world.auth.api.addTeamMember({
      body: { teamId: group.id, userId: ada.userId },
      headers: world.headersOf(ada),
    });
    await world.auth.api.setActiveTeam({ body: { teamId: group.id }, headers: world.headersOf(ada) });
    const tenant = `case when n % 100 = 0 then '${acme}' else 'org_' || n % 100 end`;
    const person = `case when n % 1000 = 0 then '${ada.userId}' else 'user_' || n % 1000 end`;
    const rows = "from generate_series(1, 100000) n";
    for (const statement of [
      `insert into documents (id, organization_id, user_id, rank) select 'doc_' || n, ${tenant}, ${person}, n ${rows}`,
      `insert into drafts (id, user_id) select n, ${person} ${rows}`,
      `insert into boards (id, organization_id, team_id) select n, ${tenant}, case when n % 200 = 0 then '${group.id}' else 'x' end ${rows}`,
      `insert into comments (id, document_id) select n, 'doc_' || n from generate_series(1, 50000) n`,
      "analyze",
    ]) {
      await world.truth(statement);
    }
  });
  afterAll(() => world.close());

  const explain = async (statement: string): Promise<ReadonlyArray<Plan>> => {
    const [result] = await world.as(ada, `explain (analyze, format json) ${statement}`);
    const plan = result?.rows[0]?.["QUERY PLAN"];
    if (!Array.isArray(plan)) throw new Error("EXPLAIN gave no plan.");
    return nodes(plan[0].Plan);
  };

  const expectGuarded = (plan: ReadonlyArray<Plan>, table: string, index: RegExp): void => {
    const scans = plan.filter((node) => node["Relation Name"] === table && node["Node Type"] !== "ModifyTable");
    expect(scans.length).toBeGreaterThan(0);
    for (const scan of scans) {
      expect(scan["Node Type"]).toMatch(/^(Index|Bitmap)/);
    }
    const used = plan.flatMap((node) => node["Index Name"] ?? []);
    expect(used.some((name) => index.test(name))).toBe(true);
    // A helper is an InitPlan: computed once, whatever the number of rows. A SubPlan would run for every row.
    for (const node of plan.filter((each) => each["Subplan Name"]?.startsWith("InitPlan"))) {
      expect(node["Actual Loops"]).toBeLessThanOrEqual(1);
    }
  };

  it.each([
    [
      "lists an organization's rows",
      "select id from documents order by id limit 21",
      "documents",
      /^documents_organization_id_id_idx_[0-9a-f]{16}$/,
    ],
    [
      "counts an organization's rows",
      "select count(*) from documents",
      "documents",
      /^documents_organization_id_id_idx_[0-9a-f]{16}$/,
    ],
    [
      "gets a row by its id",
      "select title from documents where id = 'doc_500'",
      "documents",
      /^documents_(pkey|organization_id_id_idx_[0-9a-f]{16})$/,
    ],
    [
      "finds no row of another organization by its id",
      "select title from documents where id = 'doc_501'",
      "documents",
      /^documents_(pkey|organization_id_id_idx_[0-9a-f]{16})$/,
    ],
    [
      "updates a row by its id",
      "update documents set title = 'x' where id = 'doc_500'",
      "documents",
      /^documents_(pkey|organization_id_id_idx_[0-9a-f]{16})$/,
    ],
    [
      "deletes a row by its id",
      "delete from documents where id = 'doc_70000'",
      "documents",
      /^documents_(pkey|organization_id_id_idx_[0-9a-f]{16})$/,
    ],
    [
      "lists a user's rows",
      "select id from drafts order by id limit 21",
      "drafts",
      /^drafts_user_id_id_idx_[0-9a-f]{16}$/,
    ],
    ["counts a user's rows", "select count(*) from drafts", "drafts", /^drafts_user_id_id_idx_[0-9a-f]{16}$/],
    [
      "lists a team's rows",
      "select id from boards order by id limit 21",
      "boards",
      /^boards_organization_id_team_id_id_idx_[0-9a-f]{16}$/,
    ],
    [
      "gets a child of a guarded row by its id",
      "select title from comments where id = '500'",
      "comments",
      /^comments_pkey$/,
    ],
  ])("%s with an index and without a helper per row", async (_, statement, table, index) => {
    const plan = await explain(statement);
    expectGuarded(plan, table, index);
    expect(
      plan.filter((node) => node["Parent Relationship"] === "SubPlan").every((node) => node["Actual Loops"] <= 1),
    ).toBe(true);
  });

  it("reads no more rows than the organization has", async () => {
    const plan = await explain("select count(*) from documents");
    const removed = plan.map((node) => node["Rows Removed by Filter"] ?? 0);
    expect(Math.max(...removed)).toBe(0);
  });
});
