import type { PGlite } from "@electric-sql/pglite";
import { integer, text } from "drizzle-orm/pg-core";
import * as Effect from "effect/Effect";
import { id, organization, table } from "hedgerow";
import { PushError, push } from "hedgerow/drizzle-kit";
import { nodePostgres } from "hedgerow/node-postgres";
import { pglite } from "hedgerow/pglite";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { type DatabaseShape, SqlError } from "../../src/database/database.js";
import { type FreshPostgres, freshPglite, freshPostgres } from "../support/databases.js";
import { identity, projects, schema, seed } from "../support/guarded-schema.js";

const catalog = `
  select relname, relrowsecurity, relforcerowsecurity, relacl::text,
    (select json_agg(json_build_array(polname, polcmd, polpermissive, pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid)) order by polname)::text
     from pg_policy where polrelid = c.oid) as policies,
    (select json_agg(pg_get_constraintdef(con.oid) order by conname)::text from pg_constraint con where conrelid = c.oid) as keys,
    (select json_agg(tgname order by tgname)::text from pg_trigger where tgrelid = c.oid and not tgisinternal) as triggers
  from pg_class c where relnamespace = 'public'::regnamespace and relkind = 'r' order by 1`;

const wider = table("projects", {
  id: id("prj"),
  organizationId: organization(),
  name: text("name").notNull(),
  size: integer("size"),
})
  .firewall("organization")
  .access({ read: { roles: ["member+"] } });

const broken = table("broken", { id: id(), organizationId: organization(), size: integer("size").default(1) })
  .firewall("organization")
  .access({ read: { roles: ["member+"] } });

describe("push() to PGlite", () => {
  let client: PGlite;
  const pushed = (extra: Readonly<Record<string, unknown>> = {}, acceptDataLoss = false) =>
    push({ schema: { ...schema, ...extra }, identity, database: pglite(client), acceptDataLoss });

  beforeEach(async () => {
    client = await freshPglite();
  });

  afterEach(() => client.close());

  it("makes and guards everything, and a second time changes nothing and keeps the rows", async () => {
    const write = vi.spyOn(process.stdout, "write");
    await pushed();
    expect(write.mock.calls.flat().join("")).not.toContain("Pulling schema");
    write.mockRestore();
    await client.exec(`${seed} insert into projects (organization_id, name) values ('o1', 'a')`);
    const before = await client.query(catalog);
    await pushed();
    expect((await client.query(catalog)).rows).toEqual(before.rows);
    expect((await client.query("select name from projects")).rows).toEqual([{ name: "a" }]);
  });

  it("refuses to lose rows unless that is accepted, and then has changed nothing", async () => {
    const { tasks: _, ...without } = schema;
    await push({ schema: { ...without, projects: wider }, identity, database: pglite(client) });
    await client.exec("insert into projects (organization_id, name, size) values ('o1', 'a', 3)");
    const options = { schema: { ...without, projects }, identity, database: pglite(client) };
    await expect(push(options)).rejects.toThrow(/data would be lost.*acceptDataLoss: true(.|\n)*size column/);
    expect((await client.query("select size from projects")).rows).toEqual([{ size: 3 }]);
    await push({ ...options, acceptDataLoss: true });
    expect((await client.query("select * from projects")).rows).toEqual([
      { id: expect.any(String), organization_id: "o1", name: "a" },
    ]);
  });

  it("fails where drizzle-kit would ask, instead of waiting for an answer", async () => {
    await pushed();
    const renamed = table("undertakings", {
      id: id("prj"),
      organizationId: organization(),
      name: text("name").notNull(),
    })
      .firewall("organization")
      .access({ read: { roles: ["member+"] } });
    const { tasks: _, projects: __, ...without } = schema;
    const asked = push({ schema: { ...without, renamed }, identity, database: pglite(client) });
    await expect(asked).rejects.toBeInstanceOf(PushError);
    await expect(asked).rejects.toThrow(/has a question/);
  });

  it("rejects with every problem of a definition, before it touches the database", async () => {
    const wrong = table("wrong", { id: id(), organizationId: organization() })
      .firewall("organization")
      .access({ read: { roles: ["nobody" as "owner"] } });
    await expect(pushed({ wrong })).rejects.toMatchObject({ _tag: "DefinitionError" });
    expect((await client.query("select 1 from pg_roles where rolname = 'authenticated'")).rows).toEqual([]);
  });
});

describe("push() to PostgreSQL, as an owner who is no superuser", () => {
  let postgres: FreshPostgres;

  beforeAll(async () => {
    postgres = await freshPostgres();
  });

  afterAll(() => postgres.close());

  it("makes and guards everything, twice, and a failure changes no table", async () => {
    const database = nodePostgres(postgres.ownerPool);
    const see = async () => (await postgres.ownerPool.query(catalog)).rows;
    await push({ schema, identity, database });
    const before = await see();
    expect(before).toHaveLength(9);
    expect(
      before.filter(({ relrowsecurity, relforcerowsecurity }) => !(relrowsecurity && relforcerowsecurity)),
    ).toEqual([]);
    await push({ schema, identity, database });
    expect(await see()).toEqual(before);

    // What stands in the way of the new table must not keep the others from being closed again.
    await postgres.ownerPool.query("create view broken as select 1 as id");
    const failed = push({ schema: { ...schema, broken }, identity, database });
    await expect(failed).rejects.toBeInstanceOf(PushError);
    await expect(failed).rejects.toThrow(/nobody has been given new access(.|\n)*broken/);
    expect(await see()).toEqual(before);
  });

  it("hands the error on when drizzle-kit cannot read the database, ends no process, and puts FORCE back", async () => {
    const real = nodePostgres(postgres.ownerPool);
    const error = new SqlError({ message: "the catalog is on fire", sqlState: "XX000" });
    const database: DatabaseShape = {
      ...real,
      transact: (statements) =>
        statements.some(({ text }) => text.includes("information_schema"))
          ? Effect.fail(error)
          : real.transact(statements),
    };
    const exit = vi.spyOn(process, "exit");
    await expect(push({ schema, identity, database })).rejects.toMatchObject({
      _tag: "PushError",
      problems: ["the catalog is on fire"],
      cause: error,
    });
    expect(exit).not.toHaveBeenCalled();
    exit.mockRestore();
    const { rows } = await postgres.ownerPool.query(catalog);
    expect(rows.filter(({ relforcerowsecurity }) => !relforcerowsecurity)).toEqual([]);
  });

  it("says that the database cannot be reached", async () => {
    const pool = postgres.pool("postgres://nobody:wrong@127.0.0.1:1/app");
    await expect(push({ schema, identity, database: nodePostgres(pool) })).rejects.toThrow(/cannot be reached/);
  });
});
