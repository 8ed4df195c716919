/** `hedgerow check --against`: a version and a database, before it is deployed there, as a command in a project of a user. */
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { type NeonLocal, startNeonLocal } from "hedgerow/neon-local";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type FreshPostgres, freshPostgres } from "../support/databases.js";
import { makeProject, type Project } from "../support/project.js";

const config = `
import { defineConfig } from "hedgerow/config";
import * as schema from "./schema.js";
export default defineConfig({
  name: "test",
  schema: { path: "./schema.ts", module: schema },
  providers: { runtime: "node", database: JSON.parse(process.env.DATABASE), auth: { type: "jwt", claims: [] } },
});
`;
const schema = (more = "", read = '{ roles: ["member+"] }') => `
import { integer, text } from "drizzle-orm/pg-core";
import { id, organization, owner, table } from "hedgerow";
export const notes = table("notes", { id: id(), organizationId: organization(), userId: owner(), body: text("body") ${more} })
  .firewall("organization")
  .access({ read: ${read}, create: { roles: ["member+"] } });
`;
const own = '{ record: { userId: { equals: "ctx.userId" } } }';

let project: Project;
let postgres: FreshPostgres;
let local: NeonLocal;

beforeAll(async () => {
  project = await makeProject();
  await project.write("package.json", '{ "type": "module" }');
  await project.write("hedgerow.config.ts", config);
  postgres = await freshPostgres();
  local = await startNeonLocal({ target: { url: postgres.ownerUrl } });
  await project.write("schema.ts", schema());
  for (const database of [onServer(), { type: "pglite", dataDir: "./data" }]) {
    expect(await run(database, "push")).toMatchObject({ code: 0, stderr: "" });
  }
});
afterAll(async () => {
  await local.close();
  await postgres.close();
  await project.remove();
});
beforeEach(async () => {
  await project.write("schema.ts", schema());
});

const neonUrl = (): string => {
  const { username, password } = new URL(postgres.ownerUrl);
  return local.url(username, password, "app");
};

interface Place {
  readonly name: string;
  /** Of the config, whose own address leads nowhere. */
  readonly database: () => object;
  readonly where: () => string;
}

const nowhere = "postgres://nobody:secret@127.0.0.1:1/none";

const places: ReadonlyArray<Place> = [
  {
    name: "PostgreSQL by pg",
    database: () => ({ type: "postgres", url: nowhere }),
    where: () => postgres.ownerUrl,
  },
  {
    name: "PostgreSQL by postgres.js",
    database: () => ({ type: "postgres", url: nowhere, driver: "postgres-js" }),
    where: () => postgres.ownerUrl,
  },
  {
    name: "Neon over HTTP",
    database: () => ({ type: "neon", url: nowhere, mode: "http", local: true }),
    where: neonUrl,
  },
  {
    name: "Neon over a WebSocket",
    database: () => ({ type: "neon", url: nowhere, mode: "websocket", local: true }),
    where: neonUrl,
  },
  {
    name: "a server, where the config names a PGlite",
    database: () => ({ type: "pglite", dataDir: "./none" }),
    where: () => postgres.ownerUrl,
  },
  {
    name: "a folder of PGlite",
    database: () => ({ type: "postgres", url: nowhere }),
    where: () => join(project.directory, "data"),
  },
];

const run = (database: object, ...args: ReadonlyArray<string>) =>
  project.hedgerow(args, { DATABASE: JSON.stringify(database) });

const onServer = (): object => ({ type: "postgres", url: postgres.ownerUrl });

describe.each(places)("check --against $name", ({ database, where }) => {
  const check = (...args: ReadonlyArray<string>) => run(database(), "check", "--against", where(), ...args);

  it("says that this version can serve, or what it would meet", async () => {
    expect(await check()).toEqual({ code: 0, stderr: "", stdout: "This version can serve on this database.\n" });
    await project.write("schema.ts", schema(', likes: integer("likes")', own));
    const refused = await check("--json");
    expect([refused.code, refused.stderr]).toEqual([1, ""]);
    expect(JSON.parse(refused.stdout)).toEqual({
      serves: false,
      reasons: [
        "column public.notes.likes does not exist; push the schema first",
        expect.stringMatching(/^not as declared: .*notes_select on public\.notes; push the schema again$/),
      ],
      newerRules: "",
    });
    expect((await check()).stdout).toMatch(/✗ column public\.notes\.likes .*\n✗ .*\nThis version cannot serve/);
  });
});

describe("check --against a database that a newer version was pushed to", () => {
  const check = (...args: ReadonlyArray<string>) =>
    run({ type: "postgres", url: nowhere }, "check", "--against", postgres.ownerUrl, ...args);

  it("tells its rules from unknown ones, and whether it would serve under them", async () => {
    await project.write("schema.ts", schema("", own));
    expect(await run(onServer(), "push")).toMatchObject({ code: 0 });
    await project.write("schema.ts", schema());
    const refused = await check();
    expect([refused.code, refused.stdout]).toEqual([
      1,
      expect.stringMatching(/^✗ newer rules were pushed: .*\nThis version cannot serve on this database\.\n$/),
    ]);
    const served = await check("--older-versions", "serve");
    expect([served.code, served.stdout]).toEqual([
      0,
      expect.stringMatching(/^· It would serve under newer rules: .*\nThis version can serve on this database\.\n$/),
    ]);
  });

  it("finds a column that must have a value and that this version cannot fill", async () => {
    await project.write("schema.ts", schema(', likes: integer("likes").notNull()'));
    expect(await run(onServer(), "push", "--accept-data-loss")).toMatchObject({ code: 0 });
    await project.write("schema.ts", schema());
    const { code, stdout } = await check();
    expect([code, stdout]).toEqual([1, expect.stringContaining("✗ column public.notes.likes needs a value")]);
    const superuser = postgres.pool(postgres.superuserUrl, { max: 1 });
    for (const change of [
      "alter table notes alter likes set default 0",
      "alter table notes alter likes drop default, alter likes drop not null",
    ]) {
      await superuser.query(change);
      expect((await check()).code).toBe(0);
    }
    await superuser.query("alter table notes drop likes");
    await superuser.query("alter table notes add likes integer not null generated always as identity");
    expect((await check()).code).toBe(0);
    await superuser.query("alter table notes drop likes");
  });

  it("needs no login that owns anything, and says nothing about the login", async () => {
    const superuser = postgres.pool(postgres.superuserUrl, { max: 1 });
    await superuser.query("create role looker login password 'looks'");
    for (const url of [postgres.url("looker", "looks"), postgres.superuserUrl]) {
      const { code, stdout } = await run({ type: "postgres", url: nowhere }, "check", "--against", url);
      expect([code, stdout]).toEqual([0, "This version can serve on this database.\n"]);
    }
  });
});

describe("check --against what is no database", () => {
  it.each([
    ["a server that is away", "postgres://owner:pass%40word@127.0.0.1:1/app"],
    ["a url that no driver can read", "postgres://owner:pass%40word@127.0.0.1:port/app"],
    ["a url with a mistake in it", "postgrse://owner:pass%40word@127.0.0.1/app"],
    ["a folder that is not there", "./pass%40word"],
    ["a password that is part of the query", "postgres://127.0.0.1:1/app?user=owner&password=pass%40word"],
  ])("fails without the password: %s", async (_, where) => {
    for (const more of [[], ["--verbose"]]) {
      const { code, stdout, stderr } = await run(
        { type: "postgres", url: nowhere },
        "check",
        "--against",
        where,
        ...more,
      );
      expect([code, stdout]).toEqual([1, ""]);
      expect(stderr).not.toBe("");
      expect(stderr).not.toMatch(/pass(?:%40|@)word/);
    }
  });

  it("fails for the wrong password, which it does not repeat", async () => {
    const where = postgres.url("hedgerow_owner", "wrong-password");
    const { code, stderr } = await run({ type: "postgres", url: nowhere }, "check", "--against", where, "--verbose");
    expect([code, stderr]).toEqual([1, expect.stringContaining("password authentication failed")]);
    expect(stderr).not.toContain("wrong-password");
  });

  it("makes no database where there is none", async () => {
    await cp(join(project.directory, "schema.ts"), join(project.directory, "copy.ts"));
    const { code, stderr } = await run(onServer(), "check", "--against", "./fresh");
    expect([code, stderr]).toEqual([1, expect.stringContaining("--against takes a url that begins with postgres://")]);
    await expect(cp(join(project.directory, "fresh"), join(project.directory, "copied"))).rejects.toThrow("ENOENT");
  });

  it("has no SARIF, and says so", async () => {
    const { code, stderr } = await run(onServer(), "check", "--against", postgres.ownerUrl, "--format", "sarif");
    expect([code, stderr]).toEqual([1, expect.stringContaining("--json")]);
  });
});
