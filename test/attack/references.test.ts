/** Whether a foreign key of any shape shows or holds a row that its writer cannot read, over HTTP and with SQL. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { identifier } from "../../src/condition/sql-text.js";
import { type Kind, openWorld, type Person, type World } from "../support/world.js";
import { shapes as schema } from "./shapes.js";

describe.each<Kind>(["postgres", "postgres-15", "pglite"])("a reference to a guarded row on %s", (kind) => {
  let world: World;
  let ada: Person;
  let ben: Person;
  let mallory: Person;
  let acme: string;

  beforeAll(async () => {
    world = await openWorld(kind, schema);
    ada = await world.signUp("ada");
    ben = await world.signUp("ben");
    mallory = await world.signUp("mallory");
    acme = await world.createOrganization(ada, "acme");
    await world.createOrganization(mallory, "evil");
    await world.join(ben, acme, "member");
  });
  afterAll(() => world.close());

  const make = async (who: Person, path: string, body: object = {}): Promise<string> => {
    const answer = await world.call(who, "POST", path, body);
    expect(answer.status, answer.text).toBe(201);
    return answer.json.id;
  };
  const missing = "nothing_00000000000000000000000000000000";

  /** Who must not see a row of which table; what they write to point at it. */
  const shapes = [
    ["links", "files", "evil", (row: string) => ({ targetOrg: acme, targetId: row })],
    ["odd", "files", "evil", (row: string) => ({ "other key": acme, "odd key": row })],
    ["pins", "drafts", "colleague", (row: string) => ({ draftId: row })],
    ["tags", "drafts", "colleague", (row: string) => ({ draftId: row })],
    ["trees", "trees", "colleague", (row: string) => ({ parentId: row })],
    ["nodes", "nodes", "colleague", (row: string) => ({ parentId: row })],
    ["nodes", "nodes", "evil", (row: string) => ({ parentId: row })],
    ["boths", "drafts", "colleague", (row: string) => ({ bothId: row })],
    ["squad", "drafts", "evil", (row: string) => ({ projectOwnerId: row })],
    ["squad", "drafts", "colleague", (row: string) => ({ projectOwnerId: row })],
    ["squad-project", "folders", "colleague", (row: string) => ({ ownerId: row })],
  ] as const;

  describe.each(shapes)("from %s to %s, tried by %s", (from, to, whom, body) => {
    const attacker = (): Person => (whom === "evil" ? mallory : ben);

    it("is refused for a hidden row exactly as for one that does not exist, on create and on update", async () => {
      const hidden = await make(ada, `/${to}`);
      const mine = await make(attacker(), `/${from}`);
      for (const [method, path] of [
        ["POST", `/${from}`],
        ["PATCH", `/${from}/${mine}`],
      ] as const) {
        const [toHidden, toMissing] = [
          await world.call(attacker(), method, path, body(hidden)),
          await world.call(attacker(), method, path, body(missing)),
        ];
        expect(toHidden.status).toBe(400);
        expect(toHidden.json.code).toBe("invalid_reference");
        expect([toHidden.text, ...toHidden.headers]).toEqual([toMissing.text, ...toMissing.headers]);
      }
      expect((await world.call(ada, "DELETE", `/${to}/${hidden}`)).status).toBe(204);
    });

    it("is refused to SQL, with the foreign key's own error", async () => {
      const hidden = await make(ada, `/${to}`);
      const source = Object.values(schema).find((each) =>
        world.compiled.schema.tables.some(({ source }) => source === each && pathOf(each) === from),
      );
      const columns = Object.entries(body(hidden));
      const definition = world.compiled.schema.tables.find((each) => each.source === source)?.definition;
      const names = columns.map(([key]) => identifier(definition?.columns[key]?.name ?? ""));
      const insert = (row: string) => ({
        text: `insert into ${identifier(definition?.table.name ?? "")} (${names.join(", ")}) values (${names.map((_, index) => `$${index + 1}`).join(", ")})`,
        values: Object.values(body(row)),
      });
      const said = async (row: string): Promise<unknown> =>
        world.as(attacker(), insert(row)).then(
          () => "accepted",
          ({ sqlState, message, constraint, table: of, schema: where }) => [sqlState, message, constraint, of, where],
        );
      const toHidden = await said(hidden);
      expect(toHidden).toEqual(await said(missing));
      expect(toHidden).toContain("23503");
      expect((await world.call(ada, "DELETE", `/${to}/${hidden}`)).status).toBe(204);
    });
  });

  const pathOf = (source: unknown): string =>
    Object.entries(schema)
      .find(([, each]) => each === source)?.[0]
      .replace("squadProject", "squad-project") ?? "";

  it("is accepted for a row that its writer can read, and null points nowhere", async () => {
    const file = await make(ada, "/files");
    const draft = await make(ben, "/drafts");
    await make(ada, "/links", { targetOrg: acme, targetId: file });
    await make(ada, "/links", { targetOrg: acme });
    await make(ada, "/links", { targetId: missing });
    await make(ada, "/odd", { "other key": acme, "odd key": file });
    await make(ben, "/pins", { draftId: draft });
    await make(ben, "/tags", { draftId: draft });
    await make(ben, "/squad", { projectOwnerId: draft });
    await make(ben, "/squad-project", { ownerId: await make(ben, "/folders") });
    const tree = await make(ben, "/trees");
    await make(ben, "/trees", { parentId: tree });
    await make(ben, "/nodes", { parentId: await make(ben, "/nodes") });
    expect((await world.call(ada, "DELETE", `/files/${file}`)).status).toBe(409);
  });

  it("is checked against both tables where one column refers to two", async () => {
    const draft = await make(ben, "/drafts");
    expect((await world.call(ben, "POST", "/boths", { bothId: draft })).status).toBe(400);
    await world.truth(
      "insert into folders (id, organization_id, user_id) values ($1, $2, $3)",
      draft,
      acme,
      ben.userId,
    );
    expect((await world.call(ben, "POST", "/boths", { bothId: draft })).status).toBe(201);
    await world.truth("update folders set user_id = $1 where id = $2", ada.userId, draft);
    expect((await world.call(ben, "POST", "/boths", { bothId: draft })).status).toBe(400);
  });
});
