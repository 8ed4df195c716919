import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type FreshPostgres, freshPostgres } from "../support/databases.js";
import { files, schemaFile, seed } from "../support/guarded-schema.js";
import { makeProject, type Project } from "../support/project.js";
import { type Answer, keys, onTerminal, type Session } from "../support/terminal.js";

const config = `
import { defineConfig } from "hedgerow/config";
import { authOptions } from "./auth.js";
import * as schema from "./schema.js";
export default defineConfig({
  name: "acme",
  schema: { path: "./schema.ts", module: schema },
  providers: {
    runtime: "node",
    database: { type: "postgres", url: process.env.DATABASE_URL },
    auth: { type: "better-auth", options: authOptions },
  },
});
`;

const secret = schemaFile('secret: text("secret")');
const hint = schemaFile('hint: text("hint")');
const neither = schemaFile();

let project: Project;

beforeAll(async () => {
  project = await makeProject();
  for (const [file, text] of Object.entries(files)) await project.write(file, text);
  await project.write("hedgerow.config.ts", config);
});

afterAll(() => project.remove());

const terminal = (
  [name, ...args]: readonly ["hedgerow" | "drizzle-kit", ...ReadonlyArray<string>],
  answers: ReadonlyArray<Answer>,
  environment: NodeJS.ProcessEnv = {},
): Promise<Session> => {
  const bin = name === "hedgerow" ? ["hedgerow", "dist", "cli", "bin.js"] : ["drizzle-kit", "bin.cjs"];
  return onTerminal(
    [join(project.directory, "node_modules", ...bin), ...args],
    project.directory,
    answers,
    environment,
  );
};

const isItNew = "Is hint column in notes table created or renamed";
const renamed: Answer = { when: isItNew, keys: keys.down + keys.enter };
const created: Answer = { when: isItNew, keys: keys.enter };

describe("hedgerow generate on a terminal", () => {
  const out = (...path: ReadonlyArray<string>): string => join(project.directory, "drizzle", ...path);

  it("asks whether a column is new or renamed, and a rename keeps its rows", async () => {
    await project.write("schema.ts", secret);
    expect((await project.hedgerow(["generate"])).code).toBe(0);
    await project.write("schema.ts", hint);
    const before = await readdir(out());
    const stopped = await terminal(["hedgerow", "generate"], [{ when: isItNew, keys: keys.interrupt }]);
    expect(stopped.code).not.toBe(0);
    expect(await readdir(out())).toEqual(before);

    expect(await terminal(["hedgerow", "generate"], [renamed])).toMatchObject({
      code: 0,
      screen: expect.stringContaining("wrote ./drizzle/0003_tables.sql"),
    });
    const sql = await readFile(out("0003_tables.sql"), "utf8");
    expect(sql).toBe('ALTER TABLE "notes" RENAME COLUMN "secret" TO "hint";\n');
    await rm(out(), { recursive: true });
  });
});

describe("a push on a terminal, as an owner who is no superuser", () => {
  let postgres: FreshPostgres;

  const superuser = async (text: string): Promise<ReadonlyArray<object>> => {
    const client = new pg.Client(postgres.superuserUrl);
    await client.connect();
    try {
      const { rows } = await client.query(text);
      return rows;
    } finally {
      await client.end();
    }
  };
  const rows = () => superuser("select * from notes");
  const isForced = () => superuser("select relforcerowsecurity as forced from pg_class where oid = 'notes'::regclass");
  const push = (answers: ReadonlyArray<Answer>, ...args: ReadonlyArray<string>): Promise<Session> =>
    terminal(["hedgerow", "push", ...args], answers, { DATABASE_URL: postgres.ownerUrl });

  const loss = "Push all the same? [y/N]";
  const kept = [expect.objectContaining({ body: "mine", secret: "kept" })];

  beforeEach(async () => {
    postgres = await freshPostgres();
    await project.write("schema.ts", secret);
    expect((await project.hedgerow(["push"], { DATABASE_URL: postgres.ownerUrl })).code).toBe(0);
    await superuser(`${seed} insert into notes (organization_id, body, secret) values ('o1', 'mine', 'kept')`);
  });

  afterEach(() => postgres.close());

  it("loses data only where the answer is yes", async () => {
    await project.write("schema.ts", neither);
    for (const answer of [`n${keys.enter}`, keys.enter, keys.end, keys.interrupt]) {
      const { code, screen } = await push([{ when: loss, keys: answer }]);
      expect(code).not.toBe(0);
      expect(screen).toContain("delete secret column in notes table with 1 items");
      expect(screen).toContain(answer === keys.interrupt ? "Stopped." : "Nothing was pushed");
      expect(await rows()).toEqual(kept);
      expect(await isForced()).toEqual([{ forced: true }]);
    }
    expect(await push([{ when: loss, keys: `y${keys.enter}` }])).toMatchObject({
      code: 0,
      screen: expect.stringContaining("the database is as declared"),
    });
    expect(await rows()).toEqual([expect.not.objectContaining({ secret: "kept" })]);
  });

  it("asks once whether a column is new or renamed, and counts the rows that the owner may not see", async () => {
    await project.write("schema.ts", hint);
    const stopped = await push([{ when: isItNew, keys: keys.interrupt }]);
    expect(stopped.code).not.toBe(0);
    expect(await isForced()).toEqual([{ forced: true }]);
    const declined = await push([created, { when: loss, keys: `n${keys.enter}` }]);
    expect(declined).toMatchObject({ code: 1, screen: expect.stringContaining("with 1 items") });
    expect(await rows()).toEqual(kept);
    expect(await push([renamed])).toMatchObject({
      code: 0,
      screen: expect.stringContaining("the database is as declared"),
    });
    expect(await rows()).toEqual([expect.objectContaining({ body: "mine", hint: "kept" })]);
    expect(await isForced()).toEqual([{ forced: true }]);
  });

  it("is not taken for done by drizzle-kit push where its question is answered with no", async () => {
    await project.write("schema.ts", neither);
    const { code, screen } = await terminal(["drizzle-kit", "push"], [{ when: "No, abort", keys: keys.enter }], {
      DATABASE_URL: postgres.ownerUrl,
    });
    expect(code).toBe(1);
    expect(screen).toContain("[x] Hedgerow: The changes were declined, so the tables are as they were.");
    expect(await rows()).toEqual(kept);
    expect(await isForced()).toEqual([{ forced: true }]);
  });
});
