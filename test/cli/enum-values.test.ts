/** A value of an enum that is added and used in one change. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PGlite } from "@electric-sql/pglite";
import { pgEnum, text } from "drizzle-orm/pg-core";
import * as Effect from "effect/Effect";
import { id, organization, table } from "hedgerow";
import { generate, migrate, push } from "hedgerow/drizzle-kit";
import { nodePostgres } from "hedgerow/node-postgres";
import { pglite } from "hedgerow/pglite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Connection } from "../../src/cli/connection.js";
import { openDatabase } from "../../src/cli/open.js";
import { type DatabaseShape, SqlError } from "../../src/database/database.js";
import { type FreshPostgres, freshPglite, freshPostgres } from "../support/databases.js";
import { auth, identity } from "../support/guarded-schema.js";

const papersOf = (values: readonly ["draft", ...Array<string>], used: string) => {
  const stage = pgEnum("stage", values);
  const papers = table("papers", {
    id: id(),
    organizationId: organization(),
    title: text("title"),
    stage: stage("stage").notNull().default(used),
  })
    .firewall("organization")
    .access({
      read: { or: [{ roles: ["admin+"] }, { record: { stage: { equals: used } } }] },
      create: { roles: ["member+"] },
    });
  return { ...auth, stage, papers };
};

const before = papersOf(["draft", "final"], "draft");
const after = papersOf(["draft", "review", "final"], "review");

const state = `select
  (select pg_get_expr(adbin, adrelid) from pg_attrdef where adrelid = 'papers'::regclass and adnum = 4) as standard,
  (select string_agg(enumlabel, ' ' order by enumsortorder) from pg_enum where enumtypid = 'stage'::regtype) as values,
  (select string_agg(pg_get_expr(polqual, polrelid), ' ') from pg_policy where polrelid = 'papers'::regclass and polcmd = 'r') as rules,
  (select relrowsecurity and relforcerowsecurity from pg_class where oid = 'papers'::regclass) as closed`;

const declared = {
  standard: "'review'::stage",
  values: "draft review final",
  rules: expect.stringContaining("'review'"),
  closed: true,
};

describe("a value of an enum that is added and used in one change", { timeout: 300_000 }, () => {
  let client: PGlite;
  let postgres: FreshPostgres;
  const folders: Array<string> = [];
  const folder = () => {
    const made = mkdtempSync(join(tmpdir(), "hedgerow-values-"));
    folders.push(made);
    return made;
  };

  beforeAll(async () => {
    client = await freshPglite();
    postgres = await freshPostgres();
  });
  afterAll(async () => {
    await client?.close();
    await postgres?.close();
    for (const made of folders) rmSync(made, { recursive: true, force: true });
  });

  const databases: ReadonlyArray<readonly [string, () => DatabaseShape]> = [
    ["PGlite", () => pglite(client)],
    ["PostgreSQL", () => nodePostgres(postgres.ownerPool)],
  ];

  it.each(databases)("is there after a push to %s, as the default and in the rule", async (_, open) => {
    const database = open();
    await push({ schema: before, identity, database });
    await push({ schema: after, identity, database });
    const [seen] = await Effect.runPromise(database.transact([{ text: state }]));
    expect(seen?.rows).toEqual([declared]);
    await push({ schema: after, identity, database });
  });

  it("is added once where the push stops in between, and row-level security is on all the time", async () => {
    const real = nodePostgres(postgres.ownerPool);
    await Effect.runPromise(real.transact([{ text: "drop table papers" }, { text: "drop type stage" }]));
    await push({ schema: before, identity, database: real });
    const broken: DatabaseShape = {
      ...real,
      transact: (statements) =>
        statements.some(({ text: each }) => each.includes("SET DEFAULT 'review'") && each.startsWith("ALTER TABLE"))
          ? Effect.fail(new SqlError({ message: "the lights went out", sqlState: "57P01" }))
          : real.transact(statements),
    };
    await expect(push({ schema: after, identity, database: broken })).rejects.toThrow(/the lights went out/);
    const [stopped] = await Effect.runPromise(real.transact([{ text: state }]));
    expect(stopped?.rows).toEqual([
      { ...declared, standard: "'draft'::stage", rules: expect.not.stringContaining("'review'") },
    ]);
    await push({ schema: after, identity, database: real });
    const [seen] = await Effect.runPromise(real.transact([{ text: state }]));
    expect(seen?.rows).toEqual([declared]);
  });

  const connections: ReadonlyArray<readonly [string, () => Promise<Connection>]> = [
    ["a folder of PGlite", async () => ({ driver: "pglite", dataDir: join(folder(), "data") })],
    [
      "PostgreSQL",
      async () => {
        const superuser = postgres.pool(postgres.superuserUrl);
        await superuser.query("create database values_by_migration owner hedgerow_owner");
        return {
          driver: "pg",
          options: { connectionString: postgres.ownerUrl.replace(/app$/, "values_by_migration") },
        };
      },
    ],
  ];

  it.each(connections)("is there after generate and migrate on %s", async (_, connect) => {
    const connection = await connect();
    const out = folder();
    const step = async (schema: typeof before | typeof after) => {
      const files = await generate({ schema, identity, out });
      await migrate({ schema, identity, out, connection });
      return files;
    };
    await step(before);
    expect(await step(after)).toEqual([
      expect.stringMatching(/_tables_values\.sql$/),
      expect.stringMatching(/_tables\.sql$/),
      expect.stringMatching(/_hedgerow_rls_/),
    ]);
    const { database, close } = await openDatabase(connection);
    const [seen] = await Effect.runPromise(database.transact([{ text: state }]));
    await close();
    expect(seen?.rows).toEqual([declared]);
    expect(await generate({ schema: after, identity, out })).toEqual([]);
  });
});
