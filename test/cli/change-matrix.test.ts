/**
 * Every kind of change, on both lines of Drizzle, on PostgreSQL and on PGlite, through the real commands as processes; and
 * through migrations.
 *
 * docs/change-matrix.md is what this run has seen: a test fails when it says something else, and `vitest -u` writes it.
 */
import { type ChildProcess, execFile } from "node:child_process";
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { PGlite } from "@electric-sql/pglite";
import { push } from "hedgerow/drizzle-kit";
import { nodePostgres } from "hedgerow/node-postgres";
import { pglite } from "hedgerow/pglite";
import { drift } from "hedgerow/postgres";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DatabaseShape } from "../../src/database/database.js";
import { base, type Change, changes, type Tables, tablesAfter } from "../support/change-variants.js";
import { type ChangeOrder, generateAndMigrate } from "../support/change-worker.js";
import { type FreshPostgres, freshPglite, freshPostgres } from "../support/databases.js";
import { auth, files, identity } from "../support/guarded-schema.js";
import { type DrizzleLine, makeProject, type Project, type Ran } from "../support/project.js";

const withAuth = (tables: Tables): Readonly<Record<string, unknown>> => ({ ...auth, ...tables });

const schemaFile = `
import { tablesAfter } from "./change-variants";
export * from "./auth";
export const { notes, facts, comments, memos } = tablesAfter(process.env.CHANGE);
`;

const configFile = `
import { defineConfig } from "hedgerow/config";
import { authOptions } from "./auth.js";
import * as schema from "./schema.js";
export default defineConfig({
  name: "acme",
  schema: { path: "./schema.ts", module: schema },
  providers: {
    runtime: "node",
    database: { type: "pglite", dataDir: process.env.FOLDER ?? "" },
    auth: { type: "better-auth", options: authOptions },
  },
});
`;

const lines: ReadonlyArray<DrizzleLine> = ["0.45", "1.0"];
const ways = ["drizzle-kit push, PostgreSQL", "hedgerow push, PGlite", "generate and migrate, PostgreSQL"] as const;
type Way = (typeof ways)[number];

/** What each way made of each change. */
const seen = new Map<string, string>();
const keyOf = (line: DrizzleLine, way: Way, change: string): string => JSON.stringify([line, way, change]);

/** Tables that someone who sends requests could read without a policy. */
const open = `select c.relname from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
  and not (c.relrowsecurity and c.relforcerowsecurity)`;

const differences = (database: DatabaseShape, change: string) =>
  drift({ schema: withAuth(tablesAfter(change)), identity, database });

/** The comparison sees each change before it is pushed, so that it is worth something that it sees none afterwards. */
const unsettled = async (database: DatabaseShape, change: string): Promise<void> => {
  const found = await differences(database, change);
  // A table that nobody declares any more is drizzle-kit's affair.
  if (change !== "table dropped") expect(found).not.toEqual([]);
};

/** Either as declared, or refused with a reason; and in both cases row-level security is on. */
const settle = async (
  [line, way, change]: readonly [DrizzleLine, Way, string],
  database: DatabaseShape,
  query: (text: string) => Promise<{ readonly rows: ReadonlyArray<unknown> }>,
  problems: ReadonlyArray<string>,
): Promise<void> => {
  if (problems.length === 0) expect(await differences(database, change)).toEqual([]);
  // By hand it was switched off, and a migration that is refused changes nothing.
  const byHand =
    way === "generate and migrate, PostgreSQL" && problems.length > 0 ? (changes[change]?.byHand ?? "") : "";
  if (!/row level security/.test(byHand)) expect((await query(open)).rows).toEqual([]);
  seen.set(keyOf(line, way, change), problems.length === 0 ? "as declared" : `refused: ${problems.join("; ")}`);
};

/** The problems that a command lists; it succeeds without any and fails with some. */
const problemsIn = ({ code, stderr }: Ran): ReadonlyArray<string> => {
  const problems = stderr
    .split("\n")
    .filter((line) => line.startsWith("  - "))
    .map((line) => line.slice(4));
  const [first, ...others] = problems.length > 0 ? problems : stderr === "" ? [] : [stderr.trim()];
  expect({ code, stderr: code === 0 ? stderr : "" }).toEqual({
    code: first === undefined ? 0 : expect.any(Number),
    stderr: "",
  });
  return first === undefined ? [] : [first, ...others];
};

let postgres: FreshPostgres;
let pgliteBase: string;
const projects = new Map<DrizzleLine, Project>();

const projectOf = (line: DrizzleLine): Project => {
  const project = projects.get(line);
  if (project === undefined) throw new Error(`No project with Drizzle ${line}`);
  return project;
};

/** By `cp`, which is several times as fast as Node's for many small files. */
const copyFolder = async (from: string, to: string): Promise<void> => {
  await promisify(execFile)("cp", ["-R", from, to]);
};

const urlOf = (url: string, name: string): string => Object.assign(new URL(url), { pathname: `/${name}` }).href;

const superuser = async (text: string, name = "postgres"): Promise<void> => {
  const client = new pg.Client(urlOf(postgres.superuserUrl, name));
  await client.connect();
  try {
    await client.query(text);
  } finally {
    await client.end();
  }
};

let databases = 0;

/** A database like another one that nobody is connected to. */
const copyOf = async (template: string): Promise<string> => {
  databases += 1;
  const name = `change_${databases}`;
  await superuser(`create database ${name} template ${template} owner hedgerow_owner`);
  // Privileges on the database itself are the only thing that is not copied.
  await superuser(`revoke temporary on database ${name} from public`);
  return name;
};

const withPool = async <A>(name: string, use: (pool: pg.Pool) => Promise<A>): Promise<A> => {
  const pool = postgres.pool(urlOf(postgres.ownerUrl, name), { max: 1 });
  try {
    return await use(pool);
  } finally {
    await pool.end();
  }
};

const withFolder = async <A>(folder: string, use: (client: PGlite) => Promise<A>): Promise<A> => {
  const client = await PGlite.create(folder);
  try {
    return await use(client);
  } finally {
    await client.close();
  }
};

beforeAll(async () => {
  postgres = await freshPostgres();
  for (const line of lines) {
    const project = await makeProject(line);
    projects.set(line, project);
    for (const [file, text] of Object.entries(files)) await project.write(file, text);
    await project.share("change-variants.ts", "change-worker.ts", "guarded-schema.ts");
    await project.write("package.json", '{ "type": "module" }');
    await project.write("schema.ts", schemaFile);
    await project.write("hedgerow.config.ts", configFile);
  }
  const schema = withAuth(base);
  await superuser("create database untouched template app owner hedgerow_owner");
  await withPool("app", (pool) => push({ schema, identity, database: nodePostgres(pool) }));
  const client = await freshPglite();
  await push({ schema, identity, database: pglite(client) });
  pgliteBase = join(projectOf("0.45").directory, "base");
  const dump = await client.dumpDataDir("none");
  await client.close();
  await (await PGlite.create({ dataDir: pgliteBase, loadDataDir: dump })).close();
});

afterAll(async () => {
  await postgres.close();
  for (const project of projects.values()) await project.remove();
});

describe.each(lines)("with Drizzle %s", (line) => {
  const onPostgres = async (change: string, { byHand }: Change): Promise<void> => {
    const name = await copyOf("app");
    if (byHand !== undefined) await superuser(byHand, name);
    await withPool(name, async (pool) => {
      const database = nodePostgres(pool);
      await unsettled(database, change);
      const url = urlOf(postgres.ownerUrl, name);
      const ran = await projectOf(line).drizzleKit(["push"], { DATABASE_URL: url, CHANGE: change });
      const query = (text: string) => pool.query<object>(text);
      await settle([line, "drizzle-kit push, PostgreSQL", change], database, query, problemsIn(ran));
    });
  };

  const onPglite = async (change: string, { byHand }: Change): Promise<void> => {
    const project = projectOf(line);
    const folder = join(project.directory, `data-${change.replaceAll(/\W/g, "-")}`);
    await copyFolder(pgliteBase, folder);
    if (byHand !== undefined) await withFolder(folder, (client) => client.exec(byHand));
    const ran = await project.hedgerow(["push"], { FOLDER: folder, CHANGE: change });
    await withFolder(folder, (client) =>
      settle([line, "hedgerow push, PGlite", change], pglite(client), (text) => client.query(text), problemsIn(ran)),
    );
  };

  // At once, because the machine has more than one core; two on one cluster would alter its roles at once.
  it.each(Object.entries(changes))("%s: pushed to PostgreSQL and to PGlite", async (change, what) => {
    await Promise.all([onPostgres(change, what), onPglite(change, what)]);
  });

  describe("generate() and migrate() on PostgreSQL", () => {
    let template: string;
    let worker: ChildProcess | undefined;
    const folder = (name: string): string => join(projectOf(line).directory, `migrations-${name}`);

    const migrated = async (order: ChangeOrder): Promise<ReadonlyArray<string>> => {
      if (worker === undefined) return generateAndMigrate(order);
      worker.send(order);
      const [problems]: ReadonlyArray<ReadonlyArray<string>> = await once(worker, "message");
      return problems ?? ["the process has answered nothing"];
    };

    beforeAll(async () => {
      worker = line === "1.0" ? projectOf(line).fork("change-worker.ts") : undefined;
      await mkdir(folder("base"));
      template = await copyOf("untouched");
      const url = urlOf(postgres.ownerUrl, template);
      expect(await migrated({ change: undefined, out: folder("base"), url })).toEqual([]);
    });
    afterAll(() => {
      worker?.kill();
    });

    it.each(Object.entries(changes))("%s", async (change, { byHand }: Change) => {
      const name = await copyOf(template);
      const out = folder(change.replaceAll(/\W/g, "-"));
      await copyFolder(folder("base"), out);
      if (byHand !== undefined) await superuser(byHand, name);
      await withPool(name, async (pool) => {
        const problems = await migrated({ change, out, url: urlOf(postgres.ownerUrl, name) });
        const query = (text: string) => pool.query<object>(text);
        await settle([line, "generate and migrate, PostgreSQL", change], nodePostgres(pool), query, problems);
      });
    });
  });
});

it("docs/change-matrix.md is what was seen", async () => {
  const columns = lines.flatMap((line) => ways.map((way) => ({ line, way })));
  const rows = Object.keys(changes).map((change) => [
    change,
    ...columns.map(({ line, way }) => seen.get(keyOf(line, way, change)) ?? "?"),
  ]);
  const line = (cells: ReadonlyArray<string>): string => `| ${cells.join(" | ")} |`;
  const text = `# What becomes of each change

Written by \`test/cli/change-matrix.test.ts\` from what it saw. *As declared* means that afterwards the comparison of the catalog with the schema
(\`drift()\`) found no difference in policies, grants, triggers, helper functions, roles, columns and keys. *Refused* means a
non-zero exit (or a rejected promise) with this text. After every push, row-level security was enabled and forced on every table.

A push repairs what someone has changed by hand. A migration does not: \`hedgerow migrate\` applies what is new, compares, and refuses what
it did not make.

${line(["change", ...columns.map(({ line: orm, way }) => `Drizzle ${orm}: ${way}`)])}
|${"---|".repeat(columns.length + 1)}
${rows.map(line).join("\n")}
`;
  await expect(text).toMatchFileSnapshot("../../docs/change-matrix.md");
});
