/**
 * Every kind of change, through the real `drizzle-kit push` on PostgreSQL and through `push()` on PGlite.
 *
 * docs/change-matrix.md is what this run has seen: a test fails when it says something else, and `vitest -u` writes it.
 */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { PGlite } from "@electric-sql/pglite";
import { PushError, push } from "hedgerow/drizzle-kit";
import { nodePostgres } from "hedgerow/node-postgres";
import { pglite } from "hedgerow/pglite";
import { drift } from "hedgerow/postgres";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DatabaseShape } from "../../src/database/database.js";
import { base, changes, type Tables, tablesAfter } from "../support/change-variants.js";
import { type FreshPostgres, freshPglite, freshPostgres } from "../support/databases.js";
import { auth, files, identity } from "../support/guarded-schema.js";
import { makeProject, type Project } from "../support/project.js";

const withAuth = (tables: Tables): Readonly<Record<string, unknown>> => ({ ...auth, ...tables });

const schemaFile = `
import { tablesAfter } from "./change-variants";
export * from "./auth";
export const { notes, facts, comments, memos } = tablesAfter(process.env.CHANGE);
`;

/** What each way made of each change. */
const seen = new Map<string, Record<"kit" | "push", string>>(
  Object.keys(changes).map((change) => [change, { kit: "?", push: "?" }]),
);

const asDeclared = "as declared";
const refused = (problems: ReadonlyArray<string>): string => `refused: ${problems.join("; ")}`;

/** Tables that someone who sends requests could read without a policy. */
const open = `select c.relname from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
  and not (c.relrowsecurity and c.relforcerowsecurity)`;

/** The comparison sees each change before it is pushed, so that it is worth something that it sees none afterwards. */
const unsettled = async (database: DatabaseShape, change: string): Promise<void> => {
  const found = await drift({ schema: withAuth(tablesAfter(change)), identity, database });
  // A table that nobody declares any more is drizzle-kit's affair.
  if (change !== "table dropped") expect(found).not.toEqual([]);
};

const settled = async (database: DatabaseShape, change: string): Promise<void> => {
  expect(await drift({ schema: withAuth(tablesAfter(change)), identity, database })).toEqual([]);
};

describe("drizzle-kit push on PostgreSQL", () => {
  let project: Project;
  let postgres: FreshPostgres;

  const superuser = async (text: string): Promise<ReadonlyArray<object>> => {
    const client = new pg.Client(postgres.superuserUrl);
    await client.connect();
    try {
      return [await client.query(text)].flat().at(-1)?.rows ?? [];
    } finally {
      await client.end();
    }
  };

  beforeAll(async () => {
    [project, postgres] = await Promise.all([makeProject(), freshPostgres()]);
    for (const [file, text] of Object.entries(files)) await project.write(file, text);
    const variants = fileURLToPath(new URL("../support/change-variants.ts", import.meta.url));
    await project.write("change-variants.ts", await readFile(variants, "utf8"));
    await project.write("schema.ts", schemaFile);
  });

  afterAll(async () => {
    await postgres.close();
    await project.remove();
  });

  it.each(Object.entries(changes))("%s", async (change, { byHand }) => {
    await superuser(
      "drop schema if exists hedgerow cascade; drop schema public cascade; create schema public authorization pg_database_owner; grant usage on schema public to public",
    );
    const database = nodePostgres(postgres.ownerPool);
    await push({ schema: withAuth(base), identity, database });
    if (byHand !== undefined) await superuser(byHand);
    await unsettled(database, change);
    const { code, stderr } = await project.drizzleKit(["push"], { DATABASE_URL: postgres.ownerUrl, CHANGE: change });
    expect(await superuser(open)).toEqual([]);
    const problems = stderr.split("\n").filter((line) => line.startsWith("  - "));
    if (code === 0) {
      await settled(database, change);
      expect(stderr).toBe("");
    } else {
      expect({ stderr, problems }).toEqual({
        stderr: expect.stringContaining("not finished"),
        problems: [expect.any(String), ...problems.slice(1)],
      });
    }
    Object.assign(seen.get(change) ?? {}, {
      kit: code === 0 ? asDeclared : refused(problems.map((line) => line.slice(4))),
    });
  });
});

describe("push() on PGlite", () => {
  it.each(Object.entries(changes))("%s", async (change, { after, byHand }) => {
    const client: PGlite = await freshPglite();
    const database = pglite(client);
    await push({ schema: withAuth(base), identity, database });
    if (byHand !== undefined) await client.exec(byHand);
    await unsettled(database, change);
    const result = await push({ schema: withAuth(after), identity, database }).then(
      () => asDeclared,
      (error: unknown) => refused(error instanceof PushError ? error.problems : [String(error)]),
    );
    if (result === asDeclared) await settled(database, change);
    expect((await client.query(open)).rows).toEqual([]);
    await client.close();
    Object.assign(seen.get(change) ?? {}, { push: result });
  });
});

it("docs/change-matrix.md is what was seen", async () => {
  const rows = [...seen].map(([change, { kit, push: embedded }]) => `| ${change} | ${kit} | ${embedded} |`);
  const text = `# What a push makes of each change

Written by \`test/cli/change-matrix.test.ts\` from what it saw. *As declared* means that afterwards the comparison of the catalog with the schema
(\`drift()\`) found no difference in policies, grants, triggers, helper functions, roles, columns and keys. *Refused* means a
non-zero exit (or a rejected promise) with this text. In both cases row-level security was enabled and forced on every table.

| change | \`drizzle-kit push\` (0.31) on PostgreSQL 18 | \`push()\` on PGlite |
|---|---|---|
${rows.join("\n")}
`;
  await expect(text).toMatchFileSnapshot("../../docs/change-matrix.md");
});
