/**
 * A push and a migration that others are in the way of: they say who, let those behind them pass, try again, and come to an
 * end, with everything done or nothing.
 */
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { integer, text } from "drizzle-orm/pg-core";
import * as Effect from "effect/Effect";
import fc from "fast-check";
import { id, organization, table } from "hedgerow";
import { type Connection, generate, migrate, push } from "hedgerow/drizzle-kit";
import { type NeonLocal, startNeonLocal } from "hedgerow/neon-local";
import { nodePostgres } from "hedgerow/node-postgres";
import { postgresJs } from "hedgerow/postgres-js";
import pg from "pg";
import postgresjs from "postgres";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openFolder } from "../../src/cli/generate/open.js";
import { lockMs } from "../../src/cli/locks/limits.js";
import { describeObstacles } from "../../src/cli/locks/obstacles.js";
import type { DatabaseShape } from "../../src/database/database.js";
import { type FreshPostgres, freshPostgres } from "../support/databases.js";
import { hangMs } from "../support/eventually.js";
import { files, identity, schema, schemaFile } from "../support/guarded-schema.js";
import { makeProject, type Project } from "../support/project.js";

/** How long somebody reads: twice what a busy machine may add to what others are held up. */
const holdMs = 16_000;

const wider = {
  ...schema,
  projects: table("projects", {
    id: id("prj"),
    organizationId: organization(),
    name: text("name").notNull(),
    size: integer("size"),
  })
    .firewall("organization")
    .access({ read: { roles: ["member+"] }, create: { roles: ["admin+"] }, update: { roles: ["admin+"] } }),
};

let folders: string;
const first = (): string => join(folders, "first");
const second = (): string => join(folders, "second");

beforeAll(async () => {
  folders = await mkdtemp(join(tmpdir(), "hedgerow-locks-"));
  await generate({ schema, identity, out: first() });
  await cp(first(), second(), { recursive: true });
  await generate({ schema: wider, identity, out: second() });
});
afterAll(() => rm(folders, { recursive: true, force: true }));

let postgres: FreshPostgres;
let local: NeonLocal;
let truth: pg.Pool;
let others: Array<pg.Client>;

beforeEach(async () => {
  postgres = await freshPostgres();
  local = await startNeonLocal({ target: { url: postgres.ownerUrl } });
  truth = postgres.pool(postgres.superuserUrl, { max: 2 });
  others = [];
});
afterEach(async () => {
  await Promise.all(others.map((client) => client.end()));
  await local.close();
  await postgres.close();
});

/** Somebody else, by a name that others can see. */
const other = async (name: string, url = postgres.superuserUrl): Promise<pg.Client> => {
  const client = new pg.Client({ connectionString: url, application_name: name });
  await client.connect();
  others.push(client);
  return client;
};

const query = async (statement: string) => (await truth.query(statement)).rows;

const columns = "select attname from pg_attribute where attrelid = 'projects'::regclass and attname = 'size'";
const open =
  "select relname from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' and not (relrowsecurity and relforcerowsecurity)";
const advisory = "select pid from pg_locks where locktype = 'advisory'";

interface Options {
  readonly waitMs?: number;
  readonly onWait?: (message: string) => void;
}

interface Way {
  readonly name: string;
  /** Brings the tables there. */
  readonly begin: () => Promise<unknown>;
  /** Adds a column to `projects`. */
  readonly widen: (options: Options) => Promise<unknown>;
}

const serverBy = (driver: "pg" | "postgres-js"): Connection => ({
  driver,
  options: { connectionString: postgres.ownerUrl },
});

const neonBy = (mode: "http" | "websocket"): Connection => {
  const { username, password } = new URL(postgres.ownerUrl);
  return { driver: "neon", url: local.url(username, password, "app"), mode, local: true };
};

const migrating = (name: string, connection: () => Connection): Way => ({
  name: `migrate by ${name}`,
  begin: () => migrate({ schema, identity, out: first(), connection: connection() }),
  widen: (options) => migrate({ schema: wider, identity, out: second(), connection: connection(), ...options }),
});

const ways: ReadonlyArray<Way> = [
  {
    name: "push by node-postgres",
    begin: () => push({ schema, identity, database: nodePostgres(postgres.ownerPool) }),
    widen: (options) => push({ schema: wider, identity, database: nodePostgres(postgres.ownerPool), ...options }),
  },
  {
    name: "push by postgres.js with a single connection",
    begin: () => push({ schema, identity, database: nodePostgres(postgres.ownerPool) }),
    widen: async (options) => {
      const sql = postgresjs(postgres.ownerUrl, { max: 1, onnotice: () => {} });
      await push({ schema: wider, identity, database: postgresJs(sql), ...options }).finally(() => sql.end());
    },
  },
  migrating("node-postgres", () => serverBy("pg")),
  migrating("postgres.js", () => serverBy("postgres-js")),
  migrating("Neon's driver over HTTP", () => neonBy("http")),
  migrating("Neon's driver over a WebSocket", () => neonBy("websocket")),
];

/** Reads the table again and again, as requests do, until it is told to stop. @returns how long the longest took. */
const readAgainAndAgain = (): (() => Promise<number>) => {
  const pool = postgres.pool(postgres.superuserUrl, { max: 20 });
  let isOver = false;
  let longest = 0;
  const reading = async (): Promise<void> => {
    while (!isOver) {
      const begun = performance.now();
      await pool.query("select count(*) from projects");
      longest = Math.max(longest, performance.now() - begun);
      await sleep(20);
    }
  };
  const readers = Promise.all(Array.from({ length: 5 }, reading));
  return async () => {
    isOver = true;
    await readers;
    return longest;
  };
};

describe.each(ways)("$name", ({ name, begin, widen }) => {
  it("holds up nobody for long while somebody reads for long, and gets through afterwards", {
    timeout: 300_000,
  }, async () => {
    await begin();
    const reader = await other("report");
    const readerPid = (await reader.query("select pg_backend_pid() as pid")).rows[0].pid;
    await reader.query("begin");
    await reader.query("select count(*) from projects");
    const said: Array<string> = [];
    let isDone = false;
    const widening = widen({ onWait: (message) => void said.push(message) }).finally(() => {
      isDone = true;
    });
    const stop = readAgainAndAgain();
    await sleep(holdMs);
    expect(isDone).toBe(false);
    await reader.query("commit");
    await widening;
    // Behind a lock that waits for the reader they would wait as long as that.
    expect(await stop()).toBeLessThan(holdMs / 2);
    expect(await query(columns)).toHaveLength(1);
    expect(await query(open)).toEqual([]);
    expect(said.length).toBeGreaterThan(0);
    expect(said.length).toBeLessThan(10);
    // With a single connection there is none to look with.
    if (!name.includes("single")) {
      expect(said.join("\n")).toMatch(
        new RegExp(
          `waiting for public\\.projects, held by process ${readerPid} \\("report", role "postgres"\\); \\d s so far`,
        ),
      );
      expect(said.join("\n")).not.toContain("select");
    }
  });

  it("gives up on a table after its time, by name, and has changed nothing", { timeout: 300_000 }, async () => {
    await begin();
    const reader = await other("report");
    await reader.query("begin");
    await reader.query("select count(*) from projects");
    const begun = performance.now();
    await expect(widen({ waitMs: 2_500 })).rejects.toThrow(
      /gave up after \d+ s of waiting for (public\.projects, held by process \d+ \("report"|a lock that somebody else holds)/,
    );
    // A push that failed also waits to put FORCE back.
    expect(performance.now() - begun).toBeLessThan(hangMs);
    expect(await query(columns)).toEqual([]);
    expect(await query(open)).toEqual([]);
    expect(await query(advisory)).toEqual([]);
    await reader.query("commit");
    await widen({});
    expect(await query(columns)).toHaveLength(1);
  });

  it("says whose turn it is, ends after its time, and has its turn afterwards", { timeout: 300_000 }, async () => {
    await begin();
    // One of the same role, of which it may be known since when.
    const holder = await other("deploy 7", postgres.ownerUrl);
    await holder.query("select pg_advisory_lock(7522529147838689143)");
    const said: Array<string> = [];
    const begun = performance.now();
    await expect(widen({ waitMs: 3_000, onWait: (message) => void said.push(message) })).rejects.toThrow(
      /gave up after \d+ s of waiting for (its turn, held by process \d+ \("deploy 7", role "hedgerow_owner", since \d\d:\d\d:\d\d UTC\)|a lock that somebody else holds)/,
    );
    expect(performance.now() - begun).toBeLessThan(hangMs);
    if (!name.includes("single")) expect(said[0]).toMatch(/^waiting for its turn, held by process \d+ \("deploy 7"/);
    expect(await query(columns)).toEqual([]);
    await holder.query("select pg_advisory_unlock_all()");
    await widen({});
    expect(await query(columns)).toHaveLength(1);
    expect(await query(advisory)).toEqual([]);
  });
});

describe("the limit of a migration", () => {
  const seen = async (settings: string) => {
    const out = join(folders, crypto.randomUUID());
    await cp(first(), out, { recursive: true });
    openFolder(out).append([
      { name: "limit", text: "create table seen as select current_setting('lock_timeout') as is;" },
    ]);
    if (settings !== "") await query(`alter role hedgerow_owner set ${settings}`);
    await migrate({ schema, identity, out, connection: serverBy("pg") });
    return query("select * from seen");
  };

  it("is that of the role where that is less, and Hedgerow's own where the role has more or none", async () => {
    expect(await seen("")).toEqual([{ is: `${lockMs / 1_000}s` }]);
    await query("drop table seen; delete from drizzle.__drizzle_migrations where id > 3");
    expect(await seen("lock_timeout = '1h'")).toEqual([{ is: `${lockMs / 1_000}s` }]);
    await query("drop table seen; delete from drizzle.__drizzle_migrations where id > 3");
    expect(await seen("lock_timeout = '250ms'")).toEqual([{ is: "250ms" }]);
  });

  it("and what a migration waits with a role's own limit is still waited for", async () => {
    await migrate({ schema, identity, out: first(), connection: serverBy("pg") });
    await query("alter role hedgerow_owner set lock_timeout = '50ms'");
    const reader = await other("report");
    await reader.query("begin");
    await reader.query("select count(*) from projects");
    const onWait = (): never => {
      throw new Error("whoever is told breaks");
    };
    const widening = migrate({ schema: wider, identity, out: second(), connection: serverBy("pg"), onWait });
    await sleep(1_500);
    await reader.query("commit");
    expect(await widening).toHaveLength(2);
  });

  it("must be a time, for a push as well", async () => {
    for (const waitMs of [0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      const options = { schema, identity, waitMs };
      const message = expect.stringMatching(/^Nothing was .*waitMs must be a whole number of milliseconds/s);
      await expect(migrate({ ...options, out: first(), connection: serverBy("pg") })).rejects.toMatchObject({
        message,
      });
      await expect(push({ ...options, database: nodePostgres(postgres.ownerPool) })).rejects.toMatchObject({ message });
    }
    expect(await query("select to_regnamespace('hedgerow') as made")).toEqual([{ made: null }]);
  });

  it("is no reason to run a statement outside of its transaction: that one is named", async () => {
    const out = join(folders, crypto.randomUUID());
    await cp(first(), out, { recursive: true });
    openFolder(out).append([
      {
        name: "index",
        text: "create table made ();\n--> statement-breakpoint\ncreate index concurrently on projects (name);",
      },
    ]);
    await expect(migrate({ schema, identity, out, connection: serverBy("pg") })).rejects.toThrow(
      /statement 2 of 2: CREATE INDEX CONCURRENTLY cannot run inside a transaction block.*is one transaction.*run it by hand/,
    );
    expect(await query("select to_regclass('made') as made")).toEqual([{ made: null }]);
  });
});

describe("a push that has lifted FORCE to count rows", () => {
  it("says so where somebody keeps it from putting it back, and the next one does", { timeout: 300_000 }, async () => {
    const real = nodePostgres(postgres.ownerPool);
    await push({ schema: wider, identity, database: real });
    const reader = await other("report");
    const database: DatabaseShape = {
      ...real,
      transact: (statements) =>
        Effect.tap(real.transact(statements), () =>
          Effect.promise(async () => {
            if (!statements.some((each) => each.text.includes("no force row level security"))) return;
            await reader.query("begin");
            await reader.query("select count(*) from projects");
          }),
        ),
    };
    // Dropping the column counts its rows first.
    const narrowing = push({ schema, identity, database, waitMs: 2_000 });
    await expect(narrowing).rejects.toThrow(/does not bind the owner of .*public\.projects/);
    expect((await query(open)).map(({ relname }) => relname)).toContain("projects");
    expect(await query(columns)).toHaveLength(1);
    await reader.query("commit");
    await push({ schema, identity, database: real });
    expect(await query(open)).toEqual([]);
    expect(await query(columns)).toEqual([]);
  });
});

describe("the commands", () => {
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
  const schemaText = (column = "") => schemaFile(column).replaceAll("notes", "projects");
  let project: Project;
  const environment = () => ({ DATABASE_URL: postgres.ownerUrl });

  beforeAll(async () => {
    project = await makeProject();
    for (const [file, content] of Object.entries(files)) await project.write(file, content);
    await project.write("hedgerow.config.ts", config);
    await project.write("schema.ts", schemaText());
    await project.hedgerow(["generate"], {});
  });
  afterAll(() => project.remove());

  it.each(["push", "migrate"])("%s says on stderr whom it waits for, and ends after --wait", async (command) => {
    const holder = await other("deploy 7");
    await holder.query("select pg_advisory_lock(7522529147838689143)");
    const { code, stdout, stderr } = await project.hedgerow([command, "--wait", "3"], environment());
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(
      /^acme: waiting for its turn, held by process \d+ \("deploy 7", role "postgres"\); \d+ s so far\n/,
    );
    expect(stderr).toMatch(/gave up after \d+ s of waiting for its turn, held by process/);
    await holder.query("select pg_advisory_unlock_all()");
    expect(await project.hedgerow([command], environment())).toMatchObject({ code: 0, stderr: "" });
    expect(await project.hedgerow([command, "--wait", "0"], environment())).toMatchObject({ code: 2 });
  });

  it("drizzle-kit push holds up nobody for long, fails, and says why", { timeout: 300_000 }, async () => {
    expect((await project.drizzleKit(["push"], environment())).code).toBe(0);
    await project.write("schema.ts", schemaText('size: integer("size"),'));
    const running = project.startDrizzleKit(["push"], environment());
    let heard = "";
    running.child.stderr?.on("data", (chunk) => {
      heard += chunk;
    });
    // Behind what Hedgerow prepares, so that drizzle-kit's own statement meets it.
    const isPreparing = async () => (await query(advisory)).length > 0;
    while (!(await isPreparing())) await sleep(1);
    while (await isPreparing()) await sleep(1);
    const reader = await other("report");
    await reader.query("begin");
    await reader.query("select count(*) from projects");
    const stop = readAgainAndAgain();
    // What it does when drizzle-kit has failed meets the reader too, and says so.
    while (!heard.includes("held by process")) await sleep(50);
    await sleep(1_000);
    await reader.query("commit");
    const { code, stderr } = await running.ran;
    expect(await stop()).toBeLessThan(hangMs);
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/\[i\] Hedgerow: waiting for public\.projects, held by process \d+ \("report"/);
    expect(stderr).toContain("drizzle-kit: somebody held a table for longer than it may wait");
    expect(await query(columns)).toEqual([]);
    expect(await query(open)).toEqual([]);
    expect((await project.drizzleKit(["push"], environment())).code).toBe(0);
    expect(await query(columns)).toHaveLength(1);
  });
});

describe("who is in the way, in words", () => {
  it("is never more than text, whatever somebody calls themselves", () => {
    const name = fc.oneof(fc.string(), fc.constantFrom('"', "\u001b[31m", "\n", "'; drop table x; --"));
    const row = fc.record({
      what: name,
      pid: fc.nat(),
      name: fc.option(name),
      role: fc.option(name),
      since: fc.option(fc.constant("10:00:00")),
    });
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 4 }), (rows) => {
        const words = describeObstacles(rows) ?? "";
        expect([...words].filter((each) => each < " " || each === "\u007f")).toEqual([]);
        expect(words).toContain("held by");
      }),
    );
    expect(describeObstacles([])).toBeUndefined();
  });
});
