import { execFile } from "node:child_process";
import { cp, lstat, mkdir, mkdtemp, readdir, readlink, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type FreshPostgres, freshPostgres } from "../support/databases.js";
import { makeProject, type Project } from "../support/project.js";
import { keys, onTerminal } from "../support/terminal.js";
import { commandOf, type Folder, makeFolder, tsconfig, typeCheck } from "../support/user-folder.js";

const repository = fileURLToPath(new URL("../..", import.meta.url));
const run = promisify(execFile);

/** Several processes one after the other. */
const slow = { timeout: 300_000 };

let installed: Project;
let bin: string;

/** Folders beside each other, under one node_modules. */
beforeAll(async () => {
  installed = await makeProject();
  bin = commandOf(installed);
});

afterAll(() => installed.remove());

const folder = (name: string, files: Readonly<Record<string, string>>): Promise<Folder> =>
  makeFolder(installed, name, files);

/** What a user does next: types, check, push, doctor, and then again init. */
const expectToWork = async (project: Folder, environment: NodeJS.ProcessEnv = {}, isLater = false): Promise<void> => {
  await typeCheck(project.path);
  const check = await project.hedgerow(["check"], environment);
  expect(await project.hedgerow(["push"], environment)).toMatchObject({ code: 0, stderr: "" });
  const doctor = await project.hedgerow(["doctor"], environment);
  if (isLater) {
    for (const { code, stdout } of [check, doctor]) {
      expect(code).toBe(1);
      expect(stdout).toContain("[auth_guarded_later]");
      expect(stdout).toMatch(/^1 finding/m);
    }
  } else {
    expect(check).toMatchObject({ code: 0, stderr: "" });
    expect(doctor).toMatchObject({ code: 0, stdout: "The database is as declared.\n", stderr: "" });
  }
  const before = await project.contents();
  const again = await project.hedgerow(["init", "--yes"], environment);
  expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining("Nothing to do"), stderr: "" });
  expect(await project.contents()).toEqual(before);
};

const drizzleConfig = `
import { defineConfig } from "drizzle-kit";
export default defineConfig({
  dialect: "postgresql",
  schema: "./src/db/schema.ts",
  out: "./src/db/migrations",
  dbCredentials: { url: process.env.OWNER_URL! },
});
`;

const ownSchema = `
import { pgTable, serial, text } from "drizzle-orm/pg-core";
// Better Auth is not in pgTable("user", …), which is a comment.
export const notes = pgTable("notes", { id: serial("id").primaryKey(), body: text("body").notNull() });
`;

describe("hedgerow init", () => {
  it("makes an empty project one that type-checks, pushes and has nothing to say to doctor", slow, async () => {
    const project = await folder("empty", {
      "package.json": '{\n\t"name": "@acme/empty",\n\t"type": "module"\n}\n',
      "tsconfig.json": tsconfig("nodenext"),
    });
    const done = await project.hedgerow(["init", "--yes", "--database", "pglite"]);
    expect(done).toMatchObject({ code: 0, stderr: "" });
    expect(done.stdout).not.toContain("\u001b[");
    expect(await project.read("hedgerow.config.ts")).toContain('import * as schema from "./guarded/schema.js";');
    expect(await project.read("package.json")).toBe(
      [
        "{",
        '\t"name": "@acme/empty",',
        '\t"type": "module",',
        '\t"scripts": {',
        '\t\t"dev": "tsx guarded/server.ts",',
        ...["check", "push", "generate", "migrate"].map((name) => `\t\t"hedgerow:${name}": "hedgerow ${name}",`),
        '\t\t"hedgerow:doctor": "hedgerow doctor"',
        "\t},",
        '\t"dependencies": {',
        '\t\t"@electric-sql/pglite": "^0.5.16",',
        '\t\t"@hono/node-server": "^2.1.0",',
        '\t\t"better-auth": "^1.7.5",',
        '\t\t"drizzle-orm": "^0.45.4",',
        '\t\t"hedgerow": "^0.1.0",',
        '\t\t"hono": "^4.13.0"',
        "\t},",
        '\t"devDependencies": {',
        '\t\t"drizzle-kit": "^0.31.11",',
        '\t\t"tsx": "^4.20.0"',
        "\t}",
        "}\n",
      ].join("\n"),
    );
    await expectToWork(project);
  });

  it(
    "adds a table beside the ones that Drizzle has, and says what the config of drizzle-kit would need",
    slow,
    async () => {
      const project = await folder("drizzle", {
        "package.json": JSON.stringify({
          name: "drizzle",
          dependencies: { "drizzle-orm": "^0.45.4", hono: "^4.13.0", pg: "^8.23.0" },
        }),
        "tsconfig.json": tsconfig("bundler"),
        "drizzle.config.ts": drizzleConfig,
        "src/db/schema.ts": ownSchema,
        "src/index.ts": 'import { Hono } from "hono";\nexport default new Hono();\n',
        "pnpm-lock.yaml": "",
      });
      const before = await project.contents();
      const done = await project.hedgerow(["init", "--yes", "--database", "pglite"]);
      expect(done).toMatchObject({ code: 0, stderr: "" });
      expect(done.stdout).toContain("note: drizzle.config.ts is kept.");
      expect(done.stdout).toContain("export default withHedgerow(config);");
      expect(done.stdout).toContain("pnpm exec hedgerow push");
      const after = await project.contents();
      for (const file of Object.keys(before))
        if (!file.endsWith("package.json")) expect(after[file]).toBe(before[file]);
      expect(await project.read("src/guarded/schema.ts")).toContain('export * from "../db/schema";');
      expect(await project.read("src/guarded/tables.ts")).toContain('export const documents = table("documents"');
      expect(await project.read("hedgerow.config.ts")).toContain('out: "./src/db/migrations"');
      await expectToWork(project);
    },
  );

  describe("with a Better Auth that is there", () => {
    let postgres: FreshPostgres;

    beforeAll(async () => {
      postgres = await freshPostgres();
    });
    afterAll(() => postgres.close());

    it("takes the options of its instance, and its tables from them", slow, async () => {
      const project = await folder("instance", {
        "package.json": JSON.stringify({
          name: "instance",
          type: "module",
          dependencies: { "better-auth": "^1.7.5", pg: "^8.23.0" },
        }),
        "tsconfig.json": tsconfig("bundler").replace('"strict"', '"paths":{"@/*":["./src/*"]},"strict"'),
        "drizzle.config.ts": drizzleConfig,
        "src/db/schema.ts": ownSchema,
        "src/db/index.ts": `
import { drizzle } from "drizzle-orm/node-postgres";
import * as schema from "@/db/schema";
export const db = drizzle("postgres://nobody@localhost:1/none", { schema });
`,
        "src/lib/auth.ts": `
import { betterAuth } from "better-auth";
import { drizzleAdapter } from "better-auth/adapters/drizzle";
import { organization, twoFactor } from "better-auth/plugins";
import { db } from "@/db";
export const auth = betterAuth({
  secret: "a secret that is long enough for a test",
  baseURL: "http://localhost:3000",
  telemetry: { enabled: false },
  database: drizzleAdapter(db, { provider: "pg" }),
  emailAndPassword: { enabled: true },
  plugins: [organization({ teams: { enabled: true } }), twoFactor()],
});
`,
      });
      const done = await project.hedgerow(["init", "--yes"]);
      expect(done).toMatchObject({ code: 0, stderr: "" });
      expect(done.stdout).toContain('Add hedgerow() of "hedgerow/better-auth" to the plugins of src/lib/auth.ts');
      expect(await project.read("src/guarded/auth.ts")).toContain("  twoFactor,\n");
      const config = await project.read("hedgerow.config.ts");
      expect(config).toContain('database: { type: "postgres", url: process.env.OWNER_URL }');
      expect(config).toContain("options: auth.options");
      await expectToWork(project, { OWNER_URL: postgres.ownerUrl }, true);
    });

    it("keeps the tables that Better Auth's own command wrote, where options are exported", slow, async () => {
      const project = await folder("options", {
        "package.json": JSON.stringify({ name: "options", type: "module", dependencies: { "better-auth": "^1.7.5" } }),
        "tsconfig.json": tsconfig("nodenext"),
        "src/db/schema.ts": `export * from "./auth-schema.js";\n${ownSchema}`,
        "src/db/auth-schema.ts": authSchema,
        "src/auth.ts": `
import { betterAuth } from "better-auth";
import { hedgerow } from "hedgerow/better-auth";
export const options = { emailAndPassword: { enabled: true }, plugins: [hedgerow()] };
export const createAuth = (secret: string) => betterAuth({ ...options, secret });
`,
        "drizzle.config.json": JSON.stringify({
          dialect: "postgresql",
          driver: "pglite",
          schema: "./src/db/schema.ts",
          dbCredentials: { url: "./data" },
        }),
      });
      const done = await project.hedgerow(["init", "--yes"]);
      expect(done).toMatchObject({ code: 0, stderr: "" });
      // There is no organization without the plugin.
      expect(await project.read("src/guarded/tables.ts")).toContain('.firewall("owner")');
      expect(await readdir(join(project.path, "src/guarded"))).toEqual([
        "api.ts",
        "better-auth.ts",
        "database.ts",
        "schema.ts",
        "server.ts",
        "tables.ts",
      ]);
      expect(await project.read("hedgerow.config.ts")).toContain('{ type: "pglite", dataDir: "./data" }');
      await expectToWork(project);
    });
  });

  it("shows all of it and writes nothing with --dry-run, and without a terminal to ask in", async () => {
    const project = await folder("dry", { "package.json": '{ "name": "dry" }' });
    const dry = await project.hedgerow(["init", "--dry-run"]);
    expect(dry).toMatchObject({ code: 0, stderr: "" });
    expect(dry.stdout).toContain('  + export const notes = table("notes", {');
    expect(dry.stdout).toContain('  + "hedgerow:push": "hedgerow push"');
    expect(dry.stdout).toContain("Nothing was written (--dry-run).");
    const silent = await project.hedgerow(["init"]);
    expect(silent).toMatchObject({ code: 1, stderr: expect.stringContaining("Pass --yes") });
    expect((await project.hedgerow(["init", "--dry-run"])).stdout).toBe(dry.stdout);
    expect(await readdir(project.path)).toEqual(["package.json"]);
  });

  it("asks on a terminal, and takes only yes for yes", slow, async () => {
    const project = await folder("asks", { "package.json": '{ "name": "asks" }' });
    const init = (answer: string) =>
      onTerminal([bin, "init"], project.path, [
        { when: "Which database?", keys: `mysql${keys.enter}` },
        { when: "is none of them", keys: `neon${keys.enter}` },
        { when: "Write 8 files and change package.json? [y/N]", keys: answer },
      ]);
    for (const answer of [`n${keys.enter}`, keys.enter, `yeah${keys.enter}`, keys.end]) {
      expect(await init(answer)).toMatchObject({ code: 0, screen: expect.stringContaining("Nothing was written.") });
    }
    expect(await init(keys.interrupt)).toMatchObject({ code: 130, screen: expect.stringContaining("Stopped.") });
    expect(await readdir(project.path)).toEqual(["package.json"]);
    expect(await init(`y${keys.enter}`)).toMatchObject({
      code: 0,
      screen: expect.stringContaining("wrote package.json"),
    });
    expect(await project.read("hedgerow.config.ts")).toContain('type: "neon"');
  });

  it("keeps what exists, a link to nowhere included, writes the rest, and fails", async () => {
    const project = await folder("kept", {
      "guarded/tables.ts": "export {};\n",
      "manifest.json": '{ "name": "kept" }',
    });
    await symlink("manifest.json", join(project.path, "package.json"));
    await symlink("nowhere.ts", join(project.path, "drizzle.config.mts"));
    await symlink("nowhere.ts", join(project.path, "guarded", "auth.ts"));
    const done = await project.hedgerow(["init", "--yes", "--database", "postgres"]);
    expect(done.code).toBe(1);
    expect(done.stdout).toContain("keep guarded/tables.ts, which exists. It would have held:");
    expect(done.stdout).toContain("keep guarded/auth.ts, which exists.");
    expect(await project.read("guarded/tables.ts")).toBe("export {};\n");
    expect(await project.read("guarded/schema.ts")).toContain("export * from");
    expect(await readlink(join(project.path, "guarded", "auth.ts"))).toBe("nowhere.ts");
    expect((await lstat(join(project.path, "package.json"))).isSymbolicLink()).toBe(true);
    expect(await project.read("manifest.json")).toContain("hedgerow push");
  });

  it("adds no second config, only what package.json and drizzle-kit lack", async () => {
    const project = await folder("half", {
      "package.json": '{ "name": "half", "scripts": { "hedgerow:push": "own" } }',
      "hedgerow.config.ts": "export default {};\n",
    });
    expect(await project.hedgerow(["init", "--yes"])).toMatchObject({ code: 0, stderr: "" });
    expect((await readdir(project.path)).sort()).toEqual(["drizzle.config.ts", "hedgerow.config.ts", "package.json"]);
    const { scripts } = JSON.parse(await project.read("package.json"));
    expect(scripts).toMatchObject({ "hedgerow:push": "own", "hedgerow:check": "hedgerow check" });
    expect((await project.hedgerow(["init"])).stdout).toBe("Nothing to do: Hedgerow is set up in this project.\n");
  });

  it("goes on where it stopped halfway", async () => {
    const project = await folder("halfway", { "package.json": '{ "name": "halfway" }' });
    expect((await project.hedgerow(["init", "--yes"])).code).toBe(0);
    const whole = await project.contents();
    for (const file of ["hedgerow.config.ts", "guarded/schema.ts"]) await rm(join(project.path, file));
    expect(await project.hedgerow(["init", "--yes"])).toMatchObject({ code: 0, stderr: "" });
    expect(await project.contents()).toEqual(whole);
  });

  it("does not stumble over two at once", async () => {
    const project = await folder("two", { "package.json": '{ "name": "two" }' });
    const both = await Promise.all([1, 2].map(() => project.hedgerow(["init", "--yes"])));
    for (const done of both) expect(done).toMatchObject({ code: 0, stderr: "" });
    expect((await readdir(project.path)).sort()).toEqual([
      "drizzle.config.ts",
      "guarded",
      "hedgerow.config.ts",
      "package.json",
    ]);
    expect((await project.hedgerow(["init"])).stdout).toContain("Nothing to do");
  });

  it("runs before anything of the project is installed, as npx starts it", slow, async () => {
    const alone = await mkdtemp(join(tmpdir(), "hedgerow-alone-"));
    const modules = join(alone, "node_modules");
    await mkdir(modules);
    for (const name of ["@effect", "effect", "jiti"]) {
      await symlink(join(repository, "node_modules", name), join(modules, name), "junction");
    }
    await cp(join(installed.directory, "node_modules", "hedgerow"), join(modules, "hedgerow"), { recursive: true });
    await writeFile(join(alone, "package.json"), '{ "name": "alone" }');
    const hedgerow = (...args: ReadonlyArray<string>) =>
      run(process.execPath, [join(modules, "hedgerow", "dist", "cli", "bin.js"), ...args], { cwd: alone });
    expect((await hedgerow("init", "--yes")).stdout).toContain("wrote hedgerow.config.ts");
    expect((await hedgerow("--help")).stdout).toContain("  init ");
    const declared = JSON.stringify({
      name: "alone",
      packageManager: "pnpm@10.0.0",
      dependencies: { "better-auth": "^1.7.5", "drizzle-orm": "^0.45.4" },
      devDependencies: { "drizzle-kit": "^0.31.11" },
    });
    const cloned = join(alone, "cloned");
    await mkdir(cloned);
    await writeFile(join(cloned, "package.json"), declared);
    await writeFile(join(cloned, "drizzle.config.ts"), drizzleConfig);
    await writeFile(
      join(cloned, "auth.ts"),
      'import { betterAuth } from "better-auth";\nexport const auth = betterAuth({});\n',
    );
    const refused = run(process.execPath, [join(modules, "hedgerow", "dist", "cli", "bin.js"), "init", "--yes"], {
      cwd: cloned,
    });
    await expect(refused).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        /drizzle-kit is not installed yet: run `pnpm install` first, then this again\.[\s\S]*better-auth is not installed yet/,
      ),
    });
    expect((await readdir(cloned)).sort()).toEqual(["auth.ts", "drizzle.config.ts", "package.json"]);
    await expect(hedgerow("push")).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^\S+ is not installed here\. Install the packages of the project first/),
    });
    await rm(alone, { recursive: true });
  });

  it("writes JavaScript where there is no TypeScript", slow, async () => {
    const project = await folder("javascript", {
      "package.json": '{ "name": "javascript", "dependencies": { "@electric-sql/pglite": "^0.5.16" } }',
      "server.js": 'require("node:http");\n',
    });
    expect(await project.hedgerow(["init", "--yes"])).toMatchObject({ code: 0, stderr: "" });
    expect(await readdir(join(project.path, "guarded"))).toEqual([
      "api.mjs",
      "auth.mjs",
      "database.mjs",
      "schema.mjs",
      "server.mjs",
      "tables.mjs",
    ]);
    expect(await project.hedgerow(["check"])).toMatchObject({ code: 0, stderr: "" });
  });

  it("writes nothing where something stands in the way, and says what", async () => {
    const nowhere = await folder("nowhere", { "README.md": "" });
    expect(await nowhere.hedgerow(["init"])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("There is no package.json in"),
    });
    const broken = await folder("broken", { "package.json": "{" });
    expect((await broken.hedgerow(["init"])).stderr).toContain("package.json is not JSON");
    const secret = "hunter2";
    const project = await folder("in-the-way", {
      "package.json": JSON.stringify({ name: "old", dependencies: { "@neondatabase/serverless": "^0.10.0" } }),
      "node_modules/@neondatabase/serverless/package.json": JSON.stringify({ version: "0.10.4" }),
      "drizzle.config.ts": `export default { dialect: "mysql", schema: "./schema.ts", dbCredentials: { url: "mysql://a:${secret}@b/c" } };`,
      "a/auth.ts": 'import { betterAuth } from "better-auth";\nexport const create = () => betterAuth({});\n',
    });
    const refused = await project.hedgerow(["init", "--yes", "--verbose"]);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain("@neondatabase/serverless is 0.10.4, and ^1.2.0 is needed");
    expect(refused.stderr).toContain('its dialect is "mysql"; Hedgerow needs "postgresql"');
    expect(refused.stderr).toContain("a/auth.ts calls betterAuth, but exports neither the instance nor its options");
    expect(refused.stdout + refused.stderr).not.toContain(secret);
    await project.write(
      "b/auth.ts",
      'import { betterAuth } from "better-auth";\nexport const auth = betterAuth({});\n',
    );
    expect((await project.hedgerow(["init"])).stderr).toContain("Several files call betterAuth: a/auth.ts, b/auth.ts");
    const worker = await folder("worker", { "package.json": "{}" });
    expect(await worker.hedgerow(["init", "--runtime", "cloudflare", "--database", "pglite"])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("a Worker has none"),
    });
    expect(await worker.hedgerow(["init", "--database", "mysql"])).toMatchObject({ code: 2 });
    expect(await readdir(worker.path)).toEqual(["package.json"]);
  });

  it("copies no credential out of a config of drizzle-kit", async () => {
    const secret = "hunter2";
    const project = await folder("credentials", {
      "package.json": '{ "name": "credentials" }',
      "schema.ts": ownSchema,
      "drizzle.config.ts": `export default { dialect: "postgresql", schema: "./schema.ts", dbCredentials: { url: "postgres://a:${secret}@b/c" } };`,
    });
    const shown = await project.hedgerow(["init", "--dry-run"]);
    expect(shown).toMatchObject({ code: 0, stdout: expect.stringContaining("process.env.MIGRATION_DATABASE_URL") });
    expect(shown.stdout).not.toContain(secret);
  });
});

/** As Better Auth's command writes it, with an index for each foreign key. */
const authSchema = `
import { boolean, index, pgTable, text, timestamp } from "drizzle-orm/pg-core";
const times = () => ({ createdAt: timestamp("created_at").defaultNow().notNull(), updatedAt: timestamp("updated_at").defaultNow().notNull() });
export const user = pgTable("user", {
  id: text("id").primaryKey(), name: text("name").notNull(), email: text("email").notNull().unique(),
  emailVerified: boolean("email_verified").default(false).notNull(), image: text("image"), ...times(),
});
export const session = pgTable("session", {
  id: text("id").primaryKey(), expiresAt: timestamp("expires_at").notNull(), token: text("token").notNull().unique(),
  ipAddress: text("ip_address"), userAgent: text("user_agent"), ...times(),
  userId: text("user_id").notNull().references(() => user.id, { onDelete: "cascade" }),
}, (t) => [index().on(t.userId)]);
export const account = pgTable("account", {
  id: text("id").primaryKey(), accountId: text("account_id").notNull(), providerId: text("provider_id").notNull(),
  userId: text("user_id").notNull().references(() => user.id, { onDelete: "cascade" }),
  accessToken: text("access_token"), refreshToken: text("refresh_token"), idToken: text("id_token"),
  accessTokenExpiresAt: timestamp("access_token_expires_at"), refreshTokenExpiresAt: timestamp("refresh_token_expires_at"),
  scope: text("scope"), password: text("password"), ...times(),
}, (t) => [index().on(t.userId)]);
export const verification = pgTable("verification", {
  id: text("id").primaryKey(), identifier: text("identifier").notNull(), value: text("value").notNull(),
  expiresAt: timestamp("expires_at").notNull(), ...times(),
});
`;
