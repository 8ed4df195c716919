/** What the commands say where something is wrong: what it is, where it is, and what would be right. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type FreshPostgres, freshPostgres } from "../support/databases.js";
import { makeProject, type Project } from "../support/project.js";
import { auth, config } from "../support/project-files.js";

const schema = `
import { text } from "drizzle-orm/pg-core";
import { id, organization, table } from "hedgerow";
export const notes = table("notes", { id: id(), organizationId: organization(), body: text("body") })
  .firewall("organization")
  .access({ read: { roles: ["member+"] }, create: { roles: ["admin+"] }, delete: { roles: ["owner"] } });
`;
const drizzleConfig = `
import { withHedgerow } from "hedgerow/drizzle-kit";
import config from "./hedgerow.config";
export default withHedgerow(config);
`;

let project: Project;
let postgres: FreshPostgres;

beforeAll(async () => {
  [project, postgres] = await Promise.all([makeProject(), freshPostgres()]);
  await project.write("package.json", '{ "type": "module" }');
  await project.write("hedgerow.config.ts", config);
  await project.write("drizzle.config.ts", drizzleConfig);
  await project.write("auth.ts", auth);
  await project.write("schema.ts", schema);
});
afterAll(async () => {
  await postgres?.close();
  await project?.remove();
});

const at = (url: string, ...args: ReadonlyArray<string>) => project.hedgerow(args, { DATABASE_URL: url });
const run = (...args: ReadonlyArray<string>) => at(postgres.ownerUrl, ...args);

describe("a command line that is wrong", () => {
  it("is answered with what is wrong and where help is, and with nothing else", async () => {
    for (const [args, says, help] of [
      [["explain", "notes", "--op", "insert"], /read.*create.*update.*delete/, "hedgerow explain"],
      [["explain"], /table/, "hedgerow explain"],
      [["push", "--force"], /--force/, "hedgerow push"],
      [["migrate", "--wait", "soon"], /--wait|wait/, "hedgerow migrate"],
      [["pus"], /pus/, "hedgerow"],
    ] as const) {
      const { code, stdout, stderr } = await run(...args);
      expect({ args, code, stdout }).toEqual({ args, code: 2, stdout: "" });
      expect(stderr).toMatch(says);
      expect(stderr).toContain(`\`${help} --help\` says what there is.\n`);
      expect(stderr).not.toMatch(/USAGE|FLAGS|DESCRIPTION/);
      expect(stderr.split("\n").length).toBeLessThan(8);
    }
  });

  it("still finds help where it is asked for", async () => {
    const { code, stdout } = await run("explain", "--help");
    expect([code, stdout.includes("USAGE")]).toEqual([0, true]);
  });
});

describe("a url that is none", () => {
  it.each([
    "secret-host/app",
    '"postgres://owner:secret@localhost/app"',
    "mysql://owner:secret@localhost/app",
    "postgres://owner:se#cret@localhost:5432/app",
  ])("is refused before anything connects, by the name of the option and without any part of it: %s", async (url) => {
    for (const command of ["push", "migrate", "doctor"]) {
      const { code, stdout, stderr } = await at(url, command);
      expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
      expect(stderr).toMatch(/^providers\.database\.url (is no url of a PostgreSQL|cannot be read)/);
      expect(stderr).not.toMatch(/cret|localhost|ENOTFOUND/);
    }
    const { code, stdout, stderr } = await project.drizzleKit(["push"], { DATABASE_URL: url });
    expect(code).not.toBe(0);
    expect(stdout + stderr).toMatch(/dbCredentials\.url (is no url of a PostgreSQL|cannot be read)/);
    expect(stdout + stderr).not.toMatch(/se#?cret/);
  });

  it("is refused by neon-local as well", async () => {
    const { code, stderr } = await run("neon-local", "--url", "localhost:5432");
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^--url is no url of a PostgreSQL/)]);
  });
});

describe("an error thrown in a file of the project", () => {
  it("is shown with its file and line, from the folder of the project", async () => {
    await project.write(
      "broken.ts",
      `${schema}\n\nexport const wrong = ((): never => {\n  throw new Error("boom");\n})();\n`,
    );
    await project.write("broken.config.ts", config.replace("./schema.js", "./broken.js"));
    const { code, stderr } = await run("matrix", "--config", "broken.config.ts");
    expect(code).toBe(1);
    expect(stderr).toBe("broken.config.ts cannot be loaded: boom\n  at broken.ts:10\n");
  });

  it("is shown with the line that called what threw, where a package did", async () => {
    const calls = "\nimport { defineRoles } from './roles.js';\n";
    await project.write("plain.config.ts", `${config.replace(calls, "")}\nundefinedFunction();\n`);
    const { stderr } = await run("matrix", "--config", "plain.config.ts");
    expect(stderr).toMatch(
      /^plain\.config\.ts cannot be loaded: undefinedFunction is not defined\n {2}at plain\.config\.ts:15\n$/,
    );
  });
});

describe("explain", () => {
  it("takes the words of rules, and says them", async () => {
    expect((await run("explain", "notes", "--op", "create")).stdout).toMatch(/^create on notes\n/);
    expect((await run("explain", "notes")).stdout).toMatch(/^read on notes\n/);
  });

  it("refuses --as where there is no row to ask for", async () => {
    const create = await run("explain", "notes", "--op", "create", "--as", "ada@example.com");
    expect([create.code, create.stdout]).toEqual([1, ""]);
    expect(create.stderr).toContain("leave --id and --as out");
    const read = await run("explain", "notes", "--as", "ada@example.com");
    expect([read.code, read.stdout]).toEqual([1, ""]);
    expect(read.stderr).toContain("pass --id");
  });
});

describe("matrix", () => {
  it("shows one table, and one role", async () => {
    const one = (await run("matrix", "notes")).stdout;
    expect(one).toMatch(/^notes\n/);
    expect(one.split("\n\n")).toHaveLength(1);
    const admin = (await run("matrix", "notes", "--role", "admin")).stdout;
    expect(admin).toMatch(
      /^notes\n +admin\n {2}read +own scope\n {2}create +own scope\n {2}update +–\n {2}delete +–\n/,
    );
    expect(JSON.parse((await run("matrix", "notes", "--role", "owner", "--json")).stdout)).toHaveLength(4);
  });

  it("lists what there is where a table or a role is none", async () => {
    expect((await run("matrix", "note")).stderr).toMatch(/no table "note"\. Did you mean "notes"\?/);
    expect((await run("matrix", "--role", "admn")).stderr).toBe(
      'There is no kind of caller "admn". Did you mean "admin"? Valid are: anonymous, signed in, member, admin, owner, platform user, platform admin.\n',
    );
  });

  it("is a line for each table where they are many, and where it is asked for", async () => {
    const line = /^notes +member\+ +admin\+ +– +owner$/m;
    expect((await run("matrix", "--format", "summary")).stdout).toMatch(line);
    const more = Array.from({ length: 100 }, (_, n) =>
      schema.split("\n").slice(3).join("\n").replaceAll("notes", `notes${n}`),
    );
    await project.write("many.ts", `${schema}${more.join("")}`);
    await project.write("many.config.ts", config.replace("./schema.js", "./many.js"));
    const many = (await run("matrix", "--config", "many.config.ts")).stdout;
    expect(many).toMatch(line);
    expect(many.split("\n").length).toBeLessThan(130);
    expect((await run("matrix", "--config", "many.config.ts", "--format", "text")).stdout).toContain("own scope");
  });
});

describe("a database that was pushed", () => {
  it("is told by migrate how it is taken over, and is", async () => {
    expect(await run("push")).toMatchObject({ code: 0 });
    expect(await run("generate")).toMatchObject({ code: 0 });
    const refused = await run("migrate");
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/already exists/);
    expect(refused.stderr).toContain("Was this database pushed before? Then `hedgerow migrate --baseline`");
    expect(await run("migrate", "--baseline")).toMatchObject({ code: 0 });
    expect(await run("migrate")).toMatchObject({ code: 0 });
  });
});

describe("the url of a login that owns nothing", () => {
  it("is named by every command that needs the owner's, without its password", async () => {
    expect(await run("push")).toMatchObject({ code: 0 });
    await postgres.ownerPool.query("alter role hedgerow_api password 'secret'");
    const url = postgres.url("hedgerow_api", "secret");
    for (const command of ["push", "migrate", "doctor"]) {
      const { code, stderr } = await at(url, command);
      expect([command, code]).toEqual([command, 1]);
      expect(stderr).toContain(
        "This is the login hedgerow_api. Take the url of the login that owns the tables, and may make roles.",
      );
      expect(stderr).not.toContain("secret");
    }
    const { stderr } = await project.drizzleKit(["push"], { DATABASE_URL: url });
    expect(stderr).toContain("This is the login hedgerow_api.");
  });
});
