/**
 * A push and a migration where the address is that of a pooler: what they cannot keep there is refused before anything is
 * changed, and no lock is left on a session that somebody else has next.
 *
 * PGBOUNCER says where the program is; where the machine has none, its tests say so and are passed over.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Connection, generate, migrate, push } from "hedgerow/drizzle-kit";
import { nodePostgres } from "hedgerow/node-postgres";
import pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { pooledProblem } from "../../src/cli/direct.js";
import { type FreshPostgres, freshPostgres } from "../support/databases.js";
import { files, identity, schema, schemaFile } from "../support/guarded-schema.js";
import { findPgBouncer, type PgBouncer, type PgBouncerOptions, startPgBouncer } from "../support/pgbouncer.js";
import { makeProject, type Project } from "../support/project.js";

const program = await findPgBouncer();
if (program === undefined)
  console.warn("There is no PgBouncer on this machine (PGBOUNCER=path), so its tests are passed over.");

let out: string;
beforeAll(async () => {
  out = join(await mkdtemp(join(tmpdir(), "hedgerow-pooled-")), "drizzle");
  await generate({ schema, identity, out });
});
afterAll(() => rm(join(out, ".."), { recursive: true, force: true }));

describe("an address that looks like a pooler's", () => {
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
  let project: Project;
  beforeAll(async () => {
    project = await makeProject();
    for (const [file, text] of Object.entries(files)) await project.write(file, text);
    await project.write("hedgerow.config.ts", config);
    await project.write("schema.ts", schemaFile());
    await project.hedgerow(["generate"], { DATABASE: '{"type":"postgres"}' });
  });
  afterAll(() => project.remove());

  const addresses = [
    ["postgres://owner:secret@127.0.0.1:6432/app", "port 6432"],
    ["postgres://owner:secret@127.0.0.1:6543/app", "port 6543"],
    ["postgres://owner:secret@127.0.0.1/app?port=6432", "port 6432"],
    ["postgres://owner:secret@db-pooler.example.com/app", "-pooler"],
  ] as const;

  it.each(addresses)("is refused by push and migrate, with the reason and the remedy: %s", async (url, reason) => {
    for (const command of ["push", "migrate"]) {
      const { code, stdout, stderr } = await project.hedgerow([command], {
        DATABASE: JSON.stringify({ type: "postgres", url }),
      });
      expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
      expect(stderr).toContain(reason);
      expect(stderr).toMatch(/take (the direct host|port 5432)/);
      expect(stderr).toContain("direct: true");
      expect(stderr).not.toContain("secret");
    }
  });

  it("is refused under drizzle-kit push, and by the function migrate", async () => {
    const [[url]] = addresses;
    const { code, stderr } = await project.drizzleKit(["push"], { DATABASE_URL: url });
    expect(code).not.toBe(0);
    expect(stderr).toContain("goes through the pooler (port 6432");
    const connection: Connection = { driver: "pg", options: { connectionString: url } };
    await expect(migrate({ schema, identity, out, connection })).rejects.toMatchObject({
      _tag: "MigrateError",
      message: expect.stringMatching(
        /^Nothing was migrated\.\n {2}- The address of the database goes through the pooler/,
      ),
    });
  });

  it("is taken for the server's own where the config says so, and what reads alone refuses none", async () => {
    // Nobody listens there, so it was asked.
    const direct = { type: "postgres", url: "postgres://owner@127.0.0.1:6432/app", direct: true };
    expect(await project.hedgerow(["migrate"], { DATABASE: JSON.stringify(direct) })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("cannot be reached"),
    });
    const pooled = { type: "postgres", url: "postgres://owner@127.0.0.1:6432/app" };
    const { stderr } = await project.hedgerow(["doctor"], { DATABASE: JSON.stringify(pooled) });
    expect(stderr).not.toContain("goes through the pooler");
    expect(await project.hedgerow(["generate"], { DATABASE: JSON.stringify(pooled) })).toMatchObject({ code: 0 });
  });

  it("is told from one that does not", () => {
    for (const host of ["db.example.com", "aws-0-eu.pooler.supabase.com", "ep-a-1.eu.aws.neon.tech"]) {
      expect(pooledProblem({ host, port: 5432 })).toBeUndefined();
    }
  });
});

describe.runIf(program !== undefined)("a PgBouncer whose address does not tell", () => {
  let postgres: FreshPostgres;
  let pooler: PgBouncer | undefined;

  beforeEach(async () => {
    postgres = await freshPostgres();
  });
  afterEach(async () => {
    await pooler?.stop();
    pooler = undefined;
    await postgres.close();
  });

  const start = async (size: number, options: PgBouncerOptions): Promise<string> => {
    const { username, password } = new URL(postgres.ownerUrl);
    pooler = await startPgBouncer(program ?? "", postgres.superuserUrl, { [username]: password }, size, options);
    return pooler.url(username, password);
  };

  /** As many of its sessions as there may be are idle, and have served somebody. */
  const warm = async (url: string, count: number): Promise<void> => {
    const clients = Array.from({ length: count }, () => new pg.Client(url));
    for (const client of clients) {
      await client.connect();
      await client.query("begin");
    }
    for (const client of clients) {
      await client.query("commit");
      await client.end();
    }
  };

  const through = (url: string, driver: "pg" | "postgres-js") => () =>
    migrate({ schema, identity, out, connection: { driver, options: { connectionString: url } }, waitMs: 60_000 });

  const left = async (): Promise<ReadonlyArray<unknown>> =>
    (
      await postgres
        .pool(postgres.superuserUrl)
        .query(
          "select pid from pg_locks where locktype = 'advisory' union all select pid from pg_stat_activity where state like 'idle in%'",
        )
    ).rows;

  const poolers = [1, 2, 3, 8].flatMap((size) =>
    [true, false].flatMap((roundRobin) =>
      (["pg", "postgres-js"] as const).map((driver) => ({ size, roundRobin, driver })),
    ),
  );

  it.each(poolers)(
    "refuses to migrate, one and three at once, and leaves nothing: $size sessions, round robin: $roundRobin, by $driver",
    { timeout: 300_000 },
    async ({ size, roundRobin, driver }) => {
      const url = await start(size, { roundRobin });
      const refused = {
        _tag: "MigrateError",
        message: expect.stringMatching(/^Nothing was migrated\.\n.*another session.*Take the address of the server/),
      };
      // With none of its sessions made yet, and with all of them idle.
      await expect(through(url, driver)()).rejects.toMatchObject(refused);
      await warm(url, size);
      await expect(through(url, driver)()).rejects.toMatchObject(refused);
      const three = await Promise.allSettled([1, 2, 3].map(through(url, driver)));
      for (const each of three) expect(each).toMatchObject({ status: "rejected", reason: refused });
      expect(await left()).toEqual([]);
      const { rows } = await postgres.ownerPool.query("select to_regnamespace('drizzle') as made");
      expect(rows).toEqual([{ made: null }]);
      // The direct address is free at once.
      const direct = await through(postgres.ownerUrl, driver)();
      expect(direct).toHaveLength(3);
    },
  );

  it("refuses and leaves nothing while others use the same sessions all the time", { timeout: 300_000 }, async () => {
    const url = await start(4, { roundRobin: false });
    let isOver = false;
    const pool = postgres.pool(url, { max: 8 });
    const busy = Promise.all(
      Array.from({ length: 8 }, async () => {
        while (!isOver) await pool.query("select pg_sleep(random() * 0.02)");
      }),
    );
    for (let round = 0; round < 3; round += 1) {
      const three = await Promise.allSettled([1, 2, 3].map(through(url, "pg")));
      for (const each of three) {
        expect(each).toMatchObject({
          status: "rejected",
          reason: { message: expect.stringContaining("another session") },
        });
      }
    }
    isOver = true;
    await busy;
    expect(await left()).toEqual([]);
    expect(await through(postgres.ownerUrl, "pg")()).toHaveLength(3);
  });

  it("migrates through a pooler for sessions, three at once, and leaves nothing", { timeout: 300_000 }, async () => {
    const url = await start(20, { mode: "session" });
    const three = await Promise.all([1, 2, 3].map(through(url, "pg")));
    expect(three.flat()).toHaveLength(3);
    expect(await left()).toEqual([]);
  });

  it("pushes in transactions, for which a pooler is good enough, and leaves nothing", {
    timeout: 300_000,
  }, async () => {
    const url = await start(4, {});
    const pool = postgres.pool(url, { max: 2 });
    await push({ schema, identity, database: nodePostgres(pool, { prepare: false }) });
    await push({ schema, identity, database: nodePostgres(pool, { prepare: false }) });
    expect(await left()).toEqual([]);
  });
});

describe("three migrations at once, on the server itself", () => {
  it.each(["pg", "postgres-js"] as const)("one applies, the others find nothing to do: %s", async (driver) => {
    const postgres = await freshPostgres();
    const connection: Connection = { driver, options: { connectionString: postgres.ownerUrl } };
    const three = await Promise.all([1, 2, 3].map(() => migrate({ schema, identity, out, connection })));
    expect(three.map(({ length }) => length).sort()).toEqual([0, 0, 3]);
    const { rows } = await postgres.ownerPool.query("select pid from pg_locks where locktype = 'advisory'");
    expect(rows).toEqual([]);
    await postgres.close();
  });
});
