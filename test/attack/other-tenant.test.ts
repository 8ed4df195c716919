/** What a signed-in member of one organization tries against another, over HTTP and with raw SQL as the API's role. */
import { integer, text } from "drizzle-orm/pg-core";
import { id, organization, owner, table } from "hedgerow";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import * as example from "../../examples/app/tables.js";
import { saying } from "../support/request.js";
import { type Kind, openWorld, type Person, type World } from "../support/world.js";

/** Firewalled, but nobody was given access. */
const vault = table("vault", { id: id(), organizationId: organization(), secret: text("secret") }).firewall(
  "organization",
);
/** A row may point to another of its own table. */
const folders = table("folders", {
  id: id("fld"),
  organizationId: organization(),
  userId: owner(),
  parentId: text("parent_id"),
  rank: integer("rank"),
})
  .firewall("organization")
  .access({ read: { roles: ["member+"] }, create: { roles: ["member+"] }, update: { roles: ["member+"] } });

const schema = { ...example, vault, folders };

describe.each<Kind>(["postgres", "postgres-15", "pglite"])("another tenant's rows on %s", (kind) => {
  let world: World;
  let ada: Person;
  let mallory: Person;
  let acme: string;
  let evil: string;
  let document: string;
  let project: string;

  beforeAll(async () => {
    world = await openWorld(kind, schema);
    ada = await world.signUp("ada");
    mallory = await world.signUp("mallory");
    acme = await world.createOrganization(ada, "acme");
    evil = await world.createOrganization(mallory, "evil");
    project = (await world.call(ada, "POST", "/projects", { name: "Secret project" })).json.id;
  });
  afterAll(() => world.close());
  beforeEach(async () => {
    document = (await world.call(ada, "POST", "/documents", { title: "Secret", projectId: project })).json.id;
  });

  const untouched = async (): Promise<void> => {
    const rows = await world.truth("select organization_id, title from documents where id = $1", document);
    expect(rows).toEqual([{ organization_id: acme, title: "Secret" }]);
  };

  it("does not show a row by its id, and answers as for a row that does not exist", async () => {
    const hidden = await world.call(mallory, "GET", `/documents/${document}`);
    const missing = await world.call(mallory, "GET", "/documents/doc_00000000000000000000000000000000");
    expect(hidden.status).toBe(404);
    expect(hidden.text).toBe(missing.text);
    expect([...hidden.headers]).toEqual([...missing.headers]);
  });

  it.each(["", "?title=Secret", "?total=true", "?sort=-title", "?limit=100&offset=0"])(
    "does not show a row in a list%s",
    async (query) => {
      const { json } = await world.call(mallory, "GET", `/documents${query}`);
      expect(json.data).toEqual([]);
      expect(json.pagination.total ?? 0).toBe(0);
    },
  );

  it("does not show a row to a filter by the other organization", async () => {
    expect((await world.call(mallory, "GET", `/documents?organizationId=${acme}`)).json.data).toEqual([]);
  });

  it("does not change a row, and answers as for a row that does not exist", async () => {
    const hidden = await world.call(mallory, "PATCH", `/documents/${document}`, { title: "Mine" });
    const missing = await world.call(mallory, "PATCH", "/documents/doc_0", { title: "Mine" });
    expect([hidden.status, hidden.text]).toEqual([404, missing.text]);
    await untouched();
  });

  it("does not delete a row, and answers as for a row that does not exist", async () => {
    const hidden = await world.call(mallory, "DELETE", `/documents/${document}`);
    const missing = await world.call(mallory, "DELETE", "/documents/doc_0");
    expect([hidden.status, hidden.text]).toEqual([404, missing.text]);
    await untouched();
  });

  it("refuses a body that names the scope column, on create and on update", async () => {
    const create = await world.call(mallory, "POST", "/documents", { title: "x", organizationId: acme });
    expect(create.status).toBe(400);
    expect(create.json.errors[0].field).toBe("organizationId");
    const own = (await world.call(mallory, "POST", "/documents", { title: "own" })).json;
    expect(own.organizationId).toBe(evil);
    const move = await world.call(mallory, "PATCH", `/documents/${own.id}`, { organizationId: acme });
    expect(move.status).toBe(400);
  });

  it("refuses to make a row for somebody else", async () => {
    const answer = await world.call(mallory, "POST", "/documents", { title: "x", userId: ada.userId });
    expect(answer.status).toBe(403);
  });

  it("refuses a reference to a row of another tenant exactly as one to a row that does not exist", async () => {
    const foreign = await world.call(mallory, "POST", "/documents", { title: "x", projectId: project });
    const missing = await world.call(mallory, "POST", "/documents", { title: "x", projectId: "prj_missing" });
    expect(foreign.status).toBe(400);
    expect(foreign.json.code).toBe("invalid_reference");
    expect(foreign.text).toBe(missing.text);
    const own = (await world.call(mallory, "POST", "/documents", { title: "own" })).json;
    const moved = await world.call(mallory, "PATCH", `/documents/${own.id}`, { projectId: project });
    expect(moved.text).toBe(missing.text);
  });

  it("refuses a child of a row that the caller cannot read", async () => {
    const foreign = await world.call(mallory, "POST", "/comments", { documentId: document, body: "x" });
    const missing = await world.call(mallory, "POST", "/comments", { documentId: "doc_missing", body: "x" });
    expect(foreign.status).toBe(403);
    expect(foreign.text).toBe(missing.text);
  });

  it("gives raw SQL no more than the API", async () => {
    const [seen, changed, deleted] = await world.as(
      mallory,
      { text: "select id from documents where id = $1", values: [document] },
      { text: "update documents set title = 'Mine' where id = $1", values: [document] },
      { text: "delete from documents where id = $1", values: [document] },
    );
    expect([seen?.count, changed?.count, deleted?.count]).toEqual([0, 0, 0]);
    const [unfiltered] = await world.as(mallory, "update documents set title = title");
    const [own] = await world.truth("select count(*)::int as n from documents where organization_id = $1", evil);
    expect(unfiltered?.count).toBe(own?.n);
    await untouched();
  });

  it("refuses raw SQL that writes a scope column, even with the right value", async () => {
    expect(
      await world.refusal(
        mallory,
        `insert into documents (organization_id, user_id, title) values ('${acme}', 'x', 'y')`,
      ),
    ).toBe("42501");
    expect(await world.refusal(mallory, `update documents set organization_id = '${acme}'`)).toBe("42501");
    expect(await world.refusal(mallory, `update documents set organization_id = '${evil}'`)).toBe("42501");
    expect(await world.refusal(mallory, "insert into documents (id, title) values ('doc_mine', 'y')")).toBe("42501");
  });

  it("gives a row the scope of who writes it, whatever the settings say", async () => {
    const forged = [
      `select ${saying({ token: mallory.tokenHash, activeOrgId: acme })}`,
      "insert into documents (title) values ('planted')",
    ];
    expect(await world.refusal(mallory, ...forged)).toBe("accepted");
    expect(await world.truth("select organization_id from documents where title = 'planted'")).toEqual([
      { organization_id: evil },
    ]);
  });

  it("shows nothing when every setting but the secret is forged", async () => {
    const results = await world.as(
      mallory,
      {
        text: `select ${saying({ token: mallory.tokenHash, activeOrgId: acme, userId: ada.userId, roles: "owner" })}, set_config('request.jwt.claims', $1, true)`,
        values: [JSON.stringify({ sub: ada.userId })],
      },
      `select 1 from documents where organization_id = '${acme}'`,
    );
    expect(results.at(-1)?.count).toBe(0);
  });

  it("refuses a reference to another tenant's row in raw SQL, in every statement that can make one", async () => {
    expect(await world.refusal(mallory, `insert into documents (title, project_id) values ('x', '${project}')`)).toBe(
      "23503",
    );
    expect(
      await world.refusal(
        mallory,
        `insert into documents (title, project_id) select 'x', '${project}' from generate_series(1, 3)`,
      ),
    ).toBe("23503");
    expect(
      await world.refusal(
        mallory,
        "insert into documents (title) values ('mine')",
        `update documents set project_id = '${project}'`,
      ),
    ).toBe("23503");
  });

  it("holds a reference within one organization even for the owner of the tables", async () => {
    const own = (await world.call(mallory, "POST", "/documents", { title: "own" })).json.id;
    await expect(
      world.truth(`update documents set project_id = '${project}' where id = $1`, own),
    ).rejects.toMatchObject({ sqlState: "23503" });
  });

  it("gives nobody a table that has a firewall and no access rule", async () => {
    expect((await world.call(ada, "GET", "/vault")).status).toBe(405);
    expect((await world.call(ada, "POST", "/vault", { secret: "x" })).status).toBe(405);
    expect(await world.refusal(ada, "select * from vault")).toBe("42501");
    expect(await world.refusal(ada, "insert into vault (secret) values ('x')")).toBe("42501");
    expect(await world.refusal(ada, "delete from vault")).toBe("42501");
  });

  it("grants no command that empties a table past its policies or plants code on it", async () => {
    expect(await world.refusal(ada, "truncate documents")).toBe("42501");
    expect(
      await world.refusal(
        ada,
        "create trigger t before insert on documents for each row execute function pg_catalog.suppress_redundant_updates_trigger()",
      ),
    ).toBe("42501");
    expect(await world.refusal(ada, "create policy p on documents using (true)")).toBe("42501");
    expect(await world.refusal(ada, "alter table documents disable row level security")).toBe("42501");
  });

  it("hides the sessions, accounts and members of others from raw SQL", async () => {
    for (const name of ["account", "verification", "team", "team_member"]) {
      expect(await world.refusal(ada, `select 1 from ${name}`)).toBe("42501");
    }
    for (const [name, owner] of [
      ["session", "user_id"],
      ['"user"', "id"],
    ]) {
      const [seen] = await world.as(ada, `select distinct ${owner} as id from ${name}`);
      expect(seen?.rows).toEqual([{ id: ada.userId }]);
    }
    const [others] = await world.as(
      ada,
      "select id from member where organization_id not in (select id from organization) or organization_id <> all (hedgerow.member_organizations())",
    );
    expect(others?.rows).toEqual([]);
  });

  it("keeps a unique conflict inside the tenant", async () => {
    const answer = await world.call(mallory, "POST", "/folders", { rank: 1 });
    expect(answer.status).toBe(201);
    const explain = await world.refusal(mallory, `insert into folders (id) values ('x')`);
    expect(explain).toBe("42501");
  });
});
