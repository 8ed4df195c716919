/** A table that somebody has partitioned by hand, declared like any other. */
import { date, primaryKey, text } from "drizzle-orm/pg-core";
import { id, organization, table } from "hedgerow";
import { doctor, push } from "hedgerow/drizzle-kit";
import { nodePostgres } from "hedgerow/node-postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type FreshPostgres, freshPostgres } from "../support/databases.js";
import { auth, files, identity } from "../support/guarded-schema.js";
import { type DrizzleLine, makeProject, type Project } from "../support/project.js";

const events = table(
  "events",
  {
    id: text("id").notNull(),
    organizationId: organization(),
    day: date("day").notNull(),
    what: text("what"),
  },
  (self) => [primaryKey({ columns: [self.organizationId, self.id, self.day] })],
)
  .firewall("organization")
  .access({ read: { roles: ["member+"] } });

const notes = (more = {}) =>
  table("notes", { id: id(), organizationId: organization(), ...more })
    .firewall("organization")
    .access({ read: { roles: ["member+"] } });

/** As whoever knows their own load makes it: some partitions are open to everybody, as on Supabase. */
const byHand = `
  create table events (id text not null, organization_id text not null, day date not null, what text,
    constraint events_organization_id_id_day_pk primary key (organization_id, id, day)) partition by range (day);
  create table events_2026 partition of events for values from ('2026-01-01') to ('2027-01-01') partition by range (day);
  create table events_2026_a partition of events_2026 for values from ('2026-01-01') to ('2026-07-01');
  create table events_2026_b partition of events_2026 for values from ('2026-07-01') to ('2027-01-01');
  create table events_rest partition of events default;
  insert into events values ('e1', 'o1', '2026-01-31', 'a'), ('e2', 'o2', '2026-08-01', 'b'), ('e3', 'o1', '2030-01-01', 'c')`;

const partitions = `select relname, relkind, relispartition, relrowsecurity from pg_class
  where relname like 'events%' and relkind in ('r', 'p') order by 1`;

describe("a partitioned table", { timeout: 120_000 }, () => {
  let postgres: FreshPostgres;
  const schema = { ...auth, events, notes: notes() };
  const pushed = (more = schema) => push({ schema: more, identity, database: nodePostgres(postgres.ownerPool) });

  beforeAll(async () => {
    postgres = await freshPostgres();
    await postgres.ownerPool.query(byHand);
  });
  afterAll(() => postgres?.close());

  it("is guarded by a push, which keeps its partitions and their rows", async () => {
    await pushed();
    expect((await postgres.ownerPool.query(partitions)).rows).toEqual(
      ["events", "events_2026", "events_2026_a", "events_2026_b", "events_rest"].map((relname, position) => ({
        relname,
        relkind: position < 2 ? "p" : "r",
        relispartition: position > 0,
        relrowsecurity: true,
      })),
    );
    expect((await postgres.pool(postgres.superuserUrl).query("select id from events order by 1")).rows).toHaveLength(3);
  });

  it("stays as it is in a second push, and in one that changes another table", async () => {
    await pushed();
    await pushed({ ...schema, notes: notes({ body: text("body") }) });
    expect((await postgres.ownerPool.query(partitions)).rows).toHaveLength(5);
  });

  it("shows nothing of a partition to whoever asks it directly, with a right on it or without", async () => {
    const superuser = postgres.pool(postgres.superuserUrl);
    const asCaller = async (sql: string) => {
      const client = await superuser.connect();
      try {
        await client.query("begin; set local role authenticated");
        return (await client.query(sql)).rows;
      } finally {
        await client.query("rollback");
        client.release();
      }
    };
    await expect(asCaller("select * from events_rest")).rejects.toThrow(/permission denied/);
    await superuser.query("grant select on events_rest, events_2026_a to authenticated");
    expect(await asCaller("select * from events_rest")).toEqual([]);
    expect(await asCaller("select * from events_2026_a")).toEqual([]);
  });

  it("has a partition that nobody has closed yet: doctor says so, and the next push closes it", async () => {
    const database = nodePostgres(postgres.ownerPool);
    await postgres.ownerPool.query(`
      create table events_2027 partition of events for values from ('2027-01-01') to ('2028-01-01');
      grant select on events_2027 to authenticated`);
    const found = async () =>
      (await doctor({ schema, identity, database })).filter(({ code }) => code === "table_without_rls");
    expect(await found()).toEqual([expect.objectContaining({ message: expect.stringContaining("events_2027") })]);
    await pushed();
    expect(await found()).toEqual([]);
  });
});

const schemaFile = `
export * from "./auth";
import { date, primaryKey, text } from "drizzle-orm/pg-core";
import { organization, table } from "hedgerow";
export const events = table("events",
  { id: text("id").notNull(), organizationId: organization(), day: date("day").notNull(), what: text("what") },
  (self) => [primaryKey({ columns: [self.organizationId, self.id, self.day] })])
  .firewall("organization").access({ read: { roles: ["member+"] } });
`;

const config = `
import { defineConfig } from "hedgerow/config";
import { authOptions } from "./auth.js";
import * as schema from "./schema.js";
export default defineConfig({
  name: "partitions",
  schema: { path: "./schema.ts", module: schema },
  providers: {
    runtime: "node",
    database: { type: "postgres", url: process.env.DATABASE_URL },
    auth: { type: "better-auth", options: authOptions },
  },
});
`;

describe.each<DrizzleLine>(["0.45", "1.0"])("a partitioned table with Drizzle %s", { timeout: 120_000 }, (line) => {
  let project: Project;
  let postgres: FreshPostgres;
  const environment = () => ({ DATABASE_URL: postgres.ownerUrl });

  beforeAll(async () => {
    project = await makeProject(line);
    await project.write("package.json", JSON.stringify({ private: true, type: "module" }));
    for (const [file, content] of Object.entries(files)) await project.write(file, content);
    await project.write("schema.ts", schemaFile);
    await project.write("hedgerow.config.ts", config);
    postgres = await freshPostgres();
    await postgres.ownerPool.query(byHand);
  }, 120_000);
  afterAll(async () => {
    await postgres?.close();
    await project?.remove();
  });

  it("is refused by drizzle-kit push in a sentence that says what to run, before it changes anything", async () => {
    const refused = await project.drizzleKit(["push"], environment());
    expect(refused.stderr + refused.stdout).toMatch(/table events is partitioned: .*Run hedgerow push/);
    expect(refused.code).not.toBe(0);
    expect((await postgres.ownerPool.query(partitions)).rows).toHaveLength(5);
  });

  it("is guarded by hedgerow push, twice", async () => {
    for (const _ of ["first", "second"]) {
      expect(await project.hedgerow(["push"], environment())).toMatchObject({ code: 0, stderr: "" });
    }
    const { rows } = await postgres.ownerPool.query(partitions);
    expect(rows.map(({ relrowsecurity }) => relrowsecurity)).toEqual([true, true, true, true, true]);
  });
});
