/** What `hedgerow init` writes answers a request by its own script, once the steps that it prints are done. */
import { join } from "node:path";

import { organization } from "better-auth/plugins";
import { generateDrizzleJson, generateMigration } from "drizzle-kit/api";
import { build } from "esbuild";
import { authTables } from "hedgerow/better-auth";
import { startNeonLocal } from "hedgerow/neon-local";
import { Miniflare } from "miniflare";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePort } from "../support/cluster.js";
import { type FreshPostgres, freshPostgres } from "../support/databases.js";
import { makeProject, type Project, type Ran } from "../support/project.js";
import { type Folder, makeFolder, type Serving, tsconfig, typeCheck } from "../support/user-folder.js";

/** Several processes one after the other. */
const slow = { timeout: 240_000 };

let installed: Project;
beforeAll(async () => {
  installed = await makeProject();
}, 120_000);
afterAll(() => installed.remove());

const password = "correct horse battery staple";

/** One browser: signs somebody up, and asks with their cookie. */
const browser = (url: string, auth = "/api/auth") => {
  let cookie = "";
  const ask = async (method: string, path: string, body?: object) => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { cookie, origin: url, "content-type": "application/json" },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const set = response.headers.getSetCookie().map((each) => each.split(";")[0]);
    if (set.length > 0) cookie = set.join("; ");
    const text = await response.text();
    return { status: response.status, json: text === "" ? undefined : JSON.parse(text) };
  };
  return {
    ask,
    signUp: (email: string) => ask("POST", `${auth}/sign-up/email`, { email, name: email, password }),
    found: (slug: string) => ask("POST", `${auth}/organization/create`, { name: slug, slug }),
  };
};

let people = 0;

/** Strangers get nothing, and somebody who signs up writes a row and reads it. */
const expectToAnswer = async ({ url }: Serving, path: string, auth = "/api/auth"): Promise<void> => {
  people += 1;
  const stranger = browser(url);
  expect(await stranger.ask("GET", path)).toMatchObject({ status: 401, json: { code: expect.any(String) } });
  const ada = browser(url, auth);
  expect(await ada.signUp(`person${people}@example.com`)).toMatchObject({ status: 200 });
  expect(await ada.found(`acme${people}`)).toMatchObject({ status: 200 });
  expect(await ada.ask("POST", path, { body: "first" })).toMatchObject({ status: 201, json: { body: "first" } });
  expect(await ada.ask("GET", path)).toMatchObject({ status: 200, json: { data: [{ body: "first" }] } });
};

const serving = async (
  project: Folder,
  script: string,
  environment: NodeJS.ProcessEnv,
  use: (server: Serving) => Promise<void>,
): Promise<string> => {
  const server = await project.serve(script, await freePort(), environment);
  try {
    await use(server);
  } finally {
    await server.end();
  }
  return server.output();
};

/** `drizzle-kit push`, as npx runs it. */
const drizzleKitPush = (project: Folder, environment: NodeJS.ProcessEnv): Promise<Ran> =>
  project.run(join(installed.directory, "node_modules", "drizzle-kit", "bin.cjs"), ["push"], environment);

const secret = "a-secret-that-is-only-used-in-these-tests-0123456789";

describe("on an embedded PGlite", () => {
  it.each([
    [
      "TypeScript with ES modules",
      { "package.json": '{ "name": "ts", "type": "module" }', "tsconfig.json": tsconfig("nodenext") },
    ],
    ["TypeScript for a bundler", { "package.json": '{ "name": "bundled" }', "tsconfig.json": tsconfig("bundler") }],
    ["JavaScript with ES modules", { "package.json": '{ "name": "js", "type": "module" }', "index.js": "" }],
    ["CommonJS", { "package.json": '{ "name": "cjs" }', "index.js": "" }],
  ])("an empty project in %s answers by npm run dev", slow, async (name, files) => {
    const project = await makeFolder(installed, `pglite-${name.replace(/\W/g, "-")}`, files);
    const done = await project.hedgerow(["init", "--yes", "--database", "pglite"]);
    expect(done).toMatchObject({ code: 0, stderr: "" });
    expect(done.stdout).toContain("npm run dev, and GET /api/v1/notes answers.");
    if ("tsconfig.json" in files) await typeCheck(project.path);
    expect(await project.hedgerow(["push"])).toMatchObject({ code: 0, stderr: "" });
    const output = await serving(project, "dev", {}, (server) => expectToAnswer(server, "/api/v1/notes"));
    expect(output).toMatch(/^http:\/\/localhost:\d+\/api\/v1 answers\.\n$/);
  });

  it("says what is missing where nothing was pushed", slow, async () => {
    const project = await makeFolder(installed, "unpushed", {
      "package.json": '{ "name": "unpushed", "type": "module" }',
    });
    await project.hedgerow(["init", "--yes", "--database", "pglite"]);
    await expect(project.serve("dev", await freePort())).rejects.toThrow(
      "table public.notes does not exist; push the schema first",
    );
  });
});

describe("on a server", () => {
  let postgres: FreshPostgres;
  beforeAll(async () => {
    postgres = await freshPostgres();
  }, 60_000);
  afterAll(() => postgres.close());

  const passwords = async (): Promise<void> => {
    for (const role of ["hedgerow_api", "hedgerow_auth"])
      await postgres.ownerPool.query(`alter role ${role} password 'secret'`);
  };
  const empty = async (): Promise<void> => {
    await postgres.ownerPool.query(
      "drop schema if exists hedgerow cascade; drop schema public cascade; create schema public; grant usage on schema public to public",
    );
  };
  const urls = (port = new URL(postgres.ownerUrl).port) => {
    const url = (role: string): string => `postgres://${role}:secret@127.0.0.1:${port}/app`;
    return { DATABASE_URL: url("hedgerow_api"), AUTH_DATABASE_URL: url("hedgerow_auth"), BETTER_AUTH_SECRET: secret };
  };
  const owner = () => ({ MIGRATION_DATABASE_URL: postgres.ownerUrl });

  it.each([
    ["postgres", "pg", "ts", {}],
    ["postgres", "pg", "js", {}],
    ["postgres", "postgres", "ts", { postgres: "^3.4.9" }],
    ["postgres", "postgres", "js", { postgres: "^3.4.9" }],
    ["neon", "@neondatabase/serverless", "ts", {}],
    ["neon", "@neondatabase/serverless", "js", {}],
  ])(
    "an empty project with --database %s answers through %s, in %s",
    slow,
    async (database, driver, language, dependencies) => {
      await empty();
      const project = await makeFolder(installed, `server-${database}-${driver.replace(/\W/g, "-")}-${language}`, {
        "package.json": JSON.stringify({
          name: "server",
          type: "module",
          dependencies,
          ...(language === "ts" && { devDependencies: { typescript: "^5.9.0" } }),
        }),
        ...(language === "ts" ? { "tsconfig.json": tsconfig("nodenext") } : { "index.js": "" }),
      });
      expect(await project.hedgerow(["init", "--yes", "--database", database])).toMatchObject({ code: 0, stderr: "" });
      const json = JSON.parse(await project.read("package.json"));
      expect(Object.keys(json.dependencies)).toContain(driver);
      for (const other of ["pg", "postgres", "@neondatabase/serverless"]) {
        if (other !== driver) expect(Object.keys(json.dependencies)).not.toContain(other);
      }
      if (language === "ts") await typeCheck(project.path);
      expect(await project.hedgerow(["check"], owner())).toMatchObject({ code: 0 });
      expect(await project.hedgerow(["push"], owner())).toMatchObject({ code: 0, stderr: "" });
      await passwords();
      const local = database === "neon" ? await startNeonLocal({ target: { url: postgres.ownerUrl } }) : undefined;
      const environment = urls(local === undefined ? undefined : String(local.port));
      await serving(project, "dev", environment, (server) => expectToAnswer(server, "/api/v1/notes"));
      if (local === undefined) {
        const { DATABASE_URL: api, AUTH_DATABASE_URL: auth } = environment;
        const swapped = { ...environment, DATABASE_URL: auth, AUTH_DATABASE_URL: api };
        await expect(project.serve("dev", await freePort(), swapped)).rejects.toThrow("connect as hedgerow_api");
      }
      await expect(project.serve("dev", await freePort(), { DATABASE_URL: environment.DATABASE_URL })).rejects.toThrow(
        "AUTH_DATABASE_URL is not set.",
      );
      await local?.close();
    },
  );

  it("an empty project for Cloudflare Workers answers from workerd, on Neon", slow, async () => {
    await empty();
    const project = await makeFolder(installed, "worker", {
      "package.json": JSON.stringify({ name: "@acme/Worker", type: "module" }),
      "tsconfig.json": tsconfig("bundler"),
    });
    const done = await project.hedgerow(["init", "--yes", "--database", "neon", "--runtime", "cloudflare"]);
    expect(done).toMatchObject({ code: 0, stderr: "" });
    const json = JSON.parse(await project.read("package.json"));
    expect(json.scripts.dev).toBe("wrangler dev");
    expect(Object.keys(json.devDependencies)).toEqual(["drizzle-kit", "pg", "wrangler"]);
    await typeCheck(project.path);
    expect(await project.hedgerow(["push"], owner())).toMatchObject({ code: 0, stderr: "" });
    await passwords();
    // What wrangler does with the file that it is told: esbuild, then workerd.
    const wrangler = JSON.parse((await project.read("wrangler.jsonc")).replace(/^ *\/\/.*$/gm, ""));
    expect(wrangler.name).toBe("worker");
    const { outputFiles } = await build({
      entryPoints: [join(project.path, wrangler.main)],
      bundle: true,
      format: "esm",
      target: "es2024",
      platform: "browser",
      conditions: ["workerd", "worker", "browser"],
      define: { "navigator.userAgent": '"Cloudflare-Workers"' },
      external: ["node:*", "cloudflare:*"],
      logLevel: "error",
      write: false,
    });
    const local = await startNeonLocal({ target: { url: postgres.ownerUrl } });
    const port = await freePort();
    const url = `http://localhost:${port}`;
    const worker = new Miniflare({
      port,
      modules: [{ type: "ESModule", path: "worker.js", contents: outputFiles[0]?.text ?? "" }],
      compatibilityDate: wrangler.compatibility_date,
      compatibilityFlags: wrangler.compatibility_flags,
      bindings: { ...urls(String(local.port)), BETTER_AUTH_URL: url },
    });
    await worker.ready;
    try {
      await expectToAnswer({ url, output: () => "", end: async () => {} }, "/api/v1/notes");
    } finally {
      await worker.dispose();
      await local.close();
    }
  });

  it("a project that has a server keeps it, and answers with the lines that init prints", slow, async () => {
    await empty();
    const server = `import { serve } from "@hono/node-server";
import { Hono } from "hono";
const app = new Hono();
app.get("/", (context) => context.text("mine"));
// here
serve({ fetch: app.fetch, port: Number(process.env.PORT) }, () => console.log("It answers."));
`;
    const project = await makeFolder(installed, "has-server", {
      "package.json": JSON.stringify({
        name: "has-server",
        type: "module",
        scripts: { dev: "tsx src/index.ts" },
        dependencies: { pg: "^8.23.0" },
      }),
      "tsconfig.json": tsconfig("nodenext"),
      "src/index.ts": server,
    });
    const done = await project.hedgerow(["init", "--yes"]);
    expect(done).toMatchObject({ code: 0, stderr: "" });
    expect(await project.read("src/index.ts")).toBe(server);
    expect(JSON.parse(await project.read("package.json")).scripts.dev).toBe("tsx src/index.ts");
    const contents = Object.keys(await project.contents());
    expect(contents.some((file) => /guarded\/server/.test(file))).toBe(false);
    const said =
      done.stdout.split("src/index.ts was left alone. Add to it:\n")[1]?.split("     Where it is none")[0] ?? "";
    await project.write("src/index.ts", server.replace("// here", said));
    await typeCheck(project.path);
    expect(await project.hedgerow(["push"], owner())).toMatchObject({ code: 0, stderr: "" });
    await passwords();
    const port = await freePort();
    const running = await project.serve("dev", port, { ...urls(), BETTER_AUTH_URL: `http://localhost:${port}` });
    try {
      await expectToAnswer(running, "/api/v1/notes");
      expect(await (await fetch(running.url)).text()).toBe("mine");
    } finally {
      await running.end();
    }
  });

  it("a project that has a server and a Better Auth keeps both", slow, async () => {
    await empty();
    const server = `import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { auth } from "./auth.js";
const app = new Hono();
app.on(["GET", "POST"], "/api/auth/*", (context) => auth.handler(context.req.raw));
// here
serve({ fetch: app.fetch, port: Number(process.env.PORT) }, () => console.log("It answers."));
`;
    const project = await makeFolder(installed, "has-both", {
      "package.json": JSON.stringify({
        name: "has-both",
        type: "module",
        scripts: { dev: "tsx src/index.ts" },
        dependencies: { "better-auth": "^1.7.5", pg: "^8.23.0" },
      }),
      "tsconfig.json": tsconfig("nodenext"),
      "src/index.ts": server,
      "src/auth.ts": `import { betterAuth } from "better-auth";
import { drizzleAdapter } from "better-auth/adapters/drizzle";
import { organization } from "better-auth/plugins";
import { drizzle } from "drizzle-orm/node-postgres";
import { authTables, hedgerow } from "hedgerow/better-auth";
import pg from "pg";
const options = { emailAndPassword: { enabled: true }, telemetry: { enabled: false }, plugins: [organization(), hedgerow()] };
const pool = new pg.Pool({ connectionString: process.env.AUTH_DATABASE_URL ?? "postgres://nobody@localhost:1/none" });
export const auth = betterAuth({
  ...options,
  baseURL: process.env.BETTER_AUTH_URL ?? "http://localhost:3000",
  database: drizzleAdapter(drizzle({ client: pool }), { provider: "pg", schema: authTables(options) }),
});
`,
    });
    const before = await project.contents();
    const done = await project.hedgerow(["init", "--yes"]);
    expect(done).toMatchObject({ code: 0, stderr: "" });
    const after = await project.contents();
    for (const [file, text] of Object.entries(before))
      if (!file.endsWith("package.json")) expect(after[file]).toBe(text);
    const said =
      done.stdout.split("src/index.ts was left alone. Add to it:\n")[1]?.split("     Where it is none")[0] ?? "";
    await project.write("src/index.ts", server.replace("// here", said));
    await typeCheck(project.path);
    expect(await project.hedgerow(["push"], owner())).toMatchObject({ code: 0, stderr: "" });
    await passwords();
    const port = await freePort();
    const running = await project.serve("dev", port, { ...urls(), BETTER_AUTH_URL: `http://localhost:${port}` });
    await expectToAnswer(running, "/api/v1/notes").finally(running.end);
  });

  describe("with a Better Auth that was there before", () => {
    const files = (auth: string) => ({
      "package.json": JSON.stringify({
        name: "before",
        type: "module",
        dependencies: { "better-auth": "^1.7.5", pg: "^8.23.0" },
      }),
      "tsconfig.json": tsconfig("nodenext"),
      "src/auth.ts": auth,
    });
    const imports = `
import { betterAuth } from "better-auth";
import { organization } from "better-auth/plugins";
import { hedgerow } from "hedgerow/better-auth";
`;
    const shared =
      'basePath: "/auth", emailAndPassword: { enabled: true }, telemetry: { enabled: false }, plugins: [organization(), hedgerow()]';

    /** Its tables with somebody in them, as they were before Hedgerow. */
    const before = async (): Promise<void> => {
      await empty();
      const tables = await generateMigration(
        generateDrizzleJson({}),
        generateDrizzleJson(authTables({ plugins: [organization()] })),
      );
      for (const statement of tables) {
        if (!/POLICY|ROW LEVEL SECURITY|sha256/.test(statement)) await postgres.ownerPool.query(statement);
      }
      await postgres.ownerPool.query(
        `insert into "user" (id, name, email, email_verified) values ('u', 'Una', 'una@example.com', true)`,
      );
    };

    it.each([
      [
        "options",
        `${imports}export const options = { ${shared} };
export const createAuth = () => betterAuth({ ...options });
`,
      ],
      [
        "instance",
        `${imports}
import { drizzleAdapter } from "better-auth/adapters/drizzle";
import { drizzle } from "drizzle-orm/node-postgres";
import { authTables } from "hedgerow/better-auth";
import pg from "pg";
const options = { ${shared} };
const pool = new pg.Pool({ connectionString: process.env.AUTH_DATABASE_URL ?? "postgres://nobody@localhost:1/none" });
export const auth = betterAuth({
  ${shared},
  baseURL: process.env.BETTER_AUTH_URL ?? "http://localhost:3000",
  database: drizzleAdapter(drizzle({ client: pool }), { provider: "pg", schema: authTables(options) }),
});
`,
      ],
    ])(
      "that exports its %s, people sign up by npm run dev at each of the steps that init prints",
      slow,
      async (kind, auth) => {
        await before();
        const project = await makeFolder(installed, `before-${kind}`, files(auth));
        const done = await project.hedgerow(["init", "--yes"]);
        expect(done).toMatchObject({ code: 0, stderr: "" });
        expect(done.stdout).toContain("every sign-up would fail");
        expect(done.stdout).toContain('take guard: "later" out of hedgerow.config');
        expect(await project.read("hedgerow.config.ts")).toContain('guard: "later" }');
        await typeCheck(project.path);
        const config = await project.read("hedgerow.config.ts");
        const guarded = config.replace(', guard: "later"', "");

        // Who does not follow the steps is told before anything is changed.
        await project.write("hedgerow.config.ts", guarded);
        for (const refused of [await project.hedgerow(["push"], owner()), await drizzleKitPush(project, owner())]) {
          expect(refused.code).not.toBe(0);
          expect(refused.stdout + refused.stderr).toContain("have rows and are not guarded yet");
          expect(refused.stdout + refused.stderr).toContain('1. Say guard: "later"');
        }
        await project.write("hedgerow.config.ts", config);

        expect(await project.hedgerow(["push"], owner())).toMatchObject({ code: 0, stderr: "" });
        await passwords();
        const port = await freePort();
        const as = (authUrl: string) => ({
          ...urls(),
          AUTH_DATABASE_URL: authUrl,
          BETTER_AUTH_URL: `http://localhost:${port}`,
        });
        const play = async (authUrl: string, use: (server: Serving) => Promise<void>) => {
          const server = await project.serve("dev", port, as(authUrl));
          await use(server).finally(server.end);
        };
        const answers = (server: Serving) => expectToAnswer(server, "/api/v1/notes", "/auth");
        await play(postgres.ownerUrl, answers);
        await play(urls().AUTH_DATABASE_URL, answers);
        await project.write("hedgerow.config.ts", guarded);
        expect((await project.hedgerow(["push"], owner())).stderr).toContain("have rows and are not guarded yet");
        await play(postgres.ownerUrl, answers);
        expect(await project.hedgerow(["push", "--accept-auth-guard"], owner())).toMatchObject({ code: 0, stderr: "" });
        expect(await project.hedgerow(["doctor"], owner())).toMatchObject({ code: 0 });
        await play(urls().AUTH_DATABASE_URL, answers);
        await play(postgres.ownerUrl, async ({ url }) => {
          expect((await browser(url, "/auth").signUp("late@example.com")).status).not.toBe(200);
        });
      },
    );
  });

  it("a project keeps its own dev script", async () => {
    const project = await makeFolder(installed, "own-dev", {
      "package.json": '{ "name": "own-dev", "scripts": { "dev": "vite" } }',
    });
    const done = await project.hedgerow(["init", "--yes", "--database", "pglite"]);
    expect(done.stdout).toContain("npm run hedgerow:dev, and GET");
    expect(JSON.parse(await project.read("package.json")).scripts).toMatchObject({
      dev: "vite",
      "hedgerow:dev": "tsx guarded/server.ts",
    });
    expect((await project.hedgerow(["init", "--yes"])).stdout).toContain("Nothing to do");
  });
});
