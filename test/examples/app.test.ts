/** `npm start`, as a stranger meets it: with the packed package, embedded and on PostgreSQL. */
import { execFile } from "node:child_process";
import { cp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { createClient } from "hedgerow/client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { titles } from "../../examples/app/client.js";
import type * as schema from "../../examples/app/tables.js";
import { playTour } from "../../examples/app/tour.js";
import { type FreshPostgres, freshPostgres } from "../support/databases.js";
import { eventually, hangMs } from "../support/eventually.js";
import { chooseAt, runExample, type Started, signInAt, startExample, stopAll } from "../support/example.js";
import { makeProject, type Project } from "../support/project.js";

let project: Project;

beforeAll(async () => {
  project = await makeProject();
  await project.write("package.json", '{ "type": "module" }');
  await cp("examples/app", join(project.directory, "examples", "app"), { recursive: true });
});
afterAll(async () => {
  stopAll();
  await project.remove();
});

const options = (environment: Record<string, string> = {}) => ({
  directory: project.directory,
  environment: { PORT: "0", ...environment },
});

/** What everybody should see and not see, in whatever database the example runs. */
const expectSeparated = async (url: string): Promise<void> => {
  const ben = await signInAt(url, "ben@example.com");
  const api = createClient<typeof schema>(`${url}/api/v1`, { headers: { cookie: ben, origin: url } });

  expect((await api.documents.$get()).status).toBe(403);
  await chooseAt(url, ben, "acme");
  expect(await titles(url, ben)).toEqual([]);
  const created = await api.documents.$post({ json: { title: "Ben's own" } });
  expect(created.status).toBe(201);
  expect(await titles(url, ben)).toEqual(["Ben's own"]);

  await chooseAt(url, ben, "globex");
  expect(await titles(url, ben)).toEqual(["Globex merger"]);
  const param = { id: (created.ok ? await created.json() : null)?.id ?? "" };
  expect((await api.documents[":id"].$get({ param })).status).toBe(404);
  expect((await api.documents[":id"].$patch({ param, json: { title: "x" } })).status).toBe(404);
  expect((await api.documents[":id"].$delete({ param })).status).toBe(404);

  const ada = await signInAt(url, "ada@example.com");
  await chooseAt(url, ada, "acme");
  expect([...(await titles(url, ada))].sort()).toEqual(["Acme budget", "Acme roadmap", "Ben's own"]);

  const reports = async (who: string) => (await fetch(`${url}/reports/projects`, { headers: { cookie: who } })).json();
  expect(await reports(ada)).toEqual([{ project: "Acme 2027", documents: 0 }]);
  expect(await reports(ben)).toEqual([{ project: "Globex 2027", documents: 0 }]);
  const projects = createClient<typeof schema>(`${url}/api/v1`, { headers: { cookie: ada } }).projects;
  const page = await projects.$get();
  const project = page.ok ? (await page.json()).data[0]?.id : undefined;
  const handover = await fetch(`${url}/reports/projects/${project}/handover`, {
    method: "POST",
    headers: { cookie: ada, origin: url },
  });
  expect(await handover.json()).toEqual({ moved: 1 });
};

/** The story of the README, twice: what the first time leaves must not change the second. */
const expectTour = async (url: string): Promise<void> => {
  const lines: Array<string> = [];
  await playTour(url, (line) => lines.push(line));
  const readme = await readFile("README.md", "utf8");
  const told = /```console\n\$ npm run tour\n([\s\S]*?)```/.exec(readme)?.[1];
  expect(`${lines.join("\n")}\n`).toBe(told);
  await playTour(url, () => {});
};

/** `npm run tour`, which is told nothing of a port. */
const tourByItself = async (): Promise<string> => {
  const { PORT: _, ...env } = process.env;
  const tsx = join("node_modules", "tsx", "dist", "cli.mjs");
  const { stdout } = await promisify(execFile)(process.execPath, [tsx, "examples/app/tour.ts"], {
    cwd: project.directory,
    env,
  });
  return stdout;
};

/**
 * Ada writes a document of which Postgres takes its time to say that it is written.
 *
 * @returns once it is being written; `answer` is the status, or 0 where there was none.
 */
const writeSlowly = async (
  { url }: Started,
  postgres: FreshPostgres,
  seconds: number,
): Promise<{ readonly answer: Promise<number> }> => {
  const cookie = await signInAt(url, "ada@example.com");
  await chooseAt(url, cookie, "acme");
  const answer = fetch(`${url}/api/v1/documents`, {
    method: "POST",
    headers: { cookie, origin: url, "content-type": "application/json" },
    body: JSON.stringify({ title: `sleep ${seconds}` }),
  }).then(
    ({ status }) => status,
    () => 0,
  );
  const superuser = postgres.pool(postgres.superuserUrl, { max: 1 });
  const sleeping = "select 1 from pg_stat_activity where usename = 'hedgerow_api' and wait_event = 'PgSleep'";
  await eventually("the document is being written", async () =>
    expect((await superuser.query(sleeping)).rowCount).toBe(1),
  );
  await superuser.end();
  return { answer };
};

const sleepsOnDocuments = [
  `create function slow() returns trigger language plpgsql as $$ begin
     if new.title like 'sleep %' then perform pg_sleep(split_part(new.title, ' ', 2)::float8); end if;
     return new;
   end $$`,
  "create trigger slow before insert on documents for each row execute function slow()",
];

/** The signal to end has been heard. */
const isClosed = (app: Started): Promise<void> =>
  eventually("nobody is let in any more", () =>
    expect(fetch(`${app.url}/api/v1/categories`)).rejects.toThrow("fetch failed"),
  );

/** What is running is answered and what comes later is refused. */
const expectGracefulEnd = async (app: Started, postgres: FreshPostgres): Promise<void> => {
  const { answer } = await writeSlowly(app, postgres, 5);
  const started = performance.now();
  app.signal("SIGTERM");
  await isClosed(app);
  expect(await answer).toBe(201);
  expect(await app.exit).toBe(0);
  expect(performance.now() - started).toBeLessThan(hangMs);
};

/** What takes longer than anybody wants to wait is not waited for. */
const expectEnd = async (app: Started, postgres: FreshPostgres, again?: "SIGTERM"): Promise<void> => {
  const { answer } = await writeSlowly(app, postgres, 200);
  const started = performance.now();
  app.signal("SIGTERM");
  await isClosed(app);
  if (again !== undefined) app.signal(again);
  expect(await app.exit).toBe(1);
  expect(await answer).toBe(0);
  expect(performance.now() - started).toBeLessThan(hangMs);
  // Postgres would go on until it has something to say.
  const superuser = postgres.pool(postgres.superuserUrl, { max: 1 });
  await superuser.query("select pg_terminate_backend(pid, 5000) from pg_stat_activity where wait_event = 'PgSleep'");
};

describe("the example on embedded PGlite", () => {
  it("prints its URL, who can sign in and three lines to try, and keeps its data over a restart", async () => {
    const first = await startExample(options());
    const lines = first.output.split("\n");
    expect(lines.filter((line) => line.includes("@example.com ")).length).toBe(4);
    expect(lines.filter((line) => line.trim().startsWith("curl ")).length).toBe(3);
    expect(first.output).toContain("freshly seeded");
    const cookie = await signInAt(first.url, "cleo@example.com");
    await first.stop();

    const second = await startExample(options());
    expect(second.output).not.toContain("freshly seeded");
    await expectTour(second.url);
    expect(await tourByItself()).toMatch(/^1\. /);
    await chooseAt(second.url, cookie, "globex");
    expect(await titles(second.url, cookie)).toEqual(["Globex merger"]);
    await expectSeparated(second.url);

    const third = runExample(options());
    expect(await third.exit).toBe(1);
    expect(third.output()).toMatch(/^\S+ is open in process \d+ .*DATA_DIR=…\n$/);
    await second.stop();
  });

  it("says so when the port is taken", async () => {
    const server = createServer().listen(0);
    await new Promise((resolve) => server.once("listening", resolve));
    const address = server.address();
    const port = typeof address === "object" && address ? address.port : 0;
    const { output, exit } = runExample(options({ PORT: String(port) }));
    expect(await exit).toBe(1);
    expect(output()).toContain(`Port ${port} is taken.`);
    server.close();
  });

  it("says so when PORT is not a port", async () => {
    const { output, exit } = runExample(options({ PORT: "http" }));
    expect(await exit).toBe(1);
    expect(output().trim()).toBe("PORT=http is not a port; use 0 to 65535.");
  });
});

describe("the example on PostgreSQL", () => {
  it("is set up by drizzle-kit push and serves under the roles that own nothing", async () => {
    const postgres = await freshPostgres();
    const pushed = await project.drizzleKit(["push", "--config=examples/app/drizzle.config.ts"], {
      MIGRATION_DATABASE_URL: postgres.ownerUrl,
    });
    expect(pushed.stderr).toBe("");
    expect(pushed.stdout).toContain("applied and verified");
    expect(pushed.code).toBe(0);
    await postgres.ownerPool.query("alter role hedgerow_api password 'api'");
    await postgres.ownerPool.query("alter role hedgerow_auth password 'auth'");
    const environment = {
      DATABASE_URL: postgres.url("hedgerow_api", "api"),
      AUTH_DATABASE_URL: postgres.url("hedgerow_auth", "auth"),
    };
    const app = await startExample(options(environment));
    await expectTour(app.url);
    await expectSeparated(app.url);
    for (const text of sleepsOnDocuments) await postgres.ownerPool.query(text);
    await expectGracefulEnd(app, postgres);
    await expectEnd(await startExample(options({ ...environment, STOP_MS: "600000" })), postgres, "SIGTERM");
    await expectEnd(await startExample(options({ ...environment, STOP_MS: "500" })), postgres);
    await rm(join(project.directory, ".data"), { recursive: true, force: true });
    await postgres.close();
  });
});
