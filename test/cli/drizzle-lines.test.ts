/** One project on each line of Drizzle: pushed, served by the router, and asked by routes of its own. */
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type FreshPostgres, freshPostgres } from "../support/databases.js";
import { files, seed } from "../support/guarded-schema.js";
import type { Answered, Asked } from "../support/lines/app.js";
import { type DrizzleLine, makeProject, type Project } from "../support/project.js";

const setup1 = `
import { defineRelations } from "drizzle-orm";
import { nodePgCodecs } from "drizzle-orm/node-postgres/codecs";
import * as tables from "./tables.js";

const relations = defineRelations(tables, (r) => ({
  projects: { documents: r.many.documents() },
  documents: { project: r.one.projects({ from: r.documents.projectId, to: r.projects.id }) },
}));

export const setup = { schema: tables, drizzle: { codecs: nodePgCodecs, relations } };
`;

const manifest = await readFile(new URL("../../package.json", import.meta.url), "utf8");

const ranges = { "0.45": "^0.45.4", "1.0": "^1.0.0-rc.5" } as const;
const kits = { "0.45": "^0.31.11", "1.0": "^1.0.0-rc.5" } as const;

/** Every line from the fourth on has one mistake. */
const wrong = `import { text } from "drizzle-orm/pg-core";
import { id, organization, table } from "hedgerow";
import { documents } from "./tables.js";
export const tags: number = documents.$inferSelect.tags;
export const title: number = documents.$inferSelect.title;
export const none = documents.nothing;
export const some: typeof documents.$inferInsert = { title: "a" };
export const things = table("things", { id: id(), organizationId: organization(), name: text() }).firewall({ field: "nam", equals: "ctx.userId" });
export const lists = table("lists", { id: id(), organizationId: organization(), tags: text().array() }).firewall("organization").access({ read: { record: { tags: { equals: "a" } } } });
`;

/** What only a body of JSON can hold; each is a document by itself. */
const bodies = ["text", "5", "null", "{}", 'a "b"', 5, true, [], ["a", null], { a: [1, "2"] }];

const values = {
  code: "abc",
  tags: ["plain", 'a "b"', "c,d", "\\", "NULL", ""],
  words: ["one", "two"],
  counts: [1, -2],
  states: ["draft", "final"],
  status: "final",
  size: "9007199254740993",
  views: 7,
  price: "12.50",
  ratio: 0.1,
  isOpen: false,
  due: "2026-01-31",
  at: "2026-01-31T12:00:00.123456+00:00",
  local: "2026-01-31T12:00:00.5+00:00",
  bodies,
  moments: ["2026-01-31T12:00:00.5+00:00"],
  days: ["2026-01-31"],
};

describe.each<DrizzleLine>(["0.45", "1.0"])("a project with Drizzle %s", (line) => {
  let project: Project;
  let postgres: FreshPostgres;
  let app: ReturnType<Project["fork"]>;
  let apollo: string;

  const call = async (method: string, path: string, body?: unknown): Promise<Answered> => {
    const asked: Asked = { method, path, ...(body !== undefined && { body }) };
    const answer = once(app, "message");
    app.send(asked);
    const [answered]: ReadonlyArray<Answered> = await answer;
    if (answered === undefined) throw new Error("The process of the project said nothing.");
    return answered;
  };

  const push = () => project.drizzleKit(["push"], { DATABASE_URL: postgres.ownerUrl });

  beforeAll(async () => {
    project = await makeProject(line);
    const dependencies = { hedgerow: "*", "drizzle-orm": ranges[line], "drizzle-kit": kits[line] };
    await project.write("package.json", JSON.stringify({ private: true, type: "module", dependencies }));
    for (const [file, text] of Object.entries(files)) await project.write(file, text);
    await project.share("lines/tables.ts", "lines/app.ts", "lines/setup.ts", "lines/typed.ts");
    if (line === "1.0") await project.write("lines/setup.ts", setup1);
    await project.write("schema.ts", `export * from "./auth";\nexport * from "./lines/tables";\n`);
    postgres = await freshPostgres();
    const pushed = await push();
    expect(pushed.stderr + pushed.stdout).toContain("applied and verified");
    expect(pushed.code).toBe(0);
    await postgres.pool(postgres.superuserUrl).query(`${seed} alter role hedgerow_api password 'api'`);
    app = project.fork("lines/app.ts", { API_URL: postgres.url("hedgerow_api", "api") });
    const made = await call("POST", "/projects", { name: "Apollo" });
    expect(made).toMatchObject({ status: 201, errors: [] });
    apollo = (made.body as { id: string }).id;
  });
  afterAll(async () => {
    app?.kill();
    await postgres?.close();
    await project?.remove();
  });

  const create = (title: string, values: object = {}) =>
    call("POST", "/documents", { projectId: apollo, title, ...values });

  it("may have this line of Drizzle beside the package", async () => {
    const misfits = await project.misfits();
    expect(misfits).toEqual([]);
    await project.write(
      "node_modules/hedgerow/package.json",
      manifest.replaceAll(/"(\^0\.45|>=0\.31).*"/g, '"^0.1.0"'),
    );
    const found = await project.misfits();
    await project.write("node_modules/hedgerow/package.json", manifest);
    expect(found.map((text) => /invalid: (\S+)@/.exec(text)?.[1])).toEqual(["drizzle-kit", "drizzle-orm"]);
  });

  it("compiles, and so do the declarations of the package", async () => {
    const { stdout } = await project.compile(["lines/app.ts", "lines/typed.ts"]);
    // The declarations of others do not all compile by themselves.
    const ours = stdout.split("\n").filter((each) => /^(?:lines\/|error |node_modules\/hedgerow\/)/.test(each));
    expect(ours).toEqual([]);
  });

  it("does not compile where a type is wrong", async () => {
    await project.write("lines/wrong.ts", wrong);
    const { stdout } = await project.compile(["lines/wrong.ts"]);
    const places = [...stdout.matchAll(/^lines\/wrong\.ts\((\d+),/gm)].map(([, place]) => Number(place));
    expect([...new Set(places)]).toEqual([4, 5, 6, 7, 8, 9]);
  });

  it("is pushed a second time", async () => {
    const second = await push();
    expect(second.stdout).toContain("applied and verified");
    expect(second.code).toBe(0);
  });

  it.each(Object.entries(values))("serves the column %s as it was sent", async (key, value) => {
    const made = await create(`only ${key}`, { [key]: value });
    expect(made).toMatchObject({ status: 201, errors: [], body: { [key]: value } });
    const { id } = made.body as { id: string };
    expect((await call("GET", `/documents/${id}`)).body).toEqual(made.body);
  });

  it("maps each element of an array as its column maps a value", async () => {
    const made = await create("elements", { corners: [[1, 2]], ranges: [[1, 5]] });
    expect(made).toMatchObject({ status: 201, body: { corners: ["(1,2)"], ranges: ["[1,5)"] } });
  });

  it("finds, changes and deletes a row", async () => {
    const { id } = (await create("all", values)).body as { id: string };
    for (const filter of ["status=final&size=9007199254740993", "price=12.50&views=7", "due=2026-01-31&isOpen=false"]) {
      const found = await call("GET", `/documents?title=all&${filter}`);
      expect(found).toMatchObject({ status: 200, body: { data: [{ id }] } });
    }
    const changes = { tags: [], counts: null, size: "-1", status: "draft" };
    expect(await call("PATCH", `/documents/${id}`, changes)).toMatchObject({ status: 200, body: changes });
    expect(await call("DELETE", `/documents/${id}`)).toMatchObject({ status: 204 });
  });

  it.each(bodies)("keeps the JSON %j", async (body) => {
    const made = await create(`json ${JSON.stringify(body)}`, { body });
    expect(made).toMatchObject({ status: 201, errors: [] });
    expect(made.body).toMatchObject({ body });
  });

  it("refuses what a column cannot hold, and names the field", async () => {
    const wrong = await create("wrong", { tags: "a", counts: [1.5], states: ["other"], size: "x", status: "other" });
    expect(wrong.status).toBe(400);
    for (const field of ["tags", "counts", "states", "size", "status"]) expect(wrong.body).toContain(`"${field}`);
  });

  it("names the fields of a key that has no name of its own", async () => {
    expect((await create("twice")).status).toBe(201);
    const again = await create("twice");
    expect(again.status).toBe(409);
    expect(again.body).toContain('"title"');
    const label = { name: "red" };
    expect(await call("POST", "/labels", label)).toMatchObject({ status: 201 });
    const same = await call("POST", "/labels", label);
    expect(same.status).toBe(409);
    expect(same.body).toContain('"name"');
    const astray = await call("POST", "/documents", { projectId: "nowhere", title: "astray" });
    expect(astray.status).toBeGreaterThanOrEqual(400);
    expect(astray.body).toContain('"projectId"');
  });

  it("gives a handler rows as Drizzle reads them", async () => {
    const values = { tags: ["a", "b"], size: "9007199254740993", price: "12.50", states: ["final"], counts: [3, 4] };
    const made = await create("select", { ...values, at: "1970-01-01T00:00:01Z", body: [5, "a"] });
    const { status, body, errors } = await call("POST", "/own/select", {});
    expect({ status, errors }).toEqual({ status: 200, errors: [] });
    const { id } = made.body as { id: string };
    expect(body).toContainEqual({ id, ...values, at: 1000, body: [5, "a"] });
  });

  it("writes in a transaction of a handler", async () => {
    const { status, body, errors } = await call("POST", "/own/transaction", {});
    expect({ status, errors }).toEqual({ status: 200, errors: [] });
    const kept = {
      tags: ['a "b"', "c,d"],
      size: "9007199254740993",
      states: ["final"],
      at: "1970-01-01T00:00:00.000Z",
    };
    expect(body).toMatchObject({
      document: { ...kept, body: ["x", null] },
      changed: { ...kept, body: "text", counts: [1, 2] },
    });
  });

  it("follows relations in a handler", async () => {
    const projectId = ((await call("POST", "/projects", { name: "Mercury" })).body as { id: string }).id;
    const values = { projectId, title: "related", tags: ["x"], at: "1970-01-01T00:00:01Z" };
    expect((await call("POST", "/documents", values)).status).toBe(201);
    const { status, body, errors } = await call("POST", "/own/query", {});
    expect({ status, errors }).toEqual({ status: 200, errors: [] });
    expect(body).toMatchObject({
      found: expect.arrayContaining([
        { name: "Mercury", documents: [{ title: "related", tags: ["x"], at: "1970-01-01T00:00:01.000Z" }] },
      ]),
    });
  });
});
