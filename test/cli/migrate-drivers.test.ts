/** `hedgerow migrate` by each driver: it ends where drizzle-orm's migrator for that driver ends. */
import { cp, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { neon as neonClient, neonConfig, Pool } from "@neondatabase/serverless";
import { drizzle as drizzleNeonHttp } from "drizzle-orm/neon-http";
import { migrate as migrateNeonHttp } from "drizzle-orm/neon-http/migrator";
import { drizzle as drizzleNeonServerless } from "drizzle-orm/neon-serverless";
import { migrate as migrateNeonServerless } from "drizzle-orm/neon-serverless/migrator";
import { drizzle as drizzlePostgresJs } from "drizzle-orm/postgres-js";
import { migrate as migratePostgresJs } from "drizzle-orm/postgres-js/migrator";
import { type NeonLocal, startNeonLocal } from "hedgerow/neon-local";
import postgresjs from "postgres";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { type FreshPostgres, freshPglite, freshPostgres } from "../support/databases.js";
import { files, schemaFile } from "../support/guarded-schema.js";
import { makeProject, type Project } from "../support/project.js";

const config = `
import { defineConfig } from "hedgerow/config";
import { authOptions } from "./auth.js";
import * as schema from "./schema.js";
export default defineConfig({
  name: "acme",
  schema: { path: "./schema.ts", module: schema },
  providers: { runtime: "node", database: JSON.parse(process.env.DATABASE), auth: { type: "better-auth", options: authOptions } },
});
`;

const catalog = `
  select c.relname, c.relrowsecurity, c.relforcerowsecurity, c.relacl::text,
    (select json_agg(json_build_array(polname, polcmd, pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid)) order by polname)::text
      from pg_policy where polrelid = c.oid) as policies
  from pg_class c where relnamespace = 'public'::regnamespace and relkind = 'r' order by 1`;
/** On a machine that is busy, one of two waits for long enough to say so. */
const onlyWaiting = /^(acme: waiting for [^\n]*\n)*$/;
const records = "select hash, created_at::text from drizzle.__drizzle_migrations order by id";

let project: Project;
const folder = (): string => join(project.directory, "drizzle");

beforeAll(async () => {
  project = await makeProject();
  for (const [file, text] of Object.entries(files)) await project.write(file, text);
  await project.write("hedgerow.config.ts", config);
  await project.write("schema.ts", schemaFile(""));
  const environment = { DATABASE: '{"type":"postgres"}' };
  expect(await project.hedgerow(["generate"], environment)).toMatchObject({ code: 0, stderr: "" });
});
afterAll(() => project.remove());

type Run = (postgres: FreshPostgres, local: NeonLocal) => Promise<void>;

const localUrl = (postgres: FreshPostgres, local: NeonLocal): string => {
  const { username, password } = new URL(postgres.ownerUrl);
  return local.url(username, password, "app");
};

const drivers: ReadonlyArray<{
  readonly name: string;
  readonly database: (postgres: FreshPostgres, local: NeonLocal) => object;
  readonly drizzleMigrate: Run;
}> = [
  {
    name: "postgres.js",
    database: (postgres) => ({ type: "postgres", url: postgres.ownerUrl, driver: "postgres-js" }),
    drizzleMigrate: async (postgres) => {
      const sql = postgresjs(postgres.ownerUrl, { max: 1, onnotice: () => {} });
      await migratePostgresJs(drizzlePostgresJs(sql), { migrationsFolder: folder() });
      await sql.end();
    },
  },
  {
    name: "Neon's driver over a WebSocket",
    database: (postgres, local) => ({ type: "neon", url: localUrl(postgres, local), mode: "websocket", local: true }),
    drizzleMigrate: async (postgres, local) => {
      Object.assign(neonConfig, { wsProxy: local.wsProxy, useSecureWebSocket: false, webSocketConstructor: WebSocket });
      const pool = new Pool({ connectionString: localUrl(postgres, local) });
      await migrateNeonServerless(drizzleNeonServerless(pool), { migrationsFolder: folder() });
      await pool.end();
    },
  },
  {
    name: "Neon's driver over HTTP",
    database: (postgres, local) => ({ type: "neon", url: localUrl(postgres, local), mode: "http", local: true }),
    drizzleMigrate: async (postgres, local) => {
      neonConfig.fetchEndpoint = local.fetchEndpoint;
      await migrateNeonHttp(drizzleNeonHttp(neonClient(localUrl(postgres, local))), { migrationsFolder: folder() });
    },
  },
];

describe.each(drivers)("by $name", ({ database, drizzleMigrate }) => {
  let postgres: FreshPostgres;
  let local: NeonLocal;

  beforeEach(async () => {
    postgres = await freshPostgres();
    local = await startNeonLocal({ target: { url: postgres.ownerUrl } });
  });
  afterEach(async () => {
    await local.close();
    await postgres.close();
  });

  const query = async (text: string) => (await postgres.ownerPool.query(text)).rows;
  const environment = () => ({ DATABASE: JSON.stringify(database(postgres, local)) });
  const migrate = () => project.hedgerow(["migrate"], environment());

  it("lets two at once take turns, and ends where drizzle-orm's own migrator ends", { timeout: 300_000 }, async () => {
    const both = await Promise.all([migrate(), migrate()]);
    for (const each of both) expect(each).toMatchObject({ code: 0, stderr: expect.stringMatching(onlyWaiting) });
    expect(both.flatMap(({ stdout }) => stdout.match(/applied 000\d/g) ?? [])).toHaveLength(3);
    const ours = { catalog: await query(catalog), records: await query(records) };
    expect(ours.records).toHaveLength(3);
    await drizzleMigrate(postgres, local);
    expect({ catalog: await query(catalog), records: await query(records) }).toEqual(ours);

    for (const schema of ["public", "hedgerow", "drizzle"]) await query(`drop schema ${schema} cascade`);
    await query("create schema public");
    await query("grant usage on schema public to public");
    await drizzleMigrate(postgres, local);
    expect({ catalog: await query(catalog), records: await query(records) }).toEqual(ours);
    expect((await migrate()).stdout).toContain("nothing to apply, the database is as declared");
    expect(await project.hedgerow(["doctor"], environment())).toMatchObject({ code: 0, stderr: "" });
    expect(await project.hedgerow(["push"], environment())).toMatchObject({ code: 0, stderr: "" });
  });

  it("leaves a state between two migrations when its connection is lost, and goes on from there", async () => {
    const lock = await postgres.ownerPool.connect();
    await lock.query("begin");
    await lock.query("select pg_advisory_xact_lock(7522529147838689143)");
    const lost = migrate();
    const waiting = "select pid from pg_locks where locktype = 'advisory' and not granted";
    while ((await query(waiting)).length === 0) await sleep(5);
    // A superuser's words, because the session may be that of another.
    await postgres.pool(postgres.superuserUrl).query(`select pg_terminate_backend(pid) from (${waiting}) as waiting`);
    const { code, stderr } = await lost;
    expect(code).toBe(1);
    expect(stderr).toContain("Nothing was migrated.");
    await lock.query("rollback");
    lock.release();
    expect(await query("select to_regclass('public.notes') as notes")).toEqual([{ notes: null }]);
    expect(await migrate()).toMatchObject({ code: 0, stderr: "" });
  });
});

describe("a PGlite behind neon-local", () => {
  it.each(["http", "websocket"])("is migrated by two at once, over %s", { timeout: 300_000 }, async (mode) => {
    const client = await freshPglite();
    await client.exec("create role owner login superuser password 'secret'");
    const local = await startNeonLocal({ target: { pglite: client } });
    const DATABASE = JSON.stringify({ type: "neon", url: local.url("owner", "secret"), mode, local: true });
    const both = await Promise.all([1, 2].map(() => project.hedgerow(["migrate"], { DATABASE })));
    for (const each of both) expect(each).toMatchObject({ code: 0, stderr: expect.stringMatching(onlyWaiting) });
    expect((await client.query(records)).rows).toHaveLength(3);
    await local.close();
    await client.close();
  });
});

describe("where pg is not installed", () => {
  it("uses postgres instead", async () => {
    const other = await makeProject();
    const postgres = await freshPostgres();
    await rm(join(other.directory, "node_modules", "pg"));
    for (const [file, text] of Object.entries(files)) await other.write(file, text);
    await other.write("hedgerow.config.ts", config);
    await other.write("schema.ts", schemaFile(""));
    await cp(folder(), join(other.directory, "drizzle"), { recursive: true });
    const DATABASE = JSON.stringify({ type: "postgres", url: postgres.ownerUrl });
    expect(await other.hedgerow(["migrate"], { DATABASE })).toMatchObject({ code: 0, stderr: "" });
    await postgres.close();
    await other.remove();
  });
});
